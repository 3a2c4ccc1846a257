// SPDX-License-Identifier: GPL-2.0
/* Tasks outside: signals, memory, limits. */
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include "attack.h"

/* Signals that somebody sends. */
enum { KILL, GROUP, THREAD, QUEUE, THREAD_QUEUE, PIDFD, DIRECTORY };

static int signals(const struct attempt *a)
{
	siginfo_t info = { .si_code = SI_QUEUE };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", scene.victim);
	switch (a->number) {
	case KILL:
		TRY(kill(scene.victim, SIGKILL));
		break;
	case GROUP:
		TRY(kill(-scene.victim, SIGKILL));
		break;
	case THREAD:
		TRY(syscall(SYS_tgkill, scene.victim, scene.victim, SIGKILL));
		break;
	case QUEUE:
		TRY(syscall(SYS_rt_sigqueueinfo, scene.victim, SIGTERM, &info));
		break;
	case THREAD_QUEUE:
		TRY(syscall(SYS_rt_tgsigqueueinfo, scene.victim, scene.victim, SIGTERM, &info));
		break;
	case PIDFD:
		TRY(syscall(SYS_pidfd_send_signal, TRY(syscall(SYS_pidfd_open, scene.victim, 0)), SIGTERM, NULL, 0));
		break;
	case DIRECTORY:
		TRY(syscall(SYS_pidfd_send_signal, TRY(open(path, O_RDONLY | O_DIRECTORY)), SIGTERM, NULL, 0));
	}
	return 0;
}

static int kill_call32(const struct attempt *a)
{
	(void)a;
	TRY(call32(37, scene.victim, SIGKILL, 0, 0));
	return 0;
}

static int call32_prepare(const struct attempt *a)
{
	(void)a;
	return has_call32() ? 0 : UNSUPPORTED;
}

/* Signals that the kernel sends, for the owner of a file. */
static int own(int fd, pid_t pid)
{
	TRY(fcntl(fd, F_SETOWN, pid));
	TRY(fcntl(fd, F_SETSIG, SIGKILL));
	return 0;
}

static int async(int fd)
{
	TRY(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	return 0;
}

static int sigio_pipe(const struct attempt *a)
{
	int ends[2];

	TRY(pipe2(ends, 0));
	TRY_ZERO(own(ends[0], a->number ? -scene.victim : scene.victim));
	TRY_ZERO(async(ends[0]));
	TRY(write(ends[1], "", 1));
	return 0;
}

static int sigio_extended(const struct attempt *a)
{
	struct f_owner_ex owner = { F_OWNER_TID, scene.victim };
	int ends[2];

	(void)a;
	TRY(pipe2(ends, 0));
	TRY(fcntl(ends[0], F_SETOWN_EX, &owner));
	TRY(fcntl(ends[0], F_SETSIG, SIGKILL));
	TRY_ZERO(async(ends[0]));
	TRY(write(ends[1], "", 1));
	return 0;
}

static int sigio_socket(const struct attempt *a)
{
	pid_t victim = scene.victim;
	int ends[2];

	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	TRY(ioctl(ends[0], a->number, &victim));
	TRY_ZERO(async(ends[0]));
	TRY(write(ends[1], "", 1));
	return 0;
}

/* Urgent data of TCP sends SIGURG, which the signal that was set replaces. */
static int sigurg(const struct attempt *a)
{
	struct sockaddr_in address = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, {} };
	int l = TRY(socket(AF_INET, SOCK_STREAM, 0)), c = TRY(socket(AF_INET, SOCK_STREAM, 0)), s;
	socklen_t size = sizeof(address);

	(void)a;
	TRY(bind(l, (void *)&address, sizeof(address)));
	TRY(listen(l, 1));
	TRY(getsockname(l, (void *)&address, &size));
	TRY(connect(c, (void *)&address, sizeof(address)));
	s = TRY(accept(l, NULL, NULL));
	TRY_ZERO(own(s, scene.victim));
	TRY_ZERO(async(s));
	TRY(send(c, "x", 1, MSG_OOB));
	return 0;
}

