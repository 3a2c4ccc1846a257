// SPDX-License-Identifier: GPL-2.0
/* Hash tables from a hash to numbers, with chains in one array: 16 bytes for each number. */
#include <errno.h>
#include <stdlib.h>

#include "explain_index.h"

#define FIRST_SLOTS 64

static void chain(struct numbers *n, u32 i)
{
	u32 *head = &n->head[n->entry[i].hash & (n->slots - 1)];

	n->entry[i].next = *head;
	*head = i + 1;
}

/* Makes room for one more number. Slots double when there are as many numbers as slots. */
static int grow(struct numbers *n)
{
	if (n->count == n->room) {
		u32 room = n->room ? 2 * n->room : FIRST_SLOTS;
		struct number *entry = room > n->room ? reallocarray(n->entry, room, sizeof(*entry)) : NULL;

		if (!entry)
			return -ENOMEM;
		n->entry = entry;
		n->room = room;
	}
	if (n->count == n->slots) {
		u32 slots = n->slots ? 2 * n->slots : FIRST_SLOTS;
		u32 *head = slots > n->slots ? calloc(slots, sizeof(*head)) : NULL;

		if (!head)
			return -ENOMEM;
		free(n->head);
		n->head = head;
		n->slots = slots;
		for (u32 i = 0; i < n->count; i++)
			chain(n, i);
	}
	return 0;
}

static const struct number *from(const struct numbers *n, u32 next, u32 hash)
{
	while (next && n->entry[next - 1].hash != hash)
		next = n->entry[next - 1].next;
	return next ? &n->entry[next - 1] : NULL;
}

const struct number *numbers__first(const struct numbers *n, u32 hash)
{
	return n->slots ? from(n, n->head[hash & (n->slots - 1)], hash) : NULL;
}

const struct number *numbers__next(const struct numbers *n, const struct number *number)
{
	return from(n, number->next, number->hash);
}

int numbers__add(struct numbers *n, u32 hash, u32 value, u32 most)
{
	const struct number *same = numbers__first(n, hash);
	u32 count = 0;
	int err;

	for (; same; same = numbers__next(n, same)) {
		if (++count == most || same->value == value)
			return 0;
	}
	err = grow(n);
	if (err)
		return err;
	n->entry[n->count] = (struct number){ .hash = hash, .value = value };
	chain(n, n->count++);
	return 0;
}

void numbers__free(struct numbers *n)
{
	free(n->head);
	free(n->entry);
	*n = (struct numbers){};
}
