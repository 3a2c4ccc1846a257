// SPDX-License-Identifier: GPL-2.0
/* Files that no path lookup of the workload opened, or that another way leads to. */
#include <linux/bpf.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../uring.h"
#include "attack.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#define AT_RECURSIVE 0x8000
#define AT_EMPTY 0x1000

/* Message queues. */
static int queue_prepare(const struct attempt *a)
{
	const char *names[] = { "/attack-open", "/attack-secret" };

	(void)a;
	for (int i = 0; i < 2; i++) {
		mqd_t queue = TRY(mq_open(names[i], O_RDWR | O_CREAT, 0600, NULL));

		TRY(mq_send(queue, i ? SECRET : "nothing", i ? sizeof(SECRET) : 8, 0));
		mq_close(queue);
	}
	return 0;
}

static void queue_restore(const struct attempt *a)
{
	(void)a;
	mq_unlink("/attack-open");
	mq_unlink("/attack-secret");
	mq_unlink("/attack-new");
}

static int queue_read(const char *name)
{
	mqd_t queue = TRY(mq_open(name, O_RDONLY | O_NONBLOCK));
	char text[8192 + 1];

	tell(text, TRY(mq_receive(queue, text, sizeof(text), NULL)));
	return 0;
}

static int queue_secret(const struct attempt *a)
{
	(void)a;
	return queue_read("/attack-secret");
}

static int queue_open(const struct attempt *a)
{
	(void)a;
	return queue_read("/attack-open");
}

static int queue_new(const struct attempt *a)
{
	(void)a;
	TRY(mq_open("/attack-new", O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	return 0;
}

static int queue_unlink(const struct attempt *a)
{
	(void)a;
	TRY(mq_unlink("/attack-secret"));
	return 0;
}

static bool queue_made(const struct attempt *a)
{
	(void)a;
	return mq_open("/attack-new", O_RDONLY) >= 0;
}

static bool queue_gone(const struct attempt *a)
{
	(void)a;
	return mq_open("/attack-secret", O_RDONLY) < 0;
}

/* File handles: prepare makes one of a->path, in hex. */
static int handle_of(const char *path, char *hex, size_t size)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ] = {};
	struct file_handle *h = (void *)space;
	int mount;

	h->handle_bytes = MAX_HANDLE_SZ;
	TRY(name_to_handle_at(AT_FDCWD, path, h, &mount, 0));
	snprintf(hex, size, "%d ", h->handle_type);
	for (unsigned i = 0; i < h->handle_bytes; i++)
		sprintf(hex + strlen(hex), "%02x", h->f_handle[i]);
	return 0;
}

static int handle_prepare(const struct attempt *a)
{
	TRY_ZERO(files_prepare(a));
	return handle_of(scene.attacking ? "secret" : "open", scene.message, sizeof(scene.message));
}

static int handle_open(const char *directory, int flags)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ] = {};
	struct file_handle *h = (void *)space;
	const char *hex = strchr(scene.message, ' ');
	unsigned byte;
	int at;

	h->handle_type = atoi(scene.message);
	while (hex && sscanf(hex + 1 + 2 * h->handle_bytes, "%2x", &byte) == 1)
		h->f_handle[h->handle_bytes++] = byte;
	at = open(directory, O_RDONLY | O_DIRECTORY);
	return at < 0 ? -1 : open_by_handle_at(at, h, flags);
}

static int handle_read(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(handle_open(".", O_RDONLY)));
}

static int handle_write(const struct attempt *a)
{
	return write_fd(TRY(handle_open(".", O_WRONLY | O_TRUNC)), a->text);
}

/* A control group of the victim, by handle. */
#define GROUP "/sys/fs/cgroup/attack"

static int group_prepare(const struct attempt *a)
{
	char pid[16];

	(void)a;
	if (access("/sys/fs/cgroup/cgroup.procs", F_OK))
		return UNSUPPORTED;
	mkdir(GROUP, 0755);
	snprintf(pid, sizeof(pid), "%d", scene.victim);
	TRY_ZERO(put(GROUP "/cgroup.procs", pid));
	return handle_of(GROUP "/cgroup.kill", scene.message, sizeof(scene.message));
}

static void group_restore(const struct attempt *a)
{
	(void)a;
	put(GROUP "/cgroup.kill", "1");
	for (int i = 0; i < 100 && rmdir(GROUP) && errno != ENOENT; i++)
		nap(20);
}

static int group_kill_handle(const struct attempt *a)
{
	(void)a;
	return write_fd(TRY(handle_open("/sys/fs/cgroup", O_WRONLY)), "1");
}

static int group_write(const struct attempt *a)
{
	return write_fd(TRY(open(a->path, O_WRONLY)), "1");
}

/* A map of tsem-bpf, by its pin. */
#define MAP "/sys/fs/bpf/tsem/maps/tsem_globals"

static int map_pinned(const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path };

	return syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
}

