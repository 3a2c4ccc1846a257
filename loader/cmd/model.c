// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model: measure, state, diff and merge of model files, and their signatures. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "model.h"
#include "sign.h"
#include "stream.h"

struct job {
	u32 digest;
	const char *output;
	const char *key, *certificate, *trust_anchor, *signature;
	bool json;
	char **files;
	size_t count;
	struct model *models;
	size_t width; /* bytes of their values; 0: they have none */
};

static int read_models(struct job *job)
{
	struct model_error error;
	size_t width = 0;

	job->models = calloc(job->count, sizeof(*job->models));
	if (!job->models)
		return cmd__fail(EXIT_FAILED, "model: no memory");
	for (size_t i = 0; i < job->count; i++) {
		FILE *file = stream__read(job->files[i]);
		int err;

		if (!file)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], strerror(errno));
		err = model__read(file, &job->models[i], &error);
		fclose(file);
		if (err == -EINVAL)
			return cmd__fail(EXIT_FAILED, "model: %s: line %zu: '%s' %s", job->files[i], error.line,
					 error.word, error.why);
		if (err)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], strerror(-err));
		if (job->models[i].width && width && job->models[i].width != width)
			return cmd__fail(EXIT_FAILED,
					 "model: %s: its values have %zu digits, those of the files before it %zu",
					 job->files[i], 2 * job->models[i].width, 2 * width);
		width = width ?: job->models[i].width;
	}
	job->width = width;
	return 0;
}

static int values(struct job *job, bool sorted)
{
	u8 out[TSEM_DIGEST_MAX];
	char hex[2 * TSEM_DIGEST_MAX + 1];

	if (job->width && job->width != digest__size(job->digest))
		return cmd__fail(
			EXIT_USAGE,
			"model: the values have %zu digits, those of %s have %zu; give the --digest of the model",
			2 * job->width, digest__name(job->digest), 2 * digest__size(job->digest));
	for (size_t i = 0; i < job->count; i++) {
		struct model *m = &job->models[i];
		int err = (sorted ? model__state : model__measurement)(job->digest,
								       m->has_aggregate ? m->aggregate : NULL,
								       m->has_base ? m->base : NULL, m->states.digest,
								       m->states.count, out);

		if (err)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], strerror(-err));
		digest__to_hex(out, digest__size(job->digest), hex);
		if (job->json)
			printf("\"%s\"\n", hex);
		else
			puts(hex);
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

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

static void sort(struct digests *list)
{
	if (list->count)
		qsort(list->digest, list->count, TSEM_DIGEST_MAX, compare);
}

static void diff_line(struct job *job, char sign, const char *word, const u8 *digest)
{
	char hex[2 * TSEM_DIGEST_MAX + 1];

	digest__to_hex(digest, job->width, hex);
	printf(job->json ? "\"%c%s%s\"\n" : "%c%s%s\n", sign, word, hex);
}

