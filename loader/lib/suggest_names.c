// SPDX-License-Identifier: GPL-2.0
/*
 * A pattern has to hold for names that nobody has seen yet: those of tomorrow. What two runs have in common by chance,
 * such as the month of a date or the first digit of a process id, belongs to the part that varies. So that part is
 * extended to the whole date, number or random word that it lies in.
 */
#include "suggest_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "pattern.h"
#include "suggest_parts.h"

/* Bytes that a pattern in a system directory has to begin its component with. */
#define SYSTEM_PREFIX 3

/* Hexadecimal digits that are taken for a hash, at least. */
#define HASH_SIZE 16

char *names__bytes(const char *text, size_t size)
{
	char *out = malloc(size + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		u8 byte;

		out[n++] = text[i];
		if (text[i] != '\\')
			continue;
		if (i + 1 < size && text[i + 1] == '\\') {
			i++;
		} else if (i + 3 < size && text[i + 1] == 'x' && !digest__from_hex(text + i + 2, 2, &byte, 1)) {
			out[n - 1] = byte;
			i += 3;
		}
	}
	out[n] = 0;
	return out;
}

static size_t common_prefix(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

static size_t common_suffix(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (n < most && a[-1 - (long)n] == b[-1 - (long)n])
		n++;
	return n;
}

static int add_sample(struct names *names, const char *name)
{
	if (names->samples == NAMES_SAMPLES)
		return 0;
	for (size_t i = 0; i < names->samples; i++) {
		if (!strcmp(names->sample[i], name))
			return 0;
	}
	names->sample[names->samples] = strdup(name);
	if (!names->sample[names->samples])
		return -ENOMEM;
	names->samples++;
	return 0;
}

int names__add(struct names *names, const char *name, size_t component)
{
	size_t size, least, first;
	const char *at = parts__component(name, strlen(name), component, &size), *ours;

	if (!at)
		return 0;
	if (add_sample(names, name))
		return -ENOMEM;
	if (!names->first) {
		names->first = strdup(name);
		if (!names->first)
			return -ENOMEM;
		names->begin = at - name;
		names->end = names->begin + size;
		names->prefix = names->suffix = names->shortest = size;
		return 0;
	}
	ours = names->first + names->begin;
	first = names->end - names->begin;
	least = size < first ? size : first;
	if (size == first && !memcmp(ours, at, size))
		return 0;
	if (!names->second) {
		names->second = strdup(name);
		if (!names->second)
			return -ENOMEM;
	}
	names->shortest = names->shortest < least ? names->shortest : least;
	names->prefix = common_prefix(ours, at, names->prefix < least ? names->prefix : least);
	names->suffix = common_suffix(ours + first, at + size, names->suffix < least ? names->suffix : least);
	return 0;
}

void names__free(struct names *names)
{
	free(names->first);
	free(names->second);
	for (size_t i = 0; i < names->samples; i++)
		free(names->sample[i]);
	memset(names, 0, sizeof(*names));
}

/* ---- what varies ---- */

static bool digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((u8)s[i]))
			return false;
	}
	return true;
}

static int two(const char *s)
{
	return 10 * (s[0] - '0') + s[1] - '0';
}

/* The size of a time of day after a date: a separator, then hh[:]mm[[:]ss]. 0: there is none. */
static size_t clock_size(const char *s, const char *end)
{
	size_t n = 0;

	if (s < end && strchr("-_.T", *s))
		n++;
	if (end - s < (long)n + 4 || !digits(s + n, 2) || two(s + n) > 23)
		return 0;
	n += 2;
	for (int i = 0; i < 2; i++) {
		size_t separator = s + n < end && strchr("-_.:", s[n]) ? 1 : 0;

		if (end - s < (long)(n + separator + 2) || !digits(s + n + separator, 2) || two(s + n + separator) > 60)
			return i ? n : 0;
		n += separator + 2;
	}
	return n;
}

/* The size of a date at `s`: YYYY-MM-DD with any or no separator, perhaps with a time of day. 0: there is none. */
static size_t date_size(const char *s, const char *end)
{
	size_t n = 4;

	if (end - s < 8 || !digits(s, 4) || (two(s) != 19 && two(s) != 20))
		return 0;
	for (int i = 0; i < 2; i++) {
		int most = i ? 31 : 12;

		if (s + n < end && strchr("-_.", s[n]))
			n++;
		if (end - s < (long)n + 2 || !digits(s + n, 2) || !two(s + n) || two(s + n) > most)
			return 0;
		n += 2;
	}
	return n + clock_size(s + n, end);
}

/* The part of the component that varies, in the first name. */
struct span {
	size_t begin, end;
};

