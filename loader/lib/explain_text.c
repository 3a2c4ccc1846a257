// SPDX-License-Identifier: GPL-2.0
/* Makes strings that a hostile workload may have chosen safe to print; and accesses the values that have them. */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "explain_words.h"

/* Is this valid UTF-8 character invisible, or does it control a terminal? */
static bool invisible(const u8 *s, size_t size)
{
	static const struct {
		u32 first, last;
	} ranges[] = {
		{ 0, 0x1f },        { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};
	u32 c = size == 1 ? s[0] : s[0] & (0x7f >> size);

	for (size_t i = 1; i < size; i++)
		c = c << 6 | (s[i] & 0x3f);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/*
 * Writes bytes that must not reach a terminal as \xNN. If `quoted`, puts a backslash before a quotation mark.
 */
static void put_escaped(FILE *out, const char *text, size_t size, bool quoted)
{
	const u8 *s = (const u8 *)text;

	for (size_t i = 0, n; i < size; i += n) {
		n = event__utf8_length(s + i, size - i);
		if (!n || invisible(s + i, n)) {
			n = n ?: 1;
			for (size_t k = 0; k < n; k++)
				fprintf(out, "\\x%02x", s[i + k]);
		} else {
			if (quoted && s[i] == '"')
				putc('\\', out);
			fwrite(s + i, 1, n, out);
		}
	}
}

void words__safe(FILE *out, const char *text, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:%=~#\\";
	bool quoted = !size;

	for (size_t i = 0; i < size && !quoted; i++)
		quoted = !text[i] || !strchr(plain, text[i]);
	if (quoted)
		putc('"', out);
	put_escaped(out, text, size, true);
	if (quoted)
		putc('"', out);
}

static char *escaped(const char *text, size_t size, bool quoted)
{
	char *safe = NULL;
	size_t length;
	FILE *out = open_memstream(&safe, &length);

	if (!out)
		return NULL;
	put_escaped(out, text, size, quoted);
	if (fclose(out)) {
		free(safe);
		return NULL;
	}
	return safe;
}

char *explain__safe(const char *text, size_t size)
{
	return escaped(text, size, true);
}

char *explain__plain(const char *text, size_t size)
{
	return escaped(text, size, false);
}
