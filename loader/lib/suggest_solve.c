// SPDX-License-Identifier: GPL-2.0
/*
 * Each step looks at every event a fixed number of times, so the time grows with the number of events:
 *
 *	1. An event that both runs have is no difference: a table by coefficient.
 *	2. The masked hashes (suggest_parts.h) of each event that only one run has go into a table of groups.
 *	3. The masked hashes of the events that both runs have are looked up there.
 *	4. For each event of step 2, the first mask whose group occurs in both runs says what differs. A site (see
 *	   suggest_sites.h) gathers what belongs to one declaration.
 *
 * Events without such a mask get a second round, in which any single part may differ.
 */
#include "suggest_solve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

/* ---- steps 2 and 3: groups ---- */

static int groups_grow(struct groups *g)
{
	struct groups more = { .room = g->room ? 2 * g->room : 4096, .count = g->count };

	more.slot = calloc(more.room, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	for (size_t i = 0; i < g->room; i++) {
		size_t at = g->slot[i].hash & (more.room - 1);

		if (!g->slot[i].hash)
			continue;
		while (more.slot[at].hash)
			at = (at + 1) & (more.room - 1);
		more.slot[at] = g->slot[i];
	}
	free(g->slot);
	*g = more;
	return 0;
}

/* The group of a hash, or NULL; `make`: makes it, and NULL is no memory. */
static struct group *groups_find(struct groups *g, u64 hash, bool make)
{
	size_t at;

	hash = hash ?: 1;
	if (make && 4 * (g->count + 1) > 3 * g->room && groups_grow(g))
		return NULL;
	if (!g->room)
		return NULL;
	for (at = hash & (g->room - 1); g->slot[at].hash; at = (at + 1) & (g->room - 1)) {
		if (g->slot[at].hash == hash)
			return &g->slot[at];
	}
	if (!make)
		return NULL;
	g->count++;
	g->slot[at] =
		(struct group){ .hash = hash, .first = { NONE, NONE, NONE }, .last = NONE, .instance = { NONE, NONE } };
	return &g->slot[at];
}

/* Splits an event, and makes its masks. The caller puts the object. NULL: not an event that can be masked. */
static struct json_object *look(struct suggest *s, const struct item *item)
{
	struct json_object *event = event__from_line(item->line, item->size);

	if (event && !parts__split(s->seed, s->portable, event, &s->parts)) {
		json_object_put(event);
		return NULL;
	}
	if (event)
		parts__masks(s->seed, &s->parts, &s->masks);
	return event;
}

/* The masks of the first round hide what a declaration may hide; those of the second, any single part. */
static bool in_round(const struct mask *mask, int round)
{
	return (mask->kind == MASK_PLAIN) == (round == 1);
}

/* A directory has objects if one of its names is a hash. */
static int note_objects(struct suggest *s, const char *type)
{
	for (size_t i = 0; i < s->parts.count; i++) {
		const struct part *part = &s->parts.part[i];
		struct site *site;
		bool hash = false;

		if (parts__can_match(part))
			parts__objects(part->text, part->size, &hash);
		if (!hash)
			continue;
		site = sites__of(&s->sites, type, &s->parts, MASK_OBJECTS, i, 0);
		if (!site)
			return -ENOMEM;
		site->is_objects = true;
	}
	return 0;
}

static const char *type_of(struct json_object *event)
{
	struct json_object *type = json_object_object_get(json_object_object_get(event, "event"), "type");

	return event__name(event__parse(json_object_get_string(type))) ?: "";
}

/* Puts the masks of a differing event into the groups, or looks those of a common event up there. */
static int group_item(struct suggest *s, size_t index, int round)
{
	const struct item *item = &s->item[index];
	struct json_object *event = look(s, item);
	bool differs = item->owner != OWNER_BOTH;
	int err = event && differs ? note_objects(s, type_of(event)) : 0;

	for (size_t i = 0; event && i < s->masks.count && !err; i++) {
		const struct mask *mask = &s->masks.mask[i];
		struct group *group;

		if (!in_round(mask, round))
			continue;
		group = groups_find(&s->groups, mask->hash, differs);
		if (!group) {
			err = differs ? -ENOMEM : 0;
			continue;
		}
		if (group->first[item->owner] == NONE)
			group->first[item->owner] = index;
		if (!differs)
			group->last = index;
		if (differs && mask->instance && mask->instance < group->instance[item->owner])
			group->instance[item->owner] = mask->instance;
	}
	json_object_put(event);
	return err;
}

static int group_all(struct suggest *s, int round)
{
	int err = 0;

	if (s->groups.room)
		memset(s->groups.slot, 0, s->groups.room * sizeof(*s->groups.slot));
	s->groups.count = 0;
	for (int common = 0; common < 2; common++) {
		for (size_t i = 0; i < s->count && !err; i++) {
			if (!s->item[i].done && (s->item[i].owner == OWNER_BOTH) == common)
				err = group_item(s, i, round);
		}
	}
	return err;
}

/* ---- step 4: what explains a difference ---- */

/* The kind of the declaration, whether or not the content counts; *any: it does not. */
static u8 without_content(u8 kind, bool *any)
{
	*any = kind == MASK_OBJECTS_ANY || kind == MASK_NUMBER_ANY || kind == MASK_WORD_ANY;
	switch (kind) {
	case MASK_OBJECTS_ANY:
		return MASK_OBJECTS;
	case MASK_NUMBERS:
	case MASK_NUMBER_ANY:
		return MASK_NUMBER;
	case MASK_WORDS:
	case MASK_WORD_ANY:
		return MASK_WORD;
	default:
		return kind;
	}
}

/* Does the other run have an event that is the same under this mask? */
static bool explains(struct suggest *s, const struct item *item, const struct mask *mask, const char *type)
{
	const struct group *group = groups_find(&s->groups, mask->hash, false);
	enum owner other = item->owner == OWNER_OLD ? OWNER_NEW : OWNER_OLD;
	const struct site *site;

	if (!group || (group->first[other] == NONE && group->first[OWNER_BOTH] == NONE))
		return false;
	if (mask->kind != MASK_OBJECTS && mask->kind != MASK_OBJECTS_ANY)
		return true;
	site = sites__of(&s->sites, type, &s->parts, MASK_OBJECTS, mask->part, 0);
	return site && site->is_objects;
}

/* The mask that explains a difference: of the first kind, and the deepest component. NULL: none. */
static const struct mask *best_mask(struct suggest *s, const struct item *item, const char *type, int round)
{
	const struct mask *best = NULL;

	for (size_t i = 0; i < s->masks.count; i++) {
		const struct mask *mask = &s->masks.mask[i];

		if (in_round(mask, round) && (!best || mask->kind <= best->kind) && explains(s, item, mask, type))
			best = mask;
	}
	return best;
}

/* N that makes the numbers the same: those that only one run has count as the last that both have. */
static void note_instances(struct suggest *s, struct site *site, const struct mask *mask)
{
	const struct group *group = groups_find(&s->groups, mask->hash, false);
	u32 a = group->instance[SUGGEST_OLD], b = group->instance[SUGGEST_NEW];
	bool both = a != NONE && b != NONE;
	u64 n = a < b ? a : b;

	if (!both)
		n--;
	site->order |= both;
	if (site->events[SUGGEST_OLD] + site->events[SUGGEST_NEW] == 0 || n < site->instances)
		site->instances = n;
}

/* The part of the present event in the same place. */
static size_t same_part(const struct parts *parts, const char *key)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (!strcmp(parts->part[i].key, key))
			return i;
	}
	return parts->count;
}

