/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far a long command is: one line on the terminal that changes each second, or else a line each ten seconds. On
 * standard error.
 */
#ifndef TSEM_PROGRESS_H
#define TSEM_PROGRESS_H

#include <stdbool.h>
#include <time.h>

struct progress {
	bool terminal, quiet;
	bool shown; /* a line on the terminal is not ended yet */
	time_t started, last; /* CLOCK_MONOTONIC, seconds */
};

/* Seconds of CLOCK_MONOTONIC. */
time_t progress__now(void);

/* Starts the clock. `quiet`: nothing is shown. */
void progress__begin(struct progress *progress, bool quiet);

/* Is it time to show something? */
bool progress__due(struct progress *progress);

/* Shows a line, without a newline in it. */
void progress__show(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Removes the line from the terminal. Call it before anything else is printed. */
void progress__clear(struct progress *progress);

#endif
