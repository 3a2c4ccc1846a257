/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of a trajectory, packed, with an index by which the nearest one is found.
 *
 * An event is flattened into features: one for each hashed value, which has the place of the value in the CELL, a hash
 * of the value, and a weight. The distance of two events is the weight of the features that differ. The index has the
 * events by type and program, and then by what they act on (path, directory, name, content, other fields). Only the
 * events under the same keys are compared, at most EXPLAIN_BUCKET for each key. So a search takes constant time. All
 * events of a type are compared if there are at most EXPLAIN_BUCKET.
 */
#ifndef TSEM_EXPLAIN_INDEX_H
#define TSEM_EXPLAIN_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "tsem_types.h"

#define EXPLAIN_BUCKET 16
/* Features of an event at most; the rest of a hostile event is not compared. */
#define EXPLAIN_FEATURES 96
/* Bytes of the hash by which equal events are known. */
#define EXPLAIN_ID_SIZE 16

enum feature_class {
	FEATURE_OTHER = 1 << 0,
	FEATURE_PATH = 1 << 1, /* the path, or the descriptor of an inherited file */
	FEATURE_DIRECTORY = 1 << 2, /* all but the last component of the path */
	FEATURE_NAME = 1 << 3, /* the last component of the path */
	FEATURE_CONTENT = 1 << 4, /* the digest of a file */
	FEATURE_INODE = 1 << 5, /* follows from another path */
	FEATURE_ADDRESS = 1 << 6,
	FEATURE_PROGRAM = 1 << 7,
	FEATURE_PARENT = 1 << 8,
	FEATURE_CREDENTIAL = 1 << 9,
	FEATURE_TASK = 1 << 10, /* a TASK_ID in the CELL or of the creator of a file */
	FEATURE_STREAM = 1 << 11, /* only in differences: one is an inherited file, the other is not */
};

struct feature {
	u32 place;
	u32 value;
	u16 class;
	u16 weight;
};

/* An event to search for. */
struct flat {
	u8 id[EXPLAIN_ID_SIZE];
	u32 event;
	u32 count;
	bool inherited;
	struct feature feature[EXPLAIN_FEATURES]; /* sorted by place */
};

struct index;

/* A new index; free it with index__free(), which takes NULL. NULL: no memory. */
struct index *index__new(void);
void index__free(struct index *index);

/* A hash of bytes that only this index has. */
u64 index__hash(const struct index *index, const char *text, size_t size);

/* Fills *flat with a record and its JSON as event__to_json() writes it. 0 or -EIO. */
int index__flatten(struct index *index, const struct tsem_record *record, struct json_object *json, struct flat *flat);

/* Adds an event. 0 or -ENOMEM. */
int index__add(struct index *index, const struct flat *flat, const struct tsem_record *record);

/* What index__nearest() found. */
struct nearest {
	bool found; /* there is an event of this type */
	bool same; /* it has the same coefficient */
	u32 number; /* for index__record() */
};

void index__nearest(struct index *index, const struct flat *flat, struct nearest *nearest);

/* Copies the event `number` to *record. */
void index__record(const struct index *index, u32 number, struct tsem_record *record);

/*
 * The classes of the features in which `flat` differs from the event `number`; features that follow from another path
 * are left out. `known` decides of TASK_IDs (FEATURE_PROGRAM, PARENT, TASK) whether they count; it gets the value of
 * the feature in `flat`. NULL: all count.
 */
u32 index__differences(const struct index *index, const struct flat *flat, u32 number,
		       bool (*counts)(const struct feature *feature, void *data), void *data);

/* Does an event of the trajectory have the program of which flat__value() is this? */
bool index__has_program(const struct index *index, u32 value);

/* The value of the first feature of a class; 0: there is none. */
u32 flat__value(const struct flat *flat, enum feature_class class);

/* Number of events, of those of a type, and of comparisons of two events since the start. */
size_t index__count(const struct index *index);
size_t index__count_of(const struct index *index, u32 event);
u64 index__comparisons(const struct index *index);

/* ---- parts that the causes use as well ---- */

/* A record in few bytes, in memory that lives as long as the index. NULL: no memory. */
const void *index__pack(struct index *index, const struct tsem_record *record);
void index__unpack(const void *packed, struct tsem_record *record);

/* A table from a hash to numbers; {} is empty. Several numbers may have the same hash. */
struct numbers {
	u32 *head;
	u32 slots;
	struct number {
		u32 next; /* + 1 */
		u32 hash;
		u32 value;
	} *entry;
	u32 count, room;
};

/* Adds a number, unless there are `most` with this hash. 0 or -ENOMEM. */
int numbers__add(struct numbers *numbers, u32 hash, u32 value, u32 most);
/* The first, or the next one, with this hash; NULL: no more. */
const struct number *numbers__first(const struct numbers *numbers, u32 hash);
const struct number *numbers__next(const struct numbers *numbers, const struct number *number);
void numbers__free(struct numbers *numbers);

#endif
