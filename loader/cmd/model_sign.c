// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf model signs a model file, and says who signed one. The signature is over the text of the file, byte for
 * byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "event.h"
#include "model_job.h"
#include "sign.h"
#include "stream.h"

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

int model_sign(struct job *job)
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

int model_verify(struct job *job)
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
