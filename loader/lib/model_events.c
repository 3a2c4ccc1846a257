// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the descriptions of a model one at a time: a model of a million events never is in memory as JSON. Each goes
 * through a record and back, so what is shown is what was hashed.
 */
#include "model_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event_codec.h"

int model_events__init(struct model_events *e, const struct model *model)
{
	memset(e, 0, sizeof(*e));
	e->model = model;
	e->digest = model->digest ?: (u32)TSEM_DIGEST_SHA256;
	e->encoding = model->encoding ?: (u32)TSEM_ENCODING_HOST;
	e->width = digest__size(e->digest);
	return model->width && model->width != e->width ? -EINVAL : 0;
}

int model_events__read(struct model_events *e, struct json_object *json, struct json_object **out, const char **fault)
{
	int err = event__from_json(json, e->digest, e->encoding, &e->record, fault);

	err = err ?: event__coefficient(&e->record, &e->digests);
	if (err || !out)
		return err;
	*out = event__to_json(&e->record, false);
	return *out ? 0 : -ENOMEM;
}

int model_events__get(struct model_events *e, size_t index, struct json_object **out)
{
	const struct model_event *event = e->model->events ? &e->model->events[index] : NULL;
	struct json_object *json;
	const char *fault = NULL;
	int err;

	if (!event || !event->json)
		return -ENOENT;
	json = event__from_line(event->json, event->size);
	if (!json)
		return -EBADMSG;
	err = model_events__read(e, json, out, &fault);
	json_object_put(json);
	if (err)
		return err == -EINVAL || err == -E2BIG ? -EBADMSG : err;
	if (!memcmp(e->digests.coefficient, e->model->states.digest[index], e->width))
		return 0;
	json_object_put(*out);
	*out = NULL;
	return -EBADMSG;
}

bool model_events__maybe_exec(const struct model *model, size_t index)
{
	static const char name[] = "bprm_committing_creds";
	const struct model_event *event = model->events ? &model->events[index] : NULL;

	return event && event->json && memmem(event->json, event->size, name, sizeof(name) - 1);
}

int model_events__task_id(struct model_events *e, char *hex)
{
	u8 own[TSEM_DIGEST_MAX];
	struct event_digests out;
	int err;

	if (e->record.event != TSEM_EVENT_bprm_committing_creds)
		return -ENOENT;
	memcpy(own, e->record.task_id, sizeof(own));
	memset(e->record.task_id, 0, sizeof(own));
	err = event__coefficient(&e->record, &out);
	memcpy(e->record.task_id, own, sizeof(own));
	if (!err)
		digest__to_hex(out.coefficient, e->width, hex);
	return err;
}

int model_events__add_program(struct model_events *e, struct json_object *programs, struct json_object *json,
			      size_t index)
{
	struct json_object *cell = event__member(json, "bprm_committing_creds"), *program;
	struct json_object *path = event__member(event__member(event__member(cell, "file"), "path"), "pathname");
	char hex[TASK_ID_HEX];
	int err = model_events__task_id(e, hex);

	/* The first exec counts: later ones differ in who called it. */
	if (err || json_object_object_get_ex(programs, hex, NULL))
		return err == -ENOENT ? 0 : err;
	program = json_object_new_object();
	if (!program)
		return -ENOMEM;
	json_object_object_add(program, "path", path ? json_object_get(path) : json_object_new_string("?"));
	json_object_object_add(program, "parent",
			       json_object_get(event__member(event__member(json, "event"), "p_task_id")));
	json_object_object_add(program, "state", json_object_new_int64(index));
	return json_object_object_add(programs, hex, program) ? -ENOMEM : 0;
}

struct json_object *model_events__programs(struct model_events *e)
{
	struct json_object *programs = json_object_new_object(), *json;
	int err = 0;

