// SPDX-License-Identifier: GPL-2.0
/*
 * An event as a list of features. A feature is a place (the keys that lead to a value), a hash of the value, a class
 * and a weight. explain_compare.c has the table of weights. A path gives three features: all of it, its directory and
 * its last component.
 */
#include "explain_flat.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "digest.h"
#include "event.h"
#include "explain_words.h"

struct walk {
	u64 seed;
	struct flat_cache *cache;
	struct flat *flat;
};

u64 flat__seed(void)
{
	u64 seed = 0;

	/* Without random bytes an attacker only makes the search slower and the nearest event less near. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (u64)(uintptr_t)&seed * 0x9e3779b97f4a7c15;
	return seed;
}

u64 flat__mix(u64 h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

u64 flat__hash(u64 seed, const char *text, size_t size)
{
	u64 hash = seed ^ size, word;

	for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = flat__mix(hash ^ word) + seed;
	}
	word = 0;
	memcpy(&word, text, size);
	return flat__mix(hash ^ word);
}

static void add(struct walk *w, u32 place, u32 value, u16 class, u16 weight)
{
	struct flat *flat = w->flat;

	if (flat->count < EXPLAIN_FEATURES)
		flat->feature[flat->count++] =
			(struct feature){ .place = place, .value = value, .class = class, .weight = weight };
}

static u32 hash_value(struct walk *w, struct json_object *value)
{
	return flat__hash(w->seed, json_object_get_string(value), json_object_get_string_len(value));
}

static u32 hash_text(struct walk *w, const char *text)
{
	return flat__hash(w->seed, text, strlen(text));
}

static u16 class_of(const struct place *at, const struct element *element)
{
	if (element->kind && (!strcmp(element->kind, "addr") || !strcmp(element->kind, "peer")))
		return FEATURE_ADDRESS;
	if (element->kind && !strcmp(element->kind, "task"))
		return FEATURE_TASK;
	if (element->weight == WEIGHT_CONTENT)
		return FEATURE_CONTENT;
	return explain__follows_path(at) ? FEATURE_INODE : FEATURE_OTHER;
}

/* The row of the cache for a place. The place 0 is that of an empty row. */
static u32 describe(struct walk *w, const struct place *at, u32 place)
{
	u32 row = place % FLAT_CACHE;
	const struct element *element;

	if (w->cache->entry[row].place == place)
		return row;
	element = explain__element(w->flat->event, at);
	w->cache->entry[row].place = place;
	w->cache->entry[row].class = class_of(at, element);
	w->cache->entry[row].weight = element->weight;
	w->cache->entry[row].whole = element->whole;
	return row;
}

/* Directory and last component in what is hashed of a path; the path's other weight is on all of it. */
static void flatten_text(struct walk *w, u32 place, const char *text, size_t size)
{
	const char *slash = memrchr(text, '/', size);
	size_t directory = slash ? (size_t)(slash - text) : 0;

	add(w, place ^ 1, flat__hash(w->seed, text, size), FEATURE_PATH, WEIGHT_PATH - 2);
	add(w, place ^ 2, flat__hash(w->seed, text, directory), FEATURE_DIRECTORY, 1);
	add(w, place ^ 3, flat__hash(w->seed, text + directory, size - directory), FEATURE_NAME, 1);
}

static void flatten_path(struct walk *w, u32 place, struct json_object *path)
{
	struct json_object *created = event__member(path, "created");
	u64 owners = 0, instances = 0;
	size_t size = 0;
	char *text = explain__hashed_text(path, &size);

	if (text)
		flatten_text(w, place, text, size);
	free(text);
	for (size_t i = 0; created && i < json_object_array_length(created); i++) {
		struct json_object *mark = json_object_array_get_idx(created, i);

		owners = flat__mix(owners ^ hash_value(w, event__member(mark, "owner")));
		instances = flat__mix(instances ^ hash_value(w, event__member(mark, "instance")));
	}
	if (created) {
		add(w, place ^ 4,
		    json_object_array_length(created) == 1
			    ? hash_value(w, event__lookup(json_object_array_get_idx(created, 0), "owner"))
			    : owners,
		    FEATURE_TASK, WEIGHT_OTHER);
		add(w, place ^ 5, instances, FEATURE_OTHER, WEIGHT_OTHER);
	}
}

static void flatten_object(struct walk *w, const struct place *up, u32 above, struct json_object *o);

static void flatten_value(struct walk *w, const struct place *at, u32 place, struct json_object *in,
			  struct json_object *value)
{
	u32 row = describe(w, at, place);
	u16 class = w->cache->entry[row].class, weight = w->cache->entry[row].weight;

	if (json_object_is_type(value, json_type_object) && !w->cache->entry[row].whole)
		flatten_object(w, at, place, value);
	else if (!strcmp(at->key, "flags") && event__member(in, "inherited"))
		add(w, place, event__number(value) & 3, class, weight);
	else if (json_object_is_type(value, json_type_string))
		add(w, place, hash_value(w, value), class, weight);
	else
		add(w, place, hash_text(w, event__line(value)), class, weight);
}

/* Parts of a path that flatten_path() has done. */
static bool of_path(const char *key)
{
	return !strcmp(key, "pathname") || !strcmp(key, "created") || !strcmp(key, "pattern") || !strcmp(key, "normal");
}

static void flatten_object(struct walk *w, const struct place *up, u32 above, struct json_object *o)
{
	bool path = event__member(o, "pathname");
	struct json_object *stream = event__member(o, "inherited");

	if (path)
		flatten_path(w, above, o);
	if (stream) {
		/* Where an event of another file has its path. */
		u32 place = flat__mix(above ^ hash_text(w, "path"));

		w->flat->inherited = true;
		flatten_text(w, place & ~7U, json_object_get_string(stream), json_object_get_string_len(stream));
	}
	json_object_object_foreach(o, key, value) {
		struct place at = { up, key };
		u32 place = flat__mix(above ^ hash_text(w, key));

		if (!(path && of_path(key)) && !(stream && value == stream) && !explain__told(w->flat->event, &at, o))
			flatten_value(w, &at, place & ~7U, o, value);
	}
}

static void flatten_who(struct walk *w, struct json_object *json)
{
	static const char *const ids[] = { "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid" };
	struct json_object *coe = event__member(json, "COE");

	/* The hash of the type is at no place of a CELL: it lacks the three bits that are 0 there. */
	add(w, 1, hash_value(w, event__lookup(json, "event.task_id")), FEATURE_PROGRAM, WEIGHT_PROGRAM);
	add(w, 2, hash_value(w, event__lookup(json, "event.p_task_id")), FEATURE_PARENT, WEIGHT_PARENT);
	add(w, 3, hash_value(w, event__member(coe, "capeff")), FEATURE_CREDENTIAL, WEIGHT_CREDENTIAL);
	for (u32 i = 0; i < 8; i++)
		add(w, 4 + i, hash_value(w, event__member(coe, ids[i])), FEATURE_CREDENTIAL, 1);
}

static int by_place(const void *a, const void *b)
{
	u32 one = ((const struct feature *)a)->place, two = ((const struct feature *)b)->place;

	return (one > two) - (one < two);
}

/*
 * What is hashed of an event with encoding host, by a hash that nobody can collide: equal ids are equal coefficients.
 */
static int identify(const struct tsem_record *r, u8 id[EXPLAIN_ID_SIZE])
{
	u32 head[] = { r->event, r->digest_size, r->shape, r->flags & TSEM_RECORD_GENERIC, r->hashed_size };
	u8 digest[TSEM_DIGEST_MAX];
	struct digest_stream stream;
	int err;

	digest__init(&stream, TSEM_DIGEST_SHA256);
	digest__update(&stream, head, sizeof(head));
	digest__update(&stream, r->task_id, r->digest_size);
	digest__update(&stream, r->parent_task_id, r->digest_size);
	digest__update(&stream, &r->coe, sizeof(r->coe));
	digest__update(&stream, r->cell, r->hashed_size);
	err = digest__final(&stream, digest);
	memcpy(id, digest, EXPLAIN_ID_SIZE);
	return err;
}

int flat__fill(u64 seed, struct flat_cache *cache, const struct tsem_record *record, struct json_object *json,
	       struct flat *flat)
{
	struct walk w = { .seed = seed, .cache = cache, .flat = flat };
	struct json_object *cell = event__member(json, event__name(record->event));

	flat->event = record->event;
	flat->count = 0;
	flat->inherited = false;
	flatten_who(&w, json);
	flatten_object(&w, NULL, flat__mix(record->event ^ seed) & ~7U, cell);
	qsort(flat->feature, flat->count, sizeof(flat->feature[0]), by_place);
	return identify(record, flat->id);
}

u32 flat__value(const struct flat *flat, enum feature_class class)
{
	for (u32 i = 0; i < flat->count; i++) {
		if (flat->feature[i].class == class)
			return flat->feature[i].value;
	}
	return 0;
}
