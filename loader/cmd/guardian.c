// SPDX-License-Identifier: GPL-2.0
/*
 * The guardian reads from a pipe whose other end only its collector has. One byte is an order. The end of the pipe
 * means that the collector has ended, for whatever reason. The guardian shares journal, ring and lock with the
 * collector since the fork. So the ring always has a reader, and nobody else becomes the collector in between.
 */
#include "guardian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "cmd.h"

#define POLL_MS 200

/* Orders. */
#define DISMISS 'd'
#define TAKE_OVER 't'
#define TAKE_OVER_AND_KEEP 'k'

/* Closes descriptors that our parent inherited, such as pipes. Our own descriptors all have close-on-exec. */
static void close_foreign(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name), flags = fcntl(fd, F_GETFD);

		if (fd > STDERR_FILENO && flags >= 0 && !(flags & FD_CLOEXEC))
			close(fd);
	}
	if (dir)
		closedir(dir);
}

/* Its own session: no signals from a terminal, no output, and the last process to be killed when memory is short. */
static void detach(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), score;

	setsid();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close_foreign();
	if (chdir("/"))
		return;
	score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (score >= 0) {
		if (write(score, "-900\n", 5) != 5)
			syslog(LOG_INFO, "guardian: cannot lower its oom_score_adj: %s", strerror(errno));
		close(score);
	}
}

/* Collects until the last task has ended. */
static void take_over(struct workload *w, const char *command, bool keep)
{
	bool learning;
	int err;

	if (namespace__read(&w->tsem, w->ns.id, &w->ns))
		w->ns.live_tasks = 0;
	/* A sealed external namespace would deny nothing: it goes on by its policy. */
	learning = w->ns.mode == TSEM_MODE_FREE && w->ns.agent != TSEM_AGENT_EXTERNAL;
	err = learning && w->ns.live_tasks ? tsem__control(&w->tsem, TSEM_CONTROL_SEAL, w->ns.id, NULL, NULL) : 0;
	if (err && err != -EALREADY)
		syslog(LOG_ERR, "%s: %s: cannot seal namespace %u: %s", command, w->ns.name, w->ns.id, strerror(-err));
	if (w->ns.live_tasks)
		syslog(LOG_WARNING, "%s: %s: its collector has ended; namespace %u goes on%s until its last task ends",
		       command, w->ns.name, w->ns.id, learning && !err ? ", sealed," : "");
	while (!workload__step(w, POLL_MS) && w->ns.live_tasks)
		;
	workload__finish(w);
	err = workload__delete(w, keep);
	if (err && err != -ENOENT)
		syslog(LOG_ERR, "%s: %s: cannot remove namespace %u: %s", command, w->ns.name, w->ns.id,
		       strerror(-err));
}

static void guardian_main(struct workload *w, int orders, const char *command, bool keep)
{
	char order = 0;
	ssize_t n;

	openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
	detach();
	/* The kernel has the model; a new external agent would need it. */
	if (!w->agent)
		model__free(&w->model);
	do
		n = read(orders, &order, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1 && order == DISMISS)
		_exit(EXIT_DONE);
	/* Outputs that the collector did not write are not written: they would be incomplete. */
	workload__drop(w);
	agent__leave(w);
	take_over(w, command, keep || (n == 1 && order == TAKE_OVER_AND_KEEP));
	_exit(EXIT_DONE);
}

int guardian__start(struct guardian *g, struct workload *w, const char *command, bool keep)
{
	int ends[2];

	g->pid = 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	g->pid = fork();
	if (g->pid < 0) {
		int err = -errno;

		g->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return err;
	}
	if (!g->pid) {
		close(ends[1]);
		guardian_main(w, ends[0], command, keep);
	}
	close(ends[0]);
	g->end = ends[1];
	return 0;
}

/* Gives an order. Does nothing if the guardian was killed. */
static void order(struct guardian *g, char word)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;

	sigaction(SIGPIPE, &ignore, &old);
	if (write(g->end, &word, 1) != 1)
		syslog(LOG_WARNING, "the guardian %d has gone", g->pid);
	sigaction(SIGPIPE, &old, NULL);
	close(g->end);
}

void guardian__dismiss(struct guardian *g)
{
	if (!g->pid)
		return;
	order(g, DISMISS);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	g->pid = 0;
}

void guardian__take_over(struct guardian *g, bool keep)
{
	if (!g->pid)
		return;
	order(g, keep ? TAKE_OVER_AND_KEEP : TAKE_OVER);
	g->pid = 0;
}
