// SPDX-License-Identifier: GPL-2.0
/* The steps of a workload's namespace. The calling command prints the messages. */
#include "workload.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "digest.h"
#include "event.h"
#include "policy.h"
#include "tpm.h"
#include "versions.h"

/* Keeps the first error's line. */
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
	w->versions = VERSIONS_DIRECTORY;
	w->attach = -1;
}

bool workload__name_ok(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-",
			  digits[] = "0123456789";
	size_t size = strlen(name);

	if (!size || size >= TSEM_NAME_SIZE || strspn(name, letters) != size || strspn(name, digits) == size)
		return false;
	/* Reserved names: for namespaces without a name, and for the root. */
	return strcmp(name, "root") && (strncmp(name, "ns", 2) || size == 2 || strspn(name + 2, digits) != size - 2);
}

/* The error for a model that was made with `theirs` when the caller named `ours`. */
static int contradiction(struct workload_error *error, const char *path, const char *key, const char *theirs,
			 const char *ours)
{
	return fail(error, -EINVAL, "%s: was made with %s %s, not %s; leave %s out, or take another model", path, key,
		    theirs, ours, key);
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
		return fail(error, -EINVAL,
			    "%s: its values have %zu digits, those of %s have %zu; name the digest it was made with",
			    path, 2 * m->width, digest__name(s->digest), 2 * digest__size(s->digest));
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
		return fail(error, -ESTALE,
			    "%s: has no version, and version %llu of '%s' was used; sign it with --version", path,
			    (unsigned long long)newest, m->name);
	return fail(error, -ESTALE, "%s: is version %llu, and version %llu of '%s' was used; take that or a newer one",
		    path, (unsigned long long)m->version, (unsigned long long)newest, m->name);
}

/* A signed model says for which workload it is. */
static int check_signed(struct workload *w, const char *path, struct workload_error *error)
{
	const struct model *m = &w->model;
	u64 newest;
	int err;

	if (!*w->signer.fingerprint || !*m->name)
		return 0;
	if (w->named && w->spec.name && strcmp(m->name, w->spec.name))
		return fail(error, -EKEYREJECTED, "%s: is signed for '%s', not for '%s'", path, m->name, w->spec.name);
	err = versions__newest(w->versions, m->name, &newest);
	if (err == -ENOENT)
		return 0;
	if (err)
		return fail(error, err, "%s: cannot tell which version was used: %s: %s", path, w->versions,
			    strerror(-err));
	return m->has_version && m->version >= newest ? 0 : stale(error, path, m, newest);
}

static int parse_model(struct workload *w, const char *path, char *text, size_t size, struct workload_error *error)
{
	struct model_error fault;
	int err = model__parse(text, size, &w->model, &fault);

	if (err == -EINVAL)
		return fail(error, err, "%s: line %zu: '%s' %s", path, fault.line, fault.word, fault.why);
	if (err)
		return fail(error, err, "%s: %s", path, strerror(-err));
	err = take_hashes(w, path, error) ?: take_settings(w, path, error) ?: check_signed(w, path, error);
	if (err)
		return err;
	/* The kernel does not need its events. */
	free(w->model.events);
	w->model.events = NULL;
	w->model.events_room = 0;
	w->spec.model = &w->model;
	return 0;
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
		return fail(error, -EPERM, "%s: is no regular file that root owns and nobody else may write to", path);
	if (!file)
		return fail(error, -errno, "%s: %s", path, stream__error(errno));
	err = model__text(file, &text, &size);
	fclose(file);
	if (err)
		return fail(error, err, "%s: %s", path, stream__error(err));
	if (w->trust_anchor) {
		err = sign__verify_file((struct sign_bytes){ (u8 *)text, size }, path, w->signature, w->directory,
					w->trust_anchor, &w->signer, &refusal);
		if (err)
			fail(error, err, "%s: %s", path, refusal.text);
	}
	err = err ?: parse_model(w, path, text, size, error);
	free(text);
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

void workload__drop(struct workload *w)
{
	stream__drop(w->trajectory_stream);
	stream__drop(w->forensics_stream);
	stream__drop(w->output_stream);
	w->trajectory_stream = w->forensics_stream = w->output_stream = NULL;
}

/* Outputs are opened before the workload runs, so that it cannot put something else in their place. */
static int outputs_open(struct workload *w, struct workload_error *error)
{
	struct {
		const char *path;
		struct stream **stream;
	} outputs[] = { { w->trajectory, &w->trajectory_stream },
			{ w->forensics, &w->forensics_stream },
			{ w->output, &w->output_stream } };

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (!outputs[i].path)
			continue;
		*outputs[i].stream = stream__create_in(w->directory, outputs[i].path);
		if (!*outputs[i].stream) {
			int err = -errno;

			workload__drop(w);
			return fail(error, err, "cannot write %s: %s", outputs[i].path, stream__error(err));
		}
	}
	return 0;
}

