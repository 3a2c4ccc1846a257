// SPDX-License-Identifier: GPL-2.0
/* The steps of a workload's namespace. The calling command prints the messages. */
#include "workload_parts.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "digest.h"
#include "policy.h"
#include "versions.h"

int workload__fail(struct workload_error *error, int err, const char *format, ...)
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
	w->recent_versions = JOURNAL_DIRECTORY;
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
			return workload__fail(error, err, "cannot write %s: %s", outputs[i].path, stream__error(err));
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
		return workload__fail(error, err,
				      "refused: models have to be signed here (load --require-signed-models); give "
				      "--trust-anchor, and put pseudonyms and patterns into the model");
	if (err)
		return workload__fail(
			error, -EKEYREJECTED,
			"refused: the trust anchor %s is not the file that load --require-signed-models was given",
			w->trust_anchor);
	if (digest__size(s->content) > digest__size(s->digest))
		return workload__fail(error, -EINVAL,
				      "content %s: is wider than the digest %s; name one of at most %zu bytes",
				      digest__name(s->content), digest__name(s->digest), digest__size(s->digest));
	return 0;
}

/* The message for an error of namespace__create(). */
static int create_error(const struct workload *w, int err, struct workload_error *error)
{
	const struct control_namespace *settings = &w->spec.settings;

	if (err == -ENOTSUP)
		return workload__fail(error, err,
				      "digest %s: this kernel has no such hash for BPF; it has sha256, sha3-256, sm3%s",
				      digest__name(settings->digest),
				      tsem__patched() ? " and those of its crypto API" : "");
	if (err == -ENODATA)
		return workload__fail(error, err, "%s %s: this kernel can hash the content of files with %s",
				      settings->named & CONTROL_NAMED_CONTENT ? "content" : "digest",
				      digest__name(settings->content),
				      tsem__patched() ? "the hashes of its crypto API only" : "sha256 only");
	if (err == -EEXIST)
		return workload__fail(error, err, "name '%s': there is a namespace of this name; see 'tsem-bpf list'",
				      w->spec.name);
	if (err == -EACCES)
		return workload__fail(
			error, err,
			"refused: it is locked until 'tsem-bpf unload' (control lock), and no namespace has this "
			"model and these settings");
	if (err == -ENOSPC)
		return workload__fail(error, err,
				      "no more namespaces; load with a larger --max-namespaces, or delete one");
	if (err == -E2BIG)
		return workload__fail(error, err,
				      "the model has %zu coefficients, more than there is room for; load with a larger "
				      "--max-coefficients",
				      w->model.states.count);
	return workload__fail(error, err, "cannot make the namespace: %s", strerror(-err));
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
	w->spec.agent = w->agent;
	err = check_spec(w, error) ?: outputs_open(w, error);
	if (err)
		return err;
	err = namespace__create(&w->tsem, &w->spec, &id);
	if (err) {
		workload__drop(w);
		return create_error(w, err, error);
	}
	if (namespace__read(&w->tsem, id, &w->ns))
		err = workload__fail(error, -ENOENT, "the namespace has gone");
	err = err ?: workload__use_version(w, error);
	if (!err) {
		err = journal__collect(&w->tsem, id, &w->journal);
		if (err)
			workload__fail(error, err, "cannot collect events in " JOURNAL_DIRECTORY ": %s",
				       strerror(-err));
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
	return workload__fail(error, err, "cannot collect events in " JOURNAL_DIRECTORY ": %s", strerror(-err));
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

int workload__finish(struct workload *w)
{
	int err = workload__step(w, 0);

	if (err)
		return err;
	agent__settle(w);
	return namespace__read(&w->tsem, w->ns.id, &w->ns);
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
