// SPDX-License-Identifier: GPL-2.0
/* The checks of deviations.c. */
#include "deviations_check.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event_codec.h"
#include "explain.h"

int deviations_check__init(struct deviations_check *c, const struct model *model)
{
	struct json_object *json;
	int err = model_events__init(&c->events, model);

	if (err)
		return err;
	c->others = json_object_new_object();
	c->started = model_events__programs(&c->events);
	c->complete = true;
	if (!c->others || !c->started)
		return -ENOMEM;
	for (size_t i = 0; i < model->states.count && !err; i++) {
		c->complete &= model->events && model->events[i].json;
		if (!model_events__maybe_exec(model, i) || model_events__get(&c->events, i, &json))
			continue;
		err = deviations_check__exec(c, json);
		json_object_put(json);
	}
	return err;
}

void deviations_check__free(struct deviations_check *c)
{
	json_object_put(c->started);
	json_object_put(c->others);
}

int deviations_check__exec(struct deviations_check *c, struct json_object *json)
{
	struct model_events *other = calloc(1, sizeof(*other));
	char hex[TASK_ID_HEX], text[80];
	const char *fault;

	if (!other)
		return -ENOMEM;
	for (u32 i = 2; i < 2 * TSEM_DIGEST_END; i++) {
		other->digest = i / 2;
		other->encoding = i % 2 ? TSEM_ENCODING_PORTABLE : TSEM_ENCODING_HOST;
		other->width = digest__size(other->digest);
		if (other->width != c->events.width ||
		    (other->digest == c->events.digest && other->encoding == c->events.encoding) ||
		    model_events__read(other, json, NULL, &fault) || model_events__task_id(other, hex))
			continue;
		snprintf(text, sizeof(text), "digest %s and encoding %s", digest__name(other->digest),
			 digest__encoding_name(other->encoding));
		json_object_object_add(c->others, hex, json_object_new_string(text));
	}
	free(other);
	return 0;
}

/* ---- paths ---- */

/* Writes "'WORD' why" with a word of the event. */
static int refuse(char *text, size_t size, struct json_object *word, const char *why)
{
	snprintf(text, size, "'%.200s' %s", json_object_get_string(word), why);
	return -EINVAL;
}

static bool matches(const struct model *model, struct json_object *pathname)
{
	u8 bytes[TSEM_PATH_MAX];
	long size = codec__bytes_of(pathname, bytes, sizeof(bytes));

	for (size_t i = 0; size > 0 && i < model->patterns.count; i++) {
		if (pattern__matches(&model->patterns.pattern[i], bytes, size))
			return true;
	}
	return false;
}

/*
 * Does a created component of the path count by its mark, although the model has strict names there? That of a file
 * without a name (O_TMPFILE) does: the kernel calls it # and a number.
 */
static bool has_loose_name(const struct model *model, struct json_object *path, struct json_object *created)
{
	u8 bytes[TSEM_PATH_MAX];
	long size = codec__bytes_of(event__member(path, "pathname"), bytes, sizeof(bytes));
	size_t from = size > 0 && created ? patterns__strict_from(&model->patterns, bytes, size) : 0, at = 0;
	u64 component = 0;

	for (size_t i = 0; from && i < json_object_array_length(created); i++) {
		struct json_object *entry = json_object_array_get_idx(created, i);
		u64 index = event__number(event__member(entry, "component"));
		bool last;

		/* Component 0 begins behind the first slash. */
		for (at += !at; component < index && at < (size_t)size; at++)
			component += bytes[at] == '/';
		last = !memchr(bytes + at, '/', size - at);
		if (at >= from && !(last && bytes[at] == '#' && at + 1 < (size_t)size && isdigit(bytes[at + 1])))
			return true;
	}
	return false;
}

static int check_path(const struct model *model, struct json_object *path, bool file, char *text, size_t size)
{
	struct json_object *pattern = event__member(path, "pattern"), *created = event__member(path, "created"),
			   *instance;

	if (pattern && model_events__pattern(model, pattern) < 0)
		return refuse(text, size, pattern,
			      "is no pattern of the model: the forensics are of a namespace with other patterns");
	if (!pattern && file && !event__member(path, "normal") && matches(model, event__member(path, "pathname")))
		return refuse(text, size, event__member(path, "pathname"),
			      "matches a pattern of the model, but does not count so: the forensics are of a namespace "
			      "with other patterns");
	if (has_loose_name(model, path, created))
		return refuse(
			text, size, event__member(path, "pathname"),
			"is below a directory with strict names of the model, but does not count by its name: the "
			"forensics are of a namespace without strict names there");
	for (size_t i = 0; created && model->instances && i < json_object_array_length(created); i++) {
		instance = event__member(json_object_array_get_idx(created, i), "instance");
		if (strtoull(json_object_get_string(instance), NULL, 10) > model->instances)
			return refuse(text, size, instance,
				      "is an instance above those of the model: the forensics are of a namespace with "
				      "other instances");
	}
	return 0;
}

/* `event` is from event__to_json(): it is only as deep as an event is. */
static int check_paths(const struct model *model, struct json_object *o, const char *key, char *text, size_t size)
{
	int err = 0;

	if (!json_object_is_type(o, json_type_object))
		return 0;
	json_object_object_foreach(o, name, value) {
		if (json_object_is_type(value, json_type_object) && event__member(value, "pathname"))
			err = check_path(model, value, !strcmp(key, "file"), text, size);
		else
			err = check_paths(model, value, name, text, size);
		if (err)
			break;
	}
	return err;
}

#define PROC_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572

int deviations_check__settings(struct deviations_check *c, struct json_object *event, char *text, size_t size)
{
	const struct model *model = c->events.model;
	struct json_object *magic = event__member(
		event__member(event__member(event__member(event, "file_open"), "file"), "inode"), "s_magic");
	u64 number = magic ? strtoull(json_object_get_string(magic), NULL, 0) : 0;

	if (model->scope == TSEM_SCOPE_FILES && (number == PROC_MAGIC || number == SYSFS_MAGIC))
		return refuse(text, size, magic,
			      "is a filesystem outside of the model's scope 'files': the forensics are of a namespace "
			      "with scope 'all'");
	return check_paths(model, event, "", text, size);
}

/* ---- whole events ---- */

const char *deviations_check__fault(struct deviations_check *c, struct json_object *event)
{
	const struct tsem_record *record = &c->events.record;
	const char *id = json_object_get_string(event__member(event__member(event, "event"), "task_id"));

	if (task_id__fault(id))
		return "was done by a program whose content could not be hashed: no model holds it";
	/* The hook had something to describe, and could not. */
	if (record->flags & TSEM_RECORD_GENERIC && event__fields(record->event)->kind != FIELD_END)
		return "could not be described in full: no model holds it";
	return NULL;
}

int deviations_check__origin(struct deviations_check *c, struct json_object *event, struct json_object *programs,
			     struct deviation *d, char *text, size_t size)
{
	const char *id = json_object_get_string(event__member(event__member(event, "event"), "task_id"));
	struct json_object *settings;

	if (d->fault || task_id__none(id) || event__member(c->started, id) || event__member(programs, id))
		return 0;
	settings = event__member(c->others, id);
	if (settings) {
		snprintf(
			text, size,
			"'task_id' follows from %s, but the model has digest %s and encoding %s: take the forensics of a "
			"namespace that had this model",
			json_object_get_string(settings), digest__name(c->events.digest),
			digest__encoding_name(c->events.encoding));
		return -EINVAL;
	}
	if (c->complete)
		d->fault = "was done by a program whose start neither the model nor the forensics have";
	return 0;
}
