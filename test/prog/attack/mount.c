// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts that make one path stand for another, hide the pins, or change what is mounted. Each attempt has two trees,
 * `real` and `fake`, with a file `conf` each. The model has real/conf written; the effect is that fake/conf was.
 */
#include <linux/mount.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "attack.h"

#ifndef NS_MNT_GET_PREV
struct mnt_ns_info {
	uint32_t size, nr_mounts;
	uint64_t mnt_ns_id;
};
#define NS_MNT_GET_PREV _IOR(NSIO, 12, struct mnt_ns_info)
#endif

#define AT_RECURSIVE 0x8000
#define PINS "/sys/fs/bpf/tsem"

enum { FSCONFIG_FLAG_ = 0, FSCONFIG_STRING_ = 1, FSCONFIG_CREATE_ = 6, FSCONFIG_RECONFIGURE_ = 7 };

static int trees_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("real", 0755));
	TRY(mkdir("fake", 0755));
	TRY(mkdir("m", 0755));
	/* Of one content: what differs is the place. */
	TRY_ZERO(put("real/conf", SECRET));
	return put("fake/conf", SECRET);
}

static bool fake_written(const struct attempt *a)
{
	(void)a;
	return !holds("fake/conf", SECRET);
}

static void unmount_m(const struct attempt *a)
{
	(void)a;
	umount2("m", MNT_DETACH);
	umount2("real", MNT_DETACH);
	umount2("fake", MNT_DETACH);
}

static int private_mounts(void)
{
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return 0;
}

static const char *tree(void)
{
	return scene.attacking ? "fake" : "real";
}

/* Without O_TRUNC: truncation is an event of its own, with the path below the root of the filesystem. */
static int write_conf(const char *path)
{
	return write_fd(TRY(open(path, O_WRONLY)), "attacked");
}

static int bind_mount(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(private_mounts());
	TRY(mount(tree(), "m", NULL, MS_BIND, NULL));
	return write_conf("m/conf");
}

/* The source is one word for the hook: where it leads, it is not told. */
static int bind_relative(const struct attempt *a)
{
	char m[4096];

	(void)a;
	TRY(realpath("m", m) ? 0 : -1);
	TRY_ZERO(private_mounts());
	TRY(chdir(tree()));
	TRY(mount(".", m, NULL, MS_BIND, NULL));
	TRY(chdir(m));
	return write_conf("conf");
}

static int symlink_prepare(const struct attempt *a)
{
	TRY_ZERO(trees_prepare(a));
	TRY(symlink(tree(), "link"));
	return 0;
}

static int bind_symlink(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(private_mounts());
	TRY(mount("link", "m", NULL, MS_BIND, NULL));
	return write_conf("m/conf");
}

static int bind_over(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(private_mounts());
	if (scene.attacking)
		TRY(mount("fake", "real", NULL, MS_BIND, NULL));
	return write_conf("real/conf");
}

/* A filesystem whose kernel thread opens the files below. */
static int ecryptfs_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("low", 0700));
	return module("ecryptfs") ? 0 : UNSUPPORTED;
}

static int fsopen_source(const struct attempt *a)
{
	int fd = TRY(syscall(SYS_fsopen, "ecryptfs", 0));

	(void)a;
	TRY(syscall(SYS_fsconfig, fd, 1 /* FSCONFIG_SET_STRING */, "source", "low", 0));
	return 0;
}

/* Which directories an overlay is made of stands in its options. */
static int overlay_prepare(const struct attempt *a)
{
	TRY_ZERO(trees_prepare(a));
	TRY(mount("none", "m", "tmpfs", 0, NULL));
	TRY(mkdir("m/lower", 0755));
	TRY(mkdir("m/real", 0755));
	TRY(mkdir("m/fake", 0755));
	TRY(mkdir("m/work-real", 0755));
	TRY(mkdir("m/work-fake", 0755));
	TRY(mkdir("m/over", 0755));
	TRY_ZERO(put("m/real/conf", ""));
	return put("m/fake/conf", "");
}

static int overlay(const struct attempt *a)
{
	char options[128];

	(void)a;
	TRY_ZERO(private_mounts());
	snprintf(options, sizeof(options), "uuid=off,lowerdir=m/lower,upperdir=m/%s,workdir=m/work-%s", tree(), tree());
	TRY(mount("overlay", "m/over", "overlay", 0, options));
	return write_conf("m/over/conf");
}

static bool upper_written(const struct attempt *a)
{
	(void)a;
	return holds("m/fake/conf", "attacked");
}

