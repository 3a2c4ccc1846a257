/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The descriptions in a model file. Somebody else may have written the file, so a description counts only if its
 * recomputed coefficient is the state above it.
 */
#ifndef TSEM_MODEL_EVENTS_H
#define TSEM_MODEL_EVENTS_H

#include <json-c/json.h>

#include "event.h"
#include "model.h"

/* Bytes of a TASK_ID in hexadecimal, with its NUL. */
#define TASK_ID_HEX (2 * TSEM_DIGEST_MAX + 1)

/* A reader of descriptions, for the digest and encoding of a model. */
struct model_events {
	const struct model *model; /* borrowed */
	u32 digest; /* that of the model; sha256 if it names none */
	u32 encoding; /* that of the model; host if it names none */
	size_t width; /* bytes of a digest */
	struct tsem_record record; /* the event that was read last */
	struct event_digests digests; /* of this event */
};

/* 0; -EINVAL: the values of the model do not have the width of its digest. */
int model_events__init(struct model_events *events, const struct model *model);

/*
 * Reads an event into events->record and events->digests. If `out` is not NULL, *out is a new object with the same
 * event, in the form of event__to_json(). 0; -EINVAL: a value is missing or malformed; -E2BIG: the event is too large;
 * both with the word at fault in *fault (static or part of `json`); -ENOMEM; -EIO: the hash function is missing.
 */
int model_events__read(struct model_events *events, struct json_object *json, struct json_object **out,
		       const char **fault);

/*
 * Reads the description of a state, by its index; *out is a new object. 0; -ENOENT: it has none; -EBADMSG: the
 * description does not belong to the coefficient, or is malformed; -ENOMEM; -EIO.
 */
int model_events__get(struct model_events *events, size_t index, struct json_object **out);

/* May the description of this state be that of an exec? Reads only the text, so that a pass over all is cheap. */
bool model_events__maybe_exec(const struct model *model, size_t index);

/*
 * The TASK_ID that the exec in events->record gives, as hexadecimal into `hex` of TASK_ID_HEX bytes. 0; -ENOENT: it is
 * no exec; -EIO.
 */
int model_events__task_id(struct model_events *events, char *hex);

/*
 * The programs that a model starts: a new object by TASK_ID in hexadecimal, with `path` (its file), `parent` (PTASK_ID)
 * and `state` (the index of the first exec). NULL: no memory.
 */
struct json_object *model_events__programs(struct model_events *events);

/* Adds the exec in events->record, whose object is `json`, to such an object. 0 or -errno. */
int model_events__add_program(struct model_events *events, struct json_object *programs, struct json_object *json,
			      size_t index);

/* Is this a TASK_ID of zero bytes: the time before the first exec? And of 0xff bytes: a program without a digest? */
bool task_id__none(const char *hex);
bool task_id__fault(const char *hex);

/*
 * Calls `visit` for each TASK_ID in an event: those of the task, of owners, of other tasks, and in names in proc. If
 * *replace is not NULL after a call, it is put in the place of the TASK_ID; it needs the same length. Without the
 * TASK_ID of the task itself if `others`. 0; -ENOMEM; or what `visit` returned, which ends the walk.
 */
typedef int task_id_visit(const char *hex, const char **replace, void *data);
int model_events__each_id(struct json_object *json, bool others, task_id_visit *visit, void *data);

/* The index of the model's pattern with this `pattern` of a PATH, or -1. */
long model_events__pattern(const struct model *model, struct json_object *text);

#endif