static bool is_word(char c)
{
	return isalnum((u8)c) || (u8)c >= 0x80;
}

/* Digits of a hash are no number: extends the span to the hash that it lies in, if there is one. */
static bool extend_hash(const struct names *names, struct span *span)
{
	const char *s = names->first;
	size_t begin = span->begin, end = span->end, letters = 0;

	while (end < names->end && is_word(s[end]))
		end++;
	while (begin > names->begin && is_word(s[begin - 1]))
		begin--;
	for (size_t i = begin; i < end; i++) {
		if (!isxdigit((u8)s[i]))
			return false;
		letters += !isdigit((u8)s[i]);
	}
	if (!letters || end - begin < HASH_SIZE)
		return false;
	*span = (struct span){ begin, end };
	return true;
}

/*
 * Extends the span to the dates in the component, even if the runs were on the same day: no date stays. True: there is
 * one.
 */
static bool extend_dates(const struct names *names, struct span *span)
{
	const char *s = names->first;
	bool date = false;

	for (size_t i = names->begin; i < names->end; i++) {
		size_t n = i > names->begin && isdigit((u8)s[i - 1]) ? 0 : date_size(s + i, s + names->end);

		if (!n)
			continue;
		span->begin = span->begin < i ? span->begin : i;
		span->end = span->end > i + n ? span->end : i + n;
		date = true;
		i += n - 1;
	}
	return date;
}

/* Extends the span to the numbers that it touches. */
static const char *extend_numbers(const struct names *names, struct span *span)
{
	const char *s = names->first;
	bool date;

	if (extend_hash(names, span))
		return "a hash in the name";
	date = extend_dates(names, span);
	while (span->begin > names->begin && isdigit((u8)s[span->begin - 1]))
		span->begin--;
	while (span->end < names->end && isdigit((u8)s[span->end]))
		span->end++;
	return date ? "a date in the name" : "a number in the name, such as a process id or a counter";
}

/* Does the word look as if a program had drawn it: with digits, or with capitals within? */
static bool drawn(const char *s, size_t n)
{
	size_t figures = 0, capitals = 0, small = 0;

	for (size_t i = 0; i < n; i++) {
		figures += isdigit((u8)s[i]) != 0;
		capitals += i && isupper((u8)s[i]);
		small += islower((u8)s[i]) != 0;
	}
	return n >= 5 && (figures || (capitals && small));
}

/* Do the names look drawn, from `begin` to `end`? A word that was drawn may have letters only: one of many may. */
static bool all_drawn(const struct names *names, size_t begin, size_t end)
{
	size_t found = 0;

	/* All have the same length. */
	for (size_t i = 0; i < names->samples; i++)
		found += strlen(names->sample[i]) >= end && drawn(names->sample[i] + begin, end - begin);
	return names->samples < 4 ? found == names->samples : 2 * found > names->samples;
}

/* Extends the span to the random word that it lies in. NULL: it does not look like one. */
static const char *extend_word(const struct names *names, struct span *span)
{
	static const size_t usual[] = { 6, 8, 10, 12, 16, 32, 40, 64 };
	const char *s = names->first;
	size_t begin = span->begin, end = span->end;
	bool hex = true;

	/* The end first: an extension begins with a dot. */
	while (end < names->end && is_word(s[end]))
		end++;
	while (begin > names->begin && is_word(s[begin - 1]))
		begin--;
	/* A prefix without a separator: the random word has one of the usual lengths (mkstemp: 6, tempfile: 8). */
	if (begin == names->begin) {
		for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
			if (end - span->begin <= usual[i] && usual[i] < end - begin) {
				begin = end - usual[i];
				break;
			}
		}
	}
	if (!all_drawn(names, begin, end))
		return NULL;
	for (size_t i = begin; i < end; i++)
		hex &= isxdigit((u8)s[i]) != 0;
	*span = (struct span){ begin, end };
	extend_dates(names, span);
	return hex && end - begin >= HASH_SIZE ? "a hash in the name" : "a random part in the name";
}

/* ---- how wide ---- */

