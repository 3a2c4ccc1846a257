// SPDX-License-Identifier: GPL-2.0
/* The index of a trajectory: keys, search, and the packed events (explain_index.h says how it works). */
#include "explain_index.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "explain_flat.h"
#include "explain_words.h"

/* Events are packed into blocks of this size. */
#define BLOCK (1U << 20)

struct block {
	struct block *next;
	size_t used, size;
	u8 bytes[];
};

/* The features that events have in common: all but the values. */
struct shape {
	u32 hash;
	u32 count;
	bool inherited;
	struct {
		u32 place;
		u16 class;
		u16 weight;
	} feature[];
};

struct stored {
	u8 id[EXPLAIN_ID_SIZE];
	const struct shape *shape;
	const void *packed;
	u32 event;
	u32 value[]; /* as the features of the shape */
};

struct index {
	u64 seed;
	struct block *blocks;
	const struct stored **stored;
	size_t count, room;
	u32 count_of[TSEM_EVENT_END];
	struct numbers ids; /* to events */
	struct numbers keys; /* to events */
	struct numbers shapes;
	struct numbers programs; /* the hashes of all TASK_IDs */
	const struct shape **shape;
	size_t shape_count;
	u64 comparisons;
	struct flat_cache cache;
};

struct index *index__new(void)
{
	struct index *index = calloc(1, sizeof(*index));

	if (index)
		index->seed = flat__seed();
	return index;
}

