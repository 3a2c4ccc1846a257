// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf run: a workload in its own namespace.
 *
 * The child waits on a pipe, without the control capability, until the parent has put it into the namespace by its
 * pidfd; its first action there is the exec. The parent collects the ring until the last task of the namespace has
 * ended, writes the requested files, and removes the namespace. If the parent is killed, the guardian (guardian.h) does
 * the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
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
#include "guardian.h"
#include "stream.h"
#include "workload.h"

#define POLL_MS 50
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

struct run {
	struct workload workload;
	struct guardian guardian;
	bool quiet, keep, strict, audit;
	char **command;
	pid_t child;
};

/* Options that can only be parsed after other options. */
struct words {
	const char **pseudonyms;
	size_t pseudonym_count;
	struct patterns patterns;
	const char *model, *base;
};

static volatile sig_atomic_t ending;
/* The command's pid, or -1 after it was waited for: then the pid may belong to another process. */
static volatile int forward_to = -1;

/* Signals that are passed on. The first ones also end the wait for tasks that the command left running. */
static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };
#define ENDING 4
#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	for (size_t i = 0; i < ENDING; i++)
		ending |= forwarded[i] == number;
	/* The command is in our process group: the terminal has sent it the signal, too. */
	if (info->si_code == SI_KERNEL)
		return;
	if (forward_to >= 0)
		syscall(SYS_pidfd_send_signal, forward_to, number, NULL, 0);
}