/* Directories of the system, where a pattern has to say which files it means. */
static const char *const system_directories[] = {
	"/usr/bin",
	"/usr/sbin",
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/usr/libexec",
	"/usr/local",
	"/usr/share",
	"/usr/include",
	"/usr/src",
	"/usr/local/bin",
	"/usr/local/sbin",
	"/usr/local/lib",
	"/usr/local/share",
	"/usr/local/etc",
	"/usr/lib/x86_64-linux-gnu",
	"/usr/lib/systemd",
	"/usr/lib/systemd/system",
	"/lib/x86_64-linux-gnu",
	"/lib/modules",
	"/etc/ssl",
	"/etc/ssl/certs",
	"/etc/ssl/private",
	"/etc/pam.d",
	"/etc/init.d",
	"/etc/systemd",
	"/etc/systemd/system",
	"/etc/cron.d",
	"/etc/sudoers.d",
	"/etc/profile.d",
	"/etc/ssh",
	"/var/lib",
	"/var/log",
	"/var/run",
	"/var/cache",
	"/var/spool",
	"/var/tmp",
	"/var/mail",
	"/var/www",
	"/var/backups",
	"/var/spool/cron",
	"/run/user",
	"/run/lock",
	"/run/systemd",
	"/dev/shm",
	"/dev/pts",
	"/root/.ssh",
};

static bool is_system(const char *directory, size_t size)
{
	size_t slashes = 0;

	for (size_t i = 0; i < size; i++)
		slashes += directory[i] == '/';
	/* The root and the directories in it; the home directories. */
	if (slashes <= 1 || (slashes == 2 && size > 6 && !memcmp(directory, "/home/", 6)))
		return true;
	for (size_t i = 0; i < sizeof(system_directories) / sizeof(system_directories[0]); i++) {
		if (strlen(system_directories[i]) == size && !memcmp(directory, system_directories[i], size))
			return true;
	}
	return size >= 5 && !memcmp(directory + size - 5, "/.ssh", 5);
}

/* What the kernel makes up has names of its own, and devices are no files. */
static bool is_kernel(const char *name)
{
	static const char *const list[] = { "/proc/", "/sys/", "/dev/" };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!strncmp(name, list[i], strlen(list[i])) && strncmp(name, "/dev/shm/", 9))
			return true;
	}
	return false;
}

static int pattern_text(const char *bytes, size_t size, char **text, const char **reason)
{
	struct tsem_pattern pattern = { .size = size };
	char out[PATTERN_TEXT_SIZE];

	if (size > TSEM_PATTERN_MAX) {
		*reason = "the names are too long for a pattern, which has at most 512 bytes";
		return 0;
	}
	memcpy(pattern.text, bytes, size);
	pattern__text(&pattern, out);
	if (pattern__parse(out, strlen(out), false, &pattern)) {
		*reason = "a pattern cannot have these names: it has one * only, and no NUL";
		return 0;
	}
	*text = strdup(out);
	return *text ? 0 : -ENOMEM;
}

int names__pattern(const struct names *names, bool numbers, char **text, const char **cause, const char **reason)
{
	struct span span = { names->begin + names->prefix, names->end - names->suffix };
	const char *s = names->first;
	char *bytes;
	size_t size = strlen(s), out;
	int err;

	*text = NULL;
	*reason = NULL;
	*cause = "a part of the name";
	/* What begins and ends alike may overlap: a-1 and a-11. */
	if (span.end < span.begin)
		span.end = span.begin;
	*cause = (numbers ? extend_numbers : extend_word)(names, &span);
	if (!*cause) {
		*cause = "another name";
		*reason = "the names have nothing in common that a pattern could say; the runs use different files";
		return 0;
	}
	if (names->shortest <= (span.begin - names->begin) + (names->end - span.end)) {
		*reason = "one of the names lacks the part that varies, and * stands for at least one byte";
		return 0;
	}
	if (is_kernel(s)) {
		*reason = "a pattern would hide which device or which file of the kernel it is";
		return 0;
	}
	if (span.begin - names->begin < SYSTEM_PREFIX && is_system(s, names->begin - 1)) {
		*reason = "a pattern would be as wide as a directory of the system; let the program use a directory or "
			  "a prefix of its own";
		return 0;
	}
	bytes = malloc(size + 2);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, s, span.begin);
	out = span.begin;
	bytes[out++] = '*';
	memcpy(bytes + out, s + span.end, size - span.end);
	out += size - span.end;
	err = pattern_text(bytes, out, text, reason);
	free(bytes);
	return err;
}

int names__deep(const char *directory, size_t size, char **text, const char **reason)
{
	char bytes[TSEM_PATTERN_MAX + 4];

	*text = NULL;
	*reason = NULL;
	if (size + 3 > TSEM_PATTERN_MAX) {
		*reason = "the names are too long for a pattern, which has at most 512 bytes";
		return 0;
	}
	if (is_kernel(directory) || is_system(directory, size)) {
		*reason = "a pattern would be as wide as a directory of the system";
		return 0;
	}
	memcpy(bytes, directory, size);
	memcpy(bytes + size, "/**", 3);
	return pattern_text(bytes, size + 3, text, reason);
}