/* What somebody outside hands over, or has open. */
static void giver(const struct attempt *a)
{
	int s = unix_bound(SOCK_STREAM, "giver"), fd, to;

	(void)a;
	while ((to = accept(s, NULL, NULL)) >= 0) {
		fd = a->number ? map_pinned(scene.message)
			       : open(scene.message, strcmp(scene.message, KNOB) ? O_RDONLY : O_RDWR);
		send_descriptor(to, fd);
		nap(500);
		close(fd);
		close(to);
	}
}

static int giver_prepare(const struct attempt *a)
{
	if (a->number && access(a->path, F_OK))
		return UNSUPPORTED;
	TRY_ZERO(a->path && !a->number ? knob_prepare(a) : files_prepare(a));
	snprintf(scene.message, sizeof(scene.message), "%s", a->path ? a->path : scene.attacking ? "secret" : "open");
	beside(giver, a);
	for (int i = 0; i < 100 && access("giver", F_OK); i++)
		nap(10);
	nap(20);
	return 0;
}

static int received(void)
{
	char address[128];
	int s = socket(AF_UNIX, SOCK_STREAM, 0), size = unix_address(address, "giver");

	return s < 0 || connect(s, (void *)address, size) ? -1 : receive_descriptor(s);
}

static int receive_read(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(received()));
}

static int receive_knob(const struct attempt *a)
{
	(void)a;
	return knob_write(TRY(received()));
}

static int receive_map(const struct attempt *a)
{
	uint32_t key = 0;
	char value[4096];
	union bpf_attr attr = { .map_fd = TRY(received()), .key = (uintptr_t)&key, .value = (uintptr_t)value };

	(void)a;
	TRY(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	return 0;
}

static int getfd_outside(const struct attempt *a)
{
	int pidfd = TRY(syscall(SYS_pidfd_open, scene.victim, 0));

	(void)a;
	TRY(syscall(SYS_pidfd_getfd, pidfd, 2, 0));
	return 0;
}

/* The knob by all the ways that lead to it. */
static int knob_plain(const struct attempt *a)
{
	static const char *const paths[] = { KNOB, "/proc/self/root" KNOB, "/proc/1/root" KNOB };

	return knob_write(TRY(open(paths[a->number], O_WRONLY)));
}

static int knob_reopen(const struct attempt *a)
{
	char path[64];

	(void)a;
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", TRY(open(KNOB, O_PATH)));
	return knob_write(TRY(open(path, O_RDWR)));
}

static int knob_new_proc(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("p", 0755));
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	TRY(mount("proc", "p", "proc", 0, NULL));
	return knob_write(TRY(open("p/sys/kernel/core_pattern", O_WRONLY)));
}

static int knob_bind(const struct attempt *a)
{
	(void)a;
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	TRY(mount(KNOB, "open", NULL, MS_BIND, NULL));
	return knob_write(TRY(open("open", O_WRONLY)));
}

static int knob_tree(const struct attempt *a)
{
	int tree = TRY(syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE));

	(void)a;
	return knob_write(TRY(openat(tree, "sys/kernel/core_pattern", O_WRONLY)));
}

static int knob_new_tree(const struct attempt *a)
{
	int context = TRY(syscall(SYS_fsopen, "proc", 0)), tree;

	(void)a;
	TRY(syscall(SYS_fsconfig, context, 6, NULL, NULL, 0));
	tree = TRY(syscall(SYS_fsmount, context, 0, 0));
	return knob_write(TRY(openat(tree, "sys/kernel/core_pattern", O_WRONLY)));
}

static int uring_open_at(unsigned flags, unsigned char sqe_flags, const char *path)
{
	struct uring u;
	int error = uring_open(&u, flags), fd;

	errno = -error;
	if (error)
		return -1;
	memset(u.sqe, 0, sizeof(*u.sqe));
	u.sqe->opcode = IORING_OP_OPENAT;
	u.sqe->fd = AT_FDCWD;
	u.sqe->addr = (uintptr_t)path;
	u.sqe->open_flags = O_RDWR;
	u.sqe->flags = sqe_flags;
	fd = uring_do(&u);
	errno = fd < 0 ? -fd : 0;
	return fd < 0 ? -1 : fd;
}

static int knob_uring(const struct attempt *a)
{
	return knob_write(TRY(uring_open_at(0, a->number, KNOB)));
}

static int secret_uring(const struct attempt *a)
{
	return tell_fd(TRY(uring_open_at(0, a->number, "secret")));
}

static int secret_uring_learned(const struct attempt *a)
{
	return tell_fd(TRY(uring_open_at(0, a->number, "open")));
}

static int knob_call32(const struct attempt *a)
{
	char *path = low_memory();

	(void)a;
	strcpy(path, KNOB);
	return knob_write(TRY(call32(5, (uintptr_t)path, O_WRONLY, 0, 0)));
}

static int knob_call32_prepare(const struct attempt *a)
{
	return has_call32() ? knob_prepare(a) : UNSUPPORTED;
}

static int secret_call32(const struct attempt *a)
{
	char *path = low_memory();

	strcpy(path, scene.attacking ? "secret" : "open");
	(void)a;
	return tell_fd(TRY(call32(5, (uintptr_t)path, O_RDONLY, 0, 0)));
}

