/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The coefficients that an agent knows, in memory that was given to it once: entries in order of first occurrence, and
 * a hash table of their places. Nothing is ever dropped to make room.
 *
 * The table's hash has a random key, so that nobody can choose events whose coefficients collide in it.
 */
#ifndef TMA_MODEL_H
#define TMA_MODEL_H

#include "tma_digest.h"

/* No place: the coefficient is not known, or there is no room. */
#define TMA_NOWHERE (~(u32)0)

/* 32-bit words of the key of the table's hash, for coefficients of TSEM_DIGEST_MAX bytes. */
#define TMA_MODEL_KEY (TSEM_DIGEST_MAX / 4 + 1)

struct tma_model {
	u8 *memory; /* the caller's */
	size_t memory_size;
	u32 limit; /* coefficients at most, whatever the memory has room for */
	u32 width; /* bytes of a coefficient */
	u32 stride; /* bytes of an entry */
	u32 room; /* entries that there may be */
	u32 count; /* entries that there are */
	u32 outside; /* those of them that are outside of the model */
	u32 slots;
	u32 *slot; /* place + 1 of an entry; 0: free */
	u64 key[TMA_MODEL_KEY];
};

/* Bytes of memory in which `room` coefficients of `width` bytes have room. */
size_t tma_model__memory(u32 room, u32 width);

/*
 * Makes an empty model of coefficients of `width` bytes in `memory`, which has to stay. `limit`: see above. The `key`
 * is TMA_MODEL_KEY random numbers. false: the memory has no room for one coefficient.
 */
bool tma_model__init(struct tma_model *model, void *memory, size_t size, u32 limit, u32 width, const u64 *key);

/* The place of a coefficient, in order of first occurrence, or TMA_NOWHERE. */
u32 tma_model__find(const struct tma_model *model, const u8 *coefficient);
/* Adds a coefficient that is not there, with no occurrences. Its place, or TMA_NOWHERE: there is no room. */
u32 tma_model__add(struct tma_model *model, const u8 *coefficient, bool valid);
/* Counts an occurrence. */
void tma_model__occurred(struct tma_model *model, u32 place);
/* Keeps the first `count` entries, as they were added: with no occurrences. */
void tma_model__keep(struct tma_model *model, u32 count);

/* What is at a place. The coefficient is owned by the model. */
const u8 *tma_model__coefficient(const struct tma_model *model, u32 place);
bool tma_model__valid(const struct tma_model *model, u32 place);
u64 tma_model__count(const struct tma_model *model, u32 place);

/*
 * measurement: extend(m, c) = H( m || H( base || c ) ) over the aggregate and then all coefficients in order of first
 * occurrence, from zero bytes. `base` and `aggregate` may be NULL: zero bytes. Writes digest->size bytes, the width of
 * the model, to `out`. false: the platform could not hash.
 */
bool tma_model__measurement(const struct tma_model *model, const struct tma_digest *digest, const u8 *base,
			    const u8 *aggregate, u8 *out);
/* state: the same over the coefficients sorted as big-endian numbers. It sorts in the memory of the hash table. */
bool tma_model__state(struct tma_model *model, const struct tma_digest *digest, const u8 *base, const u8 *aggregate,
		      u8 *out);

#endif
