// SPDX-License-Identifier: GPL-2.0
/* Processes that might have left the namespace: each of them turns the knob, or opens what the model does not have. */
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../uring.h"
#include "attack.h"

/* What they do, with the knob or with the file. */
static int strike(const struct attempt *a)
{
	if (!a->number)
		return knob_write(TRY(open(KNOB, O_WRONLY)));
	return tell_fd(TRY(open(scene.attacking ? "secret" : "open", O_RDONLY)));
}

static int noted(const struct attempt *a)
{
	answer->error = strike(a);
	strcat(answer->text, ".");
	return answer->error;
}

static int waited(void)
{
	for (int i = 0; i < 200 && !*answer->text; i++)
		nap(10);
	return answer->error;
}

static int by_clone(const struct attempt *a, uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD };
	pid_t pid = TRY(syscall(SYS_clone3, &args, sizeof(args)));

	if (!pid) {
		noted(a);
		_exit(0);
	}
	return waited();
}

static int child(const struct attempt *a)
{
	return by_clone(a, 0);
}

static int sibling(const struct attempt *a)
{
	return by_clone(a, CLONE_PARENT);
}

static int child_of_pid_namespace(const struct attempt *a)
{
	return by_clone(a, CLONE_NEWPID);
}

static int child_of_namespaces(const struct attempt *a)
{
	return by_clone(a, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
}

static int daemon_of(const struct attempt *a)
{
	pid_t pid = spawn();

	if (!pid) {
		setsid();
		if (spawn())
			_exit(0);
		nap(100);
		noted(a);
		_exit(0);
	}
	ended(pid);
	return waited();
}

static int by_vfork(const struct attempt *a)
{
	pid_t pid = vfork();

	if (!pid) {
		noted(a);
		_exit(0);
	}
	TRY(pid);
	return waited();
}

static void *in_thread(void *a)
{
	noted(a);
	return NULL;
}

static int by_thread(const struct attempt *a)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, in_thread, (void *)a);
	TRY(errno ? -1 : 0);
	pthread_join(thread, NULL);
	return answer->error;
}

/* The thread stays when its process has gone. */
static void *after_leader(void *a)
{
	nap(100);
	noted(a);
	_exit(0);
}

static int by_orphan_thread(const struct attempt *a)
{
	pthread_t thread;
	pid_t pid = spawn();

	if (!pid) {
		if (pthread_create(&thread, NULL, after_leader, (void *)a))
			_exit(1);
		syscall(SYS_exit, 0);
	}
	return waited();
}

/* The kernel's thread of a ring, which polls it. */
static int by_poller(const struct attempt *a)
{
	const char *path = a->number ? scene.attacking ? "secret" : "open" : KNOB;
	struct io_uring_cqe *cqe;
	struct uring u;
	int error = uring_open(&u, IORING_SETUP_SQPOLL);

	errno = -error;
	TRY(error ? -1 : 0);
	memset(u.sqe, 0, sizeof(*u.sqe));
	u.sqe->opcode = IORING_OP_OPENAT;
	u.sqe->fd = AT_FDCWD;
	u.sqe->addr = (uintptr_t)path;
	u.sqe->open_flags = a->number ? O_RDONLY : O_WRONLY;
	*(unsigned *)(u.sq + u.p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(u.sq + u.p.sq_off.tail), 1, __ATOMIC_RELEASE);
	TRY(syscall(SYS_io_uring_enter, u.fd, 1, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0));
	cqe = (void *)(u.cq + u.p.cq_off.cqes);
	errno = cqe->res < 0 ? -cqe->res : 0;
	TRY(cqe->res < 0 ? -1 : 0);
	return a->number ? tell_fd(cqe->res) : knob_write(cqe->res);
}

/* The credentials that a ring keeps are those of before. */
static int by_personality(const struct attempt *a)
{
	struct uring u;
	int error = uring_open(&u, 0), id, fd;

	(void)a;
	errno = -error;
	TRY(error ? -1 : 0);
	if (!scene.attacking) {
		close(u.fd);
		return tell_fd(TRY(open("open", O_RDONLY)));
	}
	id = TRY(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_PERSONALITY, NULL, 0));
	memset(u.sqe, 0, sizeof(*u.sqe));
	u.sqe->opcode = IORING_OP_OPENAT;
	u.sqe->fd = AT_FDCWD;
	u.sqe->addr = (uintptr_t)"secret";
	u.sqe->personality = id;
	fd = uring_do(&u);
	errno = fd < 0 ? -fd : 0;
	TRY(fd < 0 ? -1 : 0);
	return tell_fd(fd);
}

static int into_cgroup(const struct attempt *a)
{
	char pid[16];

	if (scene.attacking) {
		snprintf(pid, sizeof(pid), "%d", getpid());
		TRY_ZERO(write_fd(TRY(open("/sys/fs/cgroup/attack-own/cgroup.procs", O_WRONLY)), pid));
	}
	return tell_fd(TRY(open(a->path, O_RDONLY)));
}

static int cgroup_prepare(const struct attempt *a)
{
	if (access("/sys/fs/cgroup/cgroup.procs", F_OK))
		return UNSUPPORTED;
	mkdir("/sys/fs/cgroup/attack-own", 0755);
	return files_prepare(a);
}

static void cgroup_restore(const struct attempt *a)
{
	(void)a;
	for (int i = 0; i < 100 && rmdir("/sys/fs/cgroup/attack-own") && errno != ENOENT; i++)
		nap(20);
}

#define LEAVE(name_, call)                                                      \
	{ name_ "-knob", call, NULL, knob_prepare, knob_effect, knob_restore }, \
		{ name_ "-file", call, call, files_prepare, told_secret, .number = 1 }

const struct attempt process_attempts[] = {
	LEAVE("child", child),
	LEAVE("sibling", sibling),
	LEAVE("pid-namespace", child_of_pid_namespace),
	LEAVE("namespaces", child_of_namespaces),
	LEAVE("daemon", daemon_of),
	LEAVE("vfork", by_vfork),
	LEAVE("thread", by_thread),
	LEAVE("orphan-thread", by_orphan_thread),
	LEAVE("ring-poller", by_poller),
	{ "ring-personality", by_personality, by_personality, files_prepare, told_secret },
	{ "own-cgroup", into_cgroup, into_cgroup, cgroup_prepare, NULL, cgroup_restore, .path = "open" },
	{},
};
