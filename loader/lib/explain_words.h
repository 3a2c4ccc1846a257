/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of explain: explain.c has the sentences, explain_phrases.c the phrase of each event, explain_compare.c
 * the differences of two events; explain_words.c and explain_objects.c show values, explain_text.c makes strings safe.
 * explain_index.c finds the nearest event, explain_causes.c groups events by cause, explain_advice.c says what is
 * unwise.
 */
#ifndef TSEM_EXPLAIN_WORDS_H
#define TSEM_EXPLAIN_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "explain.h"
#include "explain_index.h"
#include "tsem_types.h"

struct causes;

/* TASK_IDs in hex, and the pair that gave each: 2 * hash, and 1 for the portable encoding. */
#define PROGRAM_IDS 16
struct program_ids {
	u32 count;
	int pair[PROGRAM_IDS];
	char hex[PROGRAM_IDS][2 * TSEM_DIGEST_MAX + 1];
};

struct explain {
	bool comparing;
	struct index *index; /* the trajectory */
	struct causes *causes;
	/* Two maps by TASK_ID in hex: the pathname of its executable, and the name of a task with it. */
	struct json_object *programs;
	struct json_object *comms;
	/* The pair of hash and encoding of all TASK_IDs, 0: not known yet; and by TASK_ID the pair that it would have.
	 */
	int pair;
	struct json_object *guesses;
	bool no_digest[TSEM_DIGEST_END]; /* neither libcrypto nor the kernel has it */
	struct program_ids ids; /* of the last exec, one if the pair is known */
	struct tsem_record record; /* the event at hand */
	struct flat flat;
	struct tsem_record scratch;
};

/*
 * Converts the event to the form of event__to_json(), into *out, which the caller puts; fills explain->record and flat;
 * and remembers its names. Errors as for explain__learn().
 */
int explain__take(struct explain *explain, struct json_object *json, struct json_object **out, const char **fault);
/* The words of an event in that form. 0 or -ENOMEM; explain__free_text() frees what there is. */
int explain__text(struct explain *explain, struct json_object *event, u32 verdict, const struct nearest *nearest,
		  struct explanation *out);
/* The words of a log record. Errors as for explain__learn(). */
int explain__log(struct explain *explain, struct json_object *log, struct explanation *out, const char **fault);
struct causes *causes__new(void);
/* Takes NULL. */
void causes__free(struct causes *causes);

/*
 * Why it is unwise to allow an event of a type in the form of event__to_json(), as a sentence, static; NULL: nothing
 * speaks against it in general.
 */
const char *explain__unwise(u32 type, struct json_object *event);

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

/* Weights of differences: a path counts more than everything that follows from it; then content, then who. */
enum {
	WEIGHT_PATH = 16,
	WEIGHT_CONTENT = 8,
	WEIGHT_PROGRAM = 6,
	WEIGHT_PARENT = 4,
	WEIGHT_CREDENTIAL = 3,
	WEIGHT_OTHER = 1
};

/* The label of the value under a key of a CELL, and how it is shown. */
struct element {
	const char *parent; /* key of the object around it; "": the CELL itself; NULL: any */
	const char *key;
	const char *label; /* NULL: the key */
	const char *kind; /* NULL: the value cannot be shown, only that it is "another" one */
	int weight;
	bool whole; /* an object that is compared as a whole */
	u32 event; /* only in this type; 0: in any */
	bool around; /* shown is the object around it: the value alone does not say enough */
};

/* The position of a walk through a CELL: a key and the one above it; NULL above the CELL. */
struct place {
	const struct place *up;
	const char *key;
};

/* The element at a place of a CELL; there always is one. */
const struct element *explain__element(u32 event, const struct place *at);
/* Does the value belong to a file, so that it follows from another path? */
bool explain__follows_path(const struct place *at);
/* Is the value under this key of the CELL told, but not hashed? */
bool explain__told(u32 event, const struct place *at, struct json_object *cell);
/* The hashed form of a PATH without its marks: each created component is a NUL. Free it. NULL: no memory. */
char *explain__hashed_text(struct json_object *path, size_t *size);

/* The differences of `a` from `b` as a new array of strings; the caller puts it. NULL: no memory. */
struct json_object *explain__differences(const struct explain *explain, const char *type, struct json_object *a,
					 struct json_object *b);

#endif
