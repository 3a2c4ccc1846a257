// SPDX-License-Identifier: GPL-2.0
/*
 * A line of forensics says nothing about the namespace that it comes from. Its digest shows in the width of TASK_IDs,
 * patterns and instances show in paths. The encoding shows in TASK_IDs: each is computed again from the exec that gave
 * it, in the model or earlier in the file; deviations_check.c does that.
 */
#include "deviations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deviations_check.h"
#include "digest.h"
#include "model_words.h"
#include "stream.h"

struct reading {
	struct deviations *list;
	struct deviations_error *error;
	struct deviations_check check;
	struct model_words *words;
	struct json_object *seen; /* coefficients in hexadecimal */
	u8 (*states)[TSEM_DIGEST_MAX]; /* of the model, sorted */
	size_t line;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

static int fail(struct reading *r, const char *word, const char *why)
{
	r->error->line = r->line;
	snprintf(r->error->text, sizeof(r->error->text), "'%.80s' %s", word, why);
	return -EINVAL;
}

/* The new entry, or NULL: no memory. */
static struct deviation *append(struct deviations *list)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct deviation *entry = realloc(list->entry, room * sizeof(*entry));

		if (!entry)
			return NULL;
		list->entry = entry;
		list->room = room;
	}
	list->entry[list->count] = (struct deviation){};
	return &list->entry[list->count++];
}

/* Is the event in the model, or was it on an earlier line? Remembers it. */
static bool is_known(struct reading *r, const u8 *coefficient)
{
	char hex[2 * TSEM_DIGEST_MAX + 1];

	if (bsearch(coefficient, r->states, r->list->model->states.count, sizeof(*r->states), compare)) {
		r->list->known++;
		return true;
	}
	digest__to_hex(coefficient, r->check.events.width, hex);
	if (json_object_object_get_ex(r->seen, hex, NULL))
		return true;
	json_object_object_add(r->seen, hex, NULL);
	return false;
}

/* Reads an event into r->check.events; *event is new. */
static int read_event(struct reading *r, struct json_object *json, struct json_object **event)
{
	const char *fault = NULL;
	char why[160];
	int err = model_events__read(&r->check.events, json, event, &fault);

	if (err == -E2BIG)
		return fail(r, fault, "makes the event too large");
	if (err != -EINVAL)
		return err;
	snprintf(why, sizeof(why),
		 "is no value of %s, which has %zu digits: the forensics are of a namespace with another digest",
		 digest__name(r->check.events.digest), 2 * r->check.events.width);
	return fail(r, fault ?: "event", fault && !strcmp(fault, "task_id") ? why : "is missing or malformed");
}

static int add_event(struct reading *r, struct json_object *json)
{
	struct deviations *list = r->list;
	struct json_object *event = NULL;
	struct deviation *d;
	int err = read_event(r, json, &event);

	if (err)
		return err;
	err = deviations_check__settings(&r->check, event, r->error->text, sizeof(r->error->text));
	if (err == -EINVAL)
		r->error->line = r->line;
	if (err || is_known(r, r->check.events.digests.coefficient)) {
		json_object_put(event);
		return err;
	}
	d = append(list);
	if (!d) {
		json_object_put(event);
		return -ENOMEM;
	}
	d->line = r->line;
	d->fault = deviations_check__fault(&r->check, event);
	memcpy(d->coefficient, r->check.events.digests.coefficient, TSEM_DIGEST_MAX);
	if (!d->fault && r->check.events.record.event == TSEM_EVENT_bprm_committing_creds)
		err = model_events__add_program(&r->check.events, list->programs, event, list->count - 1) ?:
		      model_words__exec(r->words, &r->check.events, event) ?: deviations_check__exec(&r->check, json);
	d->json = strdup(event__line(event));
	json_object_put(event);
	return err ?: d->json ? 0 : -ENOMEM;
}