/* Can this namespace be made here? Checks what can be known before. */
static int check_spec(struct workload *w, struct workload_error *error)
{
	const struct control_namespace *s = &w->spec.settings;
	int err = w->spec.model ? policy__check(&w->tsem, &w->signer) : 0;

	if (err == -EKEYREJECTED)
		return fail(error, err,
			    "refused: models have to be signed here (load --require-signed-models); give "
			    "--trust-anchor, and put pseudonyms and patterns into the model");
	if (err)
		return fail(error, -EKEYREJECTED,
			    "refused: the trust anchor %s is not the file that load --require-signed-models was given",
			    w->trust_anchor);
	if (digest__size(s->content) > digest__size(s->digest))
		return fail(error, -EINVAL, "content %s: is wider than the digest %s; name one of at most %zu bytes",
			    digest__name(s->content), digest__name(s->digest), digest__size(s->digest));
	return 0;
}

/* The message for an error of namespace__create(). */
static int create_error(const struct workload *w, int err, struct workload_error *error)
{
	const struct control_namespace *settings = &w->spec.settings;

	if (err == -ENOTSUP)
		return fail(error, err,
			    "digest %s: this kernel has no such hash for BPF; it has sha256, sha3-256, sm3%s",
			    digest__name(settings->digest), tsem__patched() ? " and those of its crypto API" : "");
	if (err == -ENODATA)
		return fail(error, err, "%s %s: this kernel can hash the content of files with %s",
			    settings->named & CONTROL_NAMED_CONTENT ? "content" : "digest",
			    digest__name(settings->content),
			    tsem__patched() ? "the hashes of its crypto API only" : "sha256 only");
	if (err == -EEXIST)
		return fail(error, err, "name '%s': there is a namespace of this name; see 'tsem-bpf list'",
			    w->spec.name);
	if (err == -EACCES)
		return fail(error, err,
			    "refused: it is locked until 'tsem-bpf unload' (control lock), and no namespace has this "
			    "model and these settings");
	if (err == -ENOSPC)
		return fail(error, err, "no more namespaces; load with a larger --max-namespaces, or delete one");
	if (err == -E2BIG)
		return fail(error, err,
			    "the model has %zu coefficients, more than there is room for; load with a larger "
			    "--max-coefficients",
			    w->model.states.count);
	return fail(error, err, "cannot make the namespace: %s", strerror(-err));
}

/* Records the version of a signed model. */
static int use_version(struct workload *w, struct workload_error *error)
{
	const struct model *m = &w->model;
	int err;

	if (!*w->signer.fingerprint || !*m->name || !m->has_version)
		return 0;
	err = versions__use(w->versions, m->name, m->version);
	if (err == -ESTALE)
		return fail(error, err, "a newer version of the model '%s' than %llu was used meanwhile", m->name,
			    (unsigned long long)m->version);
	return err ? fail(error, err, "cannot note the model's version in %s: %s", w->versions, strerror(-err)) : 0;
}

int workload__create(struct workload *w, struct workload_error *error)
{
	struct stat pins;
	u32 id;
	int err;

	*error->text = 0;
	if (!stat(TSEM_PINS "/maps", &pins)) {
		w->pins_device = pins.st_dev;
		w->pins_inode = pins.st_ino;
	}
	err = check_spec(w, error) ?: outputs_open(w, error);
	if (err)
		return err;
	err = namespace__create(&w->tsem, &w->spec, &id);
	if (err) {
		workload__drop(w);
		return create_error(w, err, error);
	}
	if (namespace__read(&w->tsem, id, &w->ns))
		err = fail(error, -ENOENT, "the namespace has gone");
	err = err ?: use_version(w, error);
	if (!err) {
		err = journal__collect(&w->tsem, id, &w->journal);
		if (err)
			fail(error, err, "cannot collect events in " JOURNAL_DIRECTORY ": %s", strerror(-err));
	}
	if (!err && w->agent)
		err = agent__start(w, error);
	if (err) {
		journal__close(w->journal);
		w->journal = NULL;
		workload__drop(w);
		namespace__delete(&w->tsem, id);
		memset(&w->ns, 0, sizeof(w->ns));
		return err;
	}
	if (w->journal_limit)
		journal__limit(w->journal, w->journal_limit);
	return 0;
}

