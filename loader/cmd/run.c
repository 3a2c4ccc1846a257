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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "cmd.h"
#include "digest.h"
#include "workload.h"

#define POLL_MS 50
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

struct run {
	struct workload workload;
	bool quiet, keep;
	char **command;
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

static int read_model(struct workload *w, const char *path)
{
	struct workload_error error;

	return workload__model(w, path, &error) ? cmd__fail(EXIT_FAILED, "run: -m %s", error.text) : 0;
}

/* A value as wide as the namespace's digest. */
static int hex_option(struct workload *w, const char *option, const char *text, u8 *out)
{
	size_t size = digest__size(w->spec.settings.digest);

	if (!digest__from_hex(text, strlen(text), out, size))
		return 0;
	return cmd__fail(EXIT_USAGE, "run: %s: '%.130s' is not a value of %zu hexadecimal digits, as %s gives them",
			 option, text, 2 * size, digest__name(w->spec.settings.digest));
}

static int namespace_option(struct workload *w, const char *key, const char *value)
{
	struct control_error error;

	if (!control__namespace_option(&w->spec.settings, key, value, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "run: %s", error.text);
}

/* Adds a pseudonym: a path digest, or the absolute path that it is taken of, H(u32 length || pathname). */
static int add_pseudonym(struct workload *w, const char *word)
{
	u8 value[TSEM_DIGEST_MAX] = {}, text[4 + TSEM_PATH_MAX];
	u32 size = strlen(word);
	int err;

	if (word[0] != '/') {
		err = hex_option(w, "--pseudonym", word, value);
		if (err)
			return err;
	} else {
		if (size >= TSEM_PATH_MAX)
			return cmd__fail(EXIT_USAGE, "run: --pseudonym: '%.80s...' is longer than a path can be", word);
		memcpy(text, &size, 4);
		memcpy(text + 4, word, size);
		if (digest__hash(w->spec.settings.digest, text, 4 + size, value))
			return cmd__fail(EXIT_FAILED, "run: --pseudonym: libcrypto refuses the hash");
	}
	return workload__pseudonym(w, value) ? cmd__fail(EXIT_FAILED, "run: no memory") : 0;
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
		{ "trust-anchor", required_argument, NULL, 'a' },
		{ "signature", required_argument, NULL, 'S' },
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
	struct workload *w = &run->workload;
	const char **pseudonyms = calloc(argc, sizeof(*pseudonyms)), *model = NULL, *base = NULL;
	int option, count = 0, err = pseudonyms ? 0 : cmd__fail(EXIT_FAILED, "run: no memory");

	while (!err && (option = cmd__option(argc, argv, "+:n:m:o:q", options)) != -1) {
		switch (option) {
		case 'n':
			if (!workload__name_ok(optarg))
				err = cmd__fail(
					EXIT_USAGE,
					"run: -n: '%s' is no name: give 1 to %d of A-Z a-z 0-9 . _ + -, not only "
					"digits, nor 'root' or ns and a number",
					optarg, TSEM_NAME_SIZE - 1);
			w->spec.name = optarg;
			break;
		case 'd':
			err = namespace_option(w, "digest", optarg);
			break;
		case 'c':
			err = namespace_option(w, "content", optarg);
			break;
		case 'r':
			err = namespace_option(w, "nsref", optarg);
			break;
		case 'C':
			err = namespace_option(w, "cache", optarg);
			break;
		case 't':
			err = namespace_option(w, "model", optarg);
			break;
		case 'm':
			model = optarg;
			break;
		case 'a':
			w->trust_anchor = optarg;
			break;
		case 'S':
			w->signature = optarg;
			break;
		case 's':
			if (w->spec.mode < TSEM_MODE_SEALED)
				w->spec.mode = TSEM_MODE_SEALED;
			break;
		case 'e':
			w->spec.mode = TSEM_MODE_ENFORCING;
			break;
		case 'b':
			base = optarg;
			break;
		case 'p':
			pseudonyms[count++] = optarg;
			break;
		case 'o':
			w->output = optarg;
			break;
		case 'T':
			w->trajectory = optarg;
			break;
		case 'F':
			w->forensics = optarg;
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
	if (!err && w->trust_anchor && !model)
		err = cmd__fail(EXIT_USAGE, "run: --trust-anchor goes with a model: give -m");
	if (!err && w->signature && !w->trust_anchor)
		err = cmd__fail(EXIT_USAGE,
				"run: --signature: nobody is named who may have made it; give --trust-anchor");
	/* Behind the options, one of which names the hash. */
	if (!err && base) {
		err = hex_option(w, "--base", base, w->base);
		w->spec.base = w->base;
	}
	if (!err && model)
		err = read_model(w, model);
	/* A model file has its own, and its reading begins anew. */
	for (int i = 0; i < count && !err; i++)
		err = add_pseudonym(w, pseudonyms[i]);
	free(pseudonyms);
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
	int go[2], back[2], err = 0;

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
	err = read(back[0], &err, sizeof(err)) == sizeof(err) ? err : -EPIPE;
	err = err ?: workload__join(&run->workload, run->child);
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
	struct workload *w = &run->workload;
	bool ended = false, complained = false;

	do {
		if (!ended && waitpid(run->child, status, WNOHANG) == run->child) {
			ended = true;
			forward_to = 0;
			ending = 0;
		}
		if (workload__step(w, POLL_MS))
			return cmd__fail(EXIT_FAILED, "run: the namespace has been removed under the workload");
		if (w->lost && !complained) {
			cmd__fail(EXIT_FAILED, "run: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s",
				  strerror(-w->lost));
			complained = true;
		}
	} while (!ended || (w->ns.live_tasks && !ending));
	workload__step(w, 0);
	return 0;
}

static void print_summary(const struct tsem_namespace *ns, const struct workload_summary *summary)
{
	fprintf(stderr,
		"tsem-bpf: %s: %" PRIu64 " events, %zu coefficients, %" PRIu64 " outside of the model, %" PRIu64
		" denied\n",
		ns->name, summary->events, summary->coefficients, ns->forensics, ns->denied);
	if (summary->missing)
		fprintf(stderr, "tsem-bpf: %s: %zu coefficients have no description; a larger --cache keeps them\n",
			ns->name, summary->missing);
	for (u32 i = 0; i < TSEM_LOSS_END; i++) {
		if (ns->lost[i] && i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG)
			fprintf(stderr, "tsem-bpf: %s: lost %s: %" PRIu64 " (see tsem-bpf(8), LOSSES)\n", ns->name,
				cmd__loss(i), ns->lost[i]);
	}
}

static int write_outputs(struct run *run)
{
	struct workload_summary summary;
	struct workload_error error;
	int err = workload__write(&run->workload, &summary, &error);

	if (err)
		cmd__fail(EXIT_FAILED, "run: %s", error.text);
	if (!run->quiet && (!err || summary.coefficients))
		print_summary(&run->workload.ns, &summary);
	return err ? EXIT_FAILED : 0;
}

/* The exit code for what became of the command. */
static int verdict(struct run *run, int status, int report)
{
	int failed = 0;

	if (read(report, &failed, sizeof(failed)) == sizeof(failed) && !(run->workload.ns.denied && failed == -EPERM))
		cmd__fail(0, "run: cannot execute '%s': %s", run->command[0], strerror(-failed));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return EXIT_DONE;
	if (run->workload.ns.denied)
		return EXIT_DENIED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int cmd_run(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, on = { .sa_handler = on_signal };
	struct run run = {};
	struct workload *w = &run.workload;
	struct workload_error error;
	int status = 0, report = -1, code;

	workload__init(w);
	code = parse(&run, argc, argv) ?: cmd__need_control("run") ?: cmd__open(&w->tsem);
	if (code)
		goto out;
	code = workload__create(w, &error);
	if (code) {
		/* What the kernel lacks, the text says with the name of the option. */
		bool lacks = code == -ENOTSUP || code == -ENODATA;

		code = cmd__fail(lacks ? EXIT_KERNEL : EXIT_FAILED, "run: %s%s%s", lacks ? "--" : "", error.text,
				 code == -ENODATA ? "; add --content sha256" : "");
		goto out;
	}
	/* As a shell does: the terminal's signals are for the workload. */
	sigaction(SIGQUIT, &ignore, NULL);
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	code = start(&run, &report) ?: collect(&run, &status);
	if (!code) {
		code = verdict(&run, status, report);
		if (write_outputs(&run)) {
			cmd__fail(
				0,
				"run: namespace %u is kept with what it has; see 'tsem-bpf show -n %u', then 'tsem-bpf delete -n %u'",
				w->ns.id, w->ns.id, w->ns.id);
			run.keep = true;
			code = EXIT_FAILED;
		}
	}
	if (workload__delete(w, run.keep) == -EBUSY)
		cmd__fail(0,
			  "run: namespace %u goes on: it has live tasks; 'tsem-bpf delete -n %u' when they have gone",
			  w->ns.id, w->ns.id);
out:
	workload__free(w);
	return code;
}