	for (size_t i = 0; programs && i < e->model->states.count && !err; i++) {
		if (!model_events__maybe_exec(e->model, i) || model_events__get(e, i, &json))
			continue;
		err = model_events__add_program(e, programs, json, i);
		json_object_put(json);
	}
	if (!err)
		return programs;
	json_object_put(programs);
	return NULL;
}

static bool all(const char *hex, char digit)
{
	while (*hex == digit)
		hex++;
	return !*hex;
}

bool task_id__none(const char *hex)
{
	return all(hex, '0');
}

bool task_id__fault(const char *hex)
{
	return all(hex, 'f');
}

/* ---- the TASK_IDs in an event ---- */

struct walk {
	task_id_visit *visit;
	void *data;
	size_t width; /* digits of a TASK_ID */
};

/* A whole string that is a TASK_ID. */
static int walk_value(struct walk *w, struct json_object *value)
{
	const char *replace = NULL;
	int err;

	if (!json_object_is_type(value, json_type_string))
		return 0;
	err = w->visit(json_object_get_string(value), &replace, w->data);
	if (!err && replace && !json_object_set_string(value, replace))
		err = -ENOMEM;
	return err;
}

/* The components of a normalised name in proc that are TASK_IDs. */
static int walk_normal(struct walk *w, struct json_object *value)
{
	char *text = strdup(json_object_get_string(value)), id[TASK_ID_HEX];
	bool changed = false;
	int err = text ? 0 : -ENOMEM;

	for (char *p = text; p && *p && !err;) {
		size_t size = strcspn(p, "/");
		const char *replace = NULL;

		if (size == w->width && strspn(p, "0123456789abcdef") >= size) {
			memcpy(id, p, size);
			id[size] = 0;
			err = w->visit(id, &replace, w->data);
			if (!err && replace) {
				memcpy(p, replace, size);
				changed = true;
			}
		}
		p += size + !!p[size];
	}
	if (!err && changed && !json_object_set_string(value, text))
		err = -ENOMEM;
	free(text);
	return err;
}

/* The keys in a CELL whose value is a TASK_ID (event_fields.c). */
static bool is_id_key(const char *key)
{
	static const char *const keys[] = { "owner", "target", "child", "source", "task" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(key, keys[i]))
			return true;
	}
	return false;
}

/* `json` came from event__to_json(): it is only as deep as an event is. */
static int walk_cell(struct walk *w, struct json_object *json)
{
	int err = 0;

	if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json) && !err; i++)
			err = walk_cell(w, json_object_array_get_idx(json, i));
		return err;
	}
	if (!json_object_is_type(json, json_type_object))
		return 0;
	json_object_object_foreach(json, key, value) {
		if (is_id_key(key))
			err = walk_value(w, value);
		else if (!strcmp(key, "normal"))
			err = walk_normal(w, value);
		else
			err = walk_cell(w, value);
		if (err)
			break;
	}
	return err;
}

int model_events__each_id(struct json_object *json, bool others, task_id_visit *visit, void *data)
{
	struct json_object *event = event__member(json, "event"), *own = event__member(event, "task_id");
	struct json_object *cell = event__member(json, json_object_get_string(event__member(event, "type")));
	struct walk w = { .visit = visit, .data = data };
	int err = 0;

	w.width = json_object_get_string_len(own);
	if (w.width >= TASK_ID_HEX)
		return -EINVAL;
	if (!others)
		err = walk_value(&w, own);
	err = err ?: walk_value(&w, event__member(event, "p_task_id"));
	return err ?: walk_cell(&w, cell);
}

/* A path escapes fewer characters than a model file does: compares the bytes. */
long model_events__pattern(const struct model *model, struct json_object *text)
{
	u8 bytes[TSEM_PATTERN_MAX];
	long size = codec__bytes_of(text, bytes, sizeof(bytes));

	for (size_t i = 0; size > 0 && i < model->patterns.count; i++) {
		const struct tsem_pattern *p = &model->patterns.pattern[i];

		if (!pattern__is_strict(p) && p->size == size && !memcmp(p->text, bytes, size))
			return i;
	}
	return -1;
}