static int pivot(const struct attempt *a)
{
	char old[32];

	(void)a;
	TRY_ZERO(private_mounts());
	TRY(mount(tree(), tree(), NULL, MS_BIND, NULL));
	snprintf(old, sizeof(old), "%s/old", tree());
	TRY(mkdir(old, 0755));
	TRY(syscall(SYS_pivot_root, tree(), old));
	return write_conf("/conf");
}

static int change_root(const struct attempt *a)
{
	(void)a;
	TRY(chroot(tree()));
	return write_conf("/conf");
}

/* The path in a detached tree begins at its root; the model has such a path that is a real one. */
static int root_prepare(const struct attempt *a)
{
	TRY_ZERO(trees_prepare(a));
	return put("/conf", SECRET);
}

static void root_restore(const struct attempt *a)
{
	(void)a;
	unlink("/conf");
}

static int detached(const struct attempt *a)
{
	int fd = AT_FDCWD;

	(void)a;
	if (scene.attacking)
		fd = TRY(syscall(SYS_open_tree, AT_FDCWD, "fake", OPEN_TREE_CLONE));
	return write_fd(TRY(openat(fd, scene.attacking ? "conf" : "/conf", O_WRONLY)), "attacked");
}

/* The same where detached trees are learned. */
static int detached_other(const struct attempt *a)
{
	int fd = TRY(syscall(SYS_open_tree, AT_FDCWD, tree(), OPEN_TREE_CLONE));

	(void)a;
	return write_fd(TRY(openat(fd, "conf", O_WRONLY)), "attacked");
}

static int attach_tree(const struct attempt *a)
{
	int fd;

	(void)a;
	TRY_ZERO(private_mounts());
	if (scene.attacking) {
		fd = TRY(syscall(SYS_open_tree, AT_FDCWD, "fake", OPEN_TREE_CLONE));
		TRY(syscall(SYS_move_mount, fd, "", AT_FDCWD, "real", MOVE_MOUNT_F_EMPTY_PATH));
	}
	return write_conf("real/conf");
}

/* What is attached is learned, and is another tree. */
static int attach_other(const struct attempt *a)
{
	int fd;

	(void)a;
	TRY_ZERO(private_mounts());
	fd = TRY(syscall(SYS_open_tree, AT_FDCWD, tree(), OPEN_TREE_CLONE));
	TRY(syscall(SYS_move_mount, fd, "", AT_FDCWD, "m", MOVE_MOUNT_F_EMPTY_PATH));
	return write_conf("m/conf");
}

static int attach_beneath(const struct attempt *a)
{
	int fd;

	(void)a;
	TRY_ZERO(private_mounts());
	TRY(mount("real", "m", NULL, MS_BIND, NULL));
	if (scene.attacking) {
		fd = TRY(syscall(SYS_open_tree, AT_FDCWD, "fake", OPEN_TREE_CLONE));
		TRY(syscall(SYS_move_mount, fd, "", AT_FDCWD, "m", MOVE_MOUNT_F_EMPTY_PATH | 0x200));
		TRY(umount2("m", MNT_DETACH));
	}
	return write_conf("m/conf");
}

/* A filesystem by the calls of descriptors. */
static int new_filesystem(const struct attempt *a)
{
	int context = TRY(syscall(SYS_fsopen, scene.attacking ? a->path : "tmpfs", 0)), fd;

	TRY(syscall(SYS_fsconfig, context, FSCONFIG_CREATE_, NULL, NULL, 0));
	fd = TRY(syscall(SYS_fsmount, context, 0, 0));
	/* Only one that is not the learned one's can be made a file in, or looked at. */
	TRY(openat(fd, ".", O_RDONLY | O_DIRECTORY));
	return 0;
}

/* A filesystem of the learned kind whose file is outside of every path. */
static int file_on_new(const struct attempt *a)
{
	int context = TRY(syscall(SYS_fsopen, "tmpfs", 0)), fd;

	(void)a;
	TRY(syscall(SYS_fsconfig, context, FSCONFIG_CREATE_, NULL, NULL, 0));
	fd = TRY(syscall(SYS_fsmount, context, 0, 0));
	if (scene.attacking)
		TRY(openat(fd, "new", O_RDWR | O_CREAT, 0600));
	return 0;
}

static int release_agent(const struct attempt *a)
{
	int context = TRY(syscall(SYS_fsopen, "cgroup", 0));

	(void)a;
	TRY(syscall(SYS_fsconfig, context, FSCONFIG_STRING_, "release_agent", "/bin/true", 0));
	return 0;
}

static int cgroup_prepare(const struct attempt *a)
{
	(void)a;
	return holds("/proc/filesystems", "\tcgroup\n") ? 0 : UNSUPPORTED;
}