int workload__observe(struct workload *w, const struct tsem_namespace *ns, struct workload_error *error)
{
	struct stat pins;
	int err;

	*error->text = 0;
	w->ns = *ns;
	/* A namespace without a name of its own is called by its number. */
	w->named = workload__name_ok(w->ns.name);
	w->spec.name = w->named ? w->ns.name : NULL;
	if (!stat(TSEM_PINS "/maps", &pins)) {
		w->pins_device = pins.st_dev;
		w->pins_inode = pins.st_ino;
	}
	err = outputs_open(w, error);
	if (err)
		return err;
	err = journal__collect(&w->tsem, w->ns.id, &w->journal);
	if (err == -EBUSY) {
		w->journal = NULL;
		return 0;
	}
	if (!err)
		return 0;
	workload__drop(w);
	return fail(error, err, "cannot collect events in " JOURNAL_DIRECTORY ": %s", strerror(-err));
}

const char *workload__join_error(int err)
{
	return err == -EXDEV ? "tsem-bpf is not in the initial pid namespace; run it there" : strerror(-err);
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

/* Is the load that made the namespace still loaded? Its maps exist as long as we have them open. */
static bool loaded(const struct workload *w)
{
	struct stat st;

	return !stat(TSEM_PINS "/maps", &st) && st.st_ino == w->pins_inode && st.st_dev == w->pins_device;
}

int workload__step(struct workload *w, int ms)
{
	struct pollfd ring = { .fd = w->journal ? journal__pollable(w->journal) : -1, .events = POLLIN };
	int n;

	if (w->external || w->attach >= 0) {
		n = agent__step(w, ms);
	} else {
		poll(&ring, 1, ms);
		n = w->journal ? journal__drain(w->journal) : 0;
	}
	if (n < 0 && !w->lost)
		w->lost = n;
	if (!loaded(w))
		return -ENOENT;
	return namespace__read(&w->tsem, w->ns.id, &w->ns);
}

/* Writes the events of the valid coefficients, or of the others, in order. Takes ownership of the stream. */
static int write_lines(struct stream **stream, const char *path, const struct namespace_coefficients *all,
		       const struct journal_view *view, bool valid, struct workload_error *error)
{
	int err;

	for (size_t i = 0; i < all->count; i++) {
		struct json_object *json;

		if (!view->description[i] || all->entry[i].info.valid != valid)
			continue;
		json = event__to_json(view->description[i], false);
		fprintf(stream__file(*stream), "%s\n", event__line(json));
		json_object_put(json);
	}
	err = stream__commit(*stream);
	*stream = NULL;
	return err ? fail(error, err, "cannot write %s: %s", path, stream__error(err)) : 0;
}

/* The current model of the namespace, without events. */
static int model_of(struct workload *w, const struct namespace_coefficients *all, struct model *model)
{
	const struct tsem_namespace *ns = &w->ns;
	int err;

	memset(model, 0, sizeof(*model));
	model->digest = ns->digest;
	model->content = ns->content;
	model->encoding = ns->encoding;
	model->scope = ns->scope;
	model->has_instances = true;
	model->instances = ns->instances;
	/* A model that has learned more no longer has its version. */
	snprintf(model->name, sizeof(model->name), "%s",
		 *w->model.name             ? w->model.name
		 : w->named && w->spec.name ? w->spec.name
					    : "");
	model->has_aggregate = tpm__aggregate(TPM_PCRS, ns->digest, model->aggregate) > 0;
	model->has_base = ns->has_base;
	model->sealed = ns->mode != TSEM_MODE_FREE;
	model->width = ns->digest_size;
	memcpy(model->base, ns->base, TSEM_DIGEST_MAX);
	err = namespace__pseudonyms(&w->tsem, ns->id, &model->pseudonyms);
	err = err ?: namespace__patterns(&w->tsem, ns, &model->patterns);
	for (size_t i = 0; i < all->count && !err; i++) {
		if (all->entry[i].info.valid)
			err = digests__add(&model->states, all->entry[i].coefficient);
	}
	return err;
}

/* The source of a model's events: the journal. */
struct described {
	const struct namespace_coefficients *all;
	const struct journal_view *view;
	size_t at; /* in `all`; the valid ones of these are in the model */
	struct json_object *json; /* of the last event */
};

static struct model_event describe(size_t index, void *data)
{
	struct described *d = data;
	struct model_event event = {};

	(void)index;
	json_object_put(d->json);
	d->json = NULL;
	while (!d->all->entry[d->at].info.valid)
		d->at++;
	if (d->view->description[d->at])
		d->json = event__to_json(d->view->description[d->at], false);
	d->at++;
	if (d->json) {
		event.json = event__line(d->json);
		event.size = strlen(event.json);
	}
	return event;
}

/* Writes the text of the namespace's model, with events, to `file`; `name`: of the file, for messages. */
static int put_model(struct workload *w, const struct namespace_coefficients *all, const struct journal_view *view,
		     FILE *file, const char *name, struct workload_error *error)
{
	struct described described = { .all = all, .view = view };
	struct model model;
	int err;

	/* An incomplete model would deny what the tests did. */
	if (w->ns.mode == TSEM_MODE_FREE && w->ns.lost[TSEM_LOSS_MAP_FULL])
		return fail(error, -E2BIG,
			    "%s is not written: there was no room for %llu coefficients; load with a larger "
			    "--max-coefficients",
			    name, (unsigned long long)w->ns.lost[TSEM_LOSS_MAP_FULL]);
	err = model_of(w, all, &model);
	if (err)
		fail(error, err, "cannot read the model: %s", strerror(-err));
	else if (w->bare)
		model__write(file, &model);
	else
		model__write_described(file, &model, describe, &described);
	json_object_put(described.json);
	model__free(&model);
	return err;
}

static int write_model(struct workload *w, const struct namespace_coefficients *all, const struct journal_view *view,
		       struct workload_error *error)
{
	int err = put_model(w, all, view, stream__file(w->output_stream), w->output, error);

	if (err)
		return err;
	err = stream__commit(w->output_stream);
	w->output_stream = NULL;
	return err ? fail(error, err, "cannot write %s: %s", w->output, stream__error(err)) : 0;
}

/*
 * Reads the coefficients of the namespace and its journal; the caller frees all->entry and the view. Once this process
 * has collected all, the ring is empty, and nobody else may drain it: then the view only reads the file.
 */
static int view_open(struct workload *w, struct namespace_coefficients *all, struct journal_view *view,
		     struct workload_error *error)
{
	int err = namespace__coefficients(&w->tsem, w->ns.id, all);

	*error->text = 0;
	if (err)
		return fail(error, err, "cannot read the coefficients: %s", strerror(-err));
	err = journal__view(&w->tsem, &w->ns, all, view);
	if (!err)
		return 0;
	free(all->entry);
	return fail(error, err, "cannot read the descriptions: %s", strerror(-err));
}

int workload__learned(struct workload *w, struct model *model, struct workload_error *error)
{
	struct namespace_coefficients all;
	struct model_error fault;
	struct journal_view view;
	char *text = NULL;
	size_t size;
	FILE *file;
	int err = view_open(w, &all, &view, error);

	memset(model, 0, sizeof(*model));
	if (err)
		return err;
	file = open_memstream(&text, &size);
	err = file ? put_model(w, &all, &view, file, "the model", error) : -ENOMEM;
	if (file && fclose(file))
		err = err ?: -ENOMEM;
	err = err ?: model__parse(text, size, model, &fault);
	if (err)
		free(text);
	else
		model->text = text;
	journal__free_view(&view);
	free(all.entry);
	return err ? fail(error, err, "cannot read the model: %s", strerror(-err)) : 0;
}

int workload__write(struct workload *w, struct workload_summary *summary, struct workload_error *error)
{
	struct namespace_coefficients all;
	struct journal_view view;
	int err = view_open(w, &all, &view, error);

	memset(summary, 0, sizeof(*summary));
	if (err)
		return err;
	if (w->trajectory_stream)
		err = write_lines(&w->trajectory_stream, w->trajectory, &all, &view, true, error);
	if (w->forensics_stream)
		err = write_lines(&w->forensics_stream, w->forensics, &all, &view, false, error) ?: err;
	if (w->output_stream)
		err = write_model(w, &all, &view, error) ?: err;
	for (size_t i = 0; i < all.count; i++)
		summary->events += all.entry[i].info.count;
	summary->coefficients = all.count;
	summary->missing = view.missing;
	summary->dropped = journal__dropped(w->ns.id);
	journal__free_view(&view);
	free(all.entry);
	return err;
}

int workload__delete(struct workload *w, bool keep)
{
	int err = 0;

	agent__stop(w);
	journal__close(w->journal);
	w->journal = NULL;
	/* A later load may give the number to another namespace. */
	if (w->ns.id && !keep && loaded(w))
		err = namespace__delete(&w->tsem, w->ns.id);
	return err;
}

void workload__free(struct workload *w)
{
	workload__drop(w);
	agent__stop(w);
	journal__close(w->journal);
	w->journal = NULL;
	tsem__close(&w->tsem);
	model__free(&w->model);
}
