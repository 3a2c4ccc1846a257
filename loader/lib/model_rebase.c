// SPDX-License-Identifier: GPL-2.0
/*
 * First the execs: each gives a TASK_ID, which is a hash over its executable and the TASK_ID of its parent. A new
 * executable thus changes the TASK_IDs of all programs that it starts. Then all events: files and TASK_IDs in them are
 * replaced, and their coefficients computed again. Only the execs are in memory as JSON.
 */
#include "model_rebase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"

struct exec {
	struct json_object *json;
	char old[TASK_ID_HEX];
	char new[TASK_ID_HEX]; /* "": not computed yet */
};

struct work {
	struct model_rebase *rebase;
	struct exec *exec;
	size_t count, room;
	struct json_object *index; /* of execs by their old TASK_ID */
	size_t wanted; /* the exec that has to be computed first */
	bool changed; /* a TASK_ID in the current event */
};

/* ---- the files in an event ---- */

static int set_mode(struct json_object *inode, u32 mode)
{
	struct json_object *value = event__member(inode, "mode");
	char text[16];

	snprintf(text, sizeof(text), "0%" PRIo32, mode);
	return !value || json_object_set_string(value, text) ? 0 : -ENOMEM;
}

static int set_digest(const struct model_rebase *r, struct json_object *file, const u8 *now)
{
	struct json_object *value = event__member(file, "digest"), *path = event__member(file, "path");
	char hex[2 * TSEM_DIGEST_MAX + 1], old[2 * TSEM_DIGEST_MAX + 1];

	digest__to_hex(now, r->events.width, hex);
	digest__to_hex(r->files.empty, r->events.width, old);
	/*
	 * In this event the content did not count: a mapping as data of a pseudonym, or of a file that was empty; or
	 * the workload had made it.
	 */
	if (!value || (!strcmp(json_object_get_string(value), old) &&
		       (event__member(path, "pattern") || model_files__strict(&r->files, path))))
		return 0;
	return json_object_set_string(value, hex) ? 0 : -ENOMEM;
}

/* Puts the new file into a FILE, or into the DENTRY of inode_getattr. 1: it changed; 0; or -ENOMEM. */
static int replace_file(struct model_rebase *r, struct json_object *object)
{
	struct json_object *path = event__member(object, "path");
	struct model_file *f;
	int err;

	if (!path || event__member(path, "created") || event__member(path, "normal"))
		return 0;
	f = model_files__find(&r->files, json_object_get_string(event__member(path, "pathname")));
	if (!f || f->state != MODEL_FILE_CHANGED)
		return 0;
	err = f->mode_now ? set_mode(event__member(object, "inode"), f->mode_now) : 0;
	if (!err && f->content_changed)
		err = set_digest(r, object, f->now);
	return err ?: 1;
}

static int replace_files(struct model_rebase *r, struct json_object *json)
{
	struct json_object *event = event__member(json, "event"), *type = event__member(event, "type");
	struct json_object *cell = event__member(json, json_object_get_string(type));
	struct json_object *file = event__member(cell, "file");

	if (!file && !strcmp(json_object_get_string(type), "inode_getattr"))
		file = event__member(cell, "path");
	return file ? replace_file(r, file) : 0;
}

/* ---- the execs ---- */

static int add_exec(struct work *w, struct json_object *json)
{
	char id[TASK_ID_HEX];
	struct exec *e;
	int err = model_events__task_id(&w->rebase->events, id);

	if (err || event__member(w->index, id))
		return err == -ENOENT ? 0 : err;
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 32;

		e = realloc(w->exec, room * sizeof(*e));
		if (!e)
			return -ENOMEM;
		w->exec = e;
		w->room = room;
	}
	if (json_object_object_add(w->index, id, json_object_new_int64(w->count)))
		return -ENOMEM;
	e = &w->exec[w->count++];
	*e = (struct exec){ .json = json_object_get(json) };
	strcpy(e->old, id);
	return 0;
}

static struct exec *find_exec(struct work *w, const char *hex)
{
	struct json_object *at = event__member(w->index, hex);

	return at ? &w->exec[json_object_get_int64(at)] : NULL;
}

/* Stops the walk at a TASK_ID that is not computed yet. */
static int find_wanted(const char *hex, const char **replace, void *data)
{
	struct work *w = data;
	struct exec *e = find_exec(w, hex);

	(void)replace;
	if (!e || *e->new)
		return 0;
	w->wanted = e - w->exec;
	return 1;
}

