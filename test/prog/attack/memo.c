// SPDX-License-Identifier: GPL-2.0
/*
 * Events that differ from a learned one in one value. The learned one is done first, often enough to be a repeated
 * event. `number` is the value: the learned one in its low, the other in its high half.
 */
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/xattr.h>

#include "attack.h"

#define OFTEN 20
#define BOTH(learned, other) ((long)(other) << 32 | (uint32_t)(learned))

static int twice(const struct attempt *a, int (*event)(long value))
{
	for (int i = 0; i < OFTEN; i++)
		TRY_ZERO(event((uint32_t)a->number));
	return scene.attacking ? event((uint32_t)(a->number >> 32)) : 0;
}

static int event_open(long flags)
{
	int fd = TRY(open("open", flags));

	close(fd);
	return 0;
}

static int event_setattr(long mode)
{
	TRY(chmod("open", mode));
	return 0;
}

static int event_size(long size)
{
	TRY(truncate("open", size));
	return 0;
}

static int event_owner(long owner)
{
	TRY(chown("open", owner, -1));
	return 0;
}

static int event_xattr(long value)
{
	char byte = value;

	TRY(setxattr("open", "user.attack", &byte, 1, 0));
	return 0;
}

static int event_xattr_name(long value)
{
	char name[] = "user.attack?";

	name[11] = value;
	TRY(setxattr("open", name, "x", 1, 0));
	return 0;
}

static int event_socket_option(long option)
{
	int s = TRY(socket(AF_UNIX, SOCK_STREAM, 0));

	TRY(setsockopt(s, SOL_SOCKET, option, &(int){ 1 }, sizeof(int)));
	close(s);
	return 0;
}

static int event_socket_type(long type)
{
	int s = TRY(socket(AF_UNIX, type, 0));

	close(s);
	return 0;
}

static int event_backlog(long backlog)
{
	int s = TRY(socket(AF_INET, SOCK_STREAM, 0));

	TRY(listen(s, backlog));
	close(s);
	return 0;
}

static int event_shutdown(long how)
{
	int s[2];

	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	TRY(shutdown(s[0], how));
	close(s[0]);
	close(s[1]);
	return 0;
}

static int event_signal_safe(const struct attempt *a)
{
	pid_t pid = spawn();

	(void)a;
	if (!pid) {
		signal(SIGUSR1, SIG_IGN);
		signal(SIGUSR2, SIG_IGN);
		nap(500);
		_exit(0);
	}
	nap(100);
	for (int i = 0; i < OFTEN; i++)
		TRY(kill(pid, SIGUSR1));
	if (scene.attacking)
		TRY(kill(pid, SIGUSR2));
	return 0;
}

static int event_nice(long value)
{
	TRY(setpriority(PRIO_PROCESS, 0, value));
	return 0;
}

static int event_ioprio(long value)
{
	TRY(syscall(SYS_ioprio_set, 1, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, value)));
	return 0;
}

static int event_limit(long value)
{
	struct rlimit limit = { value, value + 100 };

	TRY(setrlimit(RLIMIT_CORE, &limit));
	return 0;
}

static int event_prctl(long value)
{
	TRY(prctl(PR_SET_TIMERSLACK, value, 0, 0, 0));
	return 0;
}

static int event_prctl_option(long option)
{
	TRY(prctl(option, 0, 0, 0, 0));
	return 0;
}

static int event_map(long flags)
{
	int fd = TRY(open("open", O_RDWR));
	void *p = (void *)TRY(mmap(NULL, 4096, flags & 0xff, flags >> 8, fd, 0));

	munmap(p, 4096);
	close(fd);
	return 0;
}

static int event_lock(long how)
{
	int fd = TRY(open("open", O_RDWR));

	TRY(flock(fd, how));
	close(fd);
	return 0;
}

static int event_fcntl(long command)
{
	int fd = TRY(open("open", O_RDWR));

	TRY(fcntl(fd, command, 0));
	close(fd);
	return 0;
}

static int event_segment(long mode)
{
	int id = TRY(shmget(IPC_PRIVATE, 4096, IPC_CREAT | mode));

	TRY(shmctl(id, IPC_RMID, NULL));
	return 0;
}

