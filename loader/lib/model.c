// SPDX-License-Identifier: GPL-2.0
/*
 * The model file is read in one piece and parsed without copying: a model of a million lines is loaded into the kernel
 * in less than the time that its hashing would take. A coefficient that stands twice counts once, where it stands
 * first; a table finds it, by a keyed hash: a file that is yet to be trusted must not choose where its values collide.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "digest.h"

#define MAX TSEM_DIGEST_MAX

int digests__add(struct digests *list, const u8 *digest)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		void *p = realloc(list->digest, room * MAX);

		if (!p)
			return -ENOMEM;
		list->digest = p;
		list->room = room;
	}
	memcpy(list->digest[list->count++], digest, MAX);
	return 0;
}

/* Vector multiply-shift (Dietzfelbinger): two digests collide with a chance that their author cannot influence. */
static u64 digest_hash(const u8 *digest, size_t width, const u64 *key)
{
	u64 sum = key[MAX / 4];

	for (size_t i = 0; i < width / 4; i++) {
		u32 word;

		memcpy(&word, digest + 4 * i, 4);
		sum += key[i] * word;
	}
	return sum >> 32;
}

/* Drops every digest that stands earlier too. */
static int digests_unique(struct digests *list, size_t width)
{
	size_t size = 64, kept = 0;
	u64 key[MAX / 4 + 1];
	u32 *slots;

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	while (size < 2 * list->count)
		size *= 2;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		size_t at;

		for (at = digest_hash(list->digest[i], width, key) & (size - 1); slots[at];
		     at = (at + 1) & (size - 1)) {
			if (!memcmp(list->digest[slots[at] - 1], list->digest[i], width))
				break;
		}
		if (slots[at])
			continue;
		if (kept != i)
			memcpy(list->digest[kept], list->digest[i], MAX);
		slots[at] = ++kept;
	}
	list->count = kept;
	free(slots);
	return 0;
}

int model__text(FILE *file, char **text, size_t *size)
{
	size_t room = 1 << 16, used = 0;
	char *p = malloc(room), *grown;

	while (p) {
		used += fread(p + used, 1, room - used, file);
		if (used < room)
			break;
		room *= 2;
		grown = realloc(p, room);
		if (!grown)
			free(p);
		p = grown;
	}
	if (!p)
		return -ENOMEM;
	if (ferror(file)) {
		free(p);
		return -EIO;
	}
	*text = p;
	*size = used;
	return 0;
}

struct line {
	const char *text;
	size_t size;
	size_t number;
};

static int line_error(struct model_error *error, const struct line *line, const char *word, size_t size,
		      const char *why)
{
	error->line = line->number;
	error->why = why;
	snprintf(error->word, sizeof(error->word), "%.*s", (int)(size < 79 ? size : 79), word);
	return -EINVAL;
}

/* Is it `word` and a value? The value then into `out`: 1; 0 for another word. */
static int line_value(const struct line *line, const char *word, struct model *m, u8 *out, struct model_error *error)
{
	size_t n = strlen(word), size;

	if (line->size <= n || memcmp(line->text, word, n) || line->text[n] != ' ')
		return 0;
	/* The first value says how wide all of them are. */
	size = m->width ?: (line->size - n - 1) / 2;
	if (size < TSEM_DIGEST_MIN || digest__from_hex(line->text + n + 1, line->size - n - 1, out, size))
		return line_error(error, line, line->text + n + 1, line->size - n - 1,
				  m->width ? "is not hexadecimal, or has not as many digits as the values above it"
					   : "is not a hexadecimal value of a hash, 32 to 128 digits");
	m->width = size;
	return 1;
}

static bool line_is(const struct line *line, const char *word)
{
	return line->size == strlen(word) && !memcmp(line->text, word, line->size);
}

