/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as sentences: who did what, and how this differs from the nearest event of a trajectory.
 *
 * Events are the JSON objects of the specification. A hostile workload may have chosen everything in them. So the text
 * has no control characters, and a name that could look like part of the sentence is quoted. A TASK_ID is shown as the
 * executable that it comes from, if an earlier event named it.
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

/* ---- by cause ---- */

/* Why an event is outside of the model. */
enum explain_why {
	EXPLAIN_CONTENT = 1, /* a file has another content */
	EXPLAIN_STREAM, /* an inherited descriptor is another kind of file */
	EXPLAIN_NEW_PROGRAM, /* a program was executed that the model does not have there */
	EXPLAIN_UNKNOWN_PROGRAM, /* the model has nothing of this program, and its exec is not among the events */
	EXPLAIN_CREDENTIALS, /* a program has another user or other capabilities */
	EXPLAIN_PARENT, /* a program was started by another one */
	EXPLAIN_NEW, /* a program did something new */
	EXPLAIN_UNDESCRIBED, /* a log record */
};

/* What an inherited descriptor is. */
enum explain_stream {
	EXPLAIN_TERMINAL = 1,
	EXPLAIN_NULL,
	EXPLAIN_PIPE,
	EXPLAIN_SOCKET,
	EXPLAIN_INHERITED, /* it is inherited; in the model the workload opened one of the above */
};

/* How an event belongs to its cause. */
enum explain_relation {
	EXPLAIN_FIRST,
	EXPLAIN_ALIKE, /* the same cause */
	EXPLAIN_FOLLOWS, /* it certainly follows: its program came by the cause */
	EXPLAIN_LATER, /* a later event of a task of the cause: it follows if the task changed course because of a
			  denial */
	EXPLAIN_RELATIONS
};

/* Events of a cause, besides the first, that are told in sentences. */
#define EXPLAIN_SHOWN 3

/* A cause in words. Free with explain__free_cause(). */
struct explain_cause {
	enum explain_why why;
	char *headline; /* what the cause is */
	struct explanation first; /* the first event */
	u32 verdict; /* of the first event: enum explain_verdict */
	u64 line; /* of the first event */
	char *before, *now; /* in hex, if a file's content changed; else NULL */
	size_t counts[EXPLAIN_RELATIONS]; /* events, by enum explain_relation */
	struct {
		char *sentence;
		u64 line;
		enum explain_relation relation;
	} shown[EXPLAIN_SHOWN];
	size_t shown_count;
	char *lines; /* of the first event, those alike, and those that follow: "3,5-9" */
	char *later; /* of the rest, or NULL */
	const char *unwise; /* why it is unwise to allow it, static; or NULL */
};

/*
 * Adds an event or a log record to its cause; `line` is the number by which the user finds it. Events that are in the
 * trajectory or were added before are only counted. Errors as for explain__learn().
 */
int explain__add(struct explain *explain, struct json_object *json, u64 line, u32 verdict, const char **fault);
/* Number of causes; of added events that are in the trajectory; and of those that were added before. */
size_t explain__causes(const struct explain *explain);
size_t explain__inside(const struct explain *explain);
size_t explain__repeats(const struct explain *explain);
/* The cause `number`, from 0, in order of its first event. 0 or -ENOMEM; then there is nothing to free. */
int explain__cause(struct explain *explain, size_t number, struct explain_cause *out);
void explain__free_cause(struct explain_cause *cause);

/*
 * The command line that adds lines of a forensics file to a model, in the quotes that a shell needs; free it. A file
 * may be NULL, or have a name that no line should have: then the word MODEL or FORENSICS stands for it. NULL: no
 * memory.
 */
char *explain__allow(const char *model, const char *forensics, const char *lines);

/* Number of different events in the trajectory; of comparisons of two events so far. */
size_t explain__learned(const struct explain *explain);
u64 explain__comparisons(const struct explain *explain);

/*
 * Bytes as text that is safe to print: control characters and bytes that are not UTF-8 become `\xNN`, and a quotation
 * mark gets a backslash. Free it. NULL: no memory.
 */
char *explain__safe(const char *text, size_t size);

/* The same for a sentence that has its own quotation marks: they are not changed. */
char *explain__plain(const char *text, size_t size);

#endif