/* The same values in both? Those that only one has are printed, behind `word`. */
static bool diff_digests(struct job *job, const char *word, struct digests *a, struct digests *b)
{
	size_t i = 0, k = 0;
	bool same = true;

	sort(a);
	sort(b);
	while (i < a->count || k < b->count) {
		int order = i == a->count ? 1 : k == b->count ? -1 : compare(a->digest[i], b->digest[k]);

		same &= !order;
		if (order < 0)
			diff_line(job, '-', word, a->digest[i]);
		if (order > 0)
			diff_line(job, '+', word, b->digest[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return same;
}

/* The same for a value that a model has once at most. */
static bool diff_value(struct job *job, const char *word, const u8 *a, const u8 *b)
{
	if (a && b && !memcmp(a, b, TSEM_DIGEST_MAX))
		return true;
	if (a)
		diff_line(job, '-', word, a);
	if (b)
		diff_line(job, '+', word, b);
	return !a && !b;
}

static int diff(struct job *job)
{
	struct model *a, *b;
	bool same;

	if (job->count != 2)
		return cmd__fail(EXIT_USAGE, "model diff: needs exactly two files");
	a = &job->models[0];
	b = &job->models[1];
	same = diff_value(job, "aggregate ", a->has_aggregate ? a->aggregate : NULL,
			  b->has_aggregate ? b->aggregate : NULL);
	same &= diff_value(job, "base ", a->has_base ? a->base : NULL, b->has_base ? b->base : NULL);
	same &= diff_digests(job, "pseudonym ", &a->pseudonyms, &b->pseudonyms);
	same &= diff_digests(job, "", &a->states, &b->states);
	if (a->sealed != b->sealed) {
		printf(job->json ? "\"%cseal\"\n" : "%cseal\n", a->sealed ? '-' : '+');
		same = false;
	}
	return same ? EXIT_DONE : EXIT_FAILED;
}

/* Both have the value or neither, and the same. */
static bool agree(bool has_a, const u8 *a, bool has_b, const u8 *b)
{
	return has_a == has_b && (!has_a || !memcmp(a, b, TSEM_DIGEST_MAX));
}

static int merge(struct job *job)
{
	struct model *first = &job->models[0];
	struct stream *stream;
	char *text;
	size_t size;
	FILE *memory;
	int err = 0;

	for (size_t i = 1; i < job->count && !err; i++) {
		struct model *m = &job->models[i];

		if (!agree(first->has_aggregate, first->aggregate, m->has_aggregate, m->aggregate))
			return cmd__fail(EXIT_FAILED, "model merge: %s and %s were taken under different aggregates",
					 job->files[0], job->files[i]);
		if (!agree(first->has_base, first->base, m->has_base, m->base))
			return cmd__fail(EXIT_FAILED, "model merge: %s and %s have different bases", job->files[0],
					 job->files[i]);
		for (size_t k = 0; k < m->states.count && !err; k++)
			err = digests__add(&first->states, m->states.digest[k]);
		for (size_t k = 0; k < m->pseudonyms.count && !err; k++)
			err = digests__add(&first->pseudonyms, m->pseudonyms.digest[k]);
		first->sealed &= m->sealed;
	}
	if (err)
		return cmd__fail(EXIT_FAILED, "model merge: %s", strerror(-err));
	/* Written and read again: reading is what drops the second of two equal lines. */
	memory = open_memstream(&text, &size);
	if (!memory)
		return cmd__fail(EXIT_FAILED, "model merge: no memory");
	model__write(memory, first);
	fclose(memory);
	model__free(first);
	memory = fmemopen(text, size, "r");
	err = memory ? model__read(memory, first, &(struct model_error){}) : -ENOMEM;
	if (memory)
		fclose(memory);
	free(text);
	stream = err ? NULL : stream__create(job->output ?: "-");
	if (!stream)
		return cmd__fail(EXIT_FAILED, "model merge: %s: %s", job->output ?: "-", strerror(err ? -err : errno));
	model__write(stream__file(stream), first);
	err = stream__commit(stream);
	return err ? cmd__fail(EXIT_FAILED, "model merge: %s: %s", job->output ?: "-", strerror(-err)) : EXIT_DONE;
}

/* The text of the one file. 0, or the exit code after a message. */
static int read_text(struct job *job, const char *action, char **text, size_t *size)
{
	FILE *file;
	int err;

	*text = NULL;
	if (job->count != 1)
		return cmd__fail(EXIT_USAGE, "model %s: takes one file; '%s' is one too many", action, job->files[1]);
	file = stream__read(job->files[0]);
	if (!file)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], strerror(errno));
	err = model__text(file, text, size);
	fclose(file);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], strerror(-err)) : 0;
}

/* What is signed has to be a model. 0, or the exit code after a message. */
static int check_text(struct job *job, const char *action, const char *text, size_t size)
{
	struct model_error error;
	struct model model;
	int err = model__parse(text, size, &model, &error);

	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "model %s: %s: line %zu: '%s' %s", action, job->files[0], error.line,
				 error.word, error.why);
	if (err)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], strerror(-err));
	model__free(&model);
	return 0;
}

static int sign(struct job *job)
{
	char *text, *name = NULL;
	struct sign_error error;
	struct stream *stream;
	size_t size, signature_size;
	u8 *signature = NULL;
	int err;

	if (!job->key)
		return cmd__fail(EXIT_USAGE, "model sign: the key is missing; give --key");
	if (!job->output && !strcmp(job->files[0], "-"))
		return cmd__fail(EXIT_USAGE,
				 "model sign: the standard input has no name; give the signature's with -o");
	err = read_text(job, "sign", &text, &size) ?: check_text(job, "sign", text, size);
	if (err)
		goto out;
	if (sign__sign((struct sign_bytes){ (u8 *)text, size }, job->key, job->certificate, &signature, &signature_size,
		       &error)) {
		err = cmd__fail(EXIT_FAILED, "model sign: %s", error.text);
		goto out;
	}
	name = job->output ? strdup(job->output) : sign__name(job->files[0]);
	stream = name ? stream__create(name) : NULL;
	err = stream ? 0 : -errno;
	if (!err) {
		fwrite(signature, 1, signature_size, stream__file(stream));
		err = stream__commit(stream);
	}
	if (err)
		err = cmd__fail(EXIT_FAILED, "model sign: %s: %s", name ?: "the signature", strerror(-err));
out:
	free(name);
	free(signature);
	free(text);
	return err;
}