static int call32_prepare(const struct attempt *a)
{
	return has_call32() ? files_prepare(a) : UNSUPPORTED;
}

/* The secret by other ways than its path. */
static int secret_open(const struct attempt *a)
{
	return tell_fd(TRY(open(scene.attacking && a->path ? a->path : "open", O_RDONLY)));
}

static int secret_link(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(linkat(AT_FDCWD, "secret", AT_FDCWD, "other", 0));
	return tell_fd(TRY(open(scene.attacking ? "other" : "open", O_RDONLY)));
}

static int secret_symlink(const struct attempt *a)
{
	TRY_ZERO(files_prepare(a));
	TRY(symlink(scene.attacking ? "secret" : "open", "link"));
	return 0;
}

static int read_link(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(open("link", O_RDONLY)));
}

static int secret_path_fd(const struct attempt *a)
{
	char path[64];

	(void)a;
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", TRY(open(scene.attacking ? "secret" : "open", O_PATH)));
	return tell_fd(TRY(open(path, O_RDONLY)));
}

static int secret_rename(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(rename("secret", "open"));
	return tell_fd(TRY(open("open", O_RDONLY)));
}

static int secret_exchange(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(renameat2(AT_FDCWD, "secret", AT_FDCWD, "open", RENAME_EXCHANGE));
	return tell_fd(TRY(open("open", O_RDONLY)));
}

static int truncate_secret(const struct attempt *a)
{
	(void)a;
	TRY(truncate(scene.attacking ? "secret" : "open", 0));
	return 0;
}

/* A mapping tells as much as a descriptor: the file was opened for reading, and is mapped to be written. */
static int userfault(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_userfaultfd, 1));
	return 0;
}

static int secret_memory(const struct attempt *a)
{
	(void)a;
	TRY(syscall(447, 0));
	return 0;
}

const struct attempt descriptor_attempts[] = {
	{ "mq-read", queue_secret, queue_open, queue_prepare, told_secret, queue_restore },
	{ "mq-create", queue_new, queue_open, queue_prepare, queue_made, queue_restore },
	{ "mq-unlink", queue_unlink, queue_open, queue_prepare, queue_gone, queue_restore },
	{ "handle-read", handle_read, handle_read, handle_prepare, told_secret },
	{ "handle-write", handle_write, handle_write, handle_prepare, secret_changed, .text = "changed" },
	{ "handle-cgroup-kill", group_kill_handle, NULL, group_prepare, victim_hit, group_restore },
	{ "cgroup-kill", group_write, NULL, group_prepare, victim_hit, group_restore, .path = GROUP "/cgroup.kill" },
	{ "receive-knob", receive_knob, NULL, giver_prepare, knob_effect, knob_restore, .path = KNOB },
	{ "receive-map", receive_map, NULL, giver_prepare, .path = MAP, .number = 1 },
	{ "receive-file", receive_read, receive_read, giver_prepare, told_secret },
	{ "getfd-outside", getfd_outside, NULL, NULL },
	{ "knob", knob_plain, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-proc-root", knob_plain, NULL, knob_prepare, knob_effect, knob_restore, .number = 1 },
	{ "knob-other-root", knob_plain, NULL, knob_prepare, knob_effect, knob_restore, .number = 2 },
	{ "knob-reopen", knob_reopen, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-new-proc", knob_new_proc, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-bind", knob_bind, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-tree", knob_tree, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-new-tree", knob_new_tree, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-uring", knob_uring, NULL, knob_prepare, knob_effect, knob_restore },
	{ "knob-uring-worker", knob_uring, NULL, knob_prepare, knob_effect, knob_restore, .number = IOSQE_ASYNC },
	{ "knob-call32", knob_call32, NULL, knob_call32_prepare, knob_effect, knob_restore },
	{ "open-call32", secret_call32, secret_call32, call32_prepare, told_secret },
	{ "open-uring", secret_uring, secret_uring_learned, files_prepare, told_secret },
	{ "open-uring-worker", secret_uring, secret_uring_learned, files_prepare, told_secret, .number = IOSQE_ASYNC },
	{ "open-file", secret_open, secret_open, files_prepare, told_secret, .path = "secret" },
	{ "open-proc-cwd", secret_open, secret_open, files_prepare, told_secret, .path = "/proc/self/cwd/secret" },
	{ "open-hardlink", secret_link, secret_link, files_prepare, told_secret },
	{ "open-symlink", read_link, read_link, secret_symlink, told_secret },
	{ "open-path-descriptor", secret_path_fd, secret_path_fd, files_prepare, told_secret },
	{ "open-renamed", secret_rename, secret_rename, files_prepare, told_secret },
	{ "open-exchanged", secret_exchange, secret_exchange, files_prepare, told_secret },
	{ "truncate-file", truncate_secret, truncate_secret, files_prepare, secret_changed },
	{ "userfaultfd", userfault, NULL, NULL },
	{ "memfd-secret", secret_memory, NULL, NULL },
	{},
};
