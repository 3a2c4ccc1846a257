// SPDX-License-Identifier: GPL-2.0
/*
 * The model file is read in one piece and parsed without copying: loading a model of a million lines takes less time
 * than hashing it would. A repeated coefficient counts once, at its first place. A table with a keyed hash finds it, so
 * that an untrusted file cannot choose values that collide.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control.h"
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

/* Vector multiply-shift (Dietzfelbinger): the author of two digests cannot influence whether they collide. */
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

/* Drops repeated digests; of the events of a digest the first one stays. */
static int digests_unique(struct digests *list, size_t width, struct model_event *events)
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
		if (slots[at]) {
			if (events && !events[slots[at] - 1].json)
				events[slots[at] - 1] = events[i];
			continue;
		}
		if (kept != i)
			memcpy(list->digest[kept], list->digest[i], MAX);
		if (events)
			events[kept] = events[i];
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
		errno = 0;
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
		int err = errno == EFBIG ? -EFBIG : -EIO;

		free(p);
		return err;
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

/* If the line is `word` and a value, writes the value to `out` and returns 1; 0 for another word. */
static int line_value(const struct line *line, const char *word, struct model *m, u8 *out, struct model_error *error)
{
	size_t n = strlen(word), size;

	if (line->size <= n || memcmp(line->text, word, n) || line->text[n] != ' ')
		return 0;
	/* The first value sets the width of all. */
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

/* The state of the parser. */
struct parsing {
	struct model *model;
	struct model_error *error;
	bool ended;
	bool after_state; /* the line before was a state */
	u64 seen; /* words that were seen and may occur only once: a bit each, by index in `words` */
};

/* The rest of a line, after its word. */
struct rest {
	const char *text;
	size_t size;
	char word[64]; /* its beginning, with a NUL: long enough for the value of every setting */
};

static int rest_error(struct parsing *p, const struct line *line, const struct rest *rest, const char *why)
{
	return line_error(p->error, line, rest->text, rest->size, why);
}

static int number_of(const struct rest *rest, u64 *out)
{
	char *end;

	errno = 0;
	*out = strtoull(rest->word, &end, 10);
	return rest->size >= sizeof(rest->word) || *rest->word < '0' || *rest->word > '9' || *end || errno ? -EINVAL
													   : 0;
}

const char *model__name_fault(const char *name)
{
	size_t size = strlen(name);

	if (!size)
		return "is no name: it is empty";
	if (size >= MODEL_NAME_SIZE)
		return "is longer than 255 bytes";
	for (size_t i = 0; i < size; i++) {
		if ((u8)name[i] < ' ' || name[i] == 0x7f)
			return "has a control character";
	}
	return NULL;
}

static int parse_name(struct parsing *p, const struct line *line, const struct rest *rest)
{
	const char *fault;

	if (rest->size >= MODEL_NAME_SIZE || memchr(rest->text, 0, rest->size))
		return rest_error(p, line, rest, "is longer than 255 bytes or has a NUL");
	memcpy(p->model->name, rest->text, rest->size);
	fault = model__name_fault(p->model->name);
	return fault ? rest_error(p, line, rest, fault) : 0;
}

static int parse_version(struct parsing *p, const struct line *line, const struct rest *rest)
{
	p->model->has_version = true;
	return number_of(rest, &p->model->version) ? rest_error(p, line, rest, "is no decimal number") : 0;
}

static int parse_instances(struct parsing *p, const struct line *line, const struct rest *rest)
{
	p->model->has_instances = true;
	return number_of(rest, &p->model->instances) ? rest_error(p, line, rest, "is no decimal number") : 0;
}

static int parse_digest(struct parsing *p, const struct line *line, const struct rest *rest)
{
	int type = digest__parse(rest->word);

	if (type < 0)
		return rest_error(p, line, rest, "is no hash; there are " DIGEST_NAMES);
	if (p->model->width && p->model->width != digest__size(type))
		return rest_error(p, line, rest, "has not as many digits as the values above it");
	p->model->digest = type;
	p->model->width = digest__size(type);
	return 0;
}

static int parse_content(struct parsing *p, const struct line *line, const struct rest *rest)
{
	int type = digest__parse(rest->word);

	if (type < 0)
		return rest_error(p, line, rest, "is no hash; there are " DIGEST_NAMES);
	p->model->content = type;
	return 0;
}

static int parse_encoding(struct parsing *p, const struct line *line, const struct rest *rest)
{
	int value = control__value(CONTROL_WORDS_ENCODING, rest->word);

	if (value < 0)
		return rest_error(p, line, rest, "is no encoding; there are host, portable");
	p->model->encoding = value;
	return 0;
}

static int parse_scope(struct parsing *p, const struct line *line, const struct rest *rest)
{
	int value = control__value(CONTROL_WORDS_SCOPE, rest->word);

	if (value < 0)
		return rest_error(p, line, rest, "is no scope; there are all, files");
	p->model->scope = value;
	return 0;
}

static int parse_pattern(struct parsing *p, const struct line *line, const struct rest *rest)
{
	const char *blank = memchr(rest->text, ' ', rest->size), *why;
	size_t size = blank ? (size_t)(blank - rest->text) : rest->size;
	struct tsem_pattern pattern;
	int err;

	if (blank && (rest->size != size + 4 || memcmp(blank, " any", 4)))
		return line_error(p->error, line, blank + 1, rest->size - size - 1,
				  "stands behind a pattern, where only 'any' may");
	why = pattern__parse(rest->text, size, blank, &pattern);
	if (why)
		return rest_error(p, line, rest, why);
	err = patterns__add(&p->model->patterns, &pattern);
	return err == -E2BIG ? rest_error(p, line, rest, PATTERNS_TOO_MANY) : err;
}

static int parse_strict(struct parsing *p, const struct line *line, const struct rest *rest)
{
	struct tsem_pattern directory;
	const char *why = pattern__parse_strict(rest->text, rest->size, &directory);
	int err;

	if (why)
		return rest_error(p, line, rest, why);
	err = patterns__add(&p->model->patterns, &directory);
	return err == -E2BIG ? rest_error(p, line, rest, PATTERNS_TOO_MANY) : err;
}

/* Makes room for the events of `count` states; new states have no event. */
static int events_grow(struct model *m, size_t count)
{
	size_t room = m->events_room ? 2 * count : count + 64;
	struct model_event *events;

	if (count <= m->events_room)
		return 0;
	events = realloc(m->events, room * sizeof(*events));
	if (!events)
		return -ENOMEM;
	memset(events + m->events_room, 0, (room - m->events_room) * sizeof(*events));
	m->events = events;
	m->events_room = room;
	return 0;
}

static int parse_event(struct parsing *p, const struct line *line, const struct rest *rest)
{
	int err;

	if (!p->after_state)
		return line_error(p->error, line, "event", 5,
				  "does not stand directly after the state that it describes");
	if (rest->size < 2 || rest->text[0] != '{' || rest->text[rest->size - 1] != '}')
		return rest_error(p, line, rest, "is no JSON object");
	err = events_grow(p->model, p->model->states.count);
	if (!err)
		p->model->events[p->model->states.count - 1] = (struct model_event){ rest->text, rest->size };
	return err;
}

enum rule {
	RULE_ONCE = 1 << 0, /* occurs at most once */
	RULE_FIRST = 1 << 1, /* occurs before the first state */
};

static const struct {
	const char *word;
	int (*parse)(struct parsing *p, const struct line *line, const struct rest *rest);
	u32 rules; /* enum rule */
} words[] = {
	{ "name", parse_name, RULE_ONCE | RULE_FIRST },
	{ "version", parse_version, RULE_ONCE | RULE_FIRST },
	{ "digest", parse_digest, RULE_ONCE | RULE_FIRST },
	{ "encoding", parse_encoding, RULE_ONCE | RULE_FIRST },
	{ "content", parse_content, RULE_ONCE | RULE_FIRST },
	{ "scope", parse_scope, RULE_ONCE | RULE_FIRST },
	{ "instances", parse_instances, RULE_ONCE | RULE_FIRST },
	{ "pattern", parse_pattern, RULE_FIRST },
	{ "strict", parse_strict, RULE_FIRST },
	{ "event", parse_event, 0 },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

/* 1: it is a line of `words`; 0: it is another line; or an error. */
static int parse_word(struct parsing *p, const struct line *line)
{
	struct rest rest;
	size_t i, n = 0;
	int err;

	for (i = 0; i < WORDS; i++) {
		n = strlen(words[i].word);
		if (line->size > n && !memcmp(line->text, words[i].word, n) && line->text[n] == ' ')
			break;
	}
	if (i == WORDS)
		return 0;
	if (words[i].rules & RULE_ONCE && p->seen & 1ULL << i)
		return line_error(p->error, line, words[i].word, n, "stands twice");
	if (words[i].rules & RULE_FIRST && p->model->states.count)
		return line_error(p->error, line, words[i].word, n, "stands behind a state; it has to come before");
	p->seen |= 1ULL << i;
	rest.text = line->text + n + 1;
	rest.size = line->size - n - 1;
	snprintf(rest.word, sizeof(rest.word), "%.*s", (int)(rest.size < 63 ? rest.size : 63), rest.text);
	/* A NUL would hide the text after it. */
	if (memchr(rest.text, 0, rest.size))
		return rest_error(p, line, &rest, "has a NUL");
	err = words[i].parse(p, line, &rest);
	return err ?: 1;
}

/* A value that may occur at most once. */
static int parse_once(struct parsing *p, const struct line *line, const char *word, bool *has, u8 *value)
{
	int found = line_value(line, word, p->model, value, p->error);

	if (found > 0 && *has)
		return line_error(p->error, line, word, strlen(word), "stands twice");
	if (found > 0)
		*has = true;
	return found;
}

static int parse_line(struct parsing *p, const struct line *line)
{
	struct model *m = p->model;
	u8 value[MAX] = {};
	int found;

	if (p->ended)
		return line_error(p->error, line, line->text, line->size, "stands after 'end'");
	found = line_value(line, "state", m, value, p->error);
	if (found) {
		p->after_state = true;
		return found < 0 ? found : digests__add(&m->states, value);
	}
	found = parse_word(p, line);
	p->after_state = false;
	if (found)
		return found < 0 ? found : 0;
	found = line_value(line, "pseudonym", m, value, p->error);
	if (found)
		return found < 0 ? found : digests__add(&m->pseudonyms, value);
	found = parse_once(p, line, "aggregate", &m->has_aggregate, m->aggregate)
			?: parse_once(p, line, "base", &m->has_base, m->base);
	if (found)
		return found < 0 ? found : 0;
	if (line_is(line, "seal"))
		m->sealed = true;
	else if (line_is(line, "end"))
		p->ended = true;
	else
		return line_error(p->error, line, line->text, line->size,
				  "is no line of a model (name, version, digest, encoding, content, scope, instances, "
				  "aggregate, base, pseudonym, pattern, strict, state, event, seal, end)");
	return 0;
}

int model__parse(const char *text, size_t size, struct model *model, struct model_error *error)
{
	struct parsing p = { .model = model, .error = error };
	const char *at, *stop, *end = text + size;
	struct line line = {};
	int err = 0;

	memset(model, 0, sizeof(*model));
	memset(error, 0, sizeof(*error));
	for (at = text; at < end && !err; at = stop + (stop < end)) {
		stop = memchr(at, '\n', end - at) ?: end;
		line = (struct line){ at, stop - at, line.number + 1 };
		err = parse_line(&p, &line);
	}
	if (!err && !p.ended) {
		line.number++;
		err = line_error(error, &line, "end", 3, "is missing: the file was cut");
	}
	err = err ?: model__unique(model);
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
	if (err)
		free(text);
	else
		model->text = text;
	return err;
}

int model__add(struct model *model, const u8 *state, struct model_event event)
{
	int err = digests__add(&model->states, state);

	if (!err && (event.json || model->events))
		err = events_grow(model, model->states.count);
	if (!err && model->events)
		model->events[model->states.count - 1] = event;
	return err;
}

int model__unique(struct model *model)
{
	int err = model->events ? events_grow(model, model->states.count) : 0;

	err = err ?: digests_unique(&model->states, model->width, model->events);
	return err ?: digests_unique(&model->pseudonyms, model->width, NULL);
}

static void write_values(FILE *file, const char *word, const struct digests *list, size_t width)
{
	char hex[2 * MAX + 1];

	for (size_t i = 0; i < list->count; i++) {
		digest__to_hex(list->digest[i], width, hex);
		fprintf(file, "%s %s\n", word, hex);
	}
}

void model__write_settings(FILE *file, const struct model *m)
{
	char line[PATTERN_LINE_SIZE];

	if (m->digest)
		fprintf(file, "digest %s\n", digest__name(m->digest));
	if (m->encoding)
		fprintf(file, "encoding %s\n", control__word(CONTROL_WORDS_ENCODING, m->encoding));
	if (m->content)
		fprintf(file, "content %s\n", digest__name(m->content));
	if (m->scope)
		fprintf(file, "scope %s\n", control__word(CONTROL_WORDS_SCOPE, m->scope));
	if (m->has_instances)
		fprintf(file, "instances %llu\n", (unsigned long long)m->instances);
	for (size_t i = 0; i < m->patterns.count; i++) {
		pattern__line(&m->patterns.pattern[i], line);
		fprintf(file, "%s\n", line);
	}
}

int model__write_described(FILE *file, const struct model *model,
			   struct model_event (*describe)(size_t index, void *data), void *data)
{
	char hex[2 * MAX + 1];

	if (*model->name)
		fprintf(file, "name %s\n", model->name);
	if (model->has_version)
		fprintf(file, "version %llu\n", (unsigned long long)model->version);
	model__write_settings(file, model);
	if (model->has_aggregate) {
		digest__to_hex(model->aggregate, model->width, hex);
		fprintf(file, "aggregate %s\n", hex);
	}
	if (model->has_base) {
		digest__to_hex(model->base, model->width, hex);
		fprintf(file, "base %s\n", hex);
	}
	write_values(file, "pseudonym", &model->pseudonyms, model->width);
	for (size_t i = 0; i < model->states.count; i++) {
		struct model_event event = describe(i, data);

		digest__to_hex(model->states.digest[i], model->width, hex);
		fprintf(file, "state %s\n", hex);
		if (!event.json)
			continue;
		fputs("event ", file);
		fwrite(event.json, 1, event.size, file);
		fputc('\n', file);
	}
	fputs(model->sealed ? "seal\nend\n" : "end\n", file);
	return ferror(file) ? -EIO : 0;
}

static struct model_event own_event(size_t index, void *data)
{
	const struct model *model = data;

	return model->events ? model->events[index] : (struct model_event){};
}

int model__write(FILE *file, const struct model *model)
{
	return model__write_described(file, model, own_event, (void *)model);
}

void model__free(struct model *model)
{
	free(model->pseudonyms.digest);
	free(model->patterns.pattern);
	free(model->states.digest);
	free(model->events);
	free(model->text);
	memset(model, 0, sizeof(*model));
}
