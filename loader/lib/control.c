// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of the control verbs. A verb is a row of a table: its name, the keys it takes and those it must have. Words
 * are matched whole, and the first one that does not fit ends it, by name.
 */
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

static int refuse(struct control_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct control_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

void control__namespace_defaults(struct control_namespace *ns, enum control_verb verb)
{
	*ns = (struct control_namespace){
		.nsref = TSEM_NSREF_INITIAL,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.model = TSEM_MODEL_MODEL0,
		.cache = verb == CONTROL_EXTERNAL ? CONTROL_CACHE_EXTERNAL : CONTROL_CACHE_INTERNAL,
	};
}

static int parse_number(const char *key, const char *value, u64 least, u64 most, u64 *out, struct control_error *error)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end)
		return refuse(error, "%s=%.40s: '%.40s' is not a decimal number", key, value, value);
	if (errno || *out < least || *out > most)
		return refuse(error, "%s=%.40s: give a number from %llu to %llu", key, value, (unsigned long long)least,
			      (unsigned long long)most);
	return 0;
}

/* A value as wide as some digest; *size: its bytes. */
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

static int parse_digest(const char *key, const char *value, u32 *out, struct control_error *error)
{
	int type = digest__parse(value);

	if (type < 0)
		return refuse(error, "%s=%.40s: there is no hash '%.40s'; there are %s", key, value, value,
			      DIGEST_NAMES);
	*out = type;
	return 0;
}

int control__namespace_option(struct control_namespace *ns, const char *key, const char *value,
			      struct control_error *error)
{
	int err, model;
	u64 number;

	if (!strcmp(key, "nsref")) {
		if (!strcmp(value, "initial"))
			ns->nsref = TSEM_NSREF_INITIAL;
		else if (!strcmp(value, "current"))
			ns->nsref = TSEM_NSREF_CURRENT;
		else
			return refuse(error, "nsref=%.40s: '%.40s' is unknown; give initial or current", value, value);
	} else if (!strcmp(key, "digest")) {
		err = parse_digest(key, value, &ns->digest, error);
		if (err)
			return err;
		if (!ns->has_content)
			ns->content = ns->digest;
	} else if (!strcmp(key, "content")) {
		err = parse_digest(key, value, &ns->content, error);
		if (err)
			return err;
		ns->has_content = true;
	} else if (!strcmp(key, "model")) {
		model = digest__parse_model(value);
		if (model < 0)
			return refuse(error, "model=%.40s: '%.40s' is unknown; give model0 or portable", value, value);
		ns->model = model;
	} else if (!strcmp(key, "cache")) {
		err = parse_number(key, value, 1, CONTROL_CACHE_MAX, &number, error);
		if (err)
			return err;
		ns->cache = number;
	} else if (!strcmp(key, "key")) {
		return parse_hex(key, value, ns->key, &ns->key_size, error);
	} else {
		return refuse(error, "'%.40s' is no setting; there are nsref, digest, content, cache, model, key", key);
	}
	return 0;
}

struct verb {
	const char *name;
	enum control_verb verb;
	const char *required[4];
};

static const struct verb verbs[] = {
	{ "internal", CONTROL_INTERNAL, { NULL } },
	{ "external", CONTROL_EXTERNAL, { "key" } },
	{ "seal", CONTROL_SEAL, { NULL } },
	{ "enforce", CONTROL_ENFORCE, { NULL } },
	{ "state", CONTROL_STATE, { "value" } },
	{ "base", CONTROL_BASE, { "value" } },
	{ "pseudonym", CONTROL_PSEUDONYM, { "value" } },
	{ "trusted", CONTROL_TRUSTED, { "pid", "tnum", "key" } },
	{ "untrusted", CONTROL_UNTRUSTED, { "pid", "tnum", "key" } },
};

static int parse_argument(const struct verb *verb, const char *key, const char *value, struct control_request *request,
			  struct control_error *error)
{
	if (verb->verb == CONTROL_INTERNAL && !strcmp(key, "key"))
		return refuse(error, "internal: 'key' is for external namespaces; leave it out");
	if (verb->verb == CONTROL_INTERNAL || verb->verb == CONTROL_EXTERNAL)
		return control__namespace_option(&request->namespace, key, value, error);
	for (int i = 0; i < 4 && verb->required[i]; i++) {
		if (strcmp(key, verb->required[i]))
			continue;
		if (!strcmp(key, "pid"))
			return parse_number(key, value, 1, 0x7fffffff, &request->pid, error);
		if (!strcmp(key, "tnum"))
			return parse_number(key, value, 0, ~0ULL, &request->tnum, error);
		return parse_hex(key, value, request->value, &request->value_size, error);
	}
	if (!verb->required[0])
		return refuse(error, "%s: takes no argument, but there is '%.40s'", verb->name, key);
	return refuse(error, "%s: unknown key '%.40s'", verb->name, key);
}

int control__parse(const char *line, struct control_request *request, struct control_error *error)
{
	const struct verb *verb = NULL;
	char *copy = NULL, *rest, *word;
	char seen[8][32];
	int arguments = 0, err;

	memset(request, 0, sizeof(*request));
	copy = strdup(line);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	word = strsep(&rest, " ");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(verbs[i].name, word))
			verb = &verbs[i];
	}
	if (!verb) {
		err = refuse(
			error,
			"'%.40s' is no verb; there are internal, external, seal, enforce, state, base, pseudonym, trusted, "
			"untrusted",
			word);
		goto out;
	}
	request->verb = verb->verb;
	control__namespace_defaults(&request->namespace, verb->verb);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		err = -EINVAL;
		if (!*word) {
			refuse(error, "%s: there is a blank too many; separate words by one", verb->name);
			goto out;
		}
		if (!value) {
			if (verb->required[0] || verb->verb == CONTROL_INTERNAL)
				refuse(error, "%s: '%.40s' has no '='; write key=value", verb->name, word);
			else
				refuse(error, "%s: takes no argument, but there is '%.40s'", verb->name, word);
			goto out;
		}
		*value++ = 0;
		for (int i = 0; i < arguments; i++) {
			if (!strncmp(seen[i], word, sizeof(seen[i]) - 1)) {
				refuse(error, "%s: '%.40s' is given twice", verb->name, word);
				goto out;
			}
		}
		err = parse_argument(verb, word, value, request, error);
		if (err)
			goto out;
		snprintf(seen[arguments++], sizeof(seen[0]), "%s", word);
	}
	for (int i = 0; i < 4 && verb->required[i]; i++) {
		bool found = false;

		for (int k = 0; k < arguments; k++)
			found |= !strcmp(seen[k], verb->required[i]);
		if (!found) {
			err = refuse(error, "%s: '%s=' is missing", verb->name, verb->required[i]);
			goto out;
		}
	}
	err = 0;
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
