/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as sentences: who did what, and how this differs from the nearest event of a trajectory.
 *
 * Events are the JSON objects of the specification. A hostile workload may have chosen everything in them. So the text
 * has no control characters, and a name that could look like part of the sentence is quoted. Digests are never shown. A
 * TASK_ID is shown as the executable that it comes from, if an earlier event named it.
 */
#ifndef TSEM_EXPLAIN_H
#define TSEM_EXPLAIN_H

#include <stddef.h>

#include <json-c/json.h>

#include "tsem_types.h"

/* A trajectory to compare with, perhaps empty, and the names of TASK_IDs. */
struct explain;

/*
 * What is known about the event besides its description: bits. 0: nothing; it is outside of the model if it is not in
 * the trajectory.
 */
enum explain_verdict {
	EXPLAIN_UNKNOWN = 0, /* outside of the model if the trajectory lacks the event */
	EXPLAIN_ALLOWED = 1 << 0, /* outside of the model, and not denied */
	EXPLAIN_DENIED = 1 << 1, /* outside of the model, and denied */
	EXPLAIN_UNTRUSTED = 1 << 2, /* the task is untrusted from then on */
	EXPLAIN_KILLED = 1 << 3, /* the process was killed */
};

/* An event in words. Free with explain__free_text(). */
struct explanation {
	char *sentence;
	char *nearest; /* the nearest event of the same type in the trajectory; NULL: none */
	struct json_object *differs; /* array of strings: the differences from it; NULL if `nearest` is NULL */
	const char *missing; /* the event's type, static, if the trajectory has none of it; else NULL */
};

/* Free it with explain__free(). NULL: no memory. */
struct explain *explain__new(void);
/* Takes NULL. */
void explain__free(struct explain *explain);

/*
 * Adds an event to the trajectory; the first call makes one. 0; -EINVAL for a missing or malformed value and -E2BIG for
 * too large an event, with the word at fault in *fault (static or part of `json`); -ENOMEM. `json` stays the caller's.
 */
int explain__learn(struct explain *explain, struct json_object *json, const char **fault);
/* Makes an empty trajectory, unless there is one. */
void explain__compare(struct explain *explain);

/*
 * Explains an event or a log record; `verdict`: enum explain_verdict. Errors as for explain__learn(); then there is
 * nothing to free.
 */
int explain__event(struct explain *explain, struct json_object *json, u32 verdict, struct explanation *out,
		   const char **fault);
void explain__free_text(struct explanation *explanation);

/*
 * Bytes as text that is safe to print: control characters and bytes that are not UTF-8 become `\xNN`, and a quotation
 * mark gets a backslash. Free it. NULL: no memory.
 */
char *explain__safe(const char *text, size_t size);

/* The same for a sentence that has its own quotation marks: they are not changed. */
char *explain__plain(const char *text, size_t size);

#endif