static int verify(struct job *job)
{
	struct sign_signer signer;
	struct sign_error error;
	struct json_object *o;
	char *text;
	size_t size;
	int err;

	if (!job->trust_anchor)
		return cmd__fail(EXIT_USAGE, "model verify: nobody is named who may have signed; give --trust-anchor");
	if (!job->signature && !strcmp(job->files[0], "-"))
		return cmd__fail(EXIT_USAGE, "model verify: the standard input has no name; give --signature");
	err = read_text(job, "verify", &text, &size);
	if (err)
		goto out;
	if (sign__verify_file((struct sign_bytes){ (u8 *)text, size }, job->files[0], job->signature, NULL,
			      job->trust_anchor, &signer, &error)) {
		err = cmd__fail(EXIT_FAILED, "model verify: %s: %s", job->files[0], error.text);
		goto out;
	}
	err = check_text(job, "verify", text, size);
	if (err)
		goto out;
	if (job->json) {
		o = json_object_new_object();
		json_object_object_add(o, "model", json_object_new_string(job->files[0]));
		json_object_object_add(o, "kind", json_object_new_string(signer.x509 ? "x509" : "ed25519"));
		json_object_object_add(o, "signer", json_object_new_string(signer.name));
		json_object_object_add(o, "fingerprint", json_object_new_string(signer.fingerprint));
		puts(event__line(o));
		json_object_put(o);
	} else {
		printf("%s: signed by %s\n", job->files[0], signer.name);
	}
out:
	free(text);
	return err;
}

static const struct {
	const char *name;
	int (*run)(struct job *job);
	const char *options; /* that it takes, by their letters */
} actions[] = {
	{ "measure", measure, "dj" }, { "state", state, "dj" }, { "diff", diff, "dj" },
	{ "merge", merge, "djo" },    { "sign", sign, "okc" },  { "verify", verify, "jaS" },
};

static const char *option_name(const struct option *options, int letter)
{
	while (options->val != letter)
		options++;
	return options->name;
}

int cmd_model(int argc, char **argv)
{
	static const struct option options[] = {
		{ "digest", required_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "trust-anchor", required_argument, NULL, 'a' },
		{ "signature", required_argument, NULL, 'S' },
		{},
	};
	struct job job = { .digest = TSEM_DIGEST_SHA256 };
	int (*run)(struct job *job) = NULL;
	const char *takes = NULL;
	int option, digest, err;

	if (argc < 2)
		return cmd__fail(EXIT_USAGE, "model: measure, state, diff, merge, sign or verify is missing");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!strcmp(actions[i].name, argv[1])) {
			run = actions[i].run;
			takes = actions[i].options;
		}
	}
	if (!run)
		return cmd__fail(EXIT_USAGE,
				 "model: '%s' is unknown; there are measure, state, diff, merge, sign, verify",
				 argv[1]);
	optind = 2;
	while ((option = cmd__option(argc, argv, "+:o:", options)) != -1) {
		if (option != '?' && option != ':' && !strchr(takes, option))
			return cmd__fail(EXIT_USAGE, "model %s: takes no --%s; see 'tsem-bpf help model'", argv[1],
					 option_name(options, option));
		switch (option) {
		case 'd':
			digest = digest__parse(optarg);
			if (digest < 0)
				return cmd__fail(EXIT_USAGE,
						 "model: --digest: '%s' is unknown; there are " DIGEST_NAMES, optarg);
			job.digest = digest;
			break;
		case 'o':
			job.output = optarg;
			break;
		case 'j':
			job.json = true;
			break;
		case 'k':
			job.key = optarg;
			break;
		case 'c':
			job.certificate = optarg;
			break;
		case 'a':
			job.trust_anchor = optarg;
			break;
		case 'S':
			job.signature = optarg;
			break;
		default:
			return cmd__bad_option(argv, option);
		}
	}
	if (optind >= argc)
		return cmd__fail(EXIT_USAGE, "model %s: a model file is missing", argv[1]);
	job.files = argv + optind;
	job.count = argc - optind;
	/* A signature is over a text, of one file. */
	err = run == sign || run == verify ? 0 : read_models(&job);
	err = err ?: run(&job);
	if (fflush(stdout) || ferror(stdout))
		err = cmd__fail(EXIT_FAILED, "model %s: the output cannot be written: %s", argv[1], strerror(errno));
	for (size_t i = 0; i < job.count && job.models; i++)
		model__free(&job.models[i]);
	free(job.models);
	return err;
}
