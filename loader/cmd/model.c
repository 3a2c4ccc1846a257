// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf model: the table of its actions and their options; measure, state and merge of model files. The other
 * actions are in model_<action>.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "cmd.h"
#include "digest.h"
#include "model.h"
#include "model_job.h"
#include "model_merge.h"
#include "sign.h"
#include "stream.h"

int job__read_model(struct job *job, const char *path, struct model *model)
{
	FILE *file = stream__read_in(NULL, path);
	struct model_error error;
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", job->action, path, stream__error(errno));
	err = model__read(file, model, &error);
	fclose(file);
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "model %s: %s: line %zu: '%s' %s", job->action, path, error.line,
				 error.word, error.why);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", job->action, path, stream__error(err)) : 0;
}

static int read_models(struct job *job)
{
	size_t width = 0;

	job->models = calloc(job->count, sizeof(*job->models));
	if (!job->models)
		return cmd__fail(EXIT_FAILED, "model: no memory");
	for (size_t i = 0; i < job->count; i++) {
		int err = job__read_model(job, job->files[i], &job->models[i]);

		if (err)
			return err;
		if (job->models[i].width && width && job->models[i].width != width)
			return cmd__fail(EXIT_FAILED,
					 "model: %s: its values have %zu digits, those of the files before it %zu",
					 job->files[i], 2 * job->models[i].width, 2 * width);
		width = width ?: job->models[i].width;
	}
	job->width = width;
	return 0;
}

/* The hash of a model's values: the one in the model or on the command line, which must not differ; else sha256. */
static int digest_of(struct job *job, size_t i, u32 *digest)
{
	const struct model *m = &job->models[i];

	*digest = m->digest ?: job->digest ?: (u32)TSEM_DIGEST_SHA256;
	if (job->digest && *digest != job->digest)
		return cmd__fail(EXIT_USAGE, "model: %s: was made with digest %s, not %s; leave --digest out",
				 job->files[i], digest__name(*digest), digest__name(job->digest));
	if (m->width && m->width != digest__size(*digest))
		return cmd__fail(
			EXIT_USAGE,
			"model: the values have %zu digits, those of %s have %zu; give the --digest of the model",
			2 * m->width, digest__name(*digest), 2 * digest__size(*digest));
	return 0;
}

static int values(struct job *job, bool sorted)
{
	u8 out[TSEM_DIGEST_MAX];
	char hex[2 * TSEM_DIGEST_MAX + 1];

	for (size_t i = 0; i < job->count; i++) {
		struct model *m = &job->models[i];
		u32 digest;
		int err = digest_of(job, i, &digest);

		if (err)
			return err;
		err = (sorted ? model__state : model__measurement)(digest, m->has_aggregate ? m->aggregate : NULL,
								   m->has_base ? m->base : NULL, m->states.digest,
								   m->states.count, out);
		if (err)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], strerror(-err));
		digest__to_hex(out, digest__size(digest), hex);
		printf(job->json ? "\"%s\"\n" : "%s\n", hex);
	}
	return EXIT_DONE;
}

static int measure(struct job *job)
{
	return values(job, false);
}

static int state(struct job *job)
{
	return values(job, true);
}

int job__write_model(struct job *job, const char *path, struct model *model)
{
	struct stream *stream = stream__create(path);
	int err;

	if (!stream)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", job->action, path, stream__error(errno));
	if (job->bare) {
		free(model->events);
		model->events = NULL;
		model->events_room = 0;
	}
	model__write(stream__file(stream), model);
	err = stream__commit(stream);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", job->action, path, stream__error(err)) : 0;
}

/* A signature of the old text does not fit the new one, which was read from `path` and written to `to`. */
static void drop_signature(const char *path, const char *to, FILE *out)
{
	char *old = sign__name(path), *own = sign__name(to);
	bool removed = own && !unlink(own);

	if (removed)
		fprintf(out, "%s was the signature of the old text and is removed\n", own);
	if (removed || (old && !access(old, F_OK)))
		fprintf(out, "%s: is not signed; sign it with 'tsem-bpf model sign --key FILE %s'\n", to, to);
	free(old);
	free(own);
}

int job__write_next(struct job *job, const char *path, struct model *model, const char *what)
{
	const char *to = job->output ?: path;
	FILE *out = strcmp(to, "-") ? stdout : stderr;
	int err;

	if (model->version == UINT64_MAX)
		return cmd__fail(EXIT_FAILED,
				 "model %s: %s: has the last version; give it a lower one with 'model sign'",
				 job->action, path);
	model->version = model->has_version ? model->version + 1 : 1;
	model->has_version = true;
	err = job__write_model(job, to, model);
	if (err)
		return err;
	fprintf(out, "%s: version %llu, %s\n", to, (unsigned long long)model->version, what);
	if (strcmp(to, "-"))
		drop_signature(path, to, out);
	return 0;
}

int job__fail(struct job *job, const char *path, int err)
{
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "model %s: %s: its values do not have the width of its digest",
				 job->action, path);
	if (err == -EIO)
		return cmd__fail(EXIT_FAILED, "model %s: %s: neither libcrypto nor the kernel has its hash",
				 job->action, path);
	return cmd__fail(EXIT_FAILED, "model %s: %s: %s", job->action, path, strerror(-err));
}

static int merge(struct job *job)
{
	struct model *first = &job->models[0];
	const char *fault;
	int err = 0;

	for (size_t i = 1; i < job->count; i++) {
		fault = model__merge_fault(first, &job->models[i]);
		if (fault)
			return cmd__fail(EXIT_FAILED, "model merge: %s and %s %s", job->files[0], job->files[i], fault);
	}
	for (size_t i = 1; i < job->count && !err; i++)
		err = model__merge(first, &job->models[i]);
	err = err ?: model__unique(first);
	if (err)
		return cmd__fail(EXIT_FAILED, "model merge: %s", strerror(-err));
	return job__write_model(job, job->output ?: "-", first);
}