/* An ignored signal stays ignored, also in the command: nohup(1). */
static void catch_signals(void)
{
	struct sigaction on = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART }, old;

	for (size_t i = 0; i < FORWARDED; i++) {
		if (!sigaction(forwarded[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(forwarded[i], &on, NULL);
	}
}

/* In the child, before its exec. */
static void release_signals(void)
{
	struct sigaction old;

	for (size_t i = 0; i < FORWARDED; i++) {
		if (!sigaction(forwarded[i], NULL, &old) && old.sa_handler != SIG_IGN)
			signal(forwarded[i], SIG_DFL);
	}
}

static int read_model(struct workload *w, const char *path)
{
	struct workload_error error;

	return workload__model(w, path, &error) ? cmd__fail(EXIT_FAILED, "run: -m %s", error.text) : 0;
}

/* A value of the size of the namespace's digest. */
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

/* Adds a pseudonym: a path digest, or an absolute path, whose path digest is H(u32 length || pathname). */
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

/* The keys of options that are settings of the namespace, by their letters. */
static const struct {
	int letter;
	const char *key;
} setting_options[] = {
	{ 'd', "digest" },   { 'c', "content" }, { 'r', "nsref" },     { 'C', "cache" },        { 't', "model" },
	{ 'E', "encoding" }, { 'y', "scope" },   { 'i', "instances" }, { 'v', "on_violation" },
};

static const char *setting_key(int letter)
{
	for (size_t i = 0; i < sizeof(setting_options) / sizeof(setting_options[0]); i++) {
		if (setting_options[i].letter == letter)
			return setting_options[i].key;
	}
	return NULL;
}

static int set_name(struct workload *w, const char *name)
{
	if (!workload__name_ok(name))
		return cmd__fail(EXIT_USAGE,
				 "run: -n: '%s' is no name: give 1 to %d of A-Z a-z 0-9 . _ + -, not only digits, nor "
				 "'root' or ns and a number",
				 name, TSEM_NAME_SIZE - 1);
	w->spec.name = name;
	w->named = true;
	return 0;
}

static int set_action(struct workload *w, const char *text)
{
	struct control_error error;

	if (!control__namespace_action(&w->spec.settings, text, &error))
		return 0;
	return cmd__fail(EXIT_USAGE, "run: --action: %s", error.text);
}

static int add_pattern(struct words *words, const char *option, const char *text, bool any)
{
	struct tsem_pattern pattern;
	const char *why = pattern__parse(text, strlen(text), any, &pattern);
	int err;

	if (why)
		return cmd__fail(EXIT_USAGE, "run: --%s: '%s' %s", option, text, why);
	err = patterns__add(&words->patterns, &pattern);
	if (err == -E2BIG)
		return cmd__fail(EXIT_USAGE, "run: --%s: '%s' is one pattern too many: a namespace has %d", option,
				 text, TSEM_PATTERNS_MAX);
	return err ? cmd__fail(EXIT_FAILED, "run: no memory") : 0;
}

/* Takes other options with a value. 0, or the exit code after a message. */
static int take_value(struct run *run, struct words *words, int option, char **argv)
{
	struct workload *w = &run->workload;

	switch (option) {
	case 'n':
		return set_name(w, optarg);
	case 'A':
		return set_action(w, optarg);
	case 'P':
		return add_pattern(words, "pattern", optarg, false);
	case 'Y':
		return add_pattern(words, "pattern-any", optarg, true);
	case 'J':
		return cmd__mebibytes("run", "--journal", optarg, &w->journal_limit);
	case 'X':
		return cmd__max_expanded("run", optarg);
	default:
		return cmd__bad_option(argv, option);
	}
}

static int take_option(struct run *run, struct words *words, int option, char **argv)
{
	struct workload *w = &run->workload;
	const char *key = setting_key(option);

	if (key)
		return namespace_option(w, key, optarg);
	switch (option) {
	case 'm':
		words->model = optarg;
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
	case 'u':
		run->audit = true;
		break;
	case 'b':
		words->base = optarg;
		break;
	case 'p':
		words->pseudonyms[words->pseudonym_count++] = optarg;
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
	case 'B':
		w->bare = true;
		break;
	case 'k':
		run->keep = true;
		break;
	case 'x':
		run->strict = true;
		break;
	case 'q':
		run->quiet = true;
		break;
	default:
		return take_value(run, words, option, argv);
	}
	return 0;
}

/* Do the options fit together? */
static int check_options(struct run *run, const struct words *words)
{
	struct workload *w = &run->workload;

	if (!*run->command)
		return cmd__fail(EXIT_USAGE, "run: the command is missing; write it after --");
	if (w->trust_anchor && !words->model)
		return cmd__fail(EXIT_USAGE, "run: --trust-anchor goes with a model: give -m");
	if (w->signature && !w->trust_anchor)
		return cmd__fail(EXIT_USAGE, "run: --signature needs --trust-anchor, which says who may sign");
	if (w->bare && !w->output)
		return cmd__fail(EXIT_USAGE, "run: --bare goes with a model that is written: give -o");
	if (!run->audit)
		return 0;
	if (w->spec.mode == TSEM_MODE_ENFORCING)
		return cmd__fail(EXIT_USAGE, "run: --audit denies nothing, --enforce does; give one of them");
	if (w->spec.settings.named & CONTROL_NAMED_ACTION)
		return cmd__fail(
			EXIT_USAGE,
			"run: --audit is the action log for every event; leave out --on-violation and --action");
	w->spec.mode = TSEM_MODE_SEALED;
	w->spec.settings.on_violation = TSEM_ACTION_LOG;
	return 0;
}

/* Options that depend on the settings, which depend on the model. */
static int apply_words(struct workload *w, const struct words *words)
{
	int err = words->model ? read_model(w, words->model) : 0;

	if (!err && words->base) {
		err = hex_option(w, "--base", words->base, w->base);
		w->spec.base = w->base;
	}
	for (size_t i = 0; i < words->pseudonym_count && !err; i++)
		err = add_pseudonym(w, words->pseudonyms[i]);
	for (size_t i = 0; i < words->patterns.count && !err; i++) {
		err = workload__pattern(w, &words->patterns.pattern[i]);
		if (err)
			err = cmd__fail(EXIT_FAILED, "run: --pattern: %s",
					err == -E2BIG ? "the model and the options have more than 64 patterns"
						      : strerror(-err));
	}
	return err;
}

static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "digest", required_argument, NULL, 'd' },
		{ "content", required_argument, NULL, 'c' },
		{ "nsref", required_argument, NULL, 'r' },
		{ "cache", required_argument, NULL, 'C' },
		{ "encoding", required_argument, NULL, 'E' },
		{ "model-type", required_argument, NULL, 't' },
		{ "scope", required_argument, NULL, 'y' },
		{ "instances", required_argument, NULL, 'i' },
		{ "on-violation", required_argument, NULL, 'v' },
		{ "action", required_argument, NULL, 'A' },
		{ "pattern", required_argument, NULL, 'P' },
		{ "pattern-any", required_argument, NULL, 'Y' },
		{ "model", required_argument, NULL, 'm' },
		{ "trust-anchor", required_argument, NULL, 'a' },
		{ "signature", required_argument, NULL, 'S' },
		{ "seal", no_argument, NULL, 's' },
		{ "enforce", no_argument, NULL, 'e' },
		{ "audit", no_argument, NULL, 'u' },
		{ "strict", no_argument, NULL, 'x' },
		{ "base", required_argument, NULL, 'b' },
		{ "pseudonym", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{ "bare", no_argument, NULL, 'B' },
		{ "trajectory", required_argument, NULL, 'T' },
		{ "forensics", required_argument, NULL, 'F' },
		{ "journal", required_argument, NULL, 'J' },
		{ "max-expanded", required_argument, NULL, 'X' },
		{ "keep", no_argument, NULL, 'k' },
		{ "quiet", no_argument, NULL, 'q' },
		{},
	};
	struct words words = { .pseudonyms = calloc(argc, sizeof(*words.pseudonyms)) };
	int option, err = words.pseudonyms ? 0 : cmd__fail(EXIT_FAILED, "run: no memory");

	while (!err && (option = cmd__option(argc, argv, "+:n:m:o:q", options)) != -1)
		err = take_option(run, &words, option, argv);
	run->command = argv + optind;
	err = err ?: check_options(run, &words) ?: apply_words(&run->workload, &words);
	free(words.pseudonyms);
	free(words.patterns.pattern);
	return err;
}

