/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs of the control plane and the settings of a namespace, as text. */
#ifndef TSEM_CONTROL_H
#define TSEM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* One line for the user: what was wrong, with which word, what to do. */
struct control_error {
	char text[512];
};

/* What a new namespace is made with. */
struct control_namespace {
	u32 nsref; /* enum tsem_nsref */
	u32 digest; /* enum tsem_digest_type */
	u32 content; /* enum tsem_digest_type */
	u32 model; /* enum tsem_model_type */
	u32 cache; /* events that the ring holds */
	bool has_content; /* content was named; it is the digest otherwise */
	u32 key_size; /* bytes of key; 0: none was given */
	u8 key[TSEM_DIGEST_MAX];
};

#define CONTROL_CACHE_INTERNAL 32
#define CONTROL_CACHE_EXTERNAL 128
#define CONTROL_CACHE_MAX 65536

enum control_verb {
	CONTROL_INTERNAL,
	CONTROL_EXTERNAL,
	CONTROL_SEAL,
	CONTROL_ENFORCE,
	CONTROL_STATE,
	CONTROL_BASE,
	CONTROL_PSEUDONYM,
	CONTROL_TRUSTED,
	CONTROL_UNTRUSTED,
};

struct control_request {
	enum control_verb verb;
	struct control_namespace namespace; /* internal, external */
	u8 value[TSEM_DIGEST_MAX]; /* state, base, pseudonym; the key of trusted, untrusted */
	u32 value_size; /* bytes that were given; to be those of the namespace's digest */
	u64 pid; /* trusted, untrusted */
	u64 tnum;
};

/* The settings of a namespace that nothing was said about. */
void control__namespace_defaults(struct control_namespace *ns, enum control_verb verb);

/*
 * Takes one setting: `key` is nsref, digest, content, cache, model or key. 0, or -EINVAL with the line in *error; the
 * settings are then as they were.
 */
int control__namespace_option(struct control_namespace *ns, const char *key, const char *value,
			      struct control_error *error);

/* Parses a line of the form `verb key=value ...` into *request. 0, or -EINVAL with the line in *error. */
int control__parse(const char *line, struct control_request *request, struct control_error *error);

/* `size` in bytes of the ring that holds `cache` events: a power of two, at least a page. */
u32 control__ring_size(u32 cache);

#endif
