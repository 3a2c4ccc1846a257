// SPDX-License-Identifier: GPL-2.0
/* The events of both runs, a table by coefficient, and the list of suggestions. suggest_solve.c explains the method. */
#include "suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "suggest_solve.h"

struct suggest *suggest__new(bool portable)
{
	struct suggest *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->portable = portable;
	if (parts__seed(&s->seed)) {
		free(s);
		return NULL;
	}
	sites__init(&s->sites, s->seed);
	return s;
}

static void free_one(struct suggestion *one)
{
	free(one->text);
	free(one->old);
	free(one->new);
	*one = (struct suggestion){ .cure = SUGGEST_NONE };
}

static void free_list(struct suggest *s)
{
	for (size_t i = 0; i < s->suggestions; i++)
		free_one(&s->list[i]);
	free(s->list);
	s->list = NULL;
	s->suggestions = 0;
}

void suggest__free(struct suggest *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->item[i].line);
	free(s->item);
	free(s->seen);
	free(s->key);
	free(s->groups.slot);
	sites__free(&s->sites);
	free_list(s);
	free(s);
}

/* ---- step 1: events that only one run has ---- */

static int seen_grow(struct suggest *s)
{
	size_t room = s->seen_room ? 2 * s->seen_room : 1024;
	u32 *seen = calloc(room, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		size_t at = s->key[i] & (room - 1);

		while (seen[at])
			at = (at + 1) & (room - 1);
		seen[at] = i + 1;
	}
	free(s->seen);
	s->seen = seen;
	s->seen_room = room;
	return 0;
}

static int items_grow(struct suggest *s)
{
	size_t room = s->room ? 2 * s->room : 512;
	void *items, *keys;

	if (s->count < s->room)
		return 0;
	if (s->count >= SUGGEST_EVENTS_MAX)
		return -E2BIG;
	items = realloc(s->item, room * sizeof(*s->item));
	if (!items)
		return -ENOMEM;
	s->item = items;
	keys = realloc(s->key, room * sizeof(*s->key));
	if (!keys)
		return -ENOMEM;
	s->key = keys;
	s->room = room;
	return 2 * s->room > s->seen_room ? seen_grow(s) : 0;
}

/* The hash of the event's coefficient, which tells it from every other event. */
static int key_of(struct suggest *s, const char *line, size_t size, u64 *key, char *fault)
{
	struct json_object *event = event__from_line(line, size);
	struct event_digests digests;
	const char *word = NULL;
	int err;

	*fault = 0;
	if (!event)
		return -EINVAL;
	err = event__from_json(event, event__likely_digest(event) ?: TSEM_DIGEST_SHA256,
			       s->portable ? TSEM_ENCODING_PORTABLE : TSEM_ENCODING_HOST, &s->record, &word);
	if (err && word)
		snprintf(fault, SUGGEST_FAULT_SIZE, "%s", word);
	err = err ?: event__coefficient(&s->record, &digests);
	json_object_put(event);
	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	*key = parts__hash(s->seed, (char *)digests.coefficient, sizeof(digests.coefficient));
	return 0;
}

/* With a NUL at its end, for the parser; it may have others. */
static char *copy_line(const char *line, size_t size)
{
	char *copy = size < UINT32_MAX ? malloc(size + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, line, size);
	copy[size] = 0;
	return copy;
}

int suggest__add(struct suggest *s, enum suggest_side side, const char *line, size_t size, char *fault)
{
	char *copy = copy_line(line, size);
	u64 key;
	int err = copy ? key_of(s, copy, size, &key, fault) ?: items_grow(s) : -ENOMEM;
	struct item *item;
	size_t at;

	if (err) {
		free(copy);
		return err;
	}
	for (at = key & (s->seen_room - 1); s->seen[at]; at = (at + 1) & (s->seen_room - 1)) {
		item = &s->item[s->seen[at] - 1];
		if (s->key[s->seen[at] - 1] != key)
			continue;
		if (item->owner != OWNER_BOTH && item->owner != (u8)side) {
			s->only[item->owner]--;
			item->owner = OWNER_BOTH;
		}
		free(copy);
		return 0;
	}
	item = &s->item[s->count];
	*item = (struct item){ .line = copy, .size = size, .owner = side };
	s->key[s->count++] = key;
	s->seen[at] = s->count;
	s->only[side]++;
	return 0;
}

