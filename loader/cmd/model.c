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
#include "model_merge.h"
#include "sign.h"
#include "stream.h"

struct job {
	u32 digest; /* as named; 0: not */
	const char *name, *version; /* to sign a model with */
	const char *output;
	const char *key, *certificate, *trust_anchor, *signature;
	bool json;
	char **files;
	size_t count;
	struct model *models;
	size_t width; /* bytes of the models' values; 0: they have none */
};

static int read_models(struct job *job)
{
	struct model_error error;
	size_t width = 0;

	job->models = calloc(job->count, sizeof(*job->models));
	if (!job->models)
		return cmd__fail(EXIT_FAILED, "model: no memory");
	for (size_t i = 0; i < job->count; i++) {
		FILE *file = stream__read_in(NULL, job->files[i]);
		int err;

		if (!file)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], stream__error(errno));
		err = model__read(file, &job->models[i], &error);
		fclose(file);
		if (err == -EINVAL)
			return cmd__fail(EXIT_FAILED, "model: %s: line %zu: '%s' %s", job->files[i], error.line,
					 error.word, error.why);
		if (err)
			return cmd__fail(EXIT_FAILED, "model: %s: %s", job->files[i], stream__error(err));
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

/* Do both have the same values? Prints those that only one has, after `word`. */
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

/* The same for a value that a model has at most once. */
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

static bool has_line(const char *text, const char *line, size_t size)
{
	for (; *text; text += strcspn(text, "\n") + 1) {
		if (strcspn(text, "\n") == size && !memcmp(text, line, size))
			return true;
	}
	return false;
}

static void settings_line(struct job *job, char sign, const char *line, size_t size)
{
	struct json_object *json;
	char *text;

	if (asprintf(&text, "%c%.*s", sign, (int)size, line) < 0)
		return;
	json = job->json ? json_object_new_string(text) : NULL;
	puts(json ? event__line(json) : text);
	json_object_put(json);
	free(text);
}

/* Prints the lines of `text` that `other` does not have, or all lines. Returns their number. */
static size_t settings_lines(struct job *job, char sign, const char *text, const char *other, bool all)
{
	size_t count = 0, size;

	for (; *text; text += size + 1) {
		size = strcspn(text, "\n");
		if (!all && has_line(other, text, size))
			continue;
		settings_line(job, sign, text, size);
		count++;
	}
	return count;
}

/* Do both have the same settings? The order of patterns counts: if only the order differs, prints all lines. */
static bool diff_settings(struct job *job, const struct model *a, const struct model *b)
{
	char *ours = model__settings_text(a), *theirs = model__settings_text(b);
	bool same = ours && theirs && !strcmp(ours, theirs);

	if (ours && theirs && !same &&
	    !(settings_lines(job, '-', ours, theirs, false) + settings_lines(job, '+', theirs, ours, false))) {
		settings_lines(job, '-', ours, theirs, true);
		settings_lines(job, '+', theirs, ours, true);
	}
	free(ours);
	free(theirs);
	return same;
}

static int diff(struct job *job)
{
	struct model *a, *b;
	bool same;

	if (job->count != 2)
		return cmd__fail(EXIT_USAGE, "model diff: needs exactly two files");
	a = &job->models[0];
	b = &job->models[1];
	same = diff_settings(job, a, b);
	same &= diff_value(job, "aggregate ", a->has_aggregate ? a->aggregate : NULL,
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

/* May they be merged? 0, or the exit code after a message. */
static int check_merge(struct job *job, size_t i)
{
	const char *fault = model__merge_fault(&job->models[0], &job->models[i]);

	return fault ? cmd__fail(EXIT_FAILED, "model merge: %s and %s %s", job->files[0], job->files[i], fault) : 0;
}

static int write_model(const char *action, const char *path, const struct model *model)
{
	struct stream *stream = stream__create(path);
	int err;

	if (!stream)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, path, stream__error(errno));
	model__write(stream__file(stream), model);
	err = stream__commit(stream);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, path, stream__error(err)) : 0;
}

static int merge(struct job *job)
{
	struct model *first = &job->models[0];
	int err = 0;

	for (size_t i = 1; i < job->count; i++) {
		err = check_merge(job, i);
		if (err)
			return err;
	}
	for (size_t i = 1; i < job->count && !err; i++)
		err = model__merge(first, &job->models[i]);
	err = err ?: model__unique(first);
	if (err)
		return cmd__fail(EXIT_FAILED, "model merge: %s", strerror(-err));
	return write_model("merge", job->output ?: "-", first);
}

