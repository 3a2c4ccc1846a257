// SPDX-License-Identifier: GPL-2.0
/*
 * The annotations of a container: settings of its namespace, and files in the directory that the administrator allows.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "control.h"
#include "oci_hook.h"
#include "stream.h"
#include "versions.h"
#include "workload.h"

const char *oci__string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

int oci__bad(const char *key, const char *value, const char *why)
{
	return cmd__fail(EXIT_USAGE, "oci-hook: annotation " OCI_PREFIX "%s: '%.200s' %s", key, value, why);
}

/* A file: its path must be absolute, and in the directory that the administrator allows. */
static int file_annotation(struct oci_hook *hook, const char *key, const char *value, const char **out)
{
	const char *directory = hook->rules.directory;
	size_t size;
	int err;

	if (!directory)
		return cmd__fail(EXIT_USAGE,
				 "oci-hook: annotation " OCI_PREFIX
				 "%s: files are read and written as root: the hook's "
				 "configuration has to say in which directory, by --directory",
				 key);
	size = strlen(directory);
	if (*value != '/')
		return oci__bad(key, value, "is no absolute path; give one that begins with /");
	if (strlen(value) >= PATH_MAX)
		return oci__bad(key, value, "is too long for a path");
	if (strstr(value, "/../") || (strlen(value) > 2 && !strcmp(value + strlen(value) - 3, "/..")))
		return oci__bad(key, value, "has .. in it");
	if (strncmp(value, directory, size) || value[size] != '/')
		return cmd__fail(EXIT_USAGE,
				 "oci-hook: annotation " OCI_PREFIX "%s: '%.200s' is not in %s (--directory)", key,
				 value, directory);
	size = strlen(VERSIONS_DIRECTORY);
	if (!strncmp(value, VERSIONS_DIRECTORY, size) && value[size] == '/')
		return oci__bad(key, value, "is in the directory of model versions; no annotation may name that");
	err = stream__reach(directory, value);
	if (err == -ELOOP)
		return oci__bad(key, value, "has a symbolic link on its way below --directory");
	if (err)
		return oci__bad(key, value, "is in a directory that does not exist");
	*out = value;
	return 0;
}

static int mode_annotation(struct oci_hook *hook, const char *value)
{
	static const char *const modes[] = { "learn", "seal", "enforce" };

	hook->audit = !strcmp(value, "audit");
	if (hook->audit)
		value = "seal";
	for (u32 i = TSEM_MODE_FREE; i <= TSEM_MODE_ENFORCING; i++) {
		if (strcmp(value, modes[i]))
			continue;
		hook->workload.spec.mode = i;
		hook->has_mode = true;
		return 0;
	}
	return oci__bad("mode", value, "is unknown; give learn, seal, audit or enforce");
}

/*
 * Calls `each` for the words of `value`, split at `separator`. Stops at the first result that is not 0, and returns it.
 */
static int each_word(struct oci_hook *hook, const char *key, const char *value, char separator,
		     int (*each)(struct oci_hook *hook, const char *key, const char *word))
{
	char *copy = strdup(value), *rest = copy, *word, separators[] = { separator, 0 };
	int err = copy ? 0 : cmd__fail(EXIT_FAILED, "oci-hook: no memory");

	while (!err && (word = strsep(&rest, separators)))
		err = each(hook, key, word);
	free(copy);
	return err;
}

