/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events in sentences: who did what, and what of it differs from the nearest event of a trajectory.
 *
 * Events are the JSON objects of the specification. Everything in them may have been chosen by a hostile workload: the
 * text that comes out has no control characters, and a name that could be taken for a part of the sentence is quoted.
 * Digests are never shown; a TASK_ID is shown as the executable that gave it, where an event said so before.
 */
#ifndef TSEM_EXPLAIN_H
#define TSEM_EXPLAIN_H

#include <stddef.h>

#include <json-c/json.h>

#include "tsem_types.h"

/* A trajectory to compare with, perhaps empty, and the names of TASK_IDs. */
struct explain;

/* What is known of the event beside its description: bits. 0: outside of the model if a trajectory lacks it. */
enum explain_verdict {
	EXPLAIN_UNKNOWN = 0,
	EXPLAIN_ALLOWED = 1 << 0, /* outside of the model, and not denied */
	EXPLAIN_DENIED = 1 << 1, /* outside of the model, and denied */
	EXPLAIN_UNTRUSTED = 1 << 2, /* the task is untrusted from then on */
	EXPLAIN_KILLED = 1 << 3, /* the process was killed */
};

/* An event in words. Free with explain__free_text(). */
struct explanation {
	char *sentence;
	char *nearest; /* the nearest event of the same type in the trajectory; NULL: none */
	struct json_object *differs; /* array of strings, what is different from that; NULL if `nearest` is */
	const char *missing; /* what a trajectory has none of: the event's type, static; NULL: it has one, or is none */
};

/* NULL: no memory. */
struct explain *explain__new(void);
/* Takes NULL. */
void explain__free(struct explain *explain);

/*
 * Adds an event to the trajectory; from the first on there is one. 0; -EINVAL for a missing or malformed value and
 * -E2BIG for too large an event, with the word at fault in *fault (static or part of `json`); -ENOMEM. `json` stays the
 * caller's.
 */
int explain__learn(struct explain *explain, struct json_object *json, const char **fault);
/* Says that there is a trajectory, even if it has no events. */
void explain__compare(struct explain *explain);

/* Explains an event or a log record; `verdict`: enum explain_verdict. Errors as those of explain__learn(); then there
 * is nothing to be freed. */
int explain__event(struct explain *explain, struct json_object *json, u32 verdict, struct explanation *out,
		   const char **fault);
void explain__free_text(struct explanation *explanation);

/*
 * Bytes as text that is safe to print: control characters and what is no UTF-8 become `\xNN`, a quotation mark has a
 * backslash before it. Free it. NULL: no memory.
 */
char *explain__safe(const char *text, size_t size);

/* The same for a sentence that has quotation marks of its own: they stay as they are. */
char *explain__plain(const char *text, size_t size);

#endif
