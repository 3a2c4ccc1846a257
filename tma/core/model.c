// SPDX-License-Identifier: GPL-2.0
/*
 * Known coefficients. An entry is a word of its occurrences and whether it is valid, then the coefficient. Of the
 * table's slots, a third stays free.
 */
#include "tma_model.h"

/* The word of an entry: occurrences, and this bit if it is outside of the model. */
#define OUTSIDE ((u64)1 << 63)
#define COUNT (OUTSIDE - 1)

/* Slots for a number of entries: one and a half, and one that is always free. */
#define SLOTS(room) ((room) + (room) / 2 + 1)

static u32 stride_of(u32 width)
{
	return 8 + (width + 7) / 8 * 8;
}

size_t tma_model__memory(u32 room, u32 width)
{
	/* Seven bytes more: the memory may begin anywhere. */
	return (size_t)room * (stride_of(width) + 6) + sizeof(u32) + 7;
}

bool tma_model__init(struct tma_model *model, void *memory, size_t size, u32 limit, u32 width, const u64 *key)
{
	size_t pad = -(size_t)memory & 7, room;

	*model = (struct tma_model){ .memory = (u8 *)memory + pad, .limit = limit, .width = width };
	if (size < pad + sizeof(u32))
		return false;
	model->memory_size = size - pad;
	model->stride = stride_of(width);
	/* An entry, and six bytes of slots. */
	room = (model->memory_size - sizeof(u32)) / (model->stride + 6);
	model->room = room < limit ? (u32)room : limit;
	model->slots = SLOTS(model->room);
	model->slot = (u32 *)(void *)(model->memory + (size_t)model->room * model->stride);
	memset(model->slot, 0, model->slots * sizeof(u32));
	memcpy(model->key, key, sizeof(model->key));
	return model->room;
}

static u64 *entry(const struct tma_model *model, u32 place)
{
	return (u64 *)(void *)(model->memory + (size_t)place * model->stride);
}

const u8 *tma_model__coefficient(const struct tma_model *model, u32 place)
{
	return (const u8 *)(entry(model, place) + 1);
}

bool tma_model__valid(const struct tma_model *model, u32 place)
{
	return !(*entry(model, place) & OUTSIDE);
}

u64 tma_model__count(const struct tma_model *model, u32 place)
{
	return *entry(model, place) & COUNT;
}

/*
 * The slot where the search for a coefficient begins. Vector multiply-shift (Dietzfelbinger): the author of two
 * coefficients cannot influence whether they collide.
 */
static u32 slot_of(const struct tma_model *model, const u8 *coefficient)
{
	u64 sum = model->key[TMA_MODEL_KEY - 1];

	for (u32 i = 0; i < model->width / 4; i++)
		sum += model->key[i] * tma_get32(coefficient + 4 * i);
	return (u32)((sum >> 32) * model->slots >> 32);
}

/* The slot that has the coefficient, or the free one where it would be. */
static u32 search(const struct tma_model *model, const u8 *coefficient)
{
	u32 at = slot_of(model, coefficient);

	while (model->slot[at] &&
	       memcmp(tma_model__coefficient(model, model->slot[at] - 1), coefficient, model->width) != 0)
		at = at + 1 < model->slots ? at + 1 : 0;
	return at;
}

u32 tma_model__find(const struct tma_model *model, const u8 *coefficient)
{
	/* A free slot has 0, and 0 - 1 is TMA_NOWHERE. */
	return model->slot[search(model, coefficient)] - 1;
}

u32 tma_model__add(struct tma_model *model, const u8 *coefficient, bool valid)
{
	u32 place = model->count;

	if (place == model->room)
		return TMA_NOWHERE;
	*entry(model, place) = valid ? 0 : OUTSIDE;
	memcpy(entry(model, place) + 1, coefficient, model->width);
	model->slot[search(model, coefficient)] = place + 1;
	model->count++;
	model->outside += !valid;
	return place;
}

void tma_model__occurred(struct tma_model *model, u32 place)
{
	++*entry(model, place);
}

/* Fills the table again. */
static void index_all(struct tma_model *model)
{
	memset(model->slot, 0, model->slots * sizeof(u32));
	for (u32 i = 0; i < model->count; i++)
		model->slot[search(model, tma_model__coefficient(model, i))] = i + 1;
}

void tma_model__keep(struct tma_model *model, u32 count)
{
	model->count = count;
	model->outside = 0;
	for (u32 i = 0; i < count; i++) {
		*entry(model, i) &= OUTSIDE;
		model->outside += !tma_model__valid(model, i);
	}
	index_all(model);
}

/* Extends *m of digest->size bytes by a coefficient; NULL is zero bytes. */
static bool extend(const struct tma_digest *digest, const u8 *base, const u8 *coefficient, u8 *m)
{
	static const u8 none[TSEM_DIGEST_MAX];
	u8 extended[TSEM_DIGEST_MAX];
	struct tma_hash hash;

	tma_hash__init(&hash, digest);
	tma_hash__update(&hash, base ? base : none, digest->size);
	tma_hash__update(&hash, coefficient ? coefficient : none, digest->size);
	if (!tma_hash__final(&hash, extended))
		return false;
	tma_hash__init(&hash, digest);
	tma_hash__update(&hash, m, digest->size);
	tma_hash__update(&hash, extended, digest->size);
	return tma_hash__final(&hash, m);
}

bool tma_model__measurement(const struct tma_model *model, const struct tma_digest *digest, const u8 *base,
			    const u8 *aggregate, u8 *out)
{
	bool done;

	memset(out, 0, digest->size);
	done = extend(digest, base, aggregate, out);
	for (u32 i = 0; i < model->count && done; i++)
		done = extend(digest, base, tma_model__coefficient(model, i), out);
	return done;
}

static bool greater(const struct tma_model *model, u32 a, u32 b)
{
	return memcmp(tma_model__coefficient(model, a), tma_model__coefficient(model, b), model->width) > 0;
}

/* Moves places[root] down to where it belongs in the heap places[0 .. count). */
static void sift(const struct tma_model *model, u32 *places, u32 root, u32 count)
{
	u32 moved = places[root], child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && greater(model, places[child + 1], places[child]))
			child++;
		if (!greater(model, places[child], moved))
			break;
		places[root] = places[child];
		root = child;
	}
	places[root] = moved;
}

/* Heap sort: it needs no memory, and no order of the coefficients makes it slow. */
static void sort(const struct tma_model *model, u32 *places, u32 count)
{
	for (u32 i = count / 2; i--;)
		sift(model, places, i, count);
	for (u32 end = count; end > 1;) {
		u32 last = places[--end];

		places[end] = places[0];
		places[0] = last;
		sift(model, places, 0, end);
	}
}

bool tma_model__state(struct tma_model *model, const struct tma_digest *digest, const u8 *base, const u8 *aggregate,
		      u8 *out)
{
	u32 *places = model->slot;
	bool done;

	/* There are more slots than entries. */
	for (u32 i = 0; i < model->count; i++)
		places[i] = i;
	sort(model, places, model->count);
	memset(out, 0, digest->size);
	done = extend(digest, base, aggregate, out);
	for (u32 i = 0; i < model->count && done; i++)
		done = extend(digest, base, tma_model__coefficient(model, places[i]), out);
	index_all(model);
	return done;
}
