/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs of the control plane and the settings of a namespace, as text. */
#ifndef TSEM_CONTROL_H
#define TSEM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* One line for the user: what was wrong, with which word, what to do. */
struct control_error {
	char text[1024];
};

/* Settings that were given, and are not defaults: bits of control_namespace.named. */
enum control_named {
	CONTROL_NAMED_DIGEST = 1 << 0,
	CONTROL_NAMED_CONTENT = 1 << 1,
	CONTROL_NAMED_ENCODING = 1 << 2,
	CONTROL_NAMED_SCOPE = 1 << 3,
	CONTROL_NAMED_INSTANCES = 1 << 4,
	CONTROL_NAMED_ACTION = 1 << 5,
	CONTROL_NAMED_CACHE = 1 << 6,
	CONTROL_NAMED_AGENT = 1 << 7, /* one of ask, wait, miss, key */
};

/* What a new namespace is made with. */
struct control_namespace {
	u32 named; /* enum control_named */
	u32 nsref; /* enum tsem_nsref */
	u32 digest; /* enum tsem_digest_type */
	u32 content; /* enum tsem_digest_type; the same as digest unless it was given */
	u32 encoding; /* enum tsem_encoding */
	u32 model; /* enum tsem_model_type */
	u32 scope; /* enum tsem_scope */
	u32 on_violation; /* enum tsem_action for events that `action` does not name */
	u64 instances;
	u32 cache; /* events that the ring holds */
	u32 agent; /* enum tsem_agent; the next three are of an external namespace */
	u32 ask; /* enum tsem_ask */
	u32 wait; /* milliseconds */
	u32 no_verdict; /* enum tsem_no_verdict */
	u32 key_size; /* bytes of key; 0: none was given */
	u8 key[TSEM_DIGEST_MAX];
	u8 action[TSEM_EVENT_ROOM]; /* enum tsem_action, by event; 0: on_violation */
};

#define CONTROL_CACHE_INTERNAL 32
#define CONTROL_CACHE_EXTERNAL 128
#define CONTROL_CACHE_MAX 65536
#define CONTROL_WAIT 100

enum control_verb {
	CONTROL_INTERNAL,
	CONTROL_EXTERNAL,
	CONTROL_SEAL,
	CONTROL_ENFORCE,
	CONTROL_STATE,
	CONTROL_BASE,
	CONTROL_PSEUDONYM,
	CONTROL_PATTERN,
	CONTROL_STRICT,
	CONTROL_ACTION,
	CONTROL_AUDIT,
	CONTROL_LOCK,
	CONTROL_TRUSTED,
	CONTROL_UNTRUSTED,
};

struct control_request {
	enum control_verb verb;
	struct control_namespace namespace; /* internal, external */
	u8 value[TSEM_DIGEST_MAX]; /* state, base, pseudonym; the key of trusted, untrusted */
	u32 value_size; /* bytes that were given; must be the size of the namespace's digest */
	struct tsem_pattern pattern; /* pattern, strict */
	struct tsem_action_of action; /* action */
	u64 pid; /* trusted, untrusted */
	u64 tnum;
};

/* The default settings of a namespace; `verb` is CONTROL_INTERNAL or CONTROL_EXTERNAL. */
void control__namespace_defaults(struct control_namespace *ns, enum control_verb verb);

/*
 * Takes one setting: `key` is nsref, digest, content, encoding, model, instances, scope, on_violation, cache, ask,
 * wait, miss or key. 0, or -EINVAL with the line in *error; then the settings are unchanged.
 */
int control__namespace_option(struct control_namespace *ns, const char *key, const char *value,
			      struct control_error *error);

/* Makes the settings those of an external namespace: its ring is larger, unless `cache` was given. */
void control__namespace_external(struct control_namespace *ns);

/* Sets the action that `EVENT=ACTION` or `all=ACTION` names. 0, or -EINVAL with the line in *error. */
int control__namespace_action(struct control_namespace *ns, const char *text, struct control_error *error);

/* What a violation by `event` (enum tsem_event_type) does: an enum tsem_action. */
u32 control__action_of(const struct control_namespace *ns, u32 event);

/* Parses a line of the form `verb key=value ...` into *request. 0, or -EINVAL with the line in *error. */
int control__parse(const char *line, struct control_request *request, struct control_error *error);

/* Sets of words for settings. Each belongs to an enumeration of maps/tsem_abi.h. */
enum control_words {
	CONTROL_WORDS_NSREF,
	CONTROL_WORDS_ENCODING,
	CONTROL_WORDS_SCOPE,
	CONTROL_WORDS_ACTION,
	CONTROL_WORDS_MODE,
	CONTROL_WORDS_ASK,
	CONTROL_WORDS_MISS,
	CONTROL_WORDS_END,
};

/* The value of a word in the set, or -EINVAL. */
int control__value(enum control_words set, const char *word);
/* The word for a value, or NULL; static. */
const char *control__word(enum control_words set, u32 value);

/* Size in bytes of a ring for `cache` events: a power of two, at least a page. */
u32 control__ring_size(u32 cache);

#endif
