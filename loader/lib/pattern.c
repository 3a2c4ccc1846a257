// SPDX-License-Identifier: GPL-2.0
/* Parses and writes the text of patterns and of directories with strict names. */
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

/* Is a component empty, . or ..? No pathname of an event has such a component. */
static bool has_odd_component(const u8 *path, size_t size)
{
	for (size_t at = 1, end; at < size; at = end + 1) {
		const u8 *slash = memchr(path + at, '/', size - at);

		end = slash ? (size_t)(slash - path) : size;
		if (end == at || (end - at <= 2 && path[at] == '.' && path[end - 1] == '.'))
			return true;
	}
	return false;
}

const char *pattern__parse_strict(const char *text, size_t size, struct tsem_pattern *pattern)
{
	struct tsem_pattern p = { .flags = TSEM_PATTERN_STRICT };
	const char *why = NULL;
	long n;

	if (memchr(text, '*', size))
		return "has a *; name one directory (a star that is in its name is \\x2a)";
	n = unescape(text, size, p.text, &why);
	if (n < 0)
		return why;
	if (!n || p.text[0] != '/')
		return "does not begin with /";
	if (has_odd_component(p.text, n))
		return "has an empty component, . or ..; give the directory's own pathname";
	if (p.text[n - 1] != '/') {
		if (n == TSEM_PATTERN_MAX)
			return "is longer than 511 bytes";
		p.text[n++] = '/';
	}
	p.size = n;
	p.prefix_size = n;
	*pattern = p;
	return NULL;
}

bool pattern__is_strict(const struct tsem_pattern *pattern)
{
	return pattern->flags & TSEM_PATTERN_STRICT;
}

void pattern__text(const struct tsem_pattern *pattern, char *out)
{
	const u8 *s = pattern->text;
	bool strict = pattern__is_strict(pattern);
	u32 size = strict && pattern->size > 1 ? pattern->size - 1 : pattern->size;

	for (u32 i = 0; i < size;) {
		bool plain = s[i] > ' ' && s[i] != 0x7f && !(strict && s[i] == '*');
		size_t n = plain ? event__utf8_length(s + i, size - i) : 0;

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

void pattern__line(const struct tsem_pattern *pattern, char *out)
{
	out = stpcpy(out, pattern__is_strict(pattern) ? "strict " : "pattern ");
	pattern__text(pattern, out);
	if (pattern->flags & TSEM_PATTERN_ANY)
		strcat(out, " any");
}

/* Is a pathname below the directory? */
static bool is_below(const struct tsem_pattern *directory, const u8 *path, size_t size)
{
	return size > directory->size && !memcmp(path, directory->text, directory->size);
}

bool pattern__matches(const struct tsem_pattern *p, const u8 *path, size_t size)
{
	size_t fixed = p->prefix_size + p->suffix_size;

	if (pattern__is_strict(p))
		return false;
	/* * and ** stand for one byte at least. */
	if (size <= fixed || memcmp(path, p->text, p->prefix_size) ||
	    memcmp(path + size - p->suffix_size, p->suffix, p->suffix_size))
		return false;
	return p->flags & TSEM_PATTERN_DEEP || !memchr(path + p->prefix_size, '/', size - fixed);
}

int patterns__add(struct patterns *list, const struct tsem_pattern *pattern)
{
	for (size_t i = 0; pattern__is_strict(pattern) && i < list->count; i++) {
		if (!memcmp(&list->pattern[i], pattern, sizeof(*pattern)))
			return 0;
	}
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

size_t patterns__strict_from(const struct patterns *list, const u8 *path, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct tsem_pattern *p = &list->pattern[i];

		if (pattern__is_strict(p) && is_below(p, path, size) && (!from || p->size < from))
			from = p->size;
	}
	return from;
}
