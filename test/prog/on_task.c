// SPDX-License-Identifier: GPL-2.0
/*
 * on_task CALL PID: does something to another process that would kill, starve or take it over. Exits with errno. With
 * `traceme`, the process is the parent, whoever that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The signal comes from the kernel, when somebody writes to a pipe whose owner the process was made. */
static int sigio(pid_t pid)
{
	int pipe[2];

	if (pipe2(pipe, 0) || fcntl(pipe[0], F_SETFL, O_ASYNC) || fcntl(pipe[0], F_SETOWN, pid) ||
	    fcntl(pipe[0], F_SETSIG, SIGKILL))
		return -1;
	return write(pipe[1], "", 1) != 1;
}

static int on_task(const char *call, pid_t pid)
{
	struct rlimit limit = { 0, 0 };
	struct sched_param param = {};
	siginfo_t info = { .si_code = SI_QUEUE };
	cpu_set_t cpus;
	char byte;
	struct iovec here = { &byte, 1 }, there = { &limit, 1 };

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (!strcmp(call, "kill"))
		return kill(pid, SIGTERM);
	if (!strcmp(call, "kill0"))
		return kill(pid, 0);
	if (!strcmp(call, "killpg"))
		return kill(-pid, SIGTERM);
	if (!strcmp(call, "tgkill"))
		return syscall(SYS_tgkill, pid, pid, SIGTERM);
	if (!strcmp(call, "sigqueue"))
		return syscall(SYS_rt_sigqueueinfo, pid, SIGTERM, &info);
	if (!strcmp(call, "pidfd"))
		return syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), SIGTERM, NULL, 0);
	if (!strcmp(call, "getfd"))
		return syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 0, 0) < 0 ? -1 : 0;
	if (!strcmp(call, "sigio"))
		return sigio(pid);
	if (!strcmp(call, "rlimit"))
		return prlimit(pid, RLIMIT_CORE, &limit, NULL);
	if (!strcmp(call, "scheduler"))
		return sched_setscheduler(pid, SCHED_IDLE, &param);
	if (!strcmp(call, "affinity"))
		return sched_setaffinity(pid, sizeof(cpus), &cpus);
	if (!strcmp(call, "nice"))
		return setpriority(PRIO_PROCESS, pid, 19);
	if (!strcmp(call, "ioprio"))
		return syscall(SYS_ioprio_set, 1, pid, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	if (!strcmp(call, "attach"))
		return ptrace(PTRACE_SEIZE, pid, 0, 0);
	if (!strcmp(call, "traceme"))
		return ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (!strcmp(call, "read"))
		return process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 && errno == EPERM ? -1 : 0;
	exit(255);
}

int main(int argc, char **argv)
{
	return argc < 3 ? 255 : on_task(argv[1], atoi(argv[2])) ? errno : 0;
}