/* mount_setattr: no hook of its own. */
static int set_attribute(const char *path, uint64_t set, uint64_t clear)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attr, sizeof(attr));
}

static int tmpfs_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("m", 0755));
	TRY(mount("none", "m", "tmpfs", MS_RDONLY | MS_NOEXEC, NULL));
	return put("file", "text");
}

static int writable(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(set_attribute("m", 0, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY));
	else
		TRY(open("file", O_RDONLY));
	return 0;
}

static bool executable(const struct attempt *a)
{
	(void)a;
	return !holds("/proc/self/mounts", "ro,noexec,relatime") && !access("m", X_OK);
}

/* The pins. */
static int pins_prepare(const struct attempt *a)
{
	(void)a;
	return in_namespace && !access(PINS, F_OK) ? 0 : UNSUPPORTED;
}

static bool pins_gone(const struct attempt *a)
{
	(void)a;
	return access(PINS "/links/tsem_file_open", F_OK);
}

static int pins_unmount(const struct attempt *a)
{
	TRY(umount2(a->path, MNT_DETACH));
	return 0;
}

static int pins_cover(const struct attempt *a)
{
	TRY(mount("none", a->path, "tmpfs", 0, NULL));
	return 0;
}

static int pins_unlink(const struct attempt *a)
{
	(void)a;
	TRY(unlink(PINS "/links/tsem_file_open"));
	return 0;
}

static int pins_rename(const struct attempt *a)
{
	(void)a;
	TRY(rename(PINS "/links", PINS "/gone"));
	return 0;
}

static int pins_second_view(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("b", 0755));
	TRY(unshare(CLONE_NEWNS));
	TRY(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	TRY(mount("/sys/fs/bpf", "b", NULL, MS_BIND, NULL));
	TRY(unlink("b/tsem/links/tsem_file_open"));
	return 0;
}

static int pins_tree(const struct attempt *a)
{
	int fd = TRY(syscall(SYS_open_tree, AT_FDCWD, "/sys/fs/bpf", OPEN_TREE_CLONE));

	(void)a;
	TRY(unlinkat(fd, "tsem/links/tsem_file_open", 0));
	return 0;
}

static int pins_reconfigure(const struct attempt *a)
{
	int context = TRY(syscall(SYS_fspick, AT_FDCWD, "/sys/fs/bpf", 0));

	(void)a;
	TRY(syscall(SYS_fsconfig, context, FSCONFIG_FLAG_, "ro", NULL, 0));
	TRY(syscall(SYS_fsconfig, context, FSCONFIG_RECONFIGURE_, NULL, NULL, 0));
	return 0;
}

static int pins_read_only(const struct attempt *a)
{
	(void)a;
	TRY(set_attribute("/sys/fs/bpf", MOUNT_ATTR_RDONLY, 0));
	return 0;
}

static bool read_only_pins(const struct attempt *a)
{
	(void)a;
	return mkdir("/sys/fs/bpf/attack", 0700) && errno == EROFS;
}

static void writable_pins(const struct attempt *a)
{
	(void)a;
	set_attribute("/sys/fs/bpf", 0, MOUNT_ATTR_RDONLY);
	mount("none", "/sys/fs/bpf", NULL, MS_REMOUNT, NULL);
	rmdir("/sys/fs/bpf/attack");
}

/* Files that the kernel then writes to. */
static int swap_prepare(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(put("file", "text"));
	return system("dd if=/dev/zero of=swap bs=64k count=16 status=none && chmod 600 swap && mkswap -q swap >/dev/null")
		       ? UNSUPPORTED
		       : 0;
}

static int swap_on(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(swapon("swap", 0));
	else
		TRY(open("file", O_RDONLY));
	return 0;
}

static bool swapping(const struct attempt *a)
{
	return holds("/proc/swaps", a->name);
}

static void swap_off(const struct attempt *a)
{
	(void)a;
	swapoff("swap");
}

static int account(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(acct("secret"));
	else
		TRY(open("open", O_RDONLY));
	return 0;
}

static bool accounted(const struct attempt *a)
{
	struct stat st;

	(void)a;
	ended(spawn() ?: (_exit(0), 0));
	return !stat("secret", &st) && st.st_size > 32;
}

static void account_off(const struct attempt *a)
{
	(void)a;
	acct(NULL);
}

static int user_namespace(const struct attempt *a)
{
	(void)a;
	TRY(unshare(CLONE_NEWUSER));
	return 0;
}

/* To the mount namespace of the process outside by its handle, which needs no name. */
#define FD_NSFS_ROOT_ (-10003)

struct handle {
	struct file_handle head;
	unsigned char bytes[64];
};

