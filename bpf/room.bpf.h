/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The room of the maps that all namespaces fill (enum tsem_room).
 *
 * tsem_namespace.used counts the entries of a namespace. Those beyond the room that it has for certain also count in
 * tsem_globals.pooled, for all namespaces together. Every change of `used` is atomic and tells the value before, so
 * both counters agree.
 */
#ifndef TSEM_ROOM_BPF_H
#define TSEM_ROOM_BPF_H

#include "namespace.bpf.h"

struct room {
	u64 own; /* entries that a namespace has for certain */
	u64 share; /* that it has at most */
	u64 common; /* that all have beyond their own, together */
};

static __always_inline u64 room_entries(struct tsem_globals *g, u32 kind)
{
	switch (kind) {
	case TSEM_ROOM_COEFFICIENTS:
		return g->max_coefficients;
	case TSEM_ROOM_MARKS:
		return TSEM_MARKS_MAX;
	case TSEM_ROOM_CREATIONS:
		return TSEM_CREATIONS_MAX;
	case TSEM_ROOM_OBJECTS:
		return TSEM_IPC_MAX;
	case TSEM_ROOM_SIGNALS:
		return TSEM_SIGNALS_MAX;
	default:
		return TSEM_TEXTS_MAX;
	}
}

static __always_inline void room_of(struct room *room, struct tsem_globals *g, u32 kind)
{
	u64 entries = room_entries(g, kind);

	room->own = TSEM_OWN_ROOM(entries, g->max_namespaces);
	room->share = kind == TSEM_ROOM_COEFFICIENTS ? TSEM_COEFFICIENTS_SHARE(entries) : TSEM_SHARE(entries);
	room->common = TSEM_COMMON_ROOM(entries);
}

/* Takes `entries` of the namespace out of the common room, as far as they are in it; `before`: what it used. */
static __always_inline void room_return(struct tsem_globals *g, u32 kind, u64 before, u64 entries)
{
	struct room room;
	u64 beyond;

	room_of(&room, g, kind);
	/* room_leave() has set `used` to 0: what its entries give back after that is negative. */
	if (before <= room.own || before > 1ULL << 63)
		return;
	beyond = before - room.own;
	__sync_fetch_and_add(&g->pooled[kind], -(beyond < entries ? beyond : entries));
}

/* Is there room for one more entry of this namespace? 1 or 0. Another task may take it meanwhile. */
__noinline int room_left(u32 id, u32 kind)
{
	struct tsem_namespace *ns = namespace_of(id);
	struct tsem_globals *g = globals();
	struct room room;
	u64 used;

	if (!ns || !g || !at_most(kind, TSEM_ROOM_END - 1))
		return 0;
	room_of(&room, g, kind);
	used = ns->used[kind];
	return used < room.own || (used < room.share && g->pooled[kind] < room.common);
}

/* Takes room for one entry of this namespace. 1: taken; 0: there is none. */
__noinline int room_take(u32 id, u32 kind)
{
	struct tsem_namespace *ns = namespace_of(id);
	struct tsem_globals *g = globals();
	struct room room;
	u64 before;

	if (!ns || !g || !at_most(kind, TSEM_ROOM_END - 1))
		return 0;
	room_of(&room, g, kind);
	before = __sync_fetch_and_add(&ns->used[kind], 1);
	if (before < room.own)
		return 1;
	if (__sync_fetch_and_add(&g->pooled[kind], 1) < room.common && before < room.share)
		return 1;
	/* What others gave back meanwhile may have brought `used` into the namespace's own room. */
	room_return(g, kind, __sync_fetch_and_add(&ns->used[kind], -1), 1);
	return 0;
}

/* Gives back the room of one entry. The namespace may be gone. */
__noinline int room_give(u32 id, u32 kind)
{
	struct tsem_namespace *ns = namespace_of(id);
	struct tsem_globals *g = globals();

	if (ns && g && at_most(kind, TSEM_ROOM_END - 1))
		room_return(g, kind, __sync_fetch_and_add(&ns->used[kind], -1), 1);
	return 0;
}

/* The namespace goes, with all its entries. */
static __always_inline void room_leave(struct tsem_namespace *ns, struct tsem_globals *g)
{
	u32 kind;

	bpf_for(kind, 0, TSEM_ROOM_END) {
		u64 before;

		if (!at_most(kind, TSEM_ROOM_END - 1))
			return;
		before = __sync_lock_test_and_set(&ns->used[kind], 0);
		room_return(g, kind, before, before);
	}
}

#endif
