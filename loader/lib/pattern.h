/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patterns: pathnames that are hashed as one text.
 *
 * The text of a pattern is one word: a backslash is doubled, and a blank, a control character and a byte that is not
 * valid UTF-8 are written as \xNN. struct tsem_pattern has the bytes themselves.
 */
#ifndef TSEM_PATTERN_H
#define TSEM_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* Maximum bytes of a pattern's text, with its NUL: every byte may be written as \xNN. */
#define PATTERN_TEXT_SIZE (4 * TSEM_PATTERN_MAX + 1)

/*
 * Makes *pattern of `size` bytes of text; `any`: content=any. NULL, or what is wrong with the text, as the end of a
 * sentence, static; then *pattern is unchanged.
 */
const char *pattern__parse(const char *text, size_t size, bool any, struct tsem_pattern *pattern);

/* Writes the text form of a pattern and a NUL to `out`, of PATTERN_TEXT_SIZE bytes. */
void pattern__text(const struct tsem_pattern *pattern, char *out);

/* Does a pathname of `size` bytes match? As the kernel's programs compare it (coefficients.md, Patterns). */
bool pattern__matches(const struct tsem_pattern *pattern, const u8 *path, size_t size);

/* Growing array of patterns, in the order in which they are compared. */
struct patterns {
	struct tsem_pattern *pattern;
	size_t count;
	size_t room;
};

/* Appends a pattern. 0, -ENOMEM, or -E2BIG: there are TSEM_PATTERNS_MAX already. */
int patterns__add(struct patterns *list, const struct tsem_pattern *pattern);

#endif