/* Reads the text of the only file. 0, or the exit code after a message. */
static int read_text(struct job *job, const char *action, char **text, size_t *size)
{
	FILE *file;
	int err;

	*text = NULL;
	if (job->count != 1)
		return cmd__fail(EXIT_USAGE, "model %s: takes one file; '%s' is one too many", action, job->files[1]);
	file = stream__read_in(NULL, job->files[0]);
	if (!file)
		return cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], stream__error(errno));
	err = model__text(file, text, size);
	fclose(file);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], stream__error(err)) : 0;
}

/* Only a model can be signed. 0 and *model, which the caller frees; or the exit code after a message. */
static int parse_text(struct job *job, const char *action, const char *text, size_t size, struct model *model)
{
	struct model_error error;
	int err = model__parse(text, size, model, &error);

	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "model %s: %s: line %zu: '%s' %s", action, job->files[0], error.line,
				 error.word, error.why);
	return err ? cmd__fail(EXIT_FAILED, "model %s: %s: %s", action, job->files[0], strerror(-err)) : 0;
}

/* Sets the name and the version of a model. 0, or the exit code after a message. */
static int name_model(struct job *job, struct model *model)
{
	const char *fault = job->name ? model__name_fault(job->name) : NULL;
	char *end;

	if (fault)
		return cmd__fail(EXIT_USAGE, "model sign: --name: '%.80s' %s", job->name, fault);
	if (job->name)
		snprintf(model->name, sizeof(model->name), "%s", job->name);
	if (!job->version)
		return 0;
	errno = 0;
	model->version = strtoull(job->version, &end, 10);
	model->has_version = true;
	if (*job->version < '0' || *job->version > '9' || *end || errno)
		return cmd__fail(EXIT_USAGE,
				 "model sign: --version: '%.40s' is no number from 0 to 18446744073709551615",
				 job->version);
	return 0;
}

/* Name and version are lines of the model: makes a new text with them, and frees the old one. */
static int name_text(struct job *job, char **text, size_t *size)
{
	struct model model;
	char *written = NULL;
	size_t written_size;
	FILE *memory;
	int err = parse_text(job, "sign", *text, *size, &model);

	if (err)
		return err;
	err = name_model(job, &model);
	if (err || (!job->name && !job->version))
		goto out;
	memory = open_memstream(&written, &written_size);
	if (!memory) {
		err = cmd__fail(EXIT_FAILED, "model sign: no memory");
		goto out;
	}
	model__write(memory, &model);
	fclose(memory);
	free(*text);
	*text = written;
	*size = written_size;
out:
	model__free(&model);
	return err;
}

static int write_bytes(const char *path, const void *bytes, size_t size)
{
	struct stream *stream = stream__create(path);
	int err = stream ? 0 : -errno;

	if (!err) {
		fwrite(bytes, 1, size, stream__file(stream));
		err = stream__commit(stream);
	}
	return err ? cmd__fail(EXIT_FAILED, "model sign: %s: %s", path, stream__error(err)) : 0;
}

/* Writes the model, if it has a new text, and its signature. */
static int write_signed(struct job *job, struct sign_bytes text, struct sign_bytes signature)
{
	char *name = job->output ? strdup(job->output) : sign__name(job->files[0]);
	int err = name ? 0 : cmd__fail(EXIT_FAILED, "model sign: no memory");

	if (!err && (job->name || job->version))
		err = write_bytes(job->files[0], text.data, text.size);
	err = err ?: write_bytes(name, signature.data, signature.size);
	free(name);
	return err;
}

static int sign(struct job *job)
{
	bool standard = !strcmp(job->files[0], "-");
	struct sign_bytes bytes, made;
	struct sign_error error;
	u8 *signature = NULL;
	char *text = NULL;
	size_t size;
	int err;

	if (!job->key)
		return cmd__fail(EXIT_USAGE, "model sign: the key is missing; give --key");
	if (!job->output && standard)
		return cmd__fail(EXIT_USAGE,
				 "model sign: the standard input has no name; give the signature's with -o");
	if (standard && (job->name || job->version))
		return cmd__fail(EXIT_USAGE,
				 "model sign: --name and --version are written into the model file; name it");
	err = read_text(job, "sign", &text, &size) ?: name_text(job, &text, &size);
	if (err)
		goto out;
	bytes = (struct sign_bytes){ (u8 *)text, size };
	if (sign__sign(bytes, job->key, job->certificate, &signature, &made.size, &error)) {
		err = cmd__fail(EXIT_FAILED, "model sign: %s", error.text);
		goto out;
	}
	made.data = signature;
	err = write_signed(job, bytes, made);
out:
	free(signature);
	free(text);
	return err;
}

