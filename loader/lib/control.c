// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of the control verbs. A verb is a row of a table: its name, the keys it must have and those it may have. A
 * setting of a namespace is a row of another. Words are matched whole. Parsing stops at the first word that does not
 * fit, and the message names it.
 */
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "pattern.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- words ---- */

static const char *const words[CONTROL_WORDS_END][TSEM_ACTION_END] = {
	[CONTROL_WORDS_NSREF] = { [TSEM_NSREF_INITIAL] = "initial", [TSEM_NSREF_CURRENT] = "current" },
	[CONTROL_WORDS_ENCODING] = { [TSEM_ENCODING_HOST] = "host", [TSEM_ENCODING_PORTABLE] = "portable" },
	[CONTROL_WORDS_SCOPE] = { [TSEM_SCOPE_ALL] = "all", [TSEM_SCOPE_FILES] = "files" },
	[CONTROL_WORDS_ACTION] = { [TSEM_ACTION_LOG] = "log",
				   [TSEM_ACTION_DENY] = "deny",
				   [TSEM_ACTION_UNTRUST] = "untrust",
				   [TSEM_ACTION_KILL] = "kill" },
	[CONTROL_WORDS_MODE] = { [TSEM_MODE_FREE] = "free",
				 [TSEM_MODE_SEALED] = "sealed",
				 [TSEM_MODE_ENFORCING] = "enforcing" },
	[CONTROL_WORDS_ASK] = { [TSEM_ASK_NEW] = "new", [TSEM_ASK_EVERY] = "every" },
	[CONTROL_WORDS_MISS] = { [TSEM_NO_VERDICT_DENY] = "deny", [TSEM_NO_VERDICT_ALLOW] = "allow" },
};

int control__value(enum control_words set, const char *word)
{
	for (size_t i = 0; i < LENGTH(words[set]); i++) {
		if (words[set][i] && !strcmp(words[set][i], word))
			return i;
	}
	return -EINVAL;
}

const char *control__word(enum control_words set, u32 value)
{
	return value < LENGTH(words[set]) ? words[set][value] : NULL;
}

/* ---- values ---- */

static int refuse(struct control_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct control_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_number(const char *key, const char *value, u64 least, u64 most, u64 *out, struct control_error *error)
{
	u64 number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end)
		return refuse(error, "%s=%.40s: '%.40s' is not a decimal number", key, value, value);
	if (errno || number < least || number > most)
		return refuse(error, "%s=%.40s: give a number from %llu to %llu", key, value, (unsigned long long)least,
			      (unsigned long long)most);
	*out = number;
	return 0;
}

/* A value of the size of some digest; *size: its bytes. */
static int parse_hex(const char *key, const char *value, u8 *out, u32 *size, struct control_error *error)
{
	size_t length = strlen(value);

	if (length % 2 || length < 2 * TSEM_DIGEST_MIN || length > 2 * TSEM_DIGEST_MAX)
		return refuse(error,
			      "%s=%.130s: has %zu characters; give twice as many hexadecimal digits as the namespace's "
			      "digest has bytes",
			      key, value, length);
	if (digest__from_hex(value, length, out, length / 2))
		return refuse(error, "%s=%.130s: is not hexadecimal; give digits only, without 0x", key, value);
	*size = length / 2;
	return 0;
}

static int parse_word(const char *key, const char *value, enum control_words set, u32 *out, struct control_error *error)
{
	char list[64] = "";
	int found = control__value(set, value);

	if (found >= 0) {
		*out = found;
		return 0;
	}
	for (size_t i = 0; i < LENGTH(words[set]); i++) {
		if (!words[set][i])
			continue;
		if (*list)
			strcat(list, ", ");
		strcat(list, words[set][i]);
	}
	return refuse(error, "%s=%.40s: '%.40s' is unknown; there are %s", key, value, value, list);
}

static int parse_event(const char *key, const char *value, u32 *out, struct control_error *error)
{
	int event = strcmp(value, "all") ? event__parse(value) : 0;

	if (event < 0)
		return refuse(error,
			      "%s=%.40s: there is no event '%.40s'; docs/hooks.md has their names, and there is all",
			      key, value, value);
	*out = event;
	return 0;
}

/* ---- settings of a namespace ---- */

