/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the events of two runs, and which declaration would make it the same.
 *
 *	suggest__new()
 *	suggest__add()      each event of the earlier run and of the later one
 *	suggest__solve()
 *	suggest__count(), suggest__get()
 *	suggest__free()
 *
 * The events may come from anyone. A proposal is only made from names that occur in them, and never for a whole system
 * directory; but it says what would make two runs the same, not that this is wise.
 */
#ifndef TSEM_SUGGEST_H
#define TSEM_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* Most events that one comparison takes. */
#define SUGGEST_EVENTS_MAX (1U << 24)

enum suggest_side {
	SUGGEST_OLD,
	SUGGEST_NEW,
	SUGGEST_SIDES,
};

enum suggest_cure {
	SUGGEST_PATTERN, /* `pattern` */
	SUGGEST_PATTERN_ANY, /* `pattern` with content=any */
	SUGGEST_PSEUDONYM,
	SUGGEST_INSTANCES,
	SUGGEST_FOLLOWS, /* nothing to declare: it follows from a program that differs */
	SUGGEST_NONE, /* no declaration cures it */
};

#define SUGGEST_CAUSE_SIZE 112

struct suggestion {
	enum suggest_cure cure;
	char *text; /* the text of the pattern, the file's pathname in bytes, or the number; NULL: no declaration */
	char cause[SUGGEST_CAUSE_SIZE]; /* what differs: "a date in the name" */
	char *old, *new; /* an example of each run, in bytes; NULL: the run has none */
	const char *reason; /* static: why nothing cures it, and what helps; NULL if there is a declaration */
	const char *type; /* the type of the first event, static */
	size_t events[SUGGEST_SIDES]; /* events of this kind that only one run has */
};

struct suggest;

/* `portable`: the events are of a namespace with encoding=portable. NULL: no memory. */
struct suggest *suggest__new(bool portable);
/* Takes NULL. */
void suggest__free(struct suggest *suggest);

/* Bytes of a word at fault, with its NUL. */
#define SUGGEST_FAULT_SIZE 80

/*
 * Adds an event, a line of JSON of `size` bytes, which is copied. Add all of SUGGEST_OLD first. Repeated events count
 * once. 0; -EINVAL: the line is no event, and `fault` has the word at fault, or "": it is no
 * JSON; -E2BIG: there are SUGGEST_EVENTS_MAX; -ENOMEM.
 */
int suggest__add(struct suggest *suggest, enum suggest_side side, const char *line, size_t size, char *fault);

/* Finds the suggestions. 0 or -ENOMEM. */
int suggest__solve(struct suggest *suggest);

/* Events that this run has and the other one has not. */
size_t suggest__only(const struct suggest *suggest, enum suggest_side side);

/* The suggestions: those with a declaration first, those of most events first. Owned by `suggest`. */
size_t suggest__count(const struct suggest *suggest);
const struct suggestion *suggest__get(const struct suggest *suggest, size_t index);

#endif