static int parse_line(struct model *m, const struct line *line, bool *ended, struct model_error *error)
{
	u8 value[MAX] = {};
	int found;

	if (*ended)
		return line_error(error, line, line->text, line->size, "stands after 'end'");
	found = line_value(line, "state", m, value, error);
	if (found)
		return found < 0 ? found : digests__add(&m->states, value);
	found = line_value(line, "pseudonym", m, value, error);
	if (found)
		return found < 0 ? found : digests__add(&m->pseudonyms, value);
	found = line_value(line, "aggregate", m, m->aggregate, error);
	if (found) {
		if (found > 0 && m->has_aggregate)
			return line_error(error, line, "aggregate", 9, "stands twice");
		m->has_aggregate = true;
		return found < 0 ? found : 0;
	}
	found = line_value(line, "base", m, m->base, error);
	if (found) {
		if (found > 0 && m->has_base)
			return line_error(error, line, "base", 4, "stands twice");
		m->has_base = true;
		return found < 0 ? found : 0;
	}
	if (line_is(line, "seal"))
		m->sealed = true;
	else if (line_is(line, "end"))
		*ended = true;
	else
		return line_error(error, line, line->text, line->size,
				  "is no line of a model (aggregate, base, pseudonym, state, seal, end)");
	return 0;
}

int model__parse(const char *text, size_t size, struct model *model, struct model_error *error)
{
	const char *p, *stop, *end = text + size;
	struct line line = {};
	bool ended = false;
	int err = 0;

	memset(model, 0, sizeof(*model));
	memset(error, 0, sizeof(*error));
	for (p = text; p < end && !err; p = stop + (stop < end)) {
		stop = memchr(p, '\n', end - p) ?: end;
		line = (struct line){ p, stop - p, line.number + 1 };
		err = parse_line(model, &line, &ended, error);
	}
	if (!err && !ended) {
		line.number++;
		err = line_error(error, &line, "end", 3, "is missing: the file was cut");
	}
	err = err ?: digests_unique(&model->states, model->width);
	err = err ?: digests_unique(&model->pseudonyms, model->width);
	if (err)
		model__free(model);
	return err;
}

int model__read(FILE *file, struct model *model, struct model_error *error)
{
	char *text;
	size_t size;
	int err = model__text(file, &text, &size);

	memset(model, 0, sizeof(*model));
	memset(error, 0, sizeof(*error));
	if (err)
		return err;
	err = model__parse(text, size, model, error);
	free(text);
	return err;
}

static void write_values(FILE *file, const char *word, const struct digests *list, size_t width)
{
	char hex[2 * MAX + 1];

	for (size_t i = 0; i < list->count; i++) {
		digest__to_hex(list->digest[i], width, hex);
		fprintf(file, "%s %s\n", word, hex);
	}
}

int model__write(FILE *file, const struct model *model)
{
	char hex[2 * MAX + 1];

	if (model->has_aggregate) {
		digest__to_hex(model->aggregate, model->width, hex);
		fprintf(file, "aggregate %s\n", hex);
	}
	if (model->has_base) {
		digest__to_hex(model->base, model->width, hex);
		fprintf(file, "base %s\n", hex);
	}
	write_values(file, "pseudonym", &model->pseudonyms, model->width);
	write_values(file, "state", &model->states, model->width);
	fputs(model->sealed ? "seal\nend\n" : "end\n", file);
	return ferror(file) ? -EIO : 0;
}

void model__free(struct model *model)
{
	free(model->pseudonyms.digest);
	free(model->states.digest);
	memset(model, 0, sizeof(*model));
}

static int extend(u32 digest, const u8 *base, const u8 *coefficient, u8 *m)
{
	size_t size = digest__size(digest);
	u8 message[3 * MAX];
	int err;

	memcpy(message, base, size);
	memcpy(message + size, coefficient, size);
	err = digest__hash(digest, message, 2 * size, message + size);
	memcpy(message, m, size);
	return err ?: digest__hash(digest, message, 2 * size, m);
}

int model__measurement(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[MAX], size_t count, u8 *out)
{
	static const u8 none[MAX];
	int err;

	memset(out, 0, MAX);
	err = extend(digest, base ?: none, aggregate ?: none, out);
	for (size_t i = 0; i < count && !err; i++)
		err = extend(digest, base ?: none, coefficients[i], out);
	return err;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, MAX);
}

int model__state(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[MAX], size_t count, u8 *out)
{
	if (count)
		qsort(coefficients, count, MAX, compare);
	return model__measurement(digest, aggregate, base, coefficients, count, out);
}
