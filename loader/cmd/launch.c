// SPDX-License-Identifier: GPL-2.0
/* The life of a command in a namespace; launch.h has the order of the steps. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "caps.h"
#include "cmd.h"

#define POLL_MS 50
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* A signal asks to end: to stop waiting, now that the command has ended; or at any time. */
static volatile sig_atomic_t ending, interrupted;
/* The command's pid, or -1 after it was waited for: then the pid may belong to another process. */
static volatile int forward_to = -1;

/* Signals that are passed on. The first ones also end the wait for tasks that the command left running. */
static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };
#define ENDING 4
#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	for (size_t i = 0; i < ENDING; i++) {
		if (forwarded[i] == number)
			ending = interrupted = 1;
	}
	/* The command is in our process group: the terminal has sent it the signal, too. */
	if (info->si_code == SI_KERNEL)
		return;
	if (forward_to >= 0)
		syscall(SYS_pidfd_send_signal, forward_to, number, NULL, 0);
}

void launch__signals(void)
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

/*
 * In the child: drops the capability, reports that, waits for the parent, then executes the workload. Does not return.
 */
static void child_main(struct launch *launch, int go, int report)
{
	int err = caps__drop_control();
	char byte;

	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILED);
	if (!err && read(go, &byte, 1) != 1)
		_exit(EXIT_FAILED);
	if (!err) {
		execvp(launch->command[0], launch->command);
		err = -errno;
	}
	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_FAILED);
	_exit(err == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

int launch__start(struct launch *launch)
{
	int go[2], back[2], err = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return cmd__fail(EXIT_FAILED, "%s: cannot make a pipe: %s", launch->name, strerror(errno));
	launch->child = fork();
	if (launch->child < 0) {
		launch->child = 0;
		return cmd__fail(EXIT_FAILED, "%s: cannot fork: %s", launch->name, strerror(errno));
	}
	if (!launch->child) {
		release_signals();
		close(go[1]);
		child_main(launch, go[0], back[1]);
	}
	forward_to = syscall(SYS_pidfd_open, launch->child, 0);
	close(go[0]);
	close(back[1]);
	launch->report = back[0];
	launch->status = 0;
	launch->given_up = false;
	err = read(back[0], &err, sizeof(err)) == sizeof(err) ? err : -EPIPE;
	err = err ?: workload__join(&launch->workload, launch->child);
	if (!err && write(go[1], "", 1) != 1)
		err = -EPIPE;
	close(go[1]);
	if (!err)
		return 0;
	waitpid(launch->child, NULL, 0);
	return cmd__fail(EXIT_FAILED, "%s: cannot put the command into the namespace: %s", launch->name,
			 workload__join_error(err));
}

/*
 * Waits for children that have ended. Not all of them are ours: a task of the workload may make us the parent of others
 * (CLONE_PARENT, with any signal or none), and if we are a subreaper we get the children of dead tasks. Each counts as
 * a live task of the namespace until it was waited for. True: the command has ended.
 */
static bool reap(struct launch *launch, bool ended)
{
	pid_t pid;
	int now;

	while ((pid = waitpid(-1, &now, WNOHANG | __WALL)) > 0) {
		if (pid == launch->guardian.pid) {
			cmd__fail(0,
				  "%s: the guardian of the namespace was killed; if this process is killed too, a "
				  "learning namespace is not sealed",
				  launch->name);
			launch->guardian.pid = 0;
		} else if (pid == launch->driver) {
			launch->driver_status = now;
			launch->driver = 0;
		} else if (pid == launch->child && !ended) {
			launch->status = now;
			ended = true;
			ending = 0;
		}
	}
	return ended;
}

/* Says once that the agent does not answer any more, and what follows. */
static void tell_agent(struct launch *launch)
{
	const struct workload *w = &launch->workload;
	const char *after = w->ns.no_verdict == TSEM_NO_VERDICT_DENY ? "what it has not judged is denied"
								     : "what it has not judged is allowed";
	bool lives = !w->external || external__lives(w->external);

	if (lives == !launch->agent_lost)
		return;
	launch->agent_lost = !lives;
	if (lives)
		return;
	cmd__fail(0, "%s: %s: %s; %s; bring another by 'tsem-bpf attach -n %u'", launch->name, w->ns.name,
		  external__why(w->external), after, w->ns.id);
	openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
	syslog(LOG_WARNING, "%s: the agent of namespace %u (%s) is lost: %s; %s", launch->name, w->ns.id, w->ns.name,
	       external__why(w->external), after);
}

int launch__collect(struct launch *launch)
{
	struct workload *w = &launch->workload;
	bool ended = false, complained = false;

	do {
		ended = reap(launch, ended);
		if (workload__step(w, POLL_MS))
			return cmd__fail(EXIT_FAILED, "%s: the namespace has been removed under the workload",
					 launch->name);
		if (w->lost && !complained) {
			cmd__fail(EXIT_FAILED, "%s: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s",
				  launch->name, strerror(-w->lost));
			complained = true;
		}
		tell_agent(launch);
		if (launch->tick)
			launch->tick(launch, launch->data);
	} while (!ended || (w->ns.live_tasks && !ending && !launch->given_up));
	workload__finish(w);
	return 0;
}

void launch__give_up(struct launch *launch)
{
	launch->given_up = true;
	if (forward_to >= 0)
		syscall(SYS_pidfd_send_signal, forward_to, SIGTERM, NULL, 0);
}

int launch__create(struct launch *launch)
{
	struct workload *w = &launch->workload;
	struct workload_error error;
	int err = workload__create(w, &error);
	/* If the kernel lacks something, the text names the option. */
	bool lacks = err == -ENOTSUP || err == -ENODATA;

	if (err)
		return cmd__fail(lacks ? EXIT_KERNEL : EXIT_FAILED, "%s: %s%s%s", launch->name, lacks ? "--" : "",
				 error.text, err == -ENODATA ? "; add --content sha256" : "");
	err = guardian__start(&launch->guardian, w, launch->name, launch->keep);
	if (!err)
		return 0;
	workload__delete(w, false);
	return cmd__fail(EXIT_FAILED, "%s: cannot start the guardian of the namespace: %s", launch->name,
			 strerror(-err));
}

bool launch__interrupted(void)
{
	return interrupted;
}

bool launch__succeeded(const struct launch *launch)
{
	return WIFEXITED(launch->status) && !WEXITSTATUS(launch->status);
}

int launch__exec_error(struct launch *launch)
{
	int failed = 0;

	return read(launch->report, &failed, sizeof(failed)) == sizeof(failed) ? failed : 0;
}

/* The descriptors of a command that has ended. */
static void close_command(struct launch *launch)
{
	int fd = forward_to;

	forward_to = -1;
	if (fd >= 0)
		close(fd);
	if (launch->child)
		close(launch->report);
	launch->child = 0;
}

void launch__finish(struct launch *launch)
{
	struct workload *w = &launch->workload;
	u32 id = w->ns.id;
	bool learning;

	close_command(launch);
	if (workload__delete(w, launch->keep) != -EBUSY &&
	    (!launch->keep || namespace__read(&w->tsem, id, &w->ns) || !w->ns.live_tasks)) {
		guardian__dismiss(&launch->guardian);
		return;
	}
	learning = w->ns.mode == TSEM_MODE_FREE && w->ns.agent != TSEM_AGENT_EXTERNAL;
	cmd__fail(0, "%s: namespace %u goes on%s: it has live tasks; %s", launch->name, id, learning ? ", sealed" : "",
		  launch->keep ? "it is kept when they have ended" : "it is removed when they have ended");
	guardian__take_over(&launch->guardian, launch->keep);
}
