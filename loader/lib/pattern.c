// SPDX-License-Identifier: GPL-2.0
/* Parses and writes the text of patterns. */
#include "pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"

/* Reads one byte. Returns how many characters of the text it takes; 0: a wrong escape. */
static size_t unescape_one(const char *text, size_t size, u8 *byte)
{
	*byte = *text;
	if (*text != '\\')
		return 1;
	if (size >= 2 && text[1] == '\\')
		return 2;
	if (size >= 4 && text[1] == 'x' && !digest__from_hex(text + 2, 2, byte, 1) && *byte)
		return 4;
	return 0;
}

/* Undoes the escapes. Returns the number of bytes in `out`, or -1 with *why. */
static long unescape(const char *text, size_t size, u8 *out, const char **why)
{
	size_t n = 0, used;

	for (size_t at = 0; at < size; at += used) {
		u8 byte;

		*why = "has a blank or a control character; write it as \\xNN";
		if ((u8)text[at] <= ' ' || text[at] == 0x7f)
			return -1;
		*why = "has a backslash that begins neither \\\\ nor \\xNN (01 to ff)";
		used = unescape_one(text + at, size - at, &byte);
		if (!used)
			return -1;
		*why = "is longer than 512 bytes";
		if (n == TSEM_PATTERN_MAX)
			return -1;
		out[n++] = byte;
	}
	return n;
}

const char *pattern__parse(const char *text, size_t size, bool any, struct tsem_pattern *pattern)
{
	struct tsem_pattern p = { .flags = any ? TSEM_PATTERN_ANY : 0 };
	const char *why = NULL;
	long n = unescape(text, size, p.text, &why);
	const u8 *star;
	size_t stars;

	if (n < 0)
		return why;
	if (!n || p.text[0] != '/')
		return "does not begin with /";
	star = memchr(p.text, '*', n);
	if (!star)
		return "has no *; for one file take its whole name as a pseudonym";
	p.size = n;
	p.prefix_size = star - p.text;
	for (stars = 1; p.prefix_size + stars < p.size && star[stars] == '*'; stars++)
		;
	if (stars > 1) {
		if (stars > 2 || star[-1] != '/' || p.prefix_size + stars != p.size)
			return "has ** that is not /** at its end";
		p.flags |= TSEM_PATTERN_DEEP;
	}
	p.suffix_size = p.size - p.prefix_size - stars;
	memcpy(p.suffix, star + stars, p.suffix_size);
	if (memchr(p.suffix, '*', p.suffix_size))
		return "has more than one *";
	*pattern = p;
	return NULL;
}

void pattern__text(const struct tsem_pattern *pattern, char *out)
{
	const u8 *s = pattern->text;

	for (u32 i = 0; i < pattern->size;) {
		size_t n = s[i] <= ' ' || s[i] == 0x7f ? 0 : event__utf8_length(s + i, pattern->size - i);

		if (!n) {
			out += sprintf(out, "\\x%02x", s[i++]);
			continue;
		}
		if (s[i] == '\\')
			*out++ = '\\';
		memcpy(out, s + i, n);
		out += n;
		i += n;
	}
	*out = 0;
}

bool pattern__matches(const struct tsem_pattern *p, const u8 *path, size_t size)
{
	size_t fixed = p->prefix_size + p->suffix_size;

	/* * and ** stand for one byte at least. */
	if (size <= fixed || memcmp(path, p->text, p->prefix_size) ||
	    memcmp(path + size - p->suffix_size, p->suffix, p->suffix_size))
		return false;
	return p->flags & TSEM_PATTERN_DEEP || !memchr(path + p->prefix_size, '/', size - fixed);
}

int patterns__add(struct patterns *list, const struct tsem_pattern *pattern)
{
	if (list->count == TSEM_PATTERNS_MAX)
		return -E2BIG;
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		void *p = realloc(list->pattern, room * sizeof(*pattern));

		if (!p)
			return -ENOMEM;
		list->pattern = p;
		list->room = room;
	}
	list->pattern[list->count++] = *pattern;
	return 0;
}