/* Adds the item as an example of the other run: its part with this key. */
static int add_counterpart(struct suggest *s, struct site *site, enum suggest_side side, u32 item, const char *key,
			   size_t component)
{
	struct json_object *event = look(s, &s->item[item]);
	size_t index = event ? same_part(&s->parts, key) : 0;
	int err = 0;

	if (event && index < s->parts.count)
		err = site__example(site, &s->parts, side, index, component);
	json_object_put(event);
	return err;
}

/*
 * If only one run has differing events of the site, the example of the other one is an event that both have. This may
 * be of a file that the first run made: then its name is that of the event, and the last such event may have another.
 */
static int counterpart(struct suggest *s, const struct item *item, const struct mask *mask, size_t at)
{
	const struct group *group = groups_find(&s->groups, mask->hash, false);
	enum suggest_side side = item->owner == OWNER_OLD ? SUGGEST_NEW : SUGGEST_OLD;
	u32 other = group->first[side] != NONE ? group->first[side] : group->first[OWNER_BOTH];
	struct site *site = &s->sites.site[at];
	char key[PART_KEY_SIZE];
	u8 component = mask->component;
	int err;

	strcpy(key, s->parts.part[mask->part].key);
	if (site->example[side] && group->first[side] != NONE)
		return 0;
	err = add_counterpart(s, site, side, other, key, component);
	if (!err && !site->names.second && other == group->first[OWNER_BOTH] && group->last != NONE)
		err = add_counterpart(s, site, side, group->last, key, component);
	return err;
}

