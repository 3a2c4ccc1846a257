/* SPDX-License-Identifier: GPL-2.0 */
/* Prints suggestions: for `suggest` and `learn`. */
#ifndef TSEM_SUGGEST_PRINT_H
#define TSEM_SUGGEST_PRINT_H

#include <stdio.h>

#include "suggest.h"

/* "/var/log/app-2026-11-26.log, -27.log: a date in the name (3 events): pattern /var/log/app-*.log" and a newline. */
void suggest_print__line(FILE *out, const struct suggestion *suggestion);

/* The same as a line of JSON on the standard output. */
void suggest_print__json(const struct suggestion *suggestion);

/* The options of `run` that declare it all, on one line for a shell, with a newline; nothing if there are none. */
void suggest_print__options(FILE *out, const char *label, const struct suggest *suggest);

/* One declaration as an option of run, quoted for a shell, after `before`. */
void suggest_print__option(FILE *out, const char *before, enum suggest_cure cure, const char *text);

#endif
