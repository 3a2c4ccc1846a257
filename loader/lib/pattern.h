/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patterns: pathnames that are hashed as one text. Strict names: directories below which the name of a created file
 * counts (docs/abi.md). Both are entries of one list; TSEM_PATTERN_STRICT tells them apart.
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
/* The same of its line in a model. */
#define PATTERN_LINE_SIZE (PATTERN_TEXT_SIZE + 16)

/*
 * Makes *pattern of `size` bytes of text; `any`: content=any. NULL, or what is wrong with the text, as the end of a
 * sentence, static; then *pattern is unchanged.
 */
const char *pattern__parse(const char *text, size_t size, bool any, struct tsem_pattern *pattern);

/*
 * The same of a directory with strict names: an absolute path, without a star. The bytes of *pattern end in a slash,
 * the text need not.
 */
const char *pattern__parse_strict(const char *text, size_t size, struct tsem_pattern *pattern);

bool pattern__is_strict(const struct tsem_pattern *pattern);

/* Writes the text form of a pattern or directory and a NUL to `out`, of PATTERN_TEXT_SIZE bytes. */
void pattern__text(const struct tsem_pattern *pattern, char *out);

/* Writes its line in a model, without a newline, and a NUL to `out`, of PATTERN_LINE_SIZE bytes. */
void pattern__line(const struct tsem_pattern *pattern, char *out);

/*
 * Does a pathname of `size` bytes match? As the kernel's programs compare it (coefficients.md, Patterns). No pathname
 * matches a directory with strict names.
 */
bool pattern__matches(const struct tsem_pattern *pattern, const u8 *path, size_t size);

/*
 * Growing array of patterns, in the order in which they are compared, and of directories with strict names, whose order
 * does not count.
 */
struct patterns {
	struct tsem_pattern *pattern;
	size_t count;
	size_t room;
};

/* Of one that is too many, as the end of a sentence. */
#define PATTERNS_TOO_MANY "is one too many: a namespace has 64 patterns and directories with strict names"

/*
 * Appends a pattern, or a directory that is not in the list. 0, -ENOMEM, or -E2BIG: there are TSEM_PATTERNS_MAX
 * already.
 */
int patterns__add(struct patterns *list, const struct tsem_pattern *pattern);

/*
 * Where the names of created files begin to count in a pathname of `size` bytes: how many of its bytes are the
 * directory with strict names that it is below; 0: it is below none.
 */
size_t patterns__strict_from(const struct patterns *list, const u8 *path, size_t size);

#endif
