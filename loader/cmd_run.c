// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf run: a workload in a namespace of its own.
 *
 * The child waits on a pipe, without the control capability, until the parent has put it into the namespace by its
 * pidfd; the first thing that it does there is the exec. The parent collects the ring until the last task of the
 * namespace has gone, writes what was asked for, and removes the namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "journal.h"
#include "model.h"
#include "namespace.h"
#include "stream.h"
#include "tpm.h"
#include "tsem.h"

#define POLL_MS 50
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

struct run {
	struct namespace_spec spec;
	struct model model; /* of -m, with the pseudonyms of the command line */
	u8 base[TSEM_DIGEST_SIZE];
	const char *model_in, *model_out, *trajectory, *forensics;
	bool quiet, keep, has_cache;
	char **command;

	struct tsem tsem;
	struct tsem_namespace ns;
	struct journal *journal;
	pid_t child;
};

static volatile sig_atomic_t ending;
static volatile pid_t forward_to;

static void on_signal(int number)
{
	ending = 1;
	if (forward_to > 0 && number == SIGTERM)
		kill(forward_to, number);
}

static int read_model(struct run *run)
{
	struct model_error error;
	FILE *file = stream__read(run->model_in);
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "run: -m %s: %s", run->model_in, strerror(errno));
	err = model__read(file, &run->model, &error);
	fclose(file);
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "run: -m %s: line %zu: '%s' %s", run->model_in, error.line, error.word,
				 error.why);
	if (err)
		return cmd__fail(EXIT_FAILED, "run: -m %s: %s", run->model_in, strerror(-err));
	run->spec.model = &run->model;
	return 0;
}

static int hex_option(const char *option, const char *text, u8 *out)
{
	if (!digest__from_hex(text, strlen(text), out, TSEM_DIGEST_SIZE))
		return 0;
	return cmd__fail(EXIT_USAGE, "run: %s: '%.80s' is not a value of %d hexadecimal digits", option, text,
			 2 * TSEM_DIGEST_SIZE);
}

static int namespace_option(struct run *run, const char *key, const char *value)
{
	struct control_error error;

	if (!control__namespace_option(&run->spec.settings, key, value, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "run: %s", error.text);
}

static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "digest", required_argument, NULL, 'd' },
		{ "content", required_argument, NULL, 'c' },
		{ "nsref", required_argument, NULL, 'r' },
		{ "cache", required_argument, NULL, 'C' },
		{ "model-type", required_argument, NULL, 't' },
		{ "model", required_argument, NULL, 'm' },
		{ "seal", no_argument, NULL, 's' },
		{ "enforce", no_argument, NULL, 'e' },
		{ "base", required_argument, NULL, 'b' },
		{ "pseudonym", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{ "trajectory", required_argument, NULL, 'T' },
		{ "forensics", required_argument, NULL, 'F' },
		{ "keep", no_argument, NULL, 'k' },
		{ "quiet", no_argument, NULL, 'q' },
		{},
	};
	struct digests pseudonyms = {};
	u8 value[TSEM_DIGEST_SIZE];
	int option, err = 0;

	control__namespace_defaults(&run->spec.settings, CONTROL_INTERNAL);
	while (!err && (option = getopt_long(argc, argv, "+:n:m:o:q", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			if (!*optarg || strlen(optarg) >= TSEM_NAME_SIZE ||
			    strspn(optarg, "0123456789") == strlen(optarg))
				err = cmd__fail(EXIT_USAGE,
						"run: -n: '%s' is no name: give 1 to %d characters, not only digits",
						optarg, TSEM_NAME_SIZE - 1);
			run->spec.name = optarg;
			break;
		case 'd':
			err = namespace_option(run, "digest", optarg);
			break;
		case 'c':
			err = namespace_option(run, "content", optarg);
			break;
		case 'r':
			err = namespace_option(run, "nsref", optarg);
			break;
		case 'C':
			err = namespace_option(run, "cache", optarg);
			break;
		case 't':
			err = namespace_option(run, "model", optarg);
			break;
		case 'm':
			run->model_in = optarg;
			break;
		case 's':
			if (run->spec.mode < TSEM_MODE_SEALED)
				run->spec.mode = TSEM_MODE_SEALED;
			break;
		case 'e':
			run->spec.mode = TSEM_MODE_ENFORCING;
			break;
		case 'b':
			err = hex_option("--base", optarg, run->base);
			run->spec.base = run->base;
			break;
		case 'p':
			err = hex_option("--pseudonym", optarg, value);
			if (!err && digests__add(&pseudonyms, value))
				err = cmd__fail(EXIT_FAILED, "run: no memory");
			break;
		case 'o':
			run->model_out = optarg;
			break;
		case 'T':
			run->trajectory = optarg;
			break;
		case 'F':
			run->forensics = optarg;
			break;
		case 'k':
			run->keep = true;
			break;
		case 'q':
			run->quiet = true;
			break;
		default:
			err = cmd__bad_option(argv, option);
		}
	}
	run->command = argv + optind;
	if (!err && optind >= argc)
		err = cmd__fail(EXIT_USAGE, "run: the command is missing; write it behind --");
	if (!err && run->spec.settings.content != TSEM_DIGEST_SHA256)
		err = cmd__fail(
			EXIT_KERNEL,
			"run: --digest %s: this kernel can hash the content of files with sha256 only; add --content sha256",
			digest__name(run->spec.settings.digest));
	if (!err && run->model_in)
		err = read_model(run);
	for (size_t i = 0; i < pseudonyms.count && !err; i++) {
		if (digests__add(&run->model.pseudonyms, pseudonyms.digest[i]))
			err = cmd__fail(EXIT_FAILED, "run: no memory");
		run->spec.model = &run->model;
	}
	free(pseudonyms.digest);
	return err;
}