/*
 * In the child: drops the capability, reports that, waits for the parent, then executes the workload. Does not return.
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

/* Starts the workload. 0; or an exit code after a message. *report gets the error of a failed exec. */
static int start(struct run *run, int *report)
{
	int go[2], back[2], err = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return cmd__fail(EXIT_FAILED, "run: cannot make a pipe: %s", strerror(errno));
	run->child = fork();
	if (run->child < 0)
		return cmd__fail(EXIT_FAILED, "run: cannot fork: %s", strerror(errno));
	if (!run->child) {
		release_signals();
		close(go[1]);
		child_main(run, go[0], back[1]);
	}
	forward_to = syscall(SYS_pidfd_open, run->child, 0);
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
	return cmd__fail(EXIT_FAILED, "run: cannot put the command into the namespace: %s", workload__join_error(err));
}

/*
 * Waits for children that have ended. Not all of them are ours: a task of the workload may make us the parent of others
 * (CLONE_PARENT, with any signal or none), and if we are a subreaper we get the children of dead tasks. Each counts as
 * a live task of the namespace until it was waited for. True: the command has ended.
 */
static bool reap(struct run *run, bool ended, int *status)
{
	pid_t pid;
	int now;

	while ((pid = waitpid(-1, &now, WNOHANG | __WALL)) > 0) {
		if (pid == run->guardian.pid) {
			cmd__fail(0, "run: the guardian of the namespace was killed; if this process is killed too, a "
				     "learning namespace is not sealed");
			run->guardian.pid = 0;
		} else if (pid == run->child && !ended) {
			*status = now;
			ended = true;
			ending = 0;
		}
	}
	return ended;
}