/* Adds the event to the site of one of its parts; *at: the index of the site. */
static int add_to_site(struct suggest *s, const struct item *item, const char *type, u8 kind, size_t part,
		       size_t component, size_t *at)
{
	struct site *site = sites__of(&s->sites, type, &s->parts, kind, part, component);

	if (!site)
		return -ENOMEM;
	*at = site - s->sites.site;
	return part < s->parts.count ? site__example(site, &s->parts, item->owner, part, component) : 0;
}

static size_t last_component(const struct part *part)
{
	size_t n = 0, size;

	while (parts__component(part->text, part->size, n + 1, &size))
		n++;
	return n;
}

/* The second name of an event in which both differ, and the names of its counterpart. */
static int second_name(struct suggest *s, const struct item *item, const char *type, const struct mask *mask, u8 kind)
{
	for (size_t i = mask->part + 1; i < s->parts.count; i++) {
		const struct part *part = &s->parts.part[i];
		struct mask second = *mask;
		size_t at;
		int err;

		if (!parts__can_match(part))
			continue;
		second.part = i;
		second.component = last_component(part);
		err = add_to_site(s, item, type, kind, i, second.component, &at);
		if (err)
			return err;
		s->sites.site[at].events[item->owner]++;
		return counterpart(s, item, &second, at);
	}
	return 0;
}

/* What to show of an event that nothing explains: its first name, or its type. */
static size_t telling_part(const struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (parts->part[i].kind == PART_NAME)
			return i;
	}
	return 0;
}

static int explain(struct suggest *s, struct item *item, int round)
{
	struct json_object *event = look(s, item);
	const char *type = event ? type_of(event) : "";
	const struct mask *best = event ? best_mask(s, item, type, round) : NULL;
	struct mask mask;
	struct site *site;
	bool any = false;
	size_t at = 0;
	u8 kind;
	int err;

	if (!event || (!best && round == 0)) {
		item->done = !event;
		json_object_put(event);
		return 0;
	}
	mask = best ? *best : (struct mask){ .kind = MASK_KINDS, .part = telling_part(&s->parts) };
	kind = without_content(mask.kind, &any);
	item->done = true;
	err = add_to_site(s, item, type, kind, mask.part, mask.component, &at);
	if (!err) {
		site = &s->sites.site[at];
		if (kind == MASK_INSTANCES)
			note_instances(s, site, &mask);
		site->any |= any;
		site->events[item->owner]++;
	}
	if (!err && (mask.kind == MASK_NUMBERS || mask.kind == MASK_WORDS)) {
		err = second_name(s, item, type, &mask, kind);
		json_object_put(event);
		event = err ? NULL : look(s, item);
	}
	if (!err && best && event)
		err = counterpart(s, item, &mask, at);
	json_object_put(event);
	return err;
}

int suggest__sites(struct suggest *s)
{
	int err = 0;

	for (int round = 0; round < 2 && !err; round++) {
		err = group_all(s, round);
		for (size_t i = 0; i < s->count && !err; i++) {
			if (s->item[i].owner != OWNER_BOTH && !s->item[i].done)
				err = explain(s, &s->item[i], round);
		}
	}
	return err;
}