static int add_action(struct oci_hook *hook, const char *key, const char *word)
{
	struct control_error error;

	if (!control__namespace_action(&hook->workload.spec.settings, word, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "oci-hook: annotation " OCI_PREFIX "%s: %s", key, error.text);
}

static int add_pattern(struct oci_hook *hook, const char *key, const char *word)
{
	struct tsem_pattern pattern;
	const char *why = pattern__parse(word, strlen(word), !strcmp(key, "pattern-any"), &pattern);
	int err;

	if (why)
		return oci__bad(key, word, why);
	err = patterns__add(&hook->patterns, &pattern);
	if (err == -E2BIG)
		return oci__bad(key, word, PATTERNS_TOO_MANY);
	return err ? cmd__fail(EXIT_FAILED, "oci-hook: no memory") : 0;
}

static int add_strict(struct oci_hook *hook, const char *key, const char *word)
{
	struct tsem_pattern directory;
	const char *why = pattern__parse_strict(word, strlen(word), &directory);
	int err = why ? 0 : patterns__add(&hook->strict, &directory);

	if (why || err == -E2BIG)
		return oci__bad(key, word, why ?: PATTERNS_TOO_MANY);
	return err ? cmd__fail(EXIT_FAILED, "oci-hook: no memory") : 0;
}

static int name_annotation(struct oci_hook *hook, const char *value)
{
	if (!workload__name_ok(value))
		return oci__bad(
			"name", value,
			"is no name: give 1 to 31 of A-Z a-z 0-9 . _ + -, not only digits, nor 'root' or ns and a "
			"number");
	snprintf(hook->name, sizeof(hook->name), "%s", value);
	hook->workload.named = true;
	return 0;
}

/* Annotations that are settings of a namespace. */
static const struct {
	const char *annotation, *key;
} settings[] = {
	{ "digest", "digest" }, { "content", "content" },     { "nsref", "nsref" },
	{ "cache", "cache" },   { "encoding", "encoding" },   { "model-type", "model" },
	{ "scope", "scope" },   { "instances", "instances" }, { "on-violation", "on_violation" },
};

/* 1: it is a setting; 0: it is another annotation; negative: the exit code, after a message. */
static int setting_annotation(struct oci_hook *hook, const char *key, const char *value)
{
	struct control_error error;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].annotation, key))
			continue;
		if (!control__namespace_option(&hook->workload.spec.settings, settings[i].key, value, &error))
			return 1;
		return -cmd__fail(EXIT_USAGE, "oci-hook: annotation " OCI_PREFIX "%s: %s", key, error.text);
	}
	return 0;
}

/* `key` is the name after OCI_PREFIX. */
static int annotation(struct oci_hook *hook, const char *key, const char *value)
{
	struct workload *w = &hook->workload;
	int taken = setting_annotation(hook, key, value);

	if (taken)
		return taken < 0 ? -taken : 0;
	if (!strcmp(key, "name"))
		return name_annotation(hook, value);
	if (!strcmp(key, "mode"))
		return mode_annotation(hook, value);
	if (!strcmp(key, "model"))
		return file_annotation(hook, key, value, &hook->model);
	if (!strcmp(key, "signature"))
		return file_annotation(hook, key, value, &hook->signature);
	if (!strcmp(key, "output"))
		return file_annotation(hook, key, value, &w->output);
	if (!strcmp(key, "trajectory"))
		return file_annotation(hook, key, value, &w->trajectory);
	if (!strcmp(key, "forensics"))
		return file_annotation(hook, key, value, &w->forensics);
	if (!strcmp(key, "action"))
		return each_word(hook, key, value, ',', add_action);
	if (!strcmp(key, "pattern") || !strcmp(key, "pattern-any"))
		return each_word(hook, key, value, ' ', add_pattern);
	if (!strcmp(key, "strict-names"))
		return each_word(hook, key, value, ' ', add_strict);
	if (!strcmp(key, "base")) {
		hook->base = value;
		return 0;
	}
	return cmd__fail(
		EXIT_USAGE,
		"oci-hook: annotation " OCI_PREFIX
		"%.80s is unknown; there are name, mode, model, signature, output, trajectory, forensics, base, "
		"pattern, pattern-any, strict-names, action, on-violation, digest, content, encoding, scope, instances, "
		"nsref, cache, model-type",
		key);
}

int oci__annotations(struct oci_hook *hook)
{
	struct json_object *annotations;
	int err = 0;

	if (!json_object_object_get_ex(hook->state, "annotations", &annotations) || !annotations)
		return 0;
	if (!json_object_is_type(annotations, json_type_object))
		return cmd__fail(EXIT_FAILED, "oci-hook: 'annotations' of the container's state is no object");
	json_object_object_foreach(annotations, key, text) {
		if (err || strncmp(key, OCI_PREFIX, strlen(OCI_PREFIX)))
			continue;
		hook->asked = true;
		if (json_object_is_type(text, json_type_string))
			err = annotation(hook, key + strlen(OCI_PREFIX), json_object_get_string(text));
		else
			err = cmd__fail(EXIT_USAGE, "oci-hook: annotation %.80s is no string", key);
	}
	return err;
}