/*
 * In the child: drops the capability, says so, waits for the parent's word, then becomes the workload. Returns only by
 * _exit().
 */
static void child_main(struct run *run, int go, int report)
{
	int err = caps__drop_control();
	char byte;

	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILED);
	if (!err && read(go, &byte, 1) != 1)
		_exit(EXIT_FAILED);
	if (!err) {
		execvp(run->command[0], run->command);
		err = -errno;
	}
	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILED);
	_exit(err == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* Starts the workload. 0; or an exit code after a message. *report tells of an exec that failed. */
static int start(struct run *run, int *report)
{
	int go[2], back[2], pidfd, err;

	if (pipe2(go, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return cmd__fail(EXIT_FAILED, "run: cannot make a pipe: %s", strerror(errno));
	run->child = fork();
	if (run->child < 0)
		return cmd__fail(EXIT_FAILED, "run: cannot fork: %s", strerror(errno));
	if (!run->child) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		close(go[1]);
		child_main(run, go[0], back[1]);
	}
	forward_to = run->child;
	close(go[0]);
	close(back[1]);
	*report = back[0];
	pidfd = syscall(SYS_pidfd_open, run->child, 0);
	err = pidfd < 0 ? -errno : 0;
	if (!err && read(back[0], &err, sizeof(err)) != sizeof(err))
		err = -EPIPE;
	err = err ?: namespace__join(&run->tsem, &run->ns, pidfd);
	if (pidfd >= 0)
		close(pidfd);
	if (!err && write(go[1], "", 1) != 1)
		err = -EPIPE;
	close(go[1]);
	if (!err)
		return 0;
	waitpid(run->child, NULL, 0);
	return cmd__fail(EXIT_FAILED, "run: cannot put the command into the namespace: %s", strerror(-err));
}

/* Collects until the last task has gone, or until a signal asks to stop when the command itself has ended. */
static int collect(struct run *run, int *status)
{
	struct pollfd poll_ring = { .fd = journal__pollable(run->journal), .events = POLLIN };
	bool ended = false, complained = false;

	for (;;) {
		int n;

		poll(&poll_ring, 1, POLL_MS);
		n = journal__drain(run->journal);
		if (n < 0 && !complained) {
			cmd__fail(EXIT_FAILED, "run: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s",
				  strerror(-n));
			complained = true;
		}
		if (!ended && waitpid(run->child, status, WNOHANG) == run->child) {
			ended = true;
			forward_to = 0;
			ending = 0;
		}
		if (namespace__read(&run->tsem, run->ns.id, &run->ns))
			return cmd__fail(EXIT_FAILED, "run: the namespace has been removed under the workload");
		if (ended && (!run->ns.live_tasks || ending))
			break;
	}
	journal__drain(run->journal);
	return 0;
}

static int write_lines(const char *path, const struct tsem_namespace *ns, const struct namespace_coefficients *all,
		       const struct journal_view *view, bool valid)
{
	struct stream *stream = stream__create(path);
	int err;

	(void)ns;
	if (!stream)
		return cmd__fail(EXIT_FAILED, "run: %s: %s", path, strerror(errno));
	for (size_t i = 0; i < all->count; i++) {
		struct json_object *json;

		if (!view->description[i] || all->entry[i].info.valid != valid)
			continue;
		json = event__to_json(view->description[i], false);
		fprintf(stream__file(stream), "%s\n", event__line(json));
		json_object_put(json);
	}
	err = stream__commit(stream);
	return err ? cmd__fail(EXIT_FAILED, "run: %s: %s", path, strerror(-err)) : 0;
}

static int write_model(struct run *run, const struct namespace_coefficients *all)
{
	struct stream *stream;
	struct model model = {};
	int err = 0;

	model.has_aggregate = tpm__aggregate(TPM_PCRS, run->ns.digest, model.aggregate) > 0;
	model.has_base = run->ns.has_base;
	model.sealed = run->ns.mode != TSEM_MODE_FREE;
	memcpy(model.base, run->ns.base, TSEM_DIGEST_SIZE);
	err = namespace__pseudonyms(&run->tsem, run->ns.id, &model.pseudonyms);
	for (size_t i = 0; i < all->count && !err; i++) {
		if (all->entry[i].info.valid)
			err = digests__add(&model.states, all->entry[i].coefficient);
	}
	if (err) {
		model__free(&model);
		return cmd__fail(EXIT_FAILED, "run: cannot read the model: %s", strerror(-err));
	}
	stream = stream__create(run->model_out);
	if (!stream) {
		err = -errno;
	} else {
		model__write(stream__file(stream), &model);
		err = stream__commit(stream);
	}
	model__free(&model);
	return err ? cmd__fail(EXIT_FAILED, "run: -o %s: %s", run->model_out, strerror(-err)) : 0;
}

static void summary(struct run *run, const struct namespace_coefficients *all, const struct journal_view *view)
{
	const struct tsem_namespace *ns = &run->ns;
	u64 events = 0;

	for (size_t i = 0; i < all->count; i++)
		events += all->entry[i].info.count;
	fprintf(stderr,
		"tsem-bpf: %s: %" PRIu64 " events, %zu coefficients, %" PRIu64 " outside of the model, %" PRIu64
		" denied\n",
		ns->name, events, all->count, ns->forensics, ns->denied);
	if (view->missing)
		fprintf(stderr, "tsem-bpf: %s: %zu coefficients have no description; a larger --cache keeps them\n",
			ns->name, view->missing);
	for (u32 i = 0; i < TSEM_LOSS_END; i++) {
		if (ns->lost[i] && i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG)
			fprintf(stderr, "tsem-bpf: %s: lost %s: %" PRIu64 " (see tsem-bpf(8), LOSSES)\n", ns->name,
				cmd__loss(i), ns->lost[i]);
	}
}

static int write_outputs(struct run *run)
{
	struct namespace_coefficients all;
	struct journal_view view;
	int err = namespace__coefficients(&run->tsem, run->ns.id, &all);

	if (err)
		return cmd__fail(EXIT_FAILED, "run: cannot read the coefficients: %s", strerror(-err));
	/* The ring is empty and nobody else may drain it: the view reads the file only. */
	err = journal__view(&run->tsem, &run->ns, &all, &view);
	if (err) {
		free(all.entry);
		return cmd__fail(EXIT_FAILED, "run: cannot read the descriptions: %s", strerror(-err));
	}
	if (run->trajectory)
		err = write_lines(run->trajectory, &run->ns, &all, &view, true);
	if (run->forensics)
		err = write_lines(run->forensics, &run->ns, &all, &view, false) ?: err;
	if (run->model_out)
		err = write_model(run, &all) ?: err;
	if (!run->quiet)
		summary(run, &all, &view);
	journal__free_view(&view);
	free(all.entry);
	return err;
}

static int create(struct run *run)
{
	u32 id;
	int err = namespace__create(&run->tsem, &run->spec, &id);

	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED, "run: -n %s: there is a namespace of this name; see 'tsem-bpf list'",
				 run->spec.name);
	if (err == -ENOSPC)
		return cmd__fail(EXIT_FAILED,
				 "run: no more namespaces; load with a larger --max-namespaces, or delete one");
	if (err == -E2BIG)
		return cmd__fail(EXIT_FAILED,
				 "run: the model has %zu coefficients, more than there is room for; load with a "
				 "larger --max-coefficients",
				 run->model.states.count);
	if (err)
		return cmd__fail(EXIT_FAILED, "run: cannot make the namespace: %s", strerror(-err));
	return namespace__read(&run->tsem, id, &run->ns) ? cmd__fail(EXIT_FAILED, "run: the namespace has gone") : 0;
}

/* The exit code for what became of the command. */
static int verdict(struct run *run, int status, int report)
{
	int failed = 0;

	if (read(report, &failed, sizeof(failed)) == sizeof(failed) && !(run->ns.denied && failed == -EPERM))
		cmd__fail(0, "run: cannot execute '%s': %s", run->command[0], strerror(-failed));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return EXIT_DONE;
	if (run->ns.denied)
		return EXIT_DENIED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int cmd_run(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, on = { .sa_handler = on_signal };
	struct run run = {};
	int status = 0, report = -1, err, code;

	code = parse(&run, argc, argv) ?: cmd__need_control("run") ?: cmd__open(&run.tsem);
	if (code)
		goto out_model;
	code = create(&run);
	if (code)
		goto out_tsem;
	err = journal__collect(&run.tsem, run.ns.id, &run.journal);
	if (err) {
		code = cmd__fail(EXIT_FAILED, "run: cannot collect events in " JOURNAL_DIRECTORY ": %s",
				 strerror(-err));
		namespace__delete(&run.tsem, run.ns.id);
		goto out_tsem;
	}
	/* As a shell does: the terminal's signals are for the workload. */
	sigaction(SIGQUIT, &ignore, NULL);
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	code = start(&run, &report) ?: collect(&run, &status);
	if (!code) {
		code = verdict(&run, status, report);
		code = write_outputs(&run) ?: code;
	}
	journal__close(run.journal);
	if (!run.keep) {
		err = namespace__delete(&run.tsem, run.ns.id);
		if (err == -EBUSY)
			cmd__fail(
				0,
				"run: namespace %u goes on: it has live tasks; 'tsem-bpf delete -n %u' when they have gone",
				run.ns.id, run.ns.id);
	}
out_tsem:
	tsem__close(&run.tsem);
out_model:
	model__free(&run.model);
	return code;
}
