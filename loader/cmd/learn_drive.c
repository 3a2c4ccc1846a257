// SPDX-License-Identifier: GPL-2.0
/*
 * learn --prepare and --drive: what the runs of a service need from outside of its namespace. Both are lines for the
 * shell. One makes everything fresh before each run; the other is the user of the service while it runs, and stops it.
 * If one of them fails, the run is no test, and learn ends.
 */
#include <errno.h>
#include <spawn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "learn.h"

/* Between two looks at a driver that goes on after the service has ended. */
#define POLL_US 50000

extern char **environ;

/* Starts a line for the shell, in the environment with TSEM_PID set to `task` unless that is 0. */
static int start(const char *option, const char *line, pid_t task, pid_t *pid)
{
	char *words[] = { "sh", "-c", (char *)line, NULL }, number[16];
	int err;

	snprintf(number, sizeof(number), "%d", task);
	if (task)
		setenv("TSEM_PID", number, 1);
	err = posix_spawn(pid, "/bin/sh", NULL, NULL, words, environ);
	unsetenv("TSEM_PID");
	return err ? cmd__fail(EXIT_FAILED, "learn: %s: cannot execute sh: %s", option, strerror(err)) : 0;
}

/* 0, or the exit code after a message. */
static int check(const struct learn *l, const char *option, int status)
{
	const char *output = l->launch.workload.output;

	if (launch__interrupted())
		return cmd__fail(EXIT_FAILED, "learn: interrupted in run %zu; %s is not written", l->runs + 1, output);
	if (WIFSIGNALED(status))
		return cmd__fail(EXIT_FAILED, "learn: run %zu: %s was ended by signal %d; %s is not written",
				 l->runs + 1, option, WTERMSIG(status), output);
	if (WEXITSTATUS(status))
		return cmd__fail(EXIT_FAILED, "learn: run %zu: %s ended with status %d; %s is not written", l->runs + 1,
				 option, WEXITSTATUS(status), output);
	return 0;
}

int learn__prepare(struct learn *l)
{
	int status = 0, err;
	pid_t pid;

	if (!l->prepare)
		return 0;
	err = start("--prepare", l->prepare, 0, &pid);
	if (err)
		return err;
	waitpid(pid, &status, 0);
	return check(l, "--prepare", status);
}

int learn__drive(struct learn *l)
{
	struct launch *launch = &l->launch;
	int err;

	launch->driver_status = 0;
	if (!l->drive)
		return 0;
	err = start("--drive", l->drive, launch->child, &launch->driver);
	if (err)
		launch__give_up(launch);
	return err;
}

void learn__drive_step(struct learn *l)
{
	struct launch *launch = &l->launch;

	if (!launch->driver && launch->driver_status && !launch->given_up)
		launch__give_up(launch);
}

void learn__drive_wait(struct learn *l)
{
	struct launch *launch = &l->launch;
	bool asked = false;

	while (launch->driver && waitpid(launch->driver, &launch->driver_status, WNOHANG) == 0) {
		if (launch__interrupted() && !asked)
			asked = !kill(launch->driver, SIGTERM);
		launch->tick(launch, launch->data);
		usleep(POLL_US);
	}
	launch->driver = 0;
}

int learn__driven(const struct learn *l)
{
	return check(l, "--drive", l->launch.driver_status);
}
