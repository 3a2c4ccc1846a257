// SPDX-License-Identifier: GPL-2.0
/* What a workload takes from its model, and which models it refuses. */
#include "workload_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "versions.h"

/* The error for a model that was made with `theirs` when the caller named `ours`. */
static int contradiction(struct workload_error *error, const char *path, const char *key, const char *theirs,
			 const char *ours)
{
	return workload__fail(error, -EINVAL, "%s: was made with %s %s, not %s; leave %s out, or take another model",
			      path, key, theirs, ours, key);
}

/* Takes the hash functions of the model, if the caller named none. */
static int take_hashes(struct workload *w, const char *path, struct workload_error *error)
{
	struct control_namespace *s = &w->spec.settings;
	const struct model *m = &w->model;

	if (m->digest && s->named & CONTROL_NAMED_DIGEST && m->digest != s->digest)
		return contradiction(error, path, "digest", digest__name(m->digest), digest__name(s->digest));
	if (m->content && s->named & CONTROL_NAMED_CONTENT && m->content != s->content)
		return contradiction(error, path, "content", digest__name(m->content), digest__name(s->content));
	s->digest = m->digest ?: s->digest;
	if (!(s->named & CONTROL_NAMED_CONTENT))
		s->content = m->content ?: s->digest;
	if (m->width && m->width != digest__size(s->digest))
		return workload__fail(
			error, -EINVAL,
			"%s: its values have %zu digits, those of %s have %zu; name the digest it was made with", path,
			2 * m->width, digest__name(s->digest), 2 * digest__size(s->digest));
	return 0;
}

/* The other settings of a model. */
static int take_settings(struct workload *w, const char *path, struct workload_error *error)
{
	struct control_namespace *s = &w->spec.settings;
	const struct model *m = &w->model;
	char theirs[24], ours[24];

	if (m->encoding && s->named & CONTROL_NAMED_ENCODING && m->encoding != s->encoding)
		return contradiction(error, path, "encoding", control__word(CONTROL_WORDS_ENCODING, m->encoding),
				     control__word(CONTROL_WORDS_ENCODING, s->encoding));
	if (m->scope && s->named & CONTROL_NAMED_SCOPE && m->scope != s->scope)
		return contradiction(error, path, "scope", control__word(CONTROL_WORDS_SCOPE, m->scope),
				     control__word(CONTROL_WORDS_SCOPE, s->scope));
	if (m->has_instances && s->named & CONTROL_NAMED_INSTANCES && m->instances != s->instances) {
		snprintf(theirs, sizeof(theirs), "%llu", (unsigned long long)m->instances);
		snprintf(ours, sizeof(ours), "%llu", (unsigned long long)s->instances);
		return contradiction(error, path, "instances", theirs, ours);
	}
	s->encoding = m->encoding ?: s->encoding;
	s->scope = m->scope ?: s->scope;
	s->instances = m->has_instances ? m->instances : s->instances;
	return 0;
}

static int stale(struct workload_error *error, const char *path, const struct model *m, u64 newest)
{
	if (!m->has_version)
		return workload__fail(error, -ESTALE,
				      "%s: has no version, and version %llu of '%s' was used; sign it with --version",
				      path, (unsigned long long)newest, m->name);
	return workload__fail(error, -ESTALE,
			      "%s: is version %llu, and version %llu of '%s' was used; take that or a newer one", path,
			      (unsigned long long)m->version, (unsigned long long)newest, m->name);
}

/* The line for an error of the version that `directory` has for the model. */
static int version_error(struct workload_error *error, int err, const char *path, const char *directory,
			 const struct model *m)
{
	char file[VERSIONS_FILE_SIZE] = "";

	versions__file(m->name, file);
	return workload__fail(error, err, "%s: cannot tell which version of '%s' was used: %s/%s: %s", path, m->name,
			      directory, file, versions__error(err));
}