/* Collects until the last task has ended, or until a signal asks to stop after the command itself has ended. */
static int collect(struct run *run, int *status)
{
	struct workload *w = &run->workload;
	bool ended = false, complained = false;

	do {
		ended = reap(run, ended, status);
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

static void print_summary(const struct run *run, const struct workload_summary *summary, bool succeeded)
{
	const struct tsem_namespace *ns = &run->workload.ns;

	fprintf(stderr,
		"tsem-bpf: %s: %" PRIu64 " events, %zu coefficients, %" PRIu64 " outside of the model, %" PRIu64
		" denied%s\n",
		ns->name, summary->events, summary->coefficients, ns->forensics, ns->denied,
		succeeded && ns->denied ? " although the command ended with 0" : "");
	if (summary->missing)
		fprintf(stderr, "tsem-bpf: %s: %zu coefficients have no description; a larger --cache keeps them\n",
			ns->name, summary->missing);
	if (summary->dropped)
		fprintf(stderr,
			"tsem-bpf: %s: %" PRIu64
			" descriptions had no room in the journal; a larger --journal keeps them\n",
			ns->name, summary->dropped);
	for (u32 i = 0; i < TSEM_LOSS_END; i++) {
		if (ns->lost[i] && i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG)
			fprintf(stderr, "tsem-bpf: %s: lost %s: %" PRIu64 " (see tsem-bpf(8), LOSSES)\n", ns->name,
				cmd__loss(i), ns->lost[i]);
	}
}

static bool succeeded(int status)
{
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static int write_outputs(struct run *run, int status)
{
	struct workload_summary summary;
	struct workload_error error;
	int err = workload__write(&run->workload, &summary, &error);

	if (err)
		cmd__fail(EXIT_FAILED, "run: %s", error.text);
	if (!run->quiet && (!err || summary.coefficients))
		print_summary(run, &summary, succeeded(status));
	return err ? EXIT_FAILED : 0;
}

/* The exit code for the result of the command. */
static int verdict(struct run *run, int status, int report)
{
	int failed = 0;

	if (read(report, &failed, sizeof(failed)) == sizeof(failed) && !(run->workload.ns.denied && failed == -EPERM))
		cmd__fail(0, "run: cannot execute '%s': %s", run->command[0], strerror(-failed));
	if (succeeded(status))
		return run->strict && run->workload.ns.denied ? EXIT_DENIED : EXIT_DONE;
	if (run->workload.ns.denied)
		return EXIT_DENIED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Makes the namespace and its guardian. 0, or the exit code after a message. */
static int create(struct run *run)
{
	struct workload *w = &run->workload;
	struct workload_error error;
	int err = workload__create(w, &error);
	/* If the kernel lacks something, the text names the option. */
	bool lacks = err == -ENOTSUP || err == -ENODATA;

	if (err)
		return cmd__fail(lacks ? EXIT_KERNEL : EXIT_FAILED, "run: %s%s%s", lacks ? "--" : "", error.text,
				 err == -ENODATA ? "; add --content sha256" : "");
	err = guardian__start(&run->guardian, w, "run", run->keep);
	if (!err)
		return 0;
	workload__delete(w, false);
	return cmd__fail(EXIT_FAILED, "run: cannot start the guardian of the namespace: %s", strerror(-err));
}

/* Removes the namespace, or leaves it to the guardian if it has live tasks. */
static void finish(struct run *run)
{
	struct workload *w = &run->workload;
	u32 id = w->ns.id;
	bool learning;

	if (workload__delete(w, run->keep) != -EBUSY &&
	    (!run->keep || namespace__read(&w->tsem, id, &w->ns) || !w->ns.live_tasks)) {
		guardian__dismiss(&run->guardian);
		return;
	}
	learning = w->ns.mode == TSEM_MODE_FREE;
	cmd__fail(0, "run: namespace %u goes on%s: it has live tasks; %s", id, learning ? ", sealed" : "",
		  run->keep ? "it is kept when they have ended" : "it is removed when they have ended");
	guardian__take_over(&run->guardian, run->keep);
}

int cmd_run(int argc, char **argv)
{
	struct run run = {};
	struct workload *w = &run.workload;
	int status = 0, report = -1, code;

	workload__init(w);
	code = parse(&run, argc, argv) ?: cmd__need_control("run") ?: cmd__open(&w->tsem) ?: create(&run);
	if (code)
		goto out;
	catch_signals();
	code = start(&run, &report) ?: collect(&run, &status);
	if (!code) {
		code = verdict(&run, status, report);
		if (write_outputs(&run, status)) {
			cmd__fail(0,
				  "run: namespace %u is kept; see 'tsem-bpf show -n %u', then 'tsem-bpf delete -n %u'",
				  w->ns.id, w->ns.id, w->ns.id);
			run.keep = true;
			code = EXIT_FAILED;
		}
	}
	finish(&run);
out:
	workload__free(w);
	return code;
}
