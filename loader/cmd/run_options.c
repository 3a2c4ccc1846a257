// SPDX-License-Identifier: GPL-2.0
/* Takes the options in the order of the command line, then applies those that depend on the settings or the model. */
#include "run_options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "strict.h"

static int read_model(struct run_options *o, const char *path)
{
	struct workload_error error;

	return workload__model(o->workload, path, &error) ? cmd__fail(EXIT_FAILED, "%s: -m %s", o->command, error.text)
							  : 0;
}

/* A value of the size of the namespace's digest. */
static int hex_option(struct run_options *o, const char *option, const char *text, u8 *out)
{
	const struct workload *w = o->workload;
	size_t size = digest__size(w->spec.settings.digest);

	if (!digest__from_hex(text, strlen(text), out, size))
		return 0;
	return cmd__fail(EXIT_USAGE, "%s: %s: '%.130s' is not a value of %zu hexadecimal digits, as %s gives them",
			 o->command, option, text, 2 * size, digest__name(w->spec.settings.digest));
}

static int namespace_option(struct run_options *o, const char *key, const char *value)
{
	struct control_error error;

	if (!control__namespace_option(&o->workload->spec.settings, key, value, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "%s: %s", o->command, error.text);
}

/* The path digest of an absolute path is H(u32 length || pathname). */
int run_options__pseudonym(struct run_options *o, const char *word)
{
	struct workload *w = o->workload;
	u8 value[TSEM_DIGEST_MAX] = {}, text[4 + TSEM_PATH_MAX];
	u32 size = strlen(word);
	int err;

	if (word[0] != '/') {
		err = hex_option(o, "--pseudonym", word, value);
		if (err)
			return err;
	} else {
		if (size >= TSEM_PATH_MAX)
			return cmd__fail(EXIT_USAGE, "%s: --pseudonym: '%.80s...' is longer than a path can be",
					 o->command, word);
		memcpy(text, &size, 4);
		memcpy(text + 4, word, size);
		if (digest__hash(w->spec.settings.digest, text, 4 + size, value))
			return cmd__fail(EXIT_FAILED, "%s: --pseudonym: libcrypto refuses the hash", o->command);
	}
	return workload__pseudonym(w, value) ? cmd__fail(EXIT_FAILED, "%s: no memory", o->command) : 0;
}

/* The keys of options that are settings of the namespace, by their letters. */
static const struct {
	int letter;
	const char *key;
} setting_options[] = {
	{ 'd', "digest" },       { 'c', "content" },  { 'r', "nsref" }, { 'C', "cache" },
	{ 't', "model" },        { 'E', "encoding" }, { 'y', "scope" }, { 'i', "instances" },
	{ 'v', "on_violation" }, { 'Q', "ask" },      { 'W', "wait" },  { 'I', "miss" },
};

static const char *setting_key(int letter)
{
	for (size_t i = 0; i < sizeof(setting_options) / sizeof(setting_options[0]); i++) {
		if (setting_options[i].letter == letter)
			return setting_options[i].key;
	}
	return NULL;
}

int run_options__name(struct run_options *o, const char *option, const char *name)
{
	struct workload *w = o->workload;

	if (!workload__name_ok(name))
		return cmd__fail(EXIT_USAGE,
				 "%s: %s: '%s' is no name: give 1 to %d of A-Z a-z 0-9 . _ + -, not only digits, nor "
				 "'root' or ns and a number",
				 o->command, option, name, TSEM_NAME_SIZE - 1);
	w->spec.name = name;
	w->named = true;
	return 0;
}

static int set_agent(struct run_options *o, const char *text)
{
	struct external_error error;
	struct external_where where;

	if (external__parse(text, &where, &error))
		return cmd__fail(EXIT_USAGE, "%s: --tma: %s", o->command, error.text);
	o->workload->agent = text;
	control__namespace_external(&o->workload->spec.settings);
	return 0;
}

static int set_action(struct run_options *o, const char *text)
{
	struct control_error error;

	if (!control__namespace_action(&o->workload->spec.settings, text, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "%s: --action: %s", o->command, error.text);
}

static int add_pattern(struct run_options *o, const char *option, const char *text, bool any)
{
	struct tsem_pattern pattern;
	const char *why = pattern__parse(text, strlen(text), any, &pattern);
	int err;

	if (why)
		return cmd__fail(EXIT_USAGE, "%s: --%s: '%s' %s", o->command, option, text, why);
	err = patterns__add(&o->patterns, &pattern);
	if (err == -E2BIG)
		return cmd__fail(EXIT_USAGE, "%s: --%s: '%s' " PATTERNS_TOO_MANY, o->command, option, text);
	return err ? cmd__fail(EXIT_FAILED, "%s: no memory", o->command) : 0;
}

static int add_strict(struct run_options *o, const char *text)
{
	struct tsem_pattern directory;
	const char *why = pattern__parse_strict(text, strlen(text), &directory);
	char real[PATH_MAX];
	int err;

	if (why)
		return cmd__fail(EXIT_USAGE, "%s: --strict-names: '%s' %s", o->command, text, why);
	err = strict__linked(&directory, real, sizeof(real));
	if (err == -ELOOP)
		return cmd__fail(EXIT_USAGE,
				 "%s: --strict-names: '%s' is reached by a symbolic link, and events have its real "
				 "name: give %s",
				 o->command, text, real);
	err = err ?: strict__add(&o->patterns, &directory, "/proc/self/mountinfo", "");
	return err ? cmd__fail(EXIT_USAGE, "%s: --strict-names: '%s' %s", o->command, text, strict__error(err)) : 0;
}

/* Options with a value that is checked. 0, or the exit code after a message. */
static int take_value(struct run_options *o, int option, char **argv)
{
	switch (option) {
	case 'A':
		return set_action(o, optarg);
	case 'M':
		return set_agent(o, optarg);
	case 'P':
		return add_pattern(o, "pattern", optarg, false);
	case 'Y':
		return add_pattern(o, "pattern-any", optarg, true);
	case 'D':
		return add_strict(o, optarg);
	case 'J':
		return cmd__mebibytes(o->command, "--journal", optarg, &o->workload->journal_limit);
	case 'X':
		return cmd__max_expanded(o->command, optarg);
	default:
		return cmd__bad_option(argv, option);
	}
}

int run_options__take(struct run_options *o, int option, char **argv)
{
	struct workload *w = o->workload;
	const char *key = setting_key(option);

	if (key)
		return namespace_option(o, key, optarg);
	switch (option) {
	case 'm':
		o->model = optarg;
		break;
	case 'a':
		w->trust_anchor = optarg;
		break;
	case 'S':
		w->signature = optarg;
		break;
	case 'b':
		o->base = optarg;
		break;
	case 'p':
		o->pseudonyms[o->pseudonym_count++] = optarg;
		break;
	case 'o':
		w->output = optarg;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'K':
		w->agent_key = optarg;
		break;
	default:
		return take_value(o, option, argv);
	}
	return 0;
}

int run_options__begin(struct run_options *o, const char *command, struct workload *workload, int argc)
{
	*o = (struct run_options){ .command = command, .workload = workload };
	o->pseudonyms = calloc(argc, sizeof(*o->pseudonyms));
	return o->pseudonyms ? 0 : cmd__fail(EXIT_FAILED, "%s: no memory", command);
}

void run_options__end(struct run_options *o)
{
	free(o->pseudonyms);
	free(o->patterns.pattern);
}

static int apply_patterns(struct run_options *o)
{
	int err = 0;

	for (size_t i = 0; i < o->patterns.count && !err; i++)
		err = workload__pattern(o->workload, &o->patterns.pattern[i]);
	if (!err)
		return 0;
	return cmd__fail(EXIT_FAILED, "%s: --pattern, --strict-names: %s", o->command,
			 err == -E2BIG ? "the model and the options have more than 64 patterns and directories"
				       : strerror(-err));
}

int run_options__apply(struct run_options *o)
{
	struct workload *w = o->workload;
	int err = 0;

	if (w->trust_anchor && !o->model)
		return cmd__fail(EXIT_USAGE, "%s: --trust-anchor goes with a model: give -m", o->command);
	if (w->signature && !w->trust_anchor)
		return cmd__fail(EXIT_USAGE, "%s: --signature needs --trust-anchor, which says who may sign",
				 o->command);
	if (!w->agent && (w->agent_key || w->spec.settings.named & CONTROL_NAMED_AGENT))
		return cmd__fail(EXIT_USAGE,
				 "%s: --tma-key, --ask, --wait and --miss are for an external agent: give --tma",
				 o->command);
	if (w->agent && o->model && w->output)
		return cmd__fail(
			EXIT_USAGE,
			"%s: -o writes what the kernel knows; with --tma the agent has the model of -m: leave out "
			"one of them",
			o->command);
	if (o->model)
		err = read_model(o, o->model);
	if (!err && o->base) {
		err = hex_option(o, "--base", o->base, w->base);
		w->spec.base = w->base;
	}
	for (size_t i = 0; i < o->pseudonym_count && !err; i++)
		err = run_options__pseudonym(o, o->pseudonyms[i]);
	return err ?: apply_patterns(o);
}