static int handle_prepare(const struct attempt *a)
{
	struct handle *h = (struct handle *)scene.message;
	int mount, fd = TRY(open("/proc/self/ns/mnt", O_RDONLY));

	(void)a;
	h->head.handle_bytes = sizeof(h->bytes);
	return name_to_handle_at(fd, "", &h->head, &mount, AT_EMPTY_PATH) ? UNSUPPORTED : 0;
}

static int namespace_by_handle(const struct attempt *a)
{
	struct handle *h = (struct handle *)scene.message;

	(void)a;
	TRY(unshare(CLONE_NEWNS));
	if (scene.attacking)
		TRY(setns(TRY(open_by_handle_at(FD_NSFS_ROOT_, &h->head, O_RDONLY)), CLONE_NEWNS));
	return 0;
}

/* Its own child's is no foreign one. */
static int namespace_of_child(const struct attempt *a)
{
	char path[64];
	int ready[2];
	pid_t child;

	(void)a;
	TRY(pipe(ready));
	child = spawn();
	if (!child) {
		if (unshare(CLONE_NEWNS) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	if (read(ready[0], path, 1) != 1)
		return failed_at("unshare");
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", child);
	TRY(setns(TRY(open(path, O_RDONLY)), CLONE_NEWNS));
	return 0;
}

/* From its own mount namespace to the one that was made before. */
static int former_namespace(const struct attempt *a)
{
	struct mnt_ns_info info = { .size = sizeof(info) };
	int fd;

	(void)a;
	TRY(unshare(CLONE_NEWNS));
	fd = TRY(open("/proc/self/ns/mnt", O_RDONLY));
	if (!scene.attacking) {
		TRY(ioctl(fd, NS_GET_NSTYPE));
		return 0;
	}
	TRY(setns(TRY(ioctl(fd, NS_MNT_GET_PREV, &info)), CLONE_NEWNS));
	return 0;
}

#define MOUNT(name, call) { name, call, call, trees_prepare, fake_written, unmount_m }
#define PIN(name, call, path_) { name, call, NULL, pins_prepare, pins_gone, .path = path_ }

const struct attempt mount_attempts[] = {
	MOUNT("bind", bind_mount),
	MOUNT("bind-relative", bind_relative),
	{ "bind-symlink", bind_symlink, bind_symlink, symlink_prepare, fake_written, unmount_m },
	MOUNT("bind-over", bind_over),
	{ "fsopen-ecryptfs", fsopen_source, NULL, ecryptfs_prepare },
	{ "overlay-upper", overlay, NULL, overlay_prepare, upper_written, unmount_m },
	MOUNT("pivot-root", pivot),
	MOUNT("chroot", change_root),
	{ "detached-tree", detached, detached, root_prepare, fake_written, root_restore },
	MOUNT("detached-other", detached_other),
	MOUNT("attach-over", attach_tree),
	MOUNT("attach-other", attach_other),
	MOUNT("attach-beneath", attach_beneath),
	{ "filesystem-ramfs", new_filesystem, new_filesystem, .path = "ramfs" },
	{ "filesystem-proc", new_filesystem, new_filesystem, .path = "proc" },
	{ "filesystem-devpts", new_filesystem, new_filesystem, .path = "devpts" },
	{ "filesystem-file", file_on_new, file_on_new },
	{ "release-agent", release_agent, NULL, cgroup_prepare },
	{ "mount-attributes", writable, writable, tmpfs_prepare, executable, unmount_m },
	{ "mount-namespace-handle", namespace_by_handle, namespace_by_handle, handle_prepare },
	{ "mount-namespace-child", namespace_of_child, namespace_of_child },
	{ "former-mount-namespace", former_namespace, former_namespace },
	PIN("pins-unmount", pins_unmount, "/sys/fs/bpf"),
	PIN("pins-unmount-above", pins_unmount, "/sys"),
	PIN("pins-cover", pins_cover, "/sys/fs/bpf"),
	PIN("pins-cover-above", pins_cover, "/sys/fs"),
	PIN("pins-unlink", pins_unlink, NULL),
	PIN("pins-rename", pins_rename, NULL),
	PIN("pins-second-view", pins_second_view, NULL),
	PIN("pins-tree", pins_tree, NULL),
	{ "pins-reconfigure", pins_reconfigure, NULL, pins_prepare, read_only_pins, writable_pins },
	{ "pins-read-only", pins_read_only, NULL, pins_prepare, read_only_pins, writable_pins },
	{ "swap", swap_on, swap_on, swap_prepare, swapping, swap_off },
	{ "accounting", account, account, files_prepare, accounted, account_off },
	{ "user-namespace", user_namespace },
	{},
};