void control__namespace_defaults(struct control_namespace *ns, enum control_verb verb)
{
	*ns = (struct control_namespace){
		.nsref = TSEM_NSREF_INITIAL,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.encoding = TSEM_ENCODING_HOST,
		.model = TSEM_MODEL_SET,
		.scope = TSEM_SCOPE_ALL,
		.on_violation = TSEM_ACTION_DENY,
		.cache = CONTROL_CACHE_INTERNAL,
		.ask = TSEM_ASK_NEW,
		.wait = CONTROL_WAIT,
		.no_verdict = TSEM_NO_VERDICT_DENY,
	};
	if (verb == CONTROL_EXTERNAL)
		control__namespace_external(ns);
}

void control__namespace_external(struct control_namespace *ns)
{
	ns->agent = TSEM_AGENT_EXTERNAL;
	if (!(ns->named & CONTROL_NAMED_CACHE))
		ns->cache = CONTROL_CACHE_EXTERNAL;
}

static int set_nsref(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_NSREF, &ns->nsref, error);
}

static int set_hash(const char *key, const char *value, u32 *out, struct control_error *error)
{
	int type = digest__parse(value);

	if (type < 0)
		return refuse(error, "%s=%.40s: there is no hash '%.40s'; there are %s", key, value, value,
			      DIGEST_NAMES);
	*out = type;
	return 0;
}

static int set_digest(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	int err = set_hash(key, value, &ns->digest, error);

	if (!err && !(ns->named & CONTROL_NAMED_CONTENT))
		ns->content = ns->digest;
	return err;
}

static int set_content(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return set_hash(key, value, &ns->content, error);
}

static int set_encoding(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_ENCODING, &ns->encoding, error);
}

static int set_model(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	if (!strcmp(value, "sequence"))
		return refuse(error, "%s=sequence: there are no sequence models yet; give set", key);
	if (!strcmp(value, "portable"))
		return refuse(error, "%s=portable: is no kind of model; give encoding=portable", key);
	if (strcmp(value, "set") && strcmp(value, "model0"))
		return refuse(error, "%s=%.40s: '%.40s' is unknown; give set", key, value, value);
	ns->model = TSEM_MODEL_SET;
	return 0;
}

static int set_instances(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_number(key, value, 0, ~0ULL, &ns->instances, error);
}

static int set_scope(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_SCOPE, &ns->scope, error);
}

static int set_action(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_ACTION, &ns->on_violation, error);
}

static int set_cache(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	u64 number = 0;
	int err = parse_number(key, value, 1, CONTROL_CACHE_MAX, &number, error);

	if (!err)
		ns->cache = number;
	return err;
}

static int set_ask(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_ASK, &ns->ask, error);
}

static int set_wait(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	u64 number = 0;
	int err = parse_number(key, value, 0, TSEM_WAIT_MAX, &number, error);

	if (!err)
		ns->wait = number;
	return err;
}

static int set_miss(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_word(key, value, CONTROL_WORDS_MISS, &ns->no_verdict, error);
}

static int set_key(struct control_namespace *ns, const char *key, const char *value, struct control_error *error)
{
	return parse_hex(key, value, ns->key, &ns->key_size, error);
}

static const struct {
	const char *key;
	int (*set)(struct control_namespace *ns, const char *key, const char *value, struct control_error *error);
	u32 named; /* enum control_named */
} settings[] = {
	{ "nsref", set_nsref, 0 },
	{ "digest", set_digest, CONTROL_NAMED_DIGEST },
	{ "content", set_content, CONTROL_NAMED_CONTENT },
	{ "encoding", set_encoding, CONTROL_NAMED_ENCODING },
	{ "model", set_model, 0 },
	{ "instances", set_instances, CONTROL_NAMED_INSTANCES },
	{ "scope", set_scope, CONTROL_NAMED_SCOPE },
	{ "on_violation", set_action, CONTROL_NAMED_ACTION },
	{ "cache", set_cache, CONTROL_NAMED_CACHE },
	{ "ask", set_ask, CONTROL_NAMED_AGENT },
	{ "wait", set_wait, CONTROL_NAMED_AGENT },
	{ "miss", set_miss, CONTROL_NAMED_AGENT },
	{ "key", set_key, CONTROL_NAMED_AGENT },
};