/* A signed model says for which workload it is, and is not older than what was used. */
static int check_signed(struct workload *w, const char *path, struct workload_error *error)
{
	const char *directories[] = { w->versions, w->recent_versions };
	const struct model *m = &w->model;
	u64 version, newest = 0;
	bool used = false;
	int err;

	if (!*w->signer.fingerprint || !*m->name)
		return 0;
	if (w->named && w->spec.name && strcmp(m->name, w->spec.name))
		return workload__fail(error, -EKEYREJECTED, "%s: is signed for '%s', not for '%s'", path, m->name,
				      w->spec.name);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		err = versions__newest(directories[i], m->name, &version);
		if (err == -ENOENT)
			continue;
		if (err)
			return version_error(error, err, path, directories[i], m);
		used = true;
		newest = version > newest ? version : newest;
	}
	return !used || (m->has_version && m->version >= newest) ? 0 : stale(error, path, m, newest);
}

static int parse_model(struct workload *w, const char *path, char *text, size_t size, struct workload_error *error)
{
	struct model_error fault;
	int err = model__parse(text, size, &w->model, &fault);

	if (err == -EINVAL)
		return workload__fail(error, err, "%s: line %zu: '%s' %s", path, fault.line, fault.word, fault.why);
	if (err)
		return workload__fail(error, err, "%s: %s", path, strerror(-err));
	err = take_hashes(w, path, error) ?: take_settings(w, path, error) ?: check_signed(w, path, error);
	if (err)
		return err;
	w->spec.model = &w->model;
	return 0;
}

/* Frees the events and their text, which the kernel does not need, unless a model is written that needs them. */
static void keep_events(struct workload *w, char *text)
{
	if (w->output && !w->bare && w->model.events) {
		w->model.text = text;
		return;
	}
	free(w->model.events);
	w->model.events = NULL;
	w->model.events_room = 0;
	free(text);
}

int workload__model(struct workload *w, const char *path, struct workload_error *error)
{
	FILE *file = stream__read_in(w->directory, path);
	struct sign_error refusal;
	char *text;
	size_t size;
	int err;

	*error->text = 0;
	memset(&w->signer, 0, sizeof(w->signer));
	if (!file && w->directory && errno == EPERM)
		return workload__fail(error, -EPERM,
				      "%s: is no regular file that root owns and nobody else may write to", path);
	if (!file)
		return workload__fail(error, -errno, "%s: %s", path, stream__error(errno));
	err = model__text(file, &text, &size);
	fclose(file);
	if (err)
		return workload__fail(error, err, "%s: %s", path, stream__error(err));
	if (w->trust_anchor) {
		err = sign__verify_file((struct sign_bytes){ (u8 *)text, size }, path, w->signature, w->directory,
					w->trust_anchor, &w->signer, &refusal);
		if (err)
			workload__fail(error, err, "%s: %s", path, refusal.text);
	}
	err = err ?: parse_model(w, path, text, size, error);
	keep_events(w, text);
	return err;
}

int workload__pseudonym(struct workload *w, const u8 *digest)
{
	memset(&w->signer, 0, sizeof(w->signer));
	w->spec.model = &w->model;
	return digests__add(&w->model.pseudonyms, digest);
}

int workload__pattern(struct workload *w, const struct tsem_pattern *pattern)
{
	memset(&w->signer, 0, sizeof(w->signer));
	w->spec.model = &w->model;
	return patterns__add(&w->model.patterns, pattern);
}

int workload__use_version(struct workload *w, struct workload_error *error)
{
	const char *directories[] = { w->recent_versions, w->versions };
	const struct model *m = &w->model;
	int err;

	if (!*w->signer.fingerprint || !*m->name || !m->has_version)
		return 0;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		err = versions__use(directories[i], m->name, m->version);
		if (err == -ESTALE)
			return workload__fail(error, err,
					      "a newer version of the model '%s' than %llu was used meanwhile", m->name,
					      (unsigned long long)m->version);
		if (err)
			return version_error(error, err, "the model", directories[i], m);
	}
	return 0;
}