static int add_line(struct reading *r, const char *line, size_t size)
{
	struct json_object *json = event__from_line(line, size);
	int err = 0;

	if (!json || !json_object_is_type(json, json_type_object))
		err = fail(r, line, "is no JSON object");
	else if (json_object_object_get_ex(json, "export", NULL))
		err = fail(r, "export", "is of an external namespace or of the export mode; give the forensics of run");
	else if (json_object_object_get_ex(json, "log", NULL))
		r->list->logs++;
	else
		err = add_event(r, json);
	json_object_put(json);
	return err;
}

static int add_lines(struct reading *r, FILE *file)
{
	size_t room = 0;
	char *line = NULL;
	ssize_t size = 0;
	int err = 0;

	while (!err && (size = stream__line(file, &line, &room, STREAM_EVENT_LINE)) > 0) {
		r->line++;
		if (line[size - 1] == '\n')
			line[--size] = 0;
		err = add_line(r, line, size);
	}
	if (!err && size == -EFBIG) {
		r->line++;
		err = fail(r, "event", "is too long for an event");
	}
	free(line);
	r->list->lines = r->line;
	return err ?: size < 0 ? (int)size : 0;
}

/* Every exec is known now: checks where TASK_IDs come from, and puts the events into words. */
static int finish(struct reading *r)
{
	int err = 0;

	for (size_t i = 0; i < r->list->count && !err; i++) {
		struct deviation *d = &r->list->entry[i];
		struct json_object *json = event__from_line(d->json, strlen(d->json));

		err = json ? deviations_check__origin(&r->check, json, r->list->programs, d, r->error->text,
						      sizeof(r->error->text))
			   : -ENOMEM;
		if (err == -EINVAL)
			r->error->line = d->line;
		d->sentence = err ? NULL : model_words__sentence(r->words, json);
		json_object_put(json);
		err = err ?: d->sentence ? 0 : -ENOMEM;
	}
	return err;
}

static int begin(struct reading *r)
{
	const struct digests *states = &r->list->model->states;
	int err = deviations_check__init(&r->check, r->list->model);

	if (err)
		return err;
	r->words = model_words__new();
	r->seen = json_object_new_object();
	r->list->programs = json_object_new_object();
	r->states = malloc((states->count + 1) * sizeof(*r->states));
	if (!r->words || !r->seen || !r->states || !r->list->programs)
		return -ENOMEM;
	if (states->count) {
		memcpy(r->states, states->digest, states->count * sizeof(*r->states));
		qsort(r->states, states->count, sizeof(*r->states), compare);
	}
	return model_words__take(r->words, &r->check.events);
}

int deviations__read(struct deviations *list, const struct model *model, FILE *file, struct deviations_error *error)
{
	struct reading *r = calloc(1, sizeof(*r));
	int err;

	memset(list, 0, sizeof(*list));
	memset(error, 0, sizeof(*error));
	list->model = model;
	if (!r)
		return -ENOMEM;
	r->list = list;
	r->error = error;
	err = begin(r);
	if (err == -EINVAL)
		snprintf(error->text, sizeof(error->text), "the model's values do not have the width of its digest");
	err = err ?: add_lines(r, file) ?: finish(r);
	deviations_check__free(&r->check);
	model_words__free(r->words);
	json_object_put(r->seen);
	free(r->states);
	free(r);
	if (err)
		deviations__free(list);
	return err;
}

/* ---- the choice ---- */

size_t deviations__choose_all(struct deviations *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		list->entry[i].chosen = !list->entry[i].fault;
		count += list->entry[i].chosen;
	}
	return count;
}

static int choose_range(struct deviations *list, size_t first, size_t last, const char *word,
			struct deviations_error *error)
{
	if (!first || first > list->lines) {
		snprintf(error->text, sizeof(error->text), "'%.40s' is no line of the file, which has %zu", word,
			 list->lines);
		return -EINVAL;
	}
	for (size_t i = 0; i < list->count; i++) {
		struct deviation *d = &list->entry[i];

		if (d->line < first || d->line > last)
			continue;
		if (d->fault && first == last) {
			snprintf(error->text, sizeof(error->text), "%zu cannot be added: it %s", first, d->fault);
			return -EINVAL;
		}
		d->chosen |= !d->fault;
	}
	return 0;
}

