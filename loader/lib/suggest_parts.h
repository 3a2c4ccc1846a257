/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of suggest: an event as a list of parts, and the masks that leave some of them out.
 *
 * Each part has a hash, and the event's hash is their sum. So the hash of an event in which one part counts as
 * something else costs one subtraction and one addition, however long the event is. Two events with the same masked
 * hash are the same but for what the mask hides. Hashes are keyed with random bytes: nobody can prepare events whose
 * hashes collide.
 */
#ifndef TSEM_SUGGEST_PARTS_H
#define TSEM_SUGGEST_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "tsem_types.h"

enum part_kind {
	PART_PLAIN,
	PART_NAME, /* a PATH; `text` is its pathname */
	PART_CONTENT, /* the content digest of a file */
	PART_TASK, /* a TASK_ID */
	PART_PORT,
	PART_SOCKET, /* the address of a unix socket */
};

#define PARTS_MAX 96
#define PART_KEY_SIZE 64

struct part {
	char key[PART_KEY_SIZE]; /* in the event, with dots */
	enum part_kind kind;
	const char *text; /* as in JSON; owned by the event's object */
	size_t size;
	u64 hash;
	struct json_object *path; /* PART_NAME: the PATH */
};

struct parts {
	struct part part[PARTS_MAX];
	size_t count;
	u64 total;
	bool executes; /* what the event's file holds is executed */
};

/* What a mask hides, in the order of preference: the first that two runs have in common explains the difference. */
enum mask_kind {
	MASK_OBJECTS, /* a name in a directory of objects that are named by a hash: their number differs as well */
	MASK_INSTANCES, /* the numbers of created inodes */
	MASK_NUMBER, /* the numbers in one component of a name */
	MASK_WORD, /* one component of a name, of the same length */
	MASK_NUMBERS, /* the numbers in the last components of both names */
	MASK_WORDS, /* the last components of both names */
	MASK_CONTENT, /* the content of a file */
	MASK_OBJECTS_ANY, /* as before, and the content */
	MASK_NUMBER_ANY,
	MASK_WORD_ANY,
	MASK_PORT,
	MASK_SOCKET,
	MASK_TASKS, /* every TASK_ID */
	MASK_PLAIN, /* one other part */
	MASK_KINDS,
};

struct mask {
	u64 hash; /* of the event, masked */
	u8 kind; /* enum mask_kind */
	u8 part; /* the first one that is masked */
	u8 component; /* of its name, from 0 */
	u8 reserved;
	u32 instance; /* MASK_INSTANCES: the largest number in the event */
};

#define MASKS_MAX 512

struct masks {
	struct mask mask[MASKS_MAX];
	size_t count;
};

/* A random key for the hashes. 0 or -errno. */
int parts__seed(u64 *seed);
/* The hash of a text. */
u64 parts__hash(u64 seed, const char *text, size_t size);

/*
 * Takes an event apart; `portable`: as encoding=portable hashes it. False: it has more parts than an event can have.
 * The parts point into `event`.
 */
bool parts__split(u64 seed, bool portable, struct json_object *event, struct parts *parts);

/* All masks of an event, by kind. */
void parts__masks(u64 seed, const struct parts *parts, struct masks *masks);

/* Can a pattern be made that matches the part? It has to be a name that counts by itself. */
bool parts__can_match(const struct part *part);

/*
 * The hash of a name in which one component counts by its form: its numbers as one sign, or only its length. What was
 * created does not count any more: a pattern that matches hides it. `key` takes part in the hash. 0: the component has
 * no such form.
 */
u64 parts__form(u64 seed, const char *key, const struct part *part, const char *component, size_t size, bool numbers);

/* The component `index` of a name: its beginning, and its size in *size; NULL: there is none. */
const char *parts__component(const char *name, size_t size, size_t index, size_t *length);

/*
 * Is this a name below a directory of objects that are named by a hash (git): DIR/xx, DIR/xx/NAME? The size of DIR, or
 * 0. *hash: the last component is the rest of a hash.
 */
size_t parts__objects(const char *name, size_t size, bool *hash);

#endif
