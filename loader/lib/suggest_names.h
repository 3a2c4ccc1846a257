/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of suggest: names that differ between runs, and the narrowest pattern for them. */
#ifndef TSEM_SUGGEST_NAMES_H
#define TSEM_SUGGEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* So many names are looked at to tell whether a program has drawn them. */
#define NAMES_SAMPLES 32

/* Names that are the same but for one component. Strings are bytes, not JSON. */
struct names {
	char *first; /* the first name; owned */
	char *second; /* the first that differs from it; owned */
	char *sample[NAMES_SAMPLES]; /* different names, the first ones; owned */
	size_t samples;
	size_t begin, end; /* of the component in it */
	size_t prefix, suffix; /* bytes that all components have in common, at their beginning and end */
	size_t shortest; /* bytes of the shortest component */
};

/* Undoes the escapes of a string of an event; the caller frees it. NULL: no memory. */
char *names__bytes(const char *text, size_t size);

/* Adds a name, in bytes, whose component `component` varies. 0 or -ENOMEM. */
int names__add(struct names *names, const char *name, size_t component);

/*
 * The narrowest pattern that holds for all of the names and for those of later runs. `numbers`: they differ in numbers
 * only. Its text in *text, which the caller frees, and what differs in *cause, static; or NULL in *text and in *reason,
 * static, why a pattern is no cure. 0 or -ENOMEM.
 */
int names__pattern(const struct names *names, bool numbers, char **text, const char **cause, const char **reason);

/* The same for everything below the directory `directory`, of `size` bytes. */
int names__deep(const char *directory, size_t size, char **text, const char **reason);

/* Frees what the names hold. */
void names__free(struct names *names);

#endif