int deviations__choose(struct deviations *list, const char *text, struct deviations_error *error)
{
	const char *at = text + strspn(text, " ,");
	int err = *at ? 0 : -EINVAL;

	memset(error, 0, sizeof(*error));
	snprintf(error->text, sizeof(error->text), "there is no number");
	while (*at && !err) {
		size_t size = strcspn(at, " ,");
		unsigned long long first, last;
		char word[48], *end;

		snprintf(word, sizeof(word), "%.*s", (int)(size < 47 ? size : 47), at);
		errno = 0;
		first = last = strtoull(word, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			last = strtoull(end + 1, &end, 10);
		if (size > 47 || *word < '0' || *word > '9' || *end || errno || first > last) {
			snprintf(error->text, sizeof(error->text), "'%s' is no number and no range such as 3-7", word);
			err = -EINVAL;
		}
		err = err ?: choose_range(list, first, last, word, error);
		at += size + strspn(at + size, " ,");
	}
	for (size_t i = 0; i < list->count && err; i++)
		list->entry[i].chosen = false;
	return err;
}

/* ---- what the chosen ones follow from ---- */

struct completion {
	struct deviations *list;
	struct json_object *started; /* by the model */
	size_t *stack, depth; /* entries whose TASK_IDs have to be looked at */
	const struct deviation *of;
};

static int need(const char *hex, const char **replace, void *data)
{
	struct completion *c = data;
	struct json_object *program;
	struct deviation *d;
	size_t index;

	(void)replace;
	if (json_object_object_get_ex(c->started, hex, NULL) ||
	    !json_object_object_get_ex(c->list->programs, hex, &program))
		return 0;
	index = json_object_get_int64(json_object_object_get(program, "state"));
	d = &c->list->entry[index];
	if (d->chosen)
		return 0;
	d->chosen = true;
	d->needed_by = c->of->needed_by ?: c->of->line;
	c->stack[c->depth++] = index;
	return 0;
}

int deviations__complete(struct deviations *list)
{
	struct completion c = { .list = list, .stack = calloc(list->count + 1, sizeof(*c.stack)) };
	struct model_events *events = calloc(1, sizeof(*events));
	int err = c.stack && events ? model_events__init(events, list->model) : -ENOMEM;

	if (!err) {
		c.started = model_events__programs(events);
		err = c.started ? 0 : -ENOMEM;
	}
	/* The first one is on top: an exec is needed by the lowest number. */
	for (size_t i = list->count; i-- && c.stack;) {
		if (list->entry[i].chosen)
			c.stack[c.depth++] = i;
	}
	/* Each entry is on the stack once: when it becomes chosen. */
	while (!err && c.depth) {
		struct json_object *json;

		c.of = &list->entry[c.stack[--c.depth]];
		json = event__from_line(c.of->json, strlen(c.of->json));
		err = json ? model_events__each_id(json, false, need, &c) : -ENOMEM;
		json_object_put(json);
	}
	json_object_put(c.started);
	free(events);
	free(c.stack);
	return err;
}

int deviations__apply(const struct deviations *list, struct model *model)
{
	int err = 0;

	/* A model without values may have none yet. */
	model->width = model->width ?: digest__size(model->digest ?: (u32)TSEM_DIGEST_SHA256);
	for (size_t i = 0; i < list->count && !err; i++) {
		const struct deviation *d = &list->entry[i];

		if (d->chosen)
			err = model__add(model, d->coefficient, (struct model_event){ d->json, strlen(d->json) });
	}
	return err;
}

void deviations__free(struct deviations *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->entry[i].json);
		free(list->entry[i].sentence);
	}
	free(list->entry);
	json_object_put(list->programs);
	memset(list, 0, sizeof(*list));
}
