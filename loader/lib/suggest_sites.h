/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files of suggest: sites. A site is what one declaration would cure, or one reason why none does. All
 * differing events of the same names, of the same file, or of the same field are of one site.
 */
#ifndef TSEM_SUGGEST_SITES_H
#define TSEM_SUGGEST_SITES_H

#include "suggest.h"
#include "suggest_names.h"
#include "suggest_parts.h"

struct site {
	u64 hash;
	u8 kind; /* enum mask_kind without content, or MASK_KINDS: nothing in the other run is like it */
	bool numbers;
	bool any; /* the content differs as well */
	bool executes; /* of an event that executes the file */
	bool is_objects; /* MASK_OBJECTS: a name that is a hash has been seen */
	char key[PART_KEY_SIZE]; /* MASK_PLAIN: the field */
	char *pattern; /* MASK_CONTENT: the pattern that the name matches already, or NULL */
	const char *type; /* of the first event, static */
	char *example[SUGGEST_SIDES]; /* bytes; NULL: none yet */
	struct names names;
	size_t directory; /* MASK_OBJECTS: the size of the directory in the example */
	u64 instances; /* MASK_INSTANCES: N that would cure */
	bool order; /* MASK_INSTANCES: the numbers differ, not only how many there are */
	size_t events[SUGGEST_SIDES];
};

struct sites {
	u64 seed;
	struct site *site;
	size_t count, room;
	u32 *slot; /* table: index + 1 */
	size_t slots;
};

void sites__init(struct sites *sites, u64 seed);
void sites__free(struct sites *sites);

/*
 * The site of a differing event, for the mask that explains it, or for MASK_KINDS; `index`: the part. Makes one if need
 * be. NULL: no memory.
 */
struct site *sites__of(struct sites *sites, const char *type, const struct parts *parts, u8 kind, size_t index,
		       size_t component);

/* Adds what an event of `side` has there: its name, or the value of its part `index`. 0 or -ENOMEM. */
int site__example(struct site *site, const struct parts *parts, enum suggest_side side, size_t index, size_t component);

/* Makes the suggestion of a site, whose strings the caller frees. 1; 0: there is nothing to suggest; -ENOMEM. */
int site__suggest(const struct site *site, struct suggestion *out);

#endif
