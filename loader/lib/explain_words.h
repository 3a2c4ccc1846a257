/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of explain: explain.c has the sentences, explain_phrases.c what an event says, explain_compare.c how two
 * events differ; explain_words.c and explain_objects.c show values, explain_text.c makes strings safe.
 */
#ifndef TSEM_EXPLAIN_WORDS_H
#define TSEM_EXPLAIN_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#include "explain.h"
#include "tsem_types.h"

/* The events of one type in a trajectory. */
struct events {
	struct json_object **event;
	size_t count;
};

struct explain {
	bool comparing;
	struct events of[TSEM_EVENT_END];
	/* TASK_ID in hex -> pathname of the executable, and -> name of a task that had it. */
	struct json_object *programs;
	struct json_object *comms;
	struct tsem_record record; /* scratch */
};

/* The value under a key, or at a path of keys with dots between them (the object itself for ""); NULL: none. */
struct json_object *words__member(struct json_object *o, const char *key);
struct json_object *words__lookup(struct json_object *o, const char *path);
/* A number in decimal, 0octal or 0xhex; 0 for NULL. */
u64 words__number(struct json_object *value);
u64 words__number_at(struct json_object *o, const char *path);

/* Safe text, in quotes if it could be taken for a part of the sentence. */
void words__safe(FILE *out, const char *text, size_t size);
/* Between the words of a list: `done` are written, `count` will be. */
void words__separator(FILE *out, size_t done, size_t count);

/* Writes a value. It may be NULL where a phrase has it without []. */
typedef void show_function(FILE *out, struct json_object *value, const struct explain *explain);

show_function words__string, words__mode, words__path;

/* Writes a number in the words of a vocabulary: explain_words.c has them by name. */
void words__vocabulary(FILE *out, const char *kind, u64 value);
bool words__has_vocabulary(const char *kind);
/* Writes a value in the words of a kind that is no object. False: there is no such kind. */
bool words__plain(FILE *out, const char *kind, struct json_object *value, const struct explain *explain);
/* Writes a value in the words of any kind. */
void words__show(FILE *out, const char *kind, struct json_object *value, const struct explain *explain);

/* "opened /etc/shadow for reading as uid 0", and what is said of an event whose arguments are not known; static. */
void explain__deed(FILE *out, struct json_object *json, const struct explain *explain);
const char *explain__bare(u32 event);

/* How far two events of a type are from each other: 0, they have the same coefficient. */
int explain__distance(const struct explain *explain, const char *type, struct json_object *a, struct json_object *b);
/* What is different in `a`: an array of strings; NULL: no memory. */
struct json_object *explain__differences(const struct explain *explain, const char *type, struct json_object *a,
					 struct json_object *b);

#endif