int control__namespace_option(struct control_namespace *ns, const char *key, const char *value,
			      struct control_error *error)
{
	for (size_t i = 0; i < LENGTH(settings); i++) {
		int err;

		if (strcmp(settings[i].key, key))
			continue;
		err = settings[i].set(ns, key, value, error);
		if (!err)
			ns->named |= settings[i].named;
		return err;
	}
	return refuse(error,
		      "'%.40s' is no setting; there are nsref, digest, content, encoding, model, instances, scope, "
		      "on_violation, cache, ask, wait, miss, key",
		      key);
}

int control__namespace_action(struct control_namespace *ns, const char *text, struct control_error *error)
{
	const char *value = strchr(text, '=');
	u32 event = 0, action = 0;
	char name[64];
	int err;

	if (!value || value - text >= (long)sizeof(name))
		return refuse(error, "'%.80s' is not of the form EVENT=ACTION", text);
	snprintf(name, sizeof(name), "%.*s", (int)(value - text), text);
	err = parse_event("event", name, &event, error)
		      ?: parse_word("action", value + 1, CONTROL_WORDS_ACTION, &action, error);
	if (err)
		return err;
	if (event)
		ns->action[event] = action;
	else
		memset(ns->action, action, sizeof(ns->action));
	ns->named |= CONTROL_NAMED_ACTION;
	return 0;
}

u32 control__action_of(const struct control_namespace *ns, u32 event)
{
	return ns->action[event] ?: ns->on_violation;
}

/* ---- verbs ---- */

#define KEYS_MAX 3
#define ARGUMENTS_MAX 16
#define KEY_SIZE 32

struct verb {
	const char *name;
	enum control_verb verb;
	const char *required[KEYS_MAX];
	const char *optional;
};

static const struct verb verbs[] = {
	{ "internal", CONTROL_INTERNAL, { NULL }, NULL },
	{ "external", CONTROL_EXTERNAL, { "key" }, NULL },
	{ "seal", CONTROL_SEAL, { NULL }, NULL },
	{ "enforce", CONTROL_ENFORCE, { NULL }, NULL },
	{ "state", CONTROL_STATE, { "value" }, NULL },
	{ "base", CONTROL_BASE, { "value" }, NULL },
	{ "pseudonym", CONTROL_PSEUDONYM, { "value" }, NULL },
	{ "pattern", CONTROL_PATTERN, { "value" }, "content" },
	{ "strict", CONTROL_STRICT, { "value" }, NULL },
	{ "action", CONTROL_ACTION, { "event", "action" }, NULL },
	{ "audit", CONTROL_AUDIT, { NULL }, NULL },
	{ "lock", CONTROL_LOCK, { NULL }, NULL },
	{ "trusted", CONTROL_TRUSTED, { "pid", "tnum", "key" }, NULL },
	{ "untrusted", CONTROL_UNTRUSTED, { "pid", "tnum", "key" }, NULL },
};

static bool makes_namespace(const struct verb *verb)
{
	return verb->verb == CONTROL_INTERNAL || verb->verb == CONTROL_EXTERNAL;
}

/* The two keys may come in either order. */
static int parse_pattern(const char *key, const char *value, struct control_request *request,
			 struct control_error *error)
{
	struct tsem_pattern *p = &request->pattern;
	const char *why;

	if (!strcmp(key, "content")) {
		if (strcmp(value, "any"))
			return refuse(error, "pattern: content=%.40s: '%.40s' is unknown; give any", value, value);
		p->flags |= TSEM_PATTERN_ANY;
		return 0;
	}
	why = pattern__parse(value, strlen(value), p->flags & TSEM_PATTERN_ANY, p);
	return why ? refuse(error, "pattern: value=%.80s: '%.80s' %s", value, value, why) : 0;
}

static int parse_strict(const char *value, struct control_request *request, struct control_error *error)
{
	const char *why = pattern__parse_strict(value, strlen(value), &request->pattern);

	return why ? refuse(error, "strict: value=%.80s: '%.80s' %s", value, value, why) : 0;
}

static int parse_value(const struct verb *verb, const char *key, const char *value, struct control_request *request,
		       struct control_error *error)
{
	if (verb->verb == CONTROL_PATTERN)
		return parse_pattern(key, value, request, error);
	if (verb->verb == CONTROL_STRICT)
		return parse_strict(value, request, error);
	if (!strcmp(key, "event"))
		return parse_event(key, value, &request->action.event, error);
	if (!strcmp(key, "action"))
		return parse_word(key, value, CONTROL_WORDS_ACTION, &request->action.action, error);
	if (!strcmp(key, "pid"))
		return parse_number(key, value, 1, 0x7fffffff, &request->pid, error);
	if (!strcmp(key, "tnum"))
		return parse_number(key, value, 0, ~0ULL, &request->tnum, error);
	return parse_hex(key, value, request->value, &request->value_size, error);
}

