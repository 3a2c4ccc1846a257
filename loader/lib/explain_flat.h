/* SPDX-License-Identifier: GPL-2.0 */
/* Internal to explain_index.c: flattens an event into features. */
#ifndef TSEM_EXPLAIN_FLAT_H
#define TSEM_EXPLAIN_FLAT_H

#include "explain_index.h"

/* Class and weight by place, so that a place is looked up in tables once. */
#define FLAT_CACHE 1024
struct flat_cache {
	struct {
		u32 place;
		u16 class;
		u16 weight;
		bool whole;
	} entry[FLAT_CACHE];
};

/* A random number, so that nobody can choose events that have the same hashes. */
u64 flat__seed(void);
u64 flat__mix(u64 hash);
u64 flat__hash(u64 seed, const char *text, size_t size);

/* index__flatten() */
int flat__fill(u64 seed, struct flat_cache *cache, const struct tsem_record *record, struct json_object *json,
	       struct flat *flat);

#endif