static int dnotify(const struct attempt *a)
{
	int d = TRY(open(".", O_RDONLY | O_DIRECTORY));

	(void)a;
	TRY_ZERO(own(d, scene.victim));
	TRY(fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	return put("new", "");
}

static int lease(const struct attempt *a)
{
	int fd;

	TRY_ZERO(files_prepare(a));
	fd = TRY(open("secret", O_RDONLY));
	TRY(fcntl(fd, F_SETLEASE, F_RDLCK));
	TRY_ZERO(own(fd, scene.victim));
	if (open("secret", O_WRONLY | O_NONBLOCK) >= 0)
		return 0;
	return errno == EWOULDBLOCK ? 0 : failed_at("open");
}

/* All files without an inode of their own share one. Somebody else names the owner of one of them all the time. */
static void owner_of_another(const struct attempt *a)
{
	int fd = inotify_init1(0);

	(void)a;
	for (int i = 0; i < 1000; i++) {
		fcntl(fd, F_SETOWN, getpid());
		nap(5);
	}
}

static int shared_prepare(const struct attempt *a)
{
	beside(owner_of_another, a);
	return 0;
}

static int sigio_shared(const struct attempt *a)
{
	int fd = TRY(inotify_init1(IN_NONBLOCK));

	(void)a;
	TRY(inotify_add_watch(fd, ".", IN_CREATE));
	TRY_ZERO(own(fd, scene.victim));
	TRY_ZERO(async(fd));
	nap(100);
	return put("new", "");
}

/* The other way round: one outside no longer gets its signals. */
static int inotify_outside = -1;
static volatile sig_atomic_t came;

static void on_signal(int number)
{
	(void)number;
	came = 1;
}

static int lose_prepare(const struct attempt *a)
{
	(void)a;
	signal(SIGUSR2, on_signal);
	inotify_outside = TRY(inotify_init1(IN_NONBLOCK));
	TRY(inotify_add_watch(inotify_outside, ".", IN_CREATE));
	TRY(fcntl(inotify_outside, F_SETOWN, getpid()));
	TRY(fcntl(inotify_outside, F_SETSIG, SIGUSR2));
	return async(inotify_outside);
}

static int lose_attack(const struct attempt *a)
{
	int fd = TRY(inotify_init1(IN_NONBLOCK));

	(void)a;
	TRY(fcntl(fd, F_SETOWN, getpid()));
	return 0;
}

static bool lost(const struct attempt *a)
{
	(void)a;
	came = 0;
	put("new", "");
	for (int i = 0; i < 10 && !came; i++)
		nap(20);
	close(inotify_outside);
	signal(SIGUSR2, SIG_DFL);
	return !came;
}

/* What a task outside is given, or loses. */
enum { LIMIT, CLASS, PROCESSOR, PRIORITY, IOPRIO };

static int starve(const struct attempt *a)
{
	struct rlimit limit = { 0, 0 };
	struct sched_param param = {};
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	switch (a->number) {
	case LIMIT:
		TRY(prlimit(scene.victim, RLIMIT_CORE, &limit, NULL));
		break;
	case CLASS:
		TRY(sched_setscheduler(scene.victim, SCHED_IDLE, &param));
		break;
	case PROCESSOR:
		TRY(sched_setaffinity(scene.victim, sizeof(cpus), &cpus));
		break;
	case PRIORITY:
		TRY(setpriority(PRIO_PROCESS, scene.victim, 19));
		break;
	case IOPRIO:
		TRY(syscall(SYS_ioprio_set, 1, scene.victim, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
	}
	return 0;
}

static int of_victim(const struct attempt *a, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", scene.victim, a->path);
	return open(path, flags);
}

static int victim_write(const struct attempt *a)
{
	return write_fd(TRY(of_victim(a, O_WRONLY)), a->text);
}

static int victim_read(const struct attempt *a)
{
	return tell_fd(TRY(of_victim(a, O_RDONLY)));
}

static int victim_memory_write(const struct attempt *a)
{
	TRY(pwrite(TRY(of_victim(a, O_RDWR)), "", 1, (uintptr_t)scene.secret));
	return 0;
}

static int victim_memory_read(const struct attempt *a)
{
	struct iovec here = { answer->text, sizeof(SECRET) }, there = { scene.secret, sizeof(SECRET) };

	(void)a;
	TRY(process_vm_readv(scene.victim, &here, 1, &there, 1, 0));
	return 0;
}

static int victim_vm_write(const struct attempt *a)
{
	struct iovec here = { "", 1 }, there = { scene.secret, 1 };

	(void)a;
	TRY(process_vm_writev(scene.victim, &here, 1, &there, 1, 0));
	return 0;
}

static int victim_trace(const struct attempt *a)
{
	TRY(ptrace(a->number, scene.victim, 0, 0));
	return 0;
}

static int victim_advise(const struct attempt *a)
{
	struct iovec there = { (void *)((uintptr_t)scene.secret & ~4095ul), 4096 };

	(void)a;
	TRY(syscall(SYS_process_madvise, TRY(syscall(SYS_pidfd_open, scene.victim, 0)), &there, 1, MADV_COLD, 0));
	return 0;
}

static int victim_compare(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_kcmp, getpid(), scene.victim, KCMP_VM, 0, 0));
	return 0;
}

static int victim_move_pages(const struct attempt *a)
{
	void *page = (void *)((uintptr_t)scene.secret & ~4095ul);
	int node = 0, status;

	(void)a;
	TRY(syscall(SYS_move_pages, scene.victim, 1, &page, &node, &status, 0));
	return 0;
}

static int victim_namespace(const struct attempt *a)
{
	TRY(setns(TRY(of_victim(a, O_RDONLY)), 0));
	return 0;
}

static int victim_pidfd_namespace(const struct attempt *a)
{
	(void)a;
	TRY(setns(TRY(syscall(SYS_pidfd_open, scene.victim, 0)), CLONE_NEWUTS | CLONE_NEWIPC));
	return 0;
}

static int count(pid_t pid, int cpu)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CONTEXT_SWITCHES };

	TRY(syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0));
	return 0;
}