static int parse_argument(const struct verb *verb, const char *key, const char *value, struct control_request *request,
			  struct control_error *error)
{
	int err;

	if (makes_namespace(verb)) {
		err = control__namespace_option(&request->namespace, key, value, error);
		if (!err && verb->verb == CONTROL_INTERNAL && request->namespace.named & CONTROL_NAMED_AGENT)
			err = refuse(error, "internal: '%s' is for external namespaces; leave it out", key);
		return err;
	}
	for (int i = 0; i < KEYS_MAX && verb->required[i]; i++) {
		if (!strcmp(key, verb->required[i]))
			return parse_value(verb, key, value, request, error);
	}
	if (verb->optional && !strcmp(key, verb->optional))
		return parse_value(verb, key, value, request, error);
	if (!verb->required[0])
		return refuse(error, "%s: takes no argument, but there is '%.40s'", verb->name, key);
	return refuse(error, "%s: unknown key '%.40s'", verb->name, key);
}

static const struct verb *find_verb(const char *name, struct control_error *error)
{
	for (size_t i = 0; i < LENGTH(verbs); i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	}
	refuse(error,
	       "'%.40s' is no verb; there are internal, external, seal, enforce, state, base, pseudonym, pattern, strict, "
	       "action, audit, lock, trusted, untrusted",
	       name);
	return NULL;
}

/* The keys of a line. */
struct seen {
	char key[ARGUMENTS_MAX][KEY_SIZE];
	int count;
};

static bool seen_has(const struct seen *seen, const char *key)
{
	for (int i = 0; i < seen->count; i++) {
		if (!strncmp(seen->key[i], key, KEY_SIZE - 1))
			return true;
	}
	return false;
}

/* One `key=value`. */
static int parse_pair(const struct verb *verb, char *word, struct seen *seen, struct control_request *request,
		      struct control_error *error)
{
	char *value = strchr(word, '=');
	int err;

	if (!*word)
		return refuse(error, "%s: there is a blank too many; separate words by one", verb->name);
	if (!value && (verb->required[0] || makes_namespace(verb)))
		return refuse(error, "%s: '%.40s' has no '='; write key=value", verb->name, word);
	if (!value)
		return refuse(error, "%s: takes no argument, but there is '%.40s'", verb->name, word);
	*value++ = 0;
	if (seen_has(seen, word))
		return refuse(error, "%s: '%.40s' is given twice", verb->name, word);
	err = parse_argument(verb, word, value, request, error);
	/* There is room for more keys than there are known ones. */
	if (!err)
		snprintf(seen->key[seen->count++], KEY_SIZE, "%s", word);
	return err;
}

int control__parse(const char *line, struct control_request *request, struct control_error *error)
{
	char *copy = strdup(line), *rest = copy, *word;
	const struct verb *verb;
	struct seen seen = {};
	int err = 0;

	memset(request, 0, sizeof(*request));
	if (!copy)
		return -ENOMEM;
	verb = find_verb(strsep(&rest, " "), error);
	if (!verb) {
		err = -EINVAL;
		goto out;
	}
	request->verb = verb->verb;
	control__namespace_defaults(&request->namespace, verb->verb);
	while (!err && (word = strsep(&rest, " ")))
		err = parse_pair(verb, word, &seen, request, error);
	if (!err && digest__size(request->namespace.content) > digest__size(request->namespace.digest))
		err = refuse(error, "%s: content=%s: is wider than the digest %s; name one of at most %zu bytes",
			     verb->name, digest__name(request->namespace.content),
			     digest__name(request->namespace.digest), digest__size(request->namespace.digest));
	for (int i = 0; !err && i < KEYS_MAX && verb->required[i]; i++) {
		if (!seen_has(&seen, verb->required[i]))
			err = refuse(error, "%s: '%s=' is missing", verb->name, verb->required[i]);
	}
out:
	free(copy);
	return err;
}

u32 control__ring_size(u32 cache)
{
	u64 need = (u64)cache * (sizeof(struct tsem_record) + 8);
	u32 size = 4096;

	while (size < need)
		size *= 2;
	return size;
}
