/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of explain: explain.c has the sentences, explain_phrases.c the phrase of each event, explain_compare.c
 * the differences of two events; explain_words.c and explain_objects.c show values, explain_text.c makes strings safe.
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
	/* Two maps by TASK_ID in hex: the pathname of its executable, and the name of a task with it. */
	struct json_object *programs;
	struct json_object *comms;
	struct tsem_record record; /* scratch */
};

/* The value under a key, or at a path of keys separated by dots ("": the object itself); owned by `o`. NULL: none. */
struct json_object *words__member(struct json_object *o, const char *key);
struct json_object *words__lookup(struct json_object *o, const char *path);
/* The value of a decimal, 0octal or 0xhex number, or that at a path; 0 for NULL. */
u64 words__number(struct json_object *value);
u64 words__number_at(struct json_object *o, const char *path);

/* Writes safe text, in quotes if it could look like part of the sentence. */
void words__safe(FILE *out, const char *text, size_t size);
/* Writes what goes between the words of a list: `done` of `count` words are written. */
void words__separator(FILE *out, size_t done, size_t count);

/* Writes a value. `value` may be NULL where a phrase has it without []. */
typedef void show_function(FILE *out, struct json_object *value, const struct explain *explain);

show_function words__string, words__mode, words__path;

/* Writes a number in words of the vocabulary `kind`, which explain_words.c has. And: is there such a vocabulary? */
void words__vocabulary(FILE *out, const char *kind, u64 value);
bool words__has_vocabulary(const char *kind);
/* Writes a value of a kind that is no object. False: there is no such kind. */
bool words__plain(FILE *out, const char *kind, struct json_object *value, const struct explain *explain);
/* Writes a value of any kind. */
void words__show(FILE *out, const char *kind, struct json_object *value, const struct explain *explain);

/*
 * Writes "opened /etc/shadow for reading as uid 0". And the words for an event whose arguments are not known; static.
 */
void explain__deed(FILE *out, struct json_object *json, const struct explain *explain);
const char *explain__bare(u32 event);

/* The distance of two events of a type; 0: they have the same coefficient. */
int explain__distance(const struct explain *explain, const char *type, struct json_object *a, struct json_object *b);
/* The differences of `a` from `b` as a new array of strings; the caller puts it. NULL: no memory. */
struct json_object *explain__differences(const struct explain *explain, const char *type, struct json_object *a,
					 struct json_object *b);

#endif