static int event_semaphore(long count)
{
	struct sembuf ops[2] = { { 0, 1, 0 }, { 0, 1, 0 } };
	int id = TRY(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
	int error = semop(id, ops, count);

	semctl(id, 0, IPC_RMID);
	TRY(error);
	return 0;
}

static int event_uid(long uid)
{
	TRY(setresuid(-1, uid, -1));
	TRY(open("open", O_RDONLY));
	TRY(setresuid(-1, 0, -1));
	return 0;
}

static int event_mkdir(long mode)
{
	TRY(mkdir("d", mode));
	TRY(rmdir("d"));
	return 0;
}

static int event_link_target(const struct attempt *a)
{
	TRY(symlink(scene.attacking ? "targeu" : "target", a->path));
	return 0;
}

static int event_link_name(const struct attempt *a)
{
	(void)a;
	TRY(link("open", scene.attacking ? "namf" : "name"));
	return 0;
}

/* Only the name differs, which is told and not hashed. */
static int event_created_name(const struct attempt *a)
{
	(void)a;
	return put(scene.attacking ? "one-name" : "other-name", "x");
}

static int event_thread_name(const struct attempt *a)
{
	(void)a;
	TRY(prctl(PR_SET_NAME, scene.attacking ? "one" : "other"));
	return 0;
}

/* What no event tells: data, and values that commands and options take. */
static int data_written(const struct attempt *a)
{
	(void)a;
	return write_fd(TRY(open("open", O_WRONLY)), scene.attacking ? "one" : "two");
}

static int option_value(const struct attempt *a)
{
	int s = TRY(socket(AF_INET, SOCK_DGRAM, 0));

	(void)a;
	TRY(setsockopt(s, SOL_SOCKET, SO_PRIORITY, &(int){ scene.attacking ? 2 : 1 }, sizeof(int)));
	return 0;
}

#define EVENT(name)                                      \
	static int often_##name(const struct attempt *a) \
	{                                                \
		return twice(a, event_##name);           \
	}
#define ROW(name_, event, learned, other) \
	{ "memo-" name_, often_##event, often_##event, files_prepare, .number = BOTH(learned, other) }

EVENT(open)
EVENT(setattr)
EVENT(size)
EVENT(owner)
EVENT(xattr)
EVENT(xattr_name)
EVENT(socket_option)
EVENT(socket_type)
EVENT(backlog)
EVENT(shutdown)
EVENT(nice)
EVENT(ioprio)
EVENT(limit)
EVENT(prctl)
EVENT(prctl_option)
EVENT(map)
EVENT(lock)
EVENT(fcntl)
EVENT(segment)
EVENT(semaphore)
EVENT(uid)
EVENT(mkdir)

const struct attempt memo_attempts[] = {
	ROW("open-flags", open, O_WRONLY, O_WRONLY | O_APPEND),
	ROW("mode", setattr, 0600, 04600),
	ROW("size", size, 5, 6),
	ROW("owner", owner, 10, 11),
	ROW("xattr-value", xattr, 'x', 'y'),
	ROW("xattr-name", xattr_name, 'x', 'y'),
	ROW("socket-option", socket_option, SO_KEEPALIVE, SO_PASSCRED),
	ROW("socket-type", socket_type, SOCK_STREAM, SOCK_SEQPACKET),
	ROW("backlog", backlog, 17, 18),
	ROW("shutdown", shutdown, SHUT_RD, SHUT_WR),
	{ "memo-signal", event_signal_safe, event_signal_safe },
	ROW("nice", nice, 5, 6),
	ROW("ioprio", ioprio, 4, 5),
	ROW("limit", limit, 100, 101),
	ROW("prctl-value", prctl, 60000, 60001),
	ROW("prctl-option", prctl_option, PR_GET_DUMPABLE, PR_GET_KEEPCAPS),
	ROW("map-protection", map, PROT_READ | MAP_SHARED << 8, PROT_READ | PROT_WRITE | MAP_SHARED << 8),
	ROW("lock", lock, LOCK_SH, LOCK_EX),
	ROW("fcntl", fcntl, F_GETFL, F_GETOWN),
	ROW("segment-mode", segment, 0600, 0666),
	ROW("semaphore-count", semaphore, 1, 2),
	ROW("uid", uid, 1000, 1001),
	ROW("directory-mode", mkdir, 0700, 0777),
	{ "memo-link-target", event_link_target, event_link_target, .path = "link" },
	{ "memo-link-name", event_link_name, event_link_name, files_prepare },
	{ "memo-created-name", event_created_name, event_created_name },
	{ "data-written", data_written, data_written, files_prepare },
	{ "option-value", option_value, option_value },
	{ "memo-thread-name", event_thread_name, event_thread_name },
	{},
};
