/* SPDX-License-Identifier: GPL-2.0 */
/* Between suggest.c, which keeps the events and the results, and suggest_solve.c, which explains the differences. */
#ifndef TSEM_SUGGEST_SOLVE_H
#define TSEM_SUGGEST_SOLVE_H

#include "suggest.h"
#include "suggest_parts.h"
#include "suggest_sites.h"

/* Which runs have an event, or a member of a group. */
enum owner {
	OWNER_OLD,
	OWNER_NEW,
	OWNER_BOTH,
	OWNERS,
};

struct item {
	char *line; /* owned */
	u32 size;
	u8 owner; /* enum owner */
	bool done;
};

#define NONE UINT32_MAX

/* Events that are the same under a mask. */
struct group {
	u64 hash; /* 0: the slot is free */
	u32 first[OWNERS]; /* items */
	u32 last; /* item that both runs have */
	u32 instance[SUGGEST_SIDES]; /* MASK_INSTANCES: the smallest largest number */
};

struct groups {
	struct group *slot;
	size_t room, count;
};

struct suggest {
	u64 seed;
	bool portable;
	struct item *item;
	size_t count, room;
	u32 *seen; /* table of items by coefficient: index + 1 */
	u64 *key;
	size_t seen_room;
	size_t only[SUGGEST_SIDES];
	struct groups groups;
	struct sites sites;
	struct suggestion *list;
	size_t suggestions;
	struct tsem_record record; /* too large for the stack */
	struct parts parts;
	struct masks masks;
};

/* Finds the sites of all events that only one run has. 0 or -ENOMEM. */
int suggest__sites(struct suggest *suggest);

#endif
