// SPDX-License-Identifier: GPL-2.0
/*
 * Model files, as far as an agent needs them: the coefficients, how they hash, and whether the model is complete. An
 * agent trusts no code of the collector's side, so this shares none with the loader. Lines that only the kernel's side
 * needs (patterns, pseudonyms, events and so on) are not looked at.
 */
#include <errno.h>
#include <stdlib.h>

#include "process.h"

/* A line without its newline. */
struct line {
	const char *text;
	size_t size;
	size_t number;
};

struct reading {
	struct model_file *model;
	struct model_fault *fault;
	struct line line;
	u32 seen; /* a bit for each of `words` */
	bool ended;
};

static int fault_at(struct reading *r, const char *word, size_t size, const char *why)
{
	r->fault->line = r->line.number;
	r->fault->why = why;
	snprintf(r->fault->word, sizeof(r->fault->word), "%.*s", (int)(size < 79 ? size : 79), word);
	return -EINVAL;
}

static bool is(const char *value, size_t size, const char *word)
{
	return size == strlen(word) && !memcmp(value, word, size);
}

static const struct tma_digest *digest_named(const char *value, size_t size)
{
	for (const struct tma_digest *const *digest = tma_digests; *digest; digest++) {
		if (is(value, size, (*digest)->name))
			return *digest;
	}
	return NULL;
}

static int read_digest(struct reading *r, const char *value, size_t size)
{
	const struct tma_digest *digest = digest_named(value, size);

	if (!digest)
		return fault_at(r, value, size, "is no hash of this agent; it has sha256, sha3-256, sm3");
	if (r->model->count)
		return fault_at(r, value, size, "stands behind a state; it has to come before");
	r->model->own.digest = digest;
	return 0;
}

static int read_content(struct reading *r, const char *value, size_t size)
{
	const struct tma_digest *digest = digest_named(value, size);

	if (!digest)
		return fault_at(r, value, size, "is no hash that this agent knows; it knows sha256, sha3-256, sm3");
	r->model->own.content = digest->type;
	return 0;
}

static int read_encoding(struct reading *r, const char *value, size_t size)
{
	if (is(value, size, "host"))
		r->model->own.encoding = TSEM_ENCODING_HOST;
	else if (is(value, size, "portable"))
		r->model->own.encoding = TSEM_ENCODING_PORTABLE;
	else
		return fault_at(r, value, size, "is no encoding; there are host, portable");
	return 0;
}

static int read_value(struct reading *r, const char *value, size_t size, u8 *out)
{
	if (tma_hex(value, size, out, r->model->own.digest->size))
		return 0;
	return fault_at(r, value, size, "is not hexadecimal, or has not as many digits as the digest");
}

static int read_base(struct reading *r, const char *value, size_t size)
{
	r->model->own.has_base = true;
	return read_value(r, value, size, r->model->own.base);
}

static int read_aggregate(struct reading *r, const char *value, size_t size)
{
	r->model->own.has_aggregate = true;
	return read_value(r, value, size, r->model->own.aggregate);
}

static int read_state(struct reading *r, const char *value, size_t size)
{
	struct model_file *model = r->model;

	if (model->count == model->room) {
		size_t room = model->room ? 2 * model->room : 256;
		u8 *states = reallocarray(model->states, room, model->own.digest->size);

		if (!states)
			return -ENOMEM;
		model->states = states;
		model->room = room;
	}
	return read_value(r, value, size, model->states + model->own.digest->size * model->count++);
}

static const struct {
	const char *word;
	int (*read)(struct reading *r, const char *value, size_t size); /* NULL: an agent does not need it */
	bool many; /* it may stand more than once */
} words[] = {
	{ "state", read_state, true },
	{ "event", NULL, true },
	{ "pattern", NULL, true },
	{ "pseudonym", NULL, true },
	{ "digest", read_digest, false },
	{ "content", read_content, false },
	{ "encoding", read_encoding, false },
	{ "base", read_base, false },
	{ "aggregate", read_aggregate, false },
	{ "name", NULL, false },
	{ "version", NULL, false },
	{ "scope", NULL, false },
	{ "instances", NULL, false },
};

static int read_line(struct reading *r)
{
	const struct line *line = &r->line;
	const char *blank = memchr(line->text, ' ', line->size);
	size_t size = blank ? (size_t)(blank - line->text) : line->size;

	if (r->ended)
		return fault_at(r, line->text, line->size, "stands after 'end'");
	if (is(line->text, line->size, "seal")) {
		r->model->own.sealed = true;
		return 0;
	}
	r->ended = is(line->text, line->size, "end");
	if (r->ended)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!blank || !is(line->text, size, words[i].word))
			continue;
		if (r->seen & 1U << i && !words[i].many)
			return fault_at(r, line->text, size, "stands twice");
		r->seen |= 1U << i;
		return words[i].read ? words[i].read(r, blank + 1, line->size - size - 1) : 0;
	}
	return fault_at(r, line->text, line->size, "is no line of a model");
}

int model_file__read(FILE *file, struct model_file *model, struct model_fault *fault)
{
	struct reading r = { .model = model, .fault = fault };
	char *text = NULL;
	size_t room = 0;
	ssize_t size;
	int err = 0;

	memset(model, 0, sizeof(*model));
	memset(fault, 0, sizeof(*fault));
	model->own.digest = &tma_sha256;
	while (!err && (size = getline(&text, &room, file)) > 0) {
		r.line = (struct line){ text, size - (text[size - 1] == '\n'), r.line.number + 1 };
		err = read_line(&r);
	}
	if (!err && ferror(file))
		err = -EIO;
	if (!err && !r.ended) {
		r.line.number++;
		err = fault_at(&r, "end", 3, "is missing: the file was cut, or is no plain text of a model");
	}
	free(text);
	return err;
}