static void print_signer(struct job *job, const struct model *model, const struct sign_signer *signer)
{
	struct json_object *o;
	char version[24];

	snprintf(version, sizeof(version), "%llu", (unsigned long long)model->version);
	if (!job->json) {
		printf("%s: signed by %s", job->files[0], signer->name);
		if (*model->name)
			printf(", for %s", model->name);
		if (model->has_version)
			printf(", version %s", version);
		putchar('\n');
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "model", json_object_new_string(job->files[0]));
	json_object_object_add(o, "kind", json_object_new_string(signer->x509 ? "x509" : "ed25519"));
	json_object_object_add(o, "signer", json_object_new_string(signer->name));
	json_object_object_add(o, "fingerprint", json_object_new_string(signer->fingerprint));
	if (*model->name)
		json_object_object_add(o, "name", json_object_new_string(model->name));
	if (model->has_version)
		json_object_object_add(o, "version", json_object_new_string(version));
	puts(event__line(o));
	json_object_put(o);
}

static int verify(struct job *job)
{
	struct sign_signer signer;
	struct sign_error error;
	struct model model;
	char *text = NULL;
	size_t size;
	int err;

	if (!job->trust_anchor)
		return cmd__fail(EXIT_USAGE, "model verify: --trust-anchor is missing: it says who may sign");
	if (!job->signature && !strcmp(job->files[0], "-"))
		return cmd__fail(EXIT_USAGE, "model verify: the standard input has no name; give --signature");
	err = read_text(job, "verify", &text, &size);
	if (!err && sign__verify_file((struct sign_bytes){ (u8 *)text, size }, job->files[0], job->signature, NULL,
				      job->trust_anchor, &signer, &error))
		err = cmd__fail(EXIT_FAILED, "model verify: %s: %s", job->files[0], error.text);
	err = err ?: parse_text(job, "verify", text, size, &model);
	if (!err) {
		print_signer(job, &model, &signer);
		model__free(&model);
	}
	free(text);
	return err;
}

static const struct {
	const char *name;
	int (*run)(struct job *job);
	const char *options; /* the options that it takes, by letter */
} actions[] = {
	{ "measure", measure, "djX" }, { "state", state, "djX" },  { "diff", diff, "djX" },
	{ "merge", merge, "djoX" },    { "sign", sign, "okcnvX" }, { "verify", verify, "jaSX" },
};

static const char *option_name(const struct option *options, int letter)
{
	while (options->val != letter)
		options++;
	return options->name;
}

static int take_option(struct job *job, int option, char **argv)
{
	int digest;

	switch (option) {
	case 'd':
		digest = digest__parse(optarg);
		if (digest < 0)
			return cmd__fail(EXIT_USAGE, "model: --digest: '%s' is unknown; there are " DIGEST_NAMES,
					 optarg);
		job->digest = digest;
		break;
	case 'o':
		job->output = optarg;
		break;
	case 'j':
		job->json = true;
		break;
	case 'k':
		job->key = optarg;
		break;
	case 'c':
		job->certificate = optarg;
		break;
	case 'n':
		job->name = optarg;
		break;
	case 'v':
		job->version = optarg;
		break;
	case 'a':
		job->trust_anchor = optarg;
		break;
	case 'S':
		job->signature = optarg;
		break;
	case 'X':
		return cmd__max_expanded("model", optarg);
	default:
		return cmd__bad_option(argv, option);
	}
	return 0;
}

static int parse_options(struct job *job, int argc, char **argv, const char *takes)
{
	static const struct option options[] = {
		{ "digest", required_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
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

	optind = 2;
	while (!err && (option = cmd__option(argc, argv, "+:o:", options)) != -1) {
		if (option != '?' && option != ':' && !strchr(takes, option))
			return cmd__fail(EXIT_USAGE, "model %s: takes no --%s; see 'tsem-bpf help model'", argv[1],
					 option_name(options, option));
		err = take_option(job, option, argv);
	}
	if (!err && optind >= argc)
		err = cmd__fail(EXIT_USAGE, "model %s: a model file is missing", argv[1]);
	job->files = argv + optind;
	job->count = argc - optind;
	return err;
}

int cmd_model(int argc, char **argv)
{
	struct job job = {};
	int (*run)(struct job *job) = NULL;
	const char *takes = NULL;
	int err;

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
	err = parse_options(&job, argc, argv, takes);
	/* A signature is over the text of one file. */
	if (!err && run != sign && run != verify)
		err = read_models(&job);
	err = err ?: run(&job);
	if (fflush(stdout) || ferror(stdout))
		err = cmd__fail(EXIT_FAILED, "model %s: the output cannot be written: %s", argv[1], strerror(errno));
	for (size_t i = 0; i < job.count && job.models; i++)
		model__free(&job.models[i]);
	free(job.models);
	return err;
}
