// SPDX-License-Identifier: GPL-2.0
/* The life of a workload's namespace, step by step; the command that uses it speaks to the user. */
#include "workload.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "digest.h"
#include "event.h"
#include "stream.h"
#include "tpm.h"

/* The first line stays. */
static int fail(struct workload_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct workload_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*error->text)
		vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

void workload__init(struct workload *w)
{
	memset(w, 0, sizeof(*w));
	memset(&w->tsem, -1, sizeof(w->tsem));
	control__namespace_defaults(&w->spec.settings, CONTROL_INTERNAL);
}

bool workload__name_ok(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-",
			  digits[] = "0123456789";
	size_t size = strlen(name);

	if (!size || size >= TSEM_NAME_SIZE || strspn(name, letters) != size || strspn(name, digits) == size)
		return false;
	/* Those that are given to namespaces without a name, and to the root. */
	return strcmp(name, "root") && (strncmp(name, "ns", 2) || size == 2 || strspn(name + 2, digits) != size - 2);
}

/* What is to be written can be, as far as can be told before the workload has run. */
static int outputs_check(const struct workload *w, struct workload_error *error)
{
	const char *paths[] = { w->trajectory, w->forensics, w->output };
	int err;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		err = paths[i] ? stream__check(w->directory, paths[i]) : 0;
		if (err)
			return fail(error, err, "cannot write %s: %s", paths[i], strerror(-err));
	}
	return 0;
}

int workload__model(struct workload *w, const char *path, struct workload_error *error)
{
	FILE *file = stream__read_in(w->directory, path);
	struct model_error fault;
	struct sign_error refusal;
	char *text;
	size_t size;
	int err;

	*error->text = 0;
	if (!file && w->directory && errno == EPERM)
		return fail(error, -EPERM, "%s: is no regular file that root owns and nobody else may write to", path);
	if (!file)
		return fail(error, -errno, "%s: %s", path, strerror(errno));
	err = model__text(file, &text, &size);
	fclose(file);
	if (err)
		return fail(error, err, "%s: %s", path, strerror(-err));
	if (w->trust_anchor) {
		err = sign__verify_file((struct sign_bytes){ (u8 *)text, size }, path, w->signature, w->directory,
					w->trust_anchor, &w->signer, &refusal);
		if (err) {
			fail(error, err, "%s: %s", path, refusal.text);
			goto out;
		}
	}
	err = model__parse(text, size, &w->model, &fault);
	if (err == -EINVAL)
		fail(error, err, "%s: line %zu: '%s' %s", path, fault.line, fault.word, fault.why);
	else if (err)
		fail(error, err, "%s: %s", path, strerror(-err));
	else
		w->spec.model = &w->model;
out:
	free(text);
	return err;
}

int workload__pseudonym(struct workload *w, const u8 *digest)
{
	memset(&w->signer, 0, sizeof(w->signer));
	w->spec.model = &w->model;
	return digests__add(&w->model.pseudonyms, digest);
}

int workload__create(struct workload *w, struct workload_error *error)
{
	const struct control_namespace *settings = &w->spec.settings;
	u32 id;
	int err = 0;

	*error->text = 0;
	if (w->spec.model && !*w->signer.fingerprint && tsem__policy(&w->tsem, TSEM_POLICY_SIGNED_MODELS))
		return fail(error, -EKEYREJECTED,
			    "refused: models have to be signed here (load --require-signed-models); give "
			    "--trust-anchor, and put pseudonyms into the model");
	if (digest__size(settings->content) > digest__size(settings->digest))
		return fail(error, -EINVAL, "content %s: is wider than the digest %s; name one of at most %zu bytes",
			    digest__name(settings->content), digest__name(settings->digest),
			    digest__size(settings->digest));
	if (w->model.width && w->model.width != digest__size(settings->digest))
		return fail(
			error, -EINVAL,
			"the model's values have %zu digits, those of %s have %zu; name the digest it was made with",
			2 * w->model.width, digest__name(settings->digest), 2 * digest__size(settings->digest));
	err = outputs_check(w, error);
	if (err)
		return err;
	err = namespace__create(&w->tsem, &w->spec, &id);
	if (err == -ENOTSUP)
		return fail(error, err,
			    "digest %s: this kernel has no such hash for BPF; it has sha256, sha3-256, sm3%s",
			    digest__name(settings->digest), tsem__patched() ? " and those of its crypto API" : "");
	if (err == -ENODATA)
		return fail(error, err, "%s %s: this kernel can hash the content of files with %s",
			    settings->has_content ? "content" : "digest", digest__name(settings->content),
			    tsem__patched() ? "the hashes of its crypto API only" : "sha256 only");
	if (err == -EEXIST)
		return fail(error, err, "name '%s': there is a namespace of this name; see 'tsem-bpf list'",
			    w->spec.name);
	if (err == -ENOSPC)
		return fail(error, err, "no more namespaces; load with a larger --max-namespaces, or delete one");
	if (err == -E2BIG)
		return fail(error, err,
			    "the model has %zu coefficients, more than there is room for; load with a larger "
			    "--max-coefficients",
			    w->model.states.count);
	if (err)
		return fail(error, err, "cannot make the namespace: %s", strerror(-err));
	err = namespace__read(&w->tsem, id, &w->ns);
	if (err)
		return fail(error, err, "the namespace has gone");
	err = journal__collect(&w->tsem, id, &w->journal);
	if (err) {
		namespace__delete(&w->tsem, id);
		memset(&w->ns, 0, sizeof(w->ns));
		return fail(error, err, "cannot collect events in " JOURNAL_DIRECTORY ": %s", strerror(-err));
	}
	return 0;
}