enum {
	ACTION_READS = 1 << 0, /* takes any number of models, which are read before */
	ACTION_NO_FILE = 1 << 1, /* needs no file */
};

static const struct action {
	const char *name;
	int (*run)(struct job *job);
	const char *options; /* the options that it takes, by letter */
	u32 flags;
} actions[] = {
	{ "show", model_show, "tjX", 0 },
	{ "diff", model_diff, "jX", ACTION_READS },
	{ "add", model_add, "AsobX", 0 },
	{ "merge", merge, "djobX", ACTION_READS },
	{ "lint", model_lint, "jX", 0 },
	{ "rebase", model_rebase, "RPobjX", 0 },
	{ "stale", model_stale, "RjX", ACTION_NO_FILE },
	{ "measure", measure, "djX", ACTION_READS },
	{ "state", state, "djX", ACTION_READS },
	{ "sign", model_sign, "okcnvX", 0 },
	{ "verify", model_verify, "jaSX", 0 },
};

#define ACTION_NAMES "show, diff, add, merge, lint, rebase, stale, measure, state, sign, verify"

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	}
	return NULL;
}

static const char *option_name(const struct option *options, int letter)
{
	while (options->val != letter)
		options++;
	return options->name;
}

/* Options that only keep their value. NULL: it is none of them. */
static const char **text_option(struct job *job, int option)
{
	switch (option) {
	case 'o':
		return &job->output;
	case 'k':
		return &job->key;
	case 'c':
		return &job->certificate;
	case 'n':
		return &job->name;
	case 'v':
		return &job->version;
	case 'a':
		return &job->trust_anchor;
	case 'S':
		return &job->signature;
	case 's':
		return &job->select;
	case 'R':
		return &job->root;
	case 'P':
		return &job->package;
	default:
		return NULL;
	}
}

static bool *flag_option(struct job *job, int option)
{
	switch (option) {
	case 'j':
		return &job->json;
	case 't':
		return &job->tree;
	case 'A':
		return &job->all;
	case 'b':
		return &job->bare;
	default:
		return NULL;
	}
}

static int take_option(struct job *job, int option, char **argv)
{
	const char **text = text_option(job, option);
	bool *flag = flag_option(job, option);
	int digest;

	if (text)
		*text = optarg;
	else if (flag)
		*flag = true;
	else if (option == 'X')
		return cmd__max_expanded("model", optarg);
	else if (option != 'd')
		return cmd__bad_option(argv, option);
	if (option != 'd')
		return 0;
	digest = digest__parse(optarg);
	if (digest < 0)
		return cmd__fail(EXIT_USAGE, "model: --digest: '%s' is unknown; there are " DIGEST_NAMES, optarg);
	job->digest = digest;
	return 0;
}

/* Options may stand between and behind the files, up to `--`. */
static int parse_options(struct job *job, int argc, char **argv, const struct action *action)
{
	static const struct option options[] = {
		{ "digest", required_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "tree", no_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'A' },
		{ "bare", no_argument, NULL, 'b' },
		{ "select", required_argument, NULL, 's' },
		{ "root", required_argument, NULL, 'R' },
		{ "package", required_argument, NULL, 'P' },
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "name", required_argument, NULL, 'n' },
		{ "version", required_argument, NULL, 'v' },
		{ "trust-anchor", required_argument, NULL, 'a' },
		{ "signature", required_argument, NULL, 'S' },
		{ "max-expanded", required_argument, NULL, 'X' },
		{},
	};
	int option, err = 0;

	for (optind = 2; !err && optind < argc;) {
		if (!strcmp(argv[optind], "--")) {
			while (++optind < argc)
				job->files[job->count++] = argv[optind];
			break;
		}
		option = cmd__option(argc, argv, "+:o:", options);
		if (option == -1) {
			job->files[job->count++] = argv[optind++];
			continue;
		}
		if (option != '?' && option != ':' && !strchr(action->options, option))
			return cmd__fail(EXIT_USAGE, "model %s: takes no --%s; see 'tsem-bpf help model'", argv[1],
					 option_name(options, option));
		err = take_option(job, option, argv);
	}
	if (!err && !job->count && !(action->flags & ACTION_NO_FILE))
		err = cmd__fail(EXIT_USAGE, "model %s: a model file is missing", argv[1]);
	return err;
}

static int act(struct job *job, int argc, char **argv, const struct action *action)
{
	int err;

	job->files = calloc(argc, sizeof(*job->files));
	if (!job->files)
		return cmd__fail(EXIT_FAILED, "model: no memory");
	err = parse_options(job, argc, argv, action);
	if (!err && action->flags & ACTION_READS)
		err = read_models(job);
	return err ?: action->run(job);
}

int cmd_model(int argc, char **argv)
{
	struct job job = {};
	const struct action *action;
	int err;

	if (argc < 2)
		return cmd__fail(EXIT_USAGE, "model: an action is missing; there are " ACTION_NAMES);
	action = find_action(argv[1]);
	if (!action)
		return cmd__fail(EXIT_USAGE, "model: '%s' is unknown; there are " ACTION_NAMES, argv[1]);
	if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
		return cmd__help("model");
	job.action = action->name;
	err = act(&job, argc, argv, action);
	if (fflush(stdout) || ferror(stdout))
		err = cmd__fail(EXIT_FAILED, "model %s: the output cannot be written: %s", argv[1], strerror(errno));
	for (size_t i = 0; i < job.count && job.models; i++)
		model__free(&job.models[i]);
	free(job.models);
	free(job.files);
	return err;
}