void index__free(struct index *index)
{
	if (!index)
		return;
	for (struct block *b = index->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	numbers__free(&index->ids);
	numbers__free(&index->keys);
	numbers__free(&index->shapes);
	numbers__free(&index->programs);
	free(index->stored);
	free(index->shape);
	free(index);
}

u64 index__hash(const struct index *index, const char *text, size_t size)
{
	return flat__hash(index->seed, text, size);
}

int index__flatten(struct index *index, const struct tsem_record *record, struct json_object *json, struct flat *flat)
{
	return flat__fill(index->seed, &index->cache, record, json, flat);
}

size_t index__count(const struct index *index)
{
	return index->count;
}

size_t index__count_of(const struct index *index, u32 event)
{
	return index->count_of[event];
}

bool index__has_program(const struct index *index, u32 value)
{
	return numbers__first(&index->programs, value);
}

u64 index__comparisons(const struct index *index)
{
	return index->comparisons;
}

/* ---- memory ---- */

/* Memory that is freed with the index. NULL: none. */
static void *take(struct index *index, size_t size)
{
	struct block *b = index->blocks;
	void *at;

	size = (size + 7) & ~(size_t)7;
	if (!b || b->size - b->used < size) {
		size_t room = size > BLOCK ? size : BLOCK;

		b = malloc(sizeof(*b) + room);
		if (!b)
			return NULL;
		*b = (struct block){ .next = index->blocks, .size = room };
		index->blocks = b;
	}
	at = b->bytes + b->used;
	b->used += size;
	return at;
}

/* A packed record has the TASK_IDs without their padding, and no coefficient. */
#define HEAD offsetof(struct tsem_record, task_id)

const void *index__pack(struct index *index, const struct tsem_record *record)
{
	size_t width = record->digest_size;
	u8 *at = take(index, HEAD + 2 * width + sizeof(record->coe) + record->cell_size), *p = at;

	if (!at)
		return NULL;
	p = mempcpy(p, record, HEAD);
	p = mempcpy(p, record->task_id, width);
	p = mempcpy(p, record->parent_task_id, width);
	p = mempcpy(p, &record->coe, sizeof(record->coe));
	memcpy(p, record->cell, record->cell_size);
	return at;
}

void index__unpack(const void *packed, struct tsem_record *record)
{
	const u8 *p = packed;
	size_t width;

	memset(record, 0, TSEM_RECORD_HEADER_SIZE);
	memcpy(record, p, HEAD);
	width = record->digest_size;
	memcpy(record->task_id, p += HEAD, width);
	memcpy(record->parent_task_id, p += width, width);
	memcpy(&record->coe, p += width, sizeof(record->coe));
	memcpy(record->cell, p + sizeof(record->coe), record->cell_size);
}

void index__record(const struct index *index, u32 number, struct tsem_record *record)
{
	index__unpack(index->stored[number]->packed, record);
}

/* ---- shapes ---- */

static bool has_shape(const struct flat *flat, const struct shape *shape)
{
	if (flat->count != shape->count || flat->inherited != shape->inherited)
		return false;
	for (u32 i = 0; i < flat->count; i++) {
		if (flat->feature[i].place != shape->feature[i].place)
			return false;
	}
	return true;
}

/* The shape of an event, a new one if it is the first of its kind. NULL: no memory. */
static const struct shape *shape_of(struct index *index, const struct flat *flat)
{
	const struct shape **more;
	struct shape *shape;
	u32 hash = flat->event;

	for (u32 i = 0; i < flat->count; i++)
		hash = (hash ^ flat->feature[i].place) * 0x9e3779b1;
	for (const struct number *n = numbers__first(&index->shapes, hash); n; n = numbers__next(&index->shapes, n)) {
		if (has_shape(flat, index->shape[n->value]))
			return index->shape[n->value];
	}
	shape = take(index, sizeof(*shape) + flat->count * sizeof(shape->feature[0]));
	more = reallocarray(index->shape, index->shape_count + 1, sizeof(*more));
	if (more)
		index->shape = more;
	if (!shape || !more || numbers__add(&index->shapes, hash, index->shape_count, UINT32_MAX))
		return NULL;
	*shape = (struct shape){ .hash = hash, .count = flat->count, .inherited = flat->inherited };
	for (u32 i = 0; i < flat->count; i++) {
		shape->feature[i].place = flat->feature[i].place;
		shape->feature[i].class = flat->feature[i].class;
		shape->feature[i].weight = flat->feature[i].weight;
	}
	index->shape[index->shape_count++] = shape;
	return shape;
}

/* ---- keys ---- */

/* The first keys are those of events with the same path or address. */
enum { KEYS = 11, KEYS_OF_PATH = 4 };

/* Hashes the values of all features of these classes. */
static u32 digest_of(const struct flat *flat, u32 classes)
{
	u64 hash = classes;

	for (u32 i = 0; i < flat->count; i++) {
		const struct feature *f = &flat->feature[i];

		if (f->class & classes)
			hash = (hash ^ f->place ^ ((u64)f->value << 32)) * 0x9e3779b97f4a7c15;
	}
	return hash >> 32;
}

/* The keys of an event, from the narrowest to its type alone. */
static void keys_of(const struct index *index, const struct flat *flat, u32 keys[KEYS])
{
	static const u32 classes[KEYS] = {
		FEATURE_PROGRAM | FEATURE_PATH | FEATURE_ADDRESS | FEATURE_OTHER,
		FEATURE_PROGRAM | FEATURE_PATH | FEATURE_ADDRESS,
		FEATURE_PATH | FEATURE_ADDRESS | FEATURE_OTHER,
		FEATURE_PATH | FEATURE_ADDRESS,
		FEATURE_PROGRAM | FEATURE_NAME | FEATURE_OTHER,
		FEATURE_PROGRAM | FEATURE_DIRECTORY | FEATURE_OTHER,
		FEATURE_PROGRAM | FEATURE_OTHER,
		FEATURE_PROGRAM,
		FEATURE_CONTENT | FEATURE_NAME,
		FEATURE_OTHER | FEATURE_DIRECTORY,
		0,
	};

	for (int i = 0; i < KEYS; i++)
		keys[i] = (u32)flat__mix(index->seed ^ flat->event ^ ((u64)i << 16) ^
					 ((u64)digest_of(flat, classes[i]) << 32));
}

/* The event with this id; NULL: there is none. */
static const struct number *find_same(const struct index *index, const u8 id[EXPLAIN_ID_SIZE])
{
	const struct number *n;
	u32 hash;

	memcpy(&hash, id, sizeof(hash));
	for (n = numbers__first(&index->ids, hash); n; n = numbers__next(&index->ids, n)) {
		if (!memcmp(index->stored[n->value]->id, id, EXPLAIN_ID_SIZE))
			return n;
	}
	return NULL;
}

int index__add(struct index *index, const struct flat *flat, const struct tsem_record *record)
{
	const struct shape *shape;
	struct stored *stored;
	u32 keys[KEYS], id;
	int err = 0;

	if (find_same(index, flat->id))
		return 0;
	shape = shape_of(index, flat);
	stored = take(index, sizeof(*stored) + flat->count * sizeof(stored->value[0]));
	if (index->count == index->room) {
		size_t room = index->room ? 2 * index->room : 64;
		const struct stored **more = reallocarray(index->stored, room, sizeof(*more));

		if (!more || room > UINT32_MAX / 2)
			return -ENOMEM;
		index->stored = more;
		index->room = room;
	}
	if (!shape || !stored)
		return -ENOMEM;
	*stored = (struct stored){ .shape = shape, .event = flat->event, .packed = index__pack(index, record) };
	if (!stored->packed)
		return -ENOMEM;
	memcpy(stored->id, flat->id, sizeof(stored->id));
	for (u32 i = 0; i < flat->count; i++)
		stored->value[i] = flat->feature[i].value;
	memcpy(&id, flat->id, sizeof(id));
	keys_of(index, flat, keys);
	err = numbers__add(&index->ids, id, index->count, UINT32_MAX);
	err = err ?: numbers__add(&index->programs, flat__value(flat, FEATURE_PROGRAM), 0, 1);
	for (int i = 0; i < KEYS && !err; i++)
		err = numbers__add(&index->keys, keys[i], index->count, EXPLAIN_BUCKET);
	if (err)
		return err;
	index->count_of[flat->event]++;
	index->stored[index->count++] = stored;
	return 0;
}

/* ---- comparing ---- */

/* A step of the walk through both lists of features, which are sorted by place. */
struct pair {
	const struct feature *one; /* of the flat event; NULL: it has none at this place */
	u16 class, weight;
	bool same;
};

static bool next_pair(const struct flat *flat, const struct stored *stored, u32 *i, u32 *k, struct pair *pair)
{
	const struct shape *shape = stored->shape;
	bool one = *i < flat->count, two = *k < shape->count;

	if (!one && !two)
		return false;
	if (one && two && flat->feature[*i].place != shape->feature[*k].place) {
		one = flat->feature[*i].place < shape->feature[*k].place;
		two = !one;
	}
	pair->one = one ? &flat->feature[*i] : NULL;
	pair->class = one ? flat->feature[*i].class : shape->feature[*k].class;
	pair->weight = one ? flat->feature[*i].weight : shape->feature[*k].weight;
	pair->same = one && two && flat->feature[*i].value == stored->value[*k];
	*i += one;
	*k += two;
	return true;
}

/* What a file has besides its path is no difference from an inherited one, which does not have it. */
static bool incomparable(const struct flat *flat, const struct stored *stored, u16 class)
{
	return flat->inherited != stored->shape->inherited && class & (FEATURE_INODE | FEATURE_CONTENT);
}

/* The weight of what differs; it may be any number above `limit` if it is more than that. */
static u32 distance(const struct flat *flat, const struct stored *stored, u32 limit)
{
	struct pair pair;
	u32 cost = 0, i = 0, k = 0;

	if (has_shape(flat, stored->shape)) {
		for (i = 0; i < flat->count && cost <= limit; i++)
			cost += flat->feature[i].value == stored->value[i] ? 0 : flat->feature[i].weight;
		return cost;
	}
	while (cost <= limit && next_pair(flat, stored, &i, &k, &pair)) {
		if (!pair.same && !incomparable(flat, stored, pair.class))
			cost += pair.weight;
	}
	return cost;
}

u32 index__differences(const struct index *index, const struct flat *flat, u32 number,
		       bool (*counts)(const struct feature *feature, void *data), void *data)
{
	const struct stored *stored = index->stored[number];
	struct pair pair;
	u32 classes = 0, i = 0, k = 0;

	while (next_pair(flat, stored, &i, &k, &pair)) {
		bool task = pair.class & (FEATURE_PROGRAM | FEATURE_PARENT | FEATURE_TASK);

		if (!pair.same && !(task && counts && pair.one && !counts(pair.one, data)))
			classes |= pair.class;
	}
	if (classes & FEATURE_PATH) {
		classes &= ~(FEATURE_INODE | FEATURE_CONTENT);
		if (flat->inherited != stored->shape->inherited)
			classes |= FEATURE_STREAM;
	}
	return classes;
}

/* Compares the events under a key. Returns their number. */
static u32 search(struct index *index, const struct flat *flat, u32 key, u32 *least, struct nearest *nearest)
{
	const struct number *n = numbers__first(&index->keys, key);
	u32 compared = 0;

	for (; n; n = numbers__next(&index->keys, n)) {
		const struct stored *stored = index->stored[n->value];
		u32 cost;

		if (stored->event != flat->event)
			continue;
		compared++;
		cost = distance(flat, stored, *least);
		/* The first event of the trajectory wins. */
		if (cost < *least || (cost == *least && n->value < nearest->number)) {
			*least = cost;
			*nearest = (struct nearest){ .found = true, .number = n->value };
		}
	}
	index->comparisons += compared;
	return compared;
}

void index__nearest(struct index *index, const struct flat *flat, struct nearest *nearest)
{
	const struct number *same = find_same(index, flat->id);
	u32 keys[KEYS], least = UINT32_MAX, compared = 0;

	*nearest = (struct nearest){ .found = same, .same = same, .number = same ? same->value : 0 };
	if (same)
		return;
	/* The last key has all events of the type if they are few. */
	keys_of(index, flat, keys);
	for (int i = index->count_of[flat->event] <= EXPLAIN_BUCKET ? KEYS - 1 : 0; i < KEYS; i++) {
		/* Events under the other keys have another path, or are compared only if there were few. */
		if (i >= KEYS_OF_PATH && (least < WEIGHT_PATH || compared >= 2 * EXPLAIN_BUCKET))
			break;
		compared += search(index, flat, keys[i], &least, nearest);
	}
}