int workload__join(struct workload *w, pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), err;

	if (pidfd < 0)
		return -errno;
	err = namespace__join(&w->tsem, &w->ns, pidfd);
	close(pidfd);
	return err;
}

int workload__step(struct workload *w, int ms)
{
	struct pollfd ring = { .fd = journal__pollable(w->journal), .events = POLLIN };
	int n;

	poll(&ring, 1, ms);
	n = journal__drain(w->journal);
	if (n < 0 && !w->lost)
		w->lost = n;
	return namespace__read(&w->tsem, w->ns.id, &w->ns);
}

static int write_lines(const struct workload *w, const char *path, const struct namespace_coefficients *all,
		       const struct journal_view *view, bool valid, struct workload_error *error)
{
	struct stream *stream = stream__create_in(w->directory, path);
	int err;

	if (!stream)
		return fail(error, -errno, "cannot write %s: %s", path, strerror(errno));
	for (size_t i = 0; i < all->count; i++) {
		struct json_object *json;

		if (!view->description[i] || all->entry[i].info.valid != valid)
			continue;
		json = event__to_json(view->description[i], false);
		fprintf(stream__file(stream), "%s\n", event__line(json));
		json_object_put(json);
	}
	err = stream__commit(stream);
	return err ? fail(error, err, "cannot write %s: %s", path, strerror(-err)) : 0;
}

static int write_model(struct workload *w, const struct namespace_coefficients *all, struct workload_error *error)
{
	struct stream *stream;
	struct model model = {};
	int err = 0;

	model.has_aggregate = tpm__aggregate(TPM_PCRS, w->ns.digest, model.aggregate) > 0;
	model.has_base = w->ns.has_base;
	model.sealed = w->ns.mode != TSEM_MODE_FREE;
	model.width = w->ns.digest_size;
	memcpy(model.base, w->ns.base, TSEM_DIGEST_MAX);
	err = namespace__pseudonyms(&w->tsem, w->ns.id, &model.pseudonyms);
	for (size_t i = 0; i < all->count && !err; i++) {
		if (all->entry[i].info.valid)
			err = digests__add(&model.states, all->entry[i].coefficient);
	}
	if (err) {
		model__free(&model);
		return fail(error, err, "cannot read the model: %s", strerror(-err));
	}
	/* A model that lacks what the tests did would deny it. */
	if (w->ns.mode == TSEM_MODE_FREE && w->ns.lost[TSEM_LOSS_MAP_FULL]) {
		model__free(&model);
		return fail(error, -E2BIG,
			    "%s is not written: there was no room for %llu coefficients; load with a larger "
			    "--max-coefficients",
			    w->output, (unsigned long long)w->ns.lost[TSEM_LOSS_MAP_FULL]);
	}
	stream = stream__create_in(w->directory, w->output);
	if (!stream) {
		err = -errno;
	} else {
		model__write(stream__file(stream), &model);
		err = stream__commit(stream);
	}
	model__free(&model);
	return err ? fail(error, err, "cannot write %s: %s", w->output, strerror(-err)) : 0;
}

int workload__write(struct workload *w, struct workload_summary *summary, struct workload_error *error)
{
	struct namespace_coefficients all;
	struct journal_view view;
	int err = namespace__coefficients(&w->tsem, w->ns.id, &all);

	*error->text = 0;
	memset(summary, 0, sizeof(*summary));
	if (err)
		return fail(error, err, "cannot read the coefficients: %s", strerror(-err));
	/* The ring is empty and nobody else may drain it: the view reads the file only. */
	err = journal__view(&w->tsem, &w->ns, &all, &view);
	if (err) {
		free(all.entry);
		return fail(error, err, "cannot read the descriptions: %s", strerror(-err));
	}
	if (w->trajectory)
		err = write_lines(w, w->trajectory, &all, &view, true, error);
	if (w->forensics)
		err = write_lines(w, w->forensics, &all, &view, false, error) ?: err;
	if (w->output)
		err = write_model(w, &all, error) ?: err;
	for (size_t i = 0; i < all.count; i++)
		summary->events += all.entry[i].info.count;
	summary->coefficients = all.count;
	summary->missing = view.missing;
	journal__free_view(&view);
	free(all.entry);
	return err;
}

int workload__delete(struct workload *w, bool keep)
{
	int err = 0;

	journal__close(w->journal);
	w->journal = NULL;
	if (w->ns.id && !keep)
		err = namespace__delete(&w->tsem, w->ns.id);
	return err;
}

void workload__free(struct workload *w)
{
	journal__close(w->journal);
	w->journal = NULL;
	tsem__close(&w->tsem);
	model__free(&w->model);
}