size_t suggest__only(const struct suggest *s, enum suggest_side side)
{
	return s->only[side];
}

static int order(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;
	size_t of_x = x->events[0] + x->events[1], of_y = y->events[0] + y->events[1];

	if (x->cure != y->cure)
		return x->cure < y->cure ? -1 : 1;
	if (of_x != of_y)
		return of_x < of_y ? 1 : -1;
	return strcmp(x->new ?: x->old ?: "", y->new ?: y->old ?: "");
}

static int by_declaration(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;

	if (x->cure != y->cure)
		return x->cure < y->cure ? -1 : 1;
	return strcmp(x->text ?: "", y->text ?: "");
}

/* Several sites may lead to the same declaration: makes one suggestion of them. */
static void join_same(struct suggest *s)
{
	size_t kept = 0;

	qsort(s->list, s->suggestions, sizeof(*s->list), by_declaration);
	for (size_t i = 0; i < s->suggestions; i++) {
		struct suggestion *last = kept ? &s->list[kept - 1] : NULL, *this = &s->list[i];

		if (!last || !this->text || by_declaration(last, this)) {
			s->list[kept++] = *this;
			continue;
		}
		last->events[SUGGEST_OLD] += this->events[SUGGEST_OLD];
		last->events[SUGGEST_NEW] += this->events[SUGGEST_NEW];
		free_one(this);
	}
	s->suggestions = kept;
}

/* Does a pattern that ends in two stars hold for all names of the other one? */
static bool covers(const struct suggestion *deep, const struct suggestion *other)
{
	size_t size = deep->text ? strlen(deep->text) : 0;

	if (size < 3 || strcmp(deep->text + size - 3, "/**") || deep->cure > SUGGEST_PATTERN_ANY)
		return false;
	return other != deep && other->text && other->cure <= SUGGEST_PATTERN_ANY &&
	       !strncmp(other->text, deep->text, size - 2) && strcmp(other->text, deep->text);
}

/* Leaves out what a deep pattern covers, which takes its events over. */
static void join_covered(struct suggest *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->suggestions; i++) {
		struct suggestion *deep = s->list, *end = s->list + s->suggestions;

		for (; deep < end && !covers(deep, &s->list[i]); deep++)
			;
		if (deep == end)
			continue;
		deep->events[SUGGEST_OLD] += s->list[i].events[SUGGEST_OLD];
		deep->events[SUGGEST_NEW] += s->list[i].events[SUGGEST_NEW];
		if (s->list[i].cure == SUGGEST_PATTERN_ANY)
			deep->cure = SUGGEST_PATTERN_ANY;
		free_one(&s->list[i]);
	}
	for (size_t i = 0; i < s->suggestions; i++) {
		if (s->list[i].type)
			s->list[kept++] = s->list[i];
	}
	s->suggestions = kept;
}

static int make_list(struct suggest *s)
{
	free_list(s);
	s->list = calloc(s->sites.count + 1, sizeof(*s->list));
	if (!s->list)
		return -ENOMEM;
	for (size_t i = 0; i < s->sites.count; i++) {
		int made = site__suggest(&s->sites.site[i], &s->list[s->suggestions]);

		if (made < 0)
			return made;
		s->suggestions += made;
	}
	join_same(s);
	join_covered(s);
	qsort(s->list, s->suggestions, sizeof(*s->list), order);
	return 0;
}

int suggest__solve(struct suggest *s)
{
	return suggest__sites(s) ?: make_list(s);
}

size_t suggest__count(const struct suggest *s)
{
	return s->suggestions;
}

const struct suggestion *suggest__get(const struct suggest *s, size_t index)
{
	return &s->list[index];
}