static int victim_count(const struct attempt *a)
{
	(void)a;
	return count(scene.victim, -1);
}

static int cpu_count(const struct attempt *a)
{
	(void)a;
	return count(-1, 0);
}

static int freeze(const struct attempt *a)
{
	return write_fd(TRY(open(a->path, O_WRONLY)), "1");
}

#define FROZEN_GROUP "/sys/fs/cgroup/attack-frozen"

static int frozen_prepare(const struct attempt *a)
{
	char pid[16];

	(void)a;
	if (access("/sys/fs/cgroup/cgroup.procs", F_OK))
		return UNSUPPORTED;
	mkdir(FROZEN_GROUP, 0755);
	snprintf(pid, sizeof(pid), "%d", scene.victim);
	return put(FROZEN_GROUP "/cgroup.procs", pid);
}

static bool frozen(const struct attempt *a)
{
	(void)a;
	return holds(FROZEN_GROUP "/cgroup.freeze", "1");
}

static void frozen_restore(const struct attempt *a)
{
	(void)a;
	put(FROZEN_GROUP "/cgroup.freeze", "0");
	put(FROZEN_GROUP "/cgroup.kill", "1");
	for (int i = 0; i < 100 && rmdir(FROZEN_GROUP) && errno != ENOENT; i++)
		nap(20);
}

#define SIGNAL(name, how) { name, signals, .effect = victim_hit, .number = how }

const struct attempt task_attempts[] = {
	SIGNAL("kill", KILL),
	SIGNAL("kill-group", GROUP),
	SIGNAL("tgkill", THREAD),
	SIGNAL("sigqueue", QUEUE),
	SIGNAL("tgsigqueue", THREAD_QUEUE),
	SIGNAL("pidfd-signal", PIDFD),
	SIGNAL("proc-directory-signal", DIRECTORY),
	{ "kill-call32", kill_call32, NULL, call32_prepare, victim_hit },
	{ "sigio-pipe", sigio_pipe, .effect = victim_hit },
	{ "sigio-pipe-group", sigio_pipe, .effect = victim_hit, .number = 1 },
	{ "sigio-extended-owner", sigio_extended, .effect = victim_hit },
	{ "sigio-fiosetown", sigio_socket, .effect = victim_hit, .number = FIOSETOWN },
	{ "sigio-siocspgrp", sigio_socket, .effect = victim_hit, .number = SIOCSPGRP },
	{ "sigurg", sigurg, .effect = victim_hit },
	{ "dnotify", dnotify, .effect = victim_hit },
	{ "lease", lease, .effect = victim_hit },
	{ "sigio-shared-inode", sigio_shared, NULL, shared_prepare, victim_hit },
	{ "sigio-lost-outside", lose_attack, NULL, lose_prepare, lost },
	{ "starve-limit", starve, .number = LIMIT },
	{ "starve-class", starve, .number = CLASS },
	{ "starve-processor", starve, .number = PROCESSOR },
	{ "starve-priority", starve, .number = PRIORITY },
	{ "starve-ioprio", starve, .number = IOPRIO },
	{ "victim-oom-score", victim_write, .path = "oom_score_adj", .text = "900" },
	{ "victim-core-filter", victim_write, .path = "coredump_filter", .text = "0x1" },
	{ "victim-timer-slack", victim_write, .path = "timerslack_ns", .text = "60000" },
	{ "victim-clear-refs", victim_write, .path = "clear_refs", .text = "1" },
	{ "victim-environ", victim_read, .path = "environ" },
	{ "victim-maps", victim_read, .path = "maps" },
	{ "victim-descriptor", victim_read, .path = "fd/2" },
	{ "victim-root", victim_read, .path = "root/etc/passwd" },
	{ "victim-auxv", victim_read, .path = "auxv" },
	{ "victim-syscall", victim_read, .path = "syscall" },
	{ "victim-stack", victim_read, .path = "stack" },
	{ "victim-mem-write", victim_memory_write, .path = "mem" },
	{ "victim-vm-read", victim_memory_read, .effect = told_secret },
	{ "victim-vm-write", victim_vm_write },
	{ "victim-seize", victim_trace, .number = PTRACE_SEIZE },
	{ "victim-attach", victim_trace, .number = PTRACE_ATTACH },
	{ "victim-madvise", victim_advise },
	{ "victim-kcmp", victim_compare },
	{ "victim-move-pages", victim_move_pages },
	{ "victim-namespace", victim_namespace, .path = "ns/uts" },
	{ "victim-namespace-pidfd", victim_pidfd_namespace },
	{ "victim-count", victim_count },
	{ "cpu-count", cpu_count },
	{ "cgroup-freeze", freeze, NULL, frozen_prepare, frozen, frozen_restore,
	  .path = FROZEN_GROUP "/cgroup.freeze" },
	{},
};
