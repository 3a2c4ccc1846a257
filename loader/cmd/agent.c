// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf agent: the collector of the root namespace. It keeps the records of the ring, and extends the register of
 * the TPM if the kernel cannot. Verdicts and the log do not need it; it continues where the last agent stopped.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "journal.h"
#include "namespace.h"
#include "root.h"
#include "tpm2.h"
#include "tsem.h"

#define POLL_MS 1000

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

/* Was tsem-bpf unloaded meanwhile? */
static bool gone(const struct stat *loaded)
{
	struct stat now;

	return stat(TSEM_PINS "/maps", &now) || now.st_ino != loaded->st_ino || now.st_dev != loaded->st_dev;
}

struct agent {
	struct tsem tsem;
	struct journal *journal;
	struct tpm2 *tpm;
	struct stat loaded;
	bool extends; /* this agent extends the TPM */
	bool foreign; /* we have said that somebody else extends it, too */
	int complained; /* the last error that we have said */
};

static void complain(struct agent *agent, int err, const char *what, const char *why)
{
	if (err != agent->complained)
		cmd__fail(0, "agent: %s: %s; it is tried again", what, why);
	agent->complained = err;
}

/* A command that failed may have been carried out, and its connection cannot be used any more. */
static void disconnect(struct agent *agent)
{
	tpm2__close(agent->tpm);
	agent->tpm = NULL;
}

/* 0, or an error that was printed. A TPM that cannot be opened may appear later: at boot the agent starts early. */
static int connect_tpm(struct agent *agent)
{
	int err = tpm2__open(NULL, &agent->tpm);

	if (err) {
		complain(agent, err, "cannot open the TPM", tpm2__error());
		return err;
	}
	err = root__catch_up(&agent->tsem, agent->tpm);
	if (err == -ENOENT) {
		if (!agent->foreign)
			cmd__fail(0,
				  "agent: the log does not explain the register's value: somebody else extends it too");
		agent->foreign = true;
		return 0;
	}
	if (err) {
		complain(agent, err, "cannot find the register's value in the log", strerror(-err));
		disconnect(agent);
	}
	return err;
}

/* Returns true if more entries wait. */
static bool extend(struct agent *agent)
{
	int err;

	if (agent->extends && !agent->tpm && connect_tpm(agent))
		return false;
	err = root__extend(&agent->tsem, agent->tpm);
	if (err < 0) {
		complain(agent, err, "the TPM cannot be told", agent->extends ? tpm2__error() : strerror(-err));
		disconnect(agent);
	} else {
		agent->complained = 0;
	}
	return err > 0;
}

static int collect(struct agent *agent)
{
	struct pollfd ring = { .fd = journal__pollable(agent->journal), .events = POLLIN };
	int err;

	while (!ending && !gone(&agent->loaded)) {
		err = journal__drain(agent->journal);
		if (err < 0)
			return cmd__fail(EXIT_FAILED, "agent: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s",
					 strerror(-err));
		poll(&ring, 1, extend(agent) ? 0 : POLL_MS);
	}
	return EXIT_DONE;
}

int cmd_agent(int argc, char **argv)
{
	static const struct option options[] = { { "journal", required_argument, NULL, 'J' }, {} };
	struct sigaction on = { .sa_handler = on_signal };
	struct agent agent = {};
	struct root_state state;
	u64 limit = 0;
	int option, err = 0;

	while (!err && (option = cmd__option(argc, argv, "+:", options)) != -1)
		err = option == 'J' ? cmd__mebibytes("agent", "--journal", optarg, &limit)
				    : cmd__bad_option(argv, option);
	if (err)
		return err;
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "agent: '%s' is one word too many", argv[optind]);
	err = cmd__need_control("agent") ?: cmd__open(&agent.tsem);
	if (err)
		return err;
	err = root__state(&agent.tsem, &state);
	if (err) {
		err = cmd__fail(EXIT_FAILED, "agent: cannot read the root namespace: %s", strerror(-err));
		goto out;
	}
	if (!state.on) {
		err = cmd__fail(EXIT_FAILED, "agent: the root namespace is not modeled; load with --root-model model");
		goto out;
	}
	err = journal__collect(&agent.tsem, 0, &agent.journal);
	if (err) {
		err = err == -EBUSY
			      ? cmd__fail(EXIT_FAILED, "agent: there is one already")
			      : cmd__fail(EXIT_FAILED, "agent: cannot collect events in " JOURNAL_DIRECTORY ": %s",
					  strerror(-err));
		goto out;
	}
	if (limit)
		journal__limit(agent.journal, limit);
	stat(TSEM_PINS "/maps", &agent.loaded);
	agent.extends = state.pcr != ROOT_NO_PCR && !tsem__patched();
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	err = collect(&agent);
out:
	tpm2__close(agent.tpm);
	journal__close(agent.journal);
	tsem__close(&agent.tsem);
	return err;
}
