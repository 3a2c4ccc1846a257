// SPDX-License-Identifier: GPL-2.0
/* The line of progress. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define SECONDS 10

/* Clears the line of a terminal. */
#define CLEAR "\r\033[K"

time_t progress__now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

void progress__begin(struct progress *p, bool quiet)
{
	p->terminal = isatty(STDERR_FILENO);
	p->quiet = quiet;
	p->shown = false;
	p->started = p->last = progress__now();
}

bool progress__due(struct progress *p)
{
	time_t now = progress__now();

	if (p->quiet || now - p->last < (p->terminal ? 1 : SECONDS))
		return false;
	p->last = now;
	return true;
}

void progress__show(struct progress *p, const char *format, ...)
{
	va_list args;

	fputs(p->terminal ? CLEAR : "", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (!p->terminal)
		putc('\n', stderr);
	p->shown = p->terminal;
}

void progress__clear(struct progress *p)
{
	if (p->shown)
		fputs(CLEAR, stderr);
	p->shown = false;
}
