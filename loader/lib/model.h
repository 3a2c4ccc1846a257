/* SPDX-License-Identifier: GPL-2.0 */
/* Models: the text file, and the values computed from a set of coefficients. */
#ifndef TSEM_MODEL_H
#define TSEM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "pattern.h"
#include "tsem_types.h"

/* Growing array of digests, padded with zeros. */
struct digests {
	u8 (*digest)[TSEM_DIGEST_MAX];
	size_t count;
	size_t room;
};

/* Bytes of a model's name, with its NUL. */
#define MODEL_NAME_SIZE 256

/* The event on a state line. */
struct model_event {
	const char *json; /* without a final NUL; NULL: the line has no event */
	size_t size;
};

struct model {
	char name[MODEL_NAME_SIZE]; /* of the workload; "": none */
	bool has_version;
	bool has_instances;
	bool has_aggregate;
	bool has_base;
	bool sealed;
	u64 version;
	u32 digest; /* enum tsem_digest_type of the values; 0: not in the file */
	u32 content; /* enum tsem_digest_type of the content of files; 0: not in the file */
	u32 encoding; /* enum tsem_encoding; 0: not in the file */
	u32 scope; /* enum tsem_scope; 0: not in the file */
	u64 instances; /* if has_instances */
	size_t width; /* bytes of each value; 0: there are no values */
	u8 aggregate[TSEM_DIGEST_MAX];
	u8 base[TSEM_DIGEST_MAX];
	struct digests pseudonyms;
	struct patterns patterns;
	struct digests states; /* in the order of the file, each once */
	struct model_event *events; /* by index of the state; NULL: the file has none */
	size_t events_room;
	char *text; /* the text that the events point into, if the model owns it; else NULL */
};

/* Where and why a file is not a model. */
struct model_error {
	size_t line; /* from 1; 0: the file could not be read */
	char word[80]; /* the word at fault */
	const char *why; /* static */
};

/* Appends a digest of TSEM_DIGEST_MAX bytes. 0 or -ENOMEM. */
int digests__add(struct digests *list, const u8 *digest);

/*
 * Reads all of `file` into *text, without a final NUL; the caller frees it. 0; -EIO; -EFBIG: it expands to more than
 * the limit (stream.h); -ENOMEM.
 */
int model__text(FILE *file, char **text, size_t *size);
/*
 * Parses a text of `size` bytes into *model, which the caller frees. The events point into the text, which has to
 * outlive the model. 0; -EINVAL with *error filled; -EIO; -ENOMEM.
 */
int model__parse(const char *text, size_t size, struct model *model, struct model_error *error);
/* Reads a model from `file` into *model, which the caller frees. 0; -EINVAL with *error filled; -EIO; -ENOMEM. */
int model__read(FILE *file, struct model *model, struct model_error *error);
/* Appends a state of TSEM_DIGEST_MAX bytes and its event, which is borrowed and may have no json. 0 or -ENOMEM. */
int model__add(struct model *model, const u8 *state, struct model_event event);
/* Drops repeated states and pseudonyms; the first of each stays, and its first event. 0, -EIO or -ENOMEM. */
int model__unique(struct model *model);
/* Why `name` cannot be the name of a model, as the end of a sentence, static; NULL: it can. */
const char *model__name_fault(const char *name);
/* Writes the lines of the settings: digest, encoding, content, scope, instances, patterns, strict names. */
void model__write_settings(FILE *file, const struct model *model);
/* Writes a model in the form of the specification. 0 or -EIO. */
int model__write(FILE *file, const struct model *model);
/*
 * The same with the events that `describe` gives for the index of a state. An event only has to be valid until the next
 * call.
 */
int model__write_described(FILE *file, const struct model *model,
			   struct model_event (*describe)(size_t index, void *data), void *data);
/* Frees what the model holds, but not *model itself. */
void model__free(struct model *model);

/*
 * measurement: extend(m, c) = H( m || H( base || c ) ) from zero bytes, over the aggregate and then `count`
 * coefficients in the given order. `base` and `aggregate` may be NULL: zero bytes. `out` has TSEM_DIGEST_MAX bytes. 0
 * or -EIO.
 */
int model__measurement(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[TSEM_DIGEST_MAX],
		       size_t count, u8 *out);
/* state: the same over the coefficients sorted as big-endian numbers; sorts them in place. */
int model__state(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[TSEM_DIGEST_MAX], size_t count,
		 u8 *out);

#endif