static int replace_id(const char *hex, const char **replace, void *data)
{
	struct work *w = data;
	struct exec *e = find_exec(w, hex);

	if (!e || !*e->new || !strcmp(e->new, hex))
		return 0;
	*replace = e->new;
	w->changed = true;
	return 0;
}

/* Computes the new TASK_ID of an exec whose other TASK_IDs are computed. */
static int compute(struct work *w, struct exec *e)
{
	struct model_events *events = &w->rebase->events;
	const char *fault;
	int err = replace_files(w->rebase, e->json);

	err = err < 0 ? err : model_events__each_id(e->json, true, replace_id, w);
	err = err ?: model_events__read(events, e->json, NULL, &fault);
	err = err ?: model_events__task_id(events, e->new);
	if (!err && strcmp(e->old, e->new))
		w->rebase->programs++;
	return err;
}

/* Not recursive: the author of a model decides how long its chain of programs is. */
static int compute_all(struct work *w)
{
	size_t *stack = calloc(w->count + 1, sizeof(*stack)), depth = 0;
	int err = stack ? 0 : -ENOMEM;

	for (size_t i = 0; i < w->count && !err; i++) {
		stack[depth++] = i;
		while (depth && !err) {
			struct exec *e = &w->exec[stack[depth - 1]];

			err = *e->new ? 0 : model_events__each_id(e->json, true, find_wanted, w);
			if (err == 1) {
				/* A circle would need a hash that contains itself. */
				err = depth > w->count ? -EINVAL : 0;
				if (!err)
					stack[depth++] = w->wanted;
				continue;
			}
			err = err ?: *e->new ? 0 : compute(w, e);
			depth--;
		}
	}
	free(stack);
	return err;
}

static int read_execs(struct work *w)
{
	struct model_events *events = &w->rebase->events;
	struct json_object *json;
	int err = 0;

	for (size_t i = 0; i < w->rebase->model->states.count && !err; i++) {
		if (!model_events__maybe_exec(w->rebase->model, i) || model_events__get(events, i, &json))
			continue;
		err = add_exec(w, json);
		json_object_put(json);
	}
	return err;
}

/* ---- all events ---- */

static int replace_state(struct work *w, size_t index, struct json_object *json)
{
	struct model_rebase *r = w->rebase;
	const char *fault;
	char *text;
	int err = model_events__read(&r->events, json, NULL, &fault);

	if (err)
		return err;
	text = strdup(event__line(json));
	if (!text)
		return -ENOMEM;
	r->texts[r->text_count++] = text;
	r->model->events[index] = (struct model_event){ text, strlen(text) };
	memcpy(r->model->states.digest[index], r->events.digests.coefficient, TSEM_DIGEST_MAX);
	r->coefficients++;
	return 0;
}

static int replace_all(struct work *w)
{
	struct model_rebase *r = w->rebase;
	struct json_object *json;
	int err = 0;

	for (size_t i = 0; i < r->model->states.count && !err; i++) {
		int changed;

		if (model_events__get(&r->events, i, &json))
			continue;
		changed = replace_files(r, json);
		w->changed = false;
		err = changed < 0 ? changed : model_events__each_id(json, false, replace_id, w);
		if (!err && (changed || w->changed))
			err = replace_state(w, i, json);
		json_object_put(json);
	}
	return err ?: model__unique(r->model);
}

int model_rebase__make(struct model_rebase *r, struct model *model, const struct newfiles *newfiles)
{
	struct work w = { .rebase = r };
	int err;

	memset(r, 0, sizeof(*r));
	r->model = model;
	err = model_events__init(&r->events, model);
	err = err ?: model_files__list(&r->files, &r->events);
	err = err ?: model_files__look(&r->files, newfiles);
	if (err)
		return err;
	w.index = json_object_new_object();
	r->texts = calloc(model->states.count + 1, sizeof(*r->texts));
	err = w.index && r->texts ? read_execs(&w) : -ENOMEM;
	err = err ?: compute_all(&w) ?: replace_all(&w);
	for (size_t i = 0; i < w.count; i++)
		json_object_put(w.exec[i].json);
	free(w.exec);
	json_object_put(w.index);
	return err;
}

void model_rebase__free(struct model_rebase *r)
{
	for (size_t i = 0; i < r->text_count; i++)
		free(r->texts[i]);
	free(r->texts);
	model_files__free(&r->files);
	memset(r, 0, sizeof(*r));
}
