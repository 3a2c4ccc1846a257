/* SPDX-License-Identifier: GPL-2.0 */
/* Durations as words: 90s, 15m, 24h, 7d, 1h30m. */
#ifndef TSEM_DURATION_H
#define TSEM_DURATION_H

#include <stddef.h>

#include "tsem_types.h"

/* The longest duration, in seconds: 366 days. */
#define DURATION_MAX (366ULL * 24 * 3600)

/* Bytes of the text of a duration, with its NUL. */
#define DURATION_TEXT_SIZE 48

/*
 * Parses numbers with the units d, h, m and s, the larger unit first, into *seconds. NULL; or what is wrong with the
 * text, as the end of a sentence, static; then *seconds is unchanged.
 */
const char *duration__parse(const char *text, u64 *seconds);

/* Writes `seconds` in that form to `out`, of DURATION_TEXT_SIZE bytes. Returns `out`. */
const char *duration__text(u64 seconds, char *out);

#endif
