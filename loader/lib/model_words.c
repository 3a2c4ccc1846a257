// SPDX-License-Identifier: GPL-2.0
/* The only file of models that uses the inner parts of explain (explain_words.h). */
#include "model_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_words.h"

struct model_words {
	struct explain *explain; /* for the words */
	struct json_object *programs; /* by TASK_ID: see model_events__programs() */
};

struct model_words *model_words__new(void)
{
	struct model_words *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->explain = explain__new();
	w->programs = json_object_new_object();
	if (w->explain && w->programs)
		return w;
	model_words__free(w);
	return NULL;
}

void model_words__free(struct model_words *w)
{
	if (!w)
		return;
	explain__free(w->explain);
	json_object_put(w->programs);
	free(w);
}

int model_words__exec(struct model_words *w, struct model_events *e, struct json_object *json)
{
	const char *fault;
	int count = json_object_object_length(w->programs);
	int err = model_events__add_program(e, w->programs, json, 0);

	/* One exec of each program is enough to name it. */
	if (err || json_object_object_length(w->programs) == count)
		return err;
	return explain__learn(w->explain, json, &fault);
}

int model_words__take(struct model_words *w, struct model_events *e)
{
	struct json_object *json;
	int err = 0;

	for (size_t i = 0; i < e->model->states.count && !err; i++) {
		if (!model_events__maybe_exec(e->model, i) || model_events__get(e, i, &json))
			continue;
		err = model_words__exec(w, e, json);
		json_object_put(json);
	}
	return err;
}

static void put_program(FILE *out, struct model_words *w, const char *id, struct json_object *comm)
{
	struct json_object *program = event__member(w->programs, id);

	if (program)
		words__string(out, event__member(program, "path"), w->explain);
	else if (task_id__none(id))
		fputs("the first task", out);
	else if (comm)
		words__string(out, comm, w->explain);
	else
		fputs("a program", out);
}

char *model_words__program(struct model_words *w, const char *task_id, struct json_object *comm)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_program(out, w, task_id, comm);
	return fclose(out) ? NULL : text;
}

char *model_words__sentence(struct model_words *w, struct json_object *json)
{
	const char *id = json_object_get_string(event__lookup(json, "event.task_id"));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_program(out, w, id, event__lookup(json, "event.process"));
	putc(' ', out);
	explain__deed(out, json, w->explain);
	return fclose(out) ? NULL : text;
}

char *model_words__deed(struct model_words *w, struct json_object *json)
{
	static const char user[] = " as uid ";
	char *text = NULL, *end = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	explain__deed(out, json, w->explain);
	if (fclose(out))
		return NULL;
	/* The user comes last. */
	for (char *p = text; (p = strstr(p, user)); p++)
		end = p;
	if (end)
		*end = 0;
	return text;
}

char *model_words__path(struct model_words *w, struct json_object *path)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	words__path(out, path, w->explain);
	return fclose(out) ? NULL : text;
}

char *model_words__capability(struct json_object *number)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	words__show(out, "cap", number, NULL);
	return fclose(out) ? NULL : text;
}

struct json_object *model_words__at(struct json_object *json, const char *keys)
{
	return event__lookup(json, keys);
}
