// SPDX-License-Identifier: GPL-2.0
/*
 * The collector of a container: keeps the descriptions of its events until its last task has ended, then writes the
 * files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd.h"
#include "guardian.h"
#include "oci_hook.h"
#include "workload.h"

/* Writes the requested files. 0 or -errno. */
static int collector_write(struct workload *w)
{
	struct workload_summary summary;
	struct workload_error error;
	int err;

	if (w->lost)
		syslog(LOG_ERR, "oci-hook: %s: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s", w->ns.name,
		       strerror(-w->lost));
	err = workload__write(w, &summary, &error);
	if (err)
		syslog(LOG_ERR, "oci-hook: %s: %s", w->ns.name, error.text);
	if (summary.missing)
		syslog(LOG_WARNING,
		       "oci-hook: %s: %zu coefficients have no description; a larger " OCI_PREFIX "cache keeps them",
		       w->ns.name, summary.missing);
	if (summary.dropped)
		syslog(LOG_WARNING,
		       "oci-hook: %s: %llu descriptions had no room in the journal; a larger --journal keeps them",
		       w->ns.name, (unsigned long long)summary.dropped);
	if (w->ns.denied)
		syslog(LOG_NOTICE, "oci-hook: %s: %llu denied", w->ns.name, (unsigned long long)w->ns.denied);
	return err;
}

/* The collector: waits until the init has joined, then for the end of the last task. Does not return. */
static void collector_main(struct workload *w, int go)
{
	int null = open("/dev/null", O_RDWR), err;
	struct guardian guardian = {};
	char byte;

	/* The runtime waits until the hook's outputs are closed, and sends signals to its process group. */
	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	openlog("tsem-bpf", LOG_PID, LOG_DAEMON);
	err = null < 0 || chdir("/") ? -errno : guardian__start(&guardian, w, "oci-hook", false);
	if (err || write(go, "", 1) != 1 || read(go, &byte, 1) != 1) {
		workload__delete(w, false);
		guardian__dismiss(&guardian);
		_exit(EXIT_FAILED);
	}
	do {
		if (workload__step(w, OCI_POLL_MS)) {
			syslog(LOG_ERR, "oci-hook: %s: the namespace has been removed under the container", w->ns.name);
			workload__drop(w);
			guardian__dismiss(&guardian);
			_exit(EXIT_FAILED);
		}
	} while (w->ns.live_tasks);
	workload__finish(w);
	err = collector_write(w);
	workload__drop(w);
	workload__delete(w, false);
	guardian__dismiss(&guardian);
	_exit(err ? EXIT_FAILED : EXIT_DONE);
}

int oci__start(struct oci_hook *hook)
{
	struct workload *w = &hook->workload;
	pid_t collector;
	int go[2], err = 0;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go))
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot make a pair of sockets: %s", strerror(errno));
	collector = fork();
	if (collector < 0)
		return cmd__fail(EXIT_FAILED, "oci-hook: cannot fork: %s", strerror(errno));
	if (!collector) {
		close(go[1]);
		collector_main(w, go[0]);
	}
	close(go[0]);
	/* Collector and guardian must exist before the init does anything. */
	if (read(go[1], &byte, 1) != 1)
		err = -EPIPE;
	err = err ?: workload__join(w, hook->pid);
	if (!err && send(go[1], "", 1, MSG_NOSIGNAL) != 1)
		err = -EPIPE;
	close(go[1]);
	if (!err)
		return 0;
	/* The collector removes the namespace. */
	waitpid(collector, NULL, 0);
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED, "oci-hook: process %d of container %s is in a namespace already",
				 hook->pid, hook->id);
	return cmd__fail(EXIT_FAILED, "oci-hook: cannot put process %d of container %s into the namespace: %s",
			 hook->pid, hook->id, workload__join_error(err));
}
