// SPDX-License-Identifier: GPL-2.0
/* Devices by another number, another name, another command. */
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/loop.h>
#include <net/if.h>
#include <sys/mount.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "attack.h"

/* makedev() is a function, which no table is made of. */
#define NUMBER(major, minor) ((major) << 8 | ((minor) & 0xff))

#define LOOP_OPEN "/dev/attack-open"
#define LOOP_SECRET "/dev/attack-secret"
#define LOOP_LINK "/dev/attack-link"

/* Two loop devices, nobody's; the second has the file `secret` behind it. */
static int numbers[2];

static int loop_attach(int n, const char *file)
{
	char path[32];
	int device, fd = TRY(open(file, O_RDWR)), control = TRY(open("/dev/loop-control", O_RDWR));

	numbers[n] = TRY(ioctl(control, LOOP_CTL_GET_FREE));
	snprintf(path, sizeof(path), "/dev/loop%d", numbers[n]);
	device = TRY(open(path, O_RDWR));
	TRY(ioctl(device, LOOP_SET_FD, fd));
	close(device);
	close(control);
	close(fd);
	return 0;
}

static int blocks(const char *path, const char *text)
{
	TRY_ZERO(put(path, text));
	TRY(truncate(path, 1 << 20));
	return 0;
}

static void loops_restore(const struct attempt *a)
{
	char path[32];
	int fd;

	(void)a;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/dev/loop%d", numbers[i]);
		fd = open(path, O_RDONLY);
		ioctl(fd, BLKROSET, &(int){ 0 });
		ioctl(fd, LOOP_CLR_FD, 0);
		close(fd);
	}
	unlink(LOOP_OPEN);
	unlink(LOOP_SECRET);
	unlink(LOOP_LINK);
}

static int loops_prepare(const struct attempt *a)
{
	(void)a;
	if (!module("loop") && access("/dev/loop-control", F_OK))
		return UNSUPPORTED;
	TRY_ZERO(blocks("open", "nothing"));
	TRY_ZERO(blocks("secret", SECRET));
	TRY_ZERO(loop_attach(0, "open"));
	TRY_ZERO(loop_attach(1, "secret"));
	TRY(mknod(LOOP_OPEN, S_IFBLK | 0600, makedev(7, numbers[0])));
	TRY(mknod(LOOP_SECRET, S_IFBLK | 0600, makedev(7, numbers[1])));
	TRY(symlink(scene.attacking ? LOOP_SECRET : LOOP_OPEN, LOOP_LINK));
	return 0;
}

/* The node of the name that the model has is another device's. */
static int swapped_prepare(const struct attempt *a)
{
	TRY_ZERO(loops_prepare(a));
	if (scene.attacking)
		TRY(rename(LOOP_SECRET, LOOP_OPEN));
	return 0;
}

static int node_read(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(open(LOOP_OPEN, O_RDONLY)));
}

static int node_rename(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(rename(LOOP_SECRET, LOOP_OPEN));
	return tell_fd(TRY(open(LOOP_OPEN, O_RDONLY)));
}

static int node_symlink(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(open(LOOP_LINK, O_RDONLY)));
}

static int node_make(const struct attempt *a)
{
	(void)a;
	TRY(mknod("node", S_IFBLK | 0600, makedev(7, scene.message[scene.attacking])));
	return tell_fd(TRY(open("node", O_RDONLY)));
}

static int make_prepare(const struct attempt *a)
{
	TRY_ZERO(loops_prepare(a));
	scene.message[0] = numbers[0];
	scene.message[1] = numbers[1];
	return 0;
}

static int device_write(const struct attempt *a)
{
	int fd;

	(void)a;
	if (!scene.attacking)
		return node_read(a);
	fd = TRY(open(LOOP_OPEN, O_RDWR));
	TRY_ZERO(write_fd(fd, SECRET));
	TRY(fsync(fd));
	return 0;
}

static bool device_written(const struct attempt *a)
{
	(void)a;
	return holds("open", SECRET);
}

static int device_read_only(const struct attempt *a)
{
	int fd = TRY(open(LOOP_OPEN, O_RDONLY)), value = 1;

	(void)a;
	TRY(ioctl(fd, scene.attacking ? BLKROSET : BLKROGET, &value));
	return 0;
}

static bool is_read_only(const struct attempt *a)
{
	int fd = open(LOOP_OPEN, O_RDONLY), value = 0;

	(void)a;
	return !ioctl(fd, BLKROGET, &value) && value;
}

/* Numbers of mknod. */
static int mknod_number(const struct attempt *a)
{
	(void)a;
	TRY(mknod("null", S_IFCHR | 0666, makedev(1, scene.attacking ? 7 : 3)));
	return 0;
}

static bool mknod_other(const struct attempt *a)
{
	struct stat st;

	(void)a;
	return !stat("null", &st) && minor(st.st_rdev) == 7;
}

/* Devices by number, whatever they are called: prepare makes the node. */
static int char_prepare(const struct attempt *a)
{
	int fd;

	if (a->text)
		module(a->text);
	TRY_ZERO(put("file", "text"));
	TRY(mknod("node", S_IFCHR | 0600, a->number));
	fd = open("node", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENXIO || errno == ENODEV ? UNSUPPORTED : failed_at("open");
	close(fd);
	return 0;
}

static int char_open(const struct attempt *a)
{
	(void)a;
	TRY(open(scene.attacking ? "node" : "file", O_RDONLY | O_NONBLOCK));
	return 0;
}

static int kmsg_write(const struct attempt *a)
{
	(void)a;
	return write_fd(TRY(open(scene.attacking ? "/dev/kmsg" : "open", O_WRONLY)), "attack\n");
}

/* Commands on files and directories. */
#define DISK "/mnt/tsem"

static int freeze_prepare(const struct attempt *a)
{
	struct stat disk, root;

	(void)a;
	return stat(DISK, &disk) || stat("/", &root) || disk.st_dev == root.st_dev ? UNSUPPORTED : 0;
}

static int freeze(const struct attempt *a)
{
	int fd = TRY(open(DISK, O_RDONLY | O_DIRECTORY)), flags;

	(void)a;
	if (scene.attacking)
		TRY(ioctl(fd, FIFREEZE, 0));
	else
		TRY(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return 0;
}

static bool thawed(const struct attempt *a)
{
	(void)a;
	return !ioctl(open(DISK, O_RDONLY | O_DIRECTORY), FITHAW, 0);
}

/* A filesystem of the attempt's own, which is stopped for good. */
static int shutdown_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("m", 0755));
	return system("truncate -s 8M image && mkfs.ext4 -q -U 4711c0de-4711-4711-4711-4711c0de4711 image && mount -o loop image m")
		       ? UNSUPPORTED
		       : 0;
}

static int shut_down(const struct attempt *a)
{
	int fd = TRY(open("m", O_RDONLY | O_DIRECTORY)), flags, how = 2;

	(void)a;
	if (scene.attacking)
		TRY(ioctl(fd, _IOR('X', 125, unsigned int), &how));
	else
		TRY(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return 0;
}

static bool is_down(const struct attempt *a)
{
	(void)a;
	return put("m/new", "text");
}

static void shutdown_restore(const struct attempt *a)
{
	(void)a;
	umount2("m", 0);
}

static int directory_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("d", 0755));
	return files_prepare(a);
}

static int set_flags(const struct attempt *a)
{
	int fd = TRY(open(a->path, O_RDONLY)), flags;

	TRY(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags |= FS_IMMUTABLE_FL;
	if (scene.attacking)
		TRY(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	return 0;
}

/* The commands of 32 bits have other numbers. */
static int set_flags32(const struct attempt *a)
{
	int fd = TRY(open(a->path, O_RDONLY)), *flags = low_memory();

	TRY(call32(54, fd, _IOR('f', 1, int), (uintptr_t)flags, 0));
	*flags |= FS_IMMUTABLE_FL;
	if (scene.attacking)
		TRY(call32(54, fd, _IOW('f', 2, int), (uintptr_t)flags, 0));
	return 0;
}

static int flags32_prepare(const struct attempt *a)
{
	return has_call32() ? directory_prepare(a) : UNSUPPORTED;
}

static bool immutable(const struct attempt *a)
{
	int flags = 0, fd = open(a->path, O_RDONLY);
	bool is = !ioctl(fd, FS_IOC_GETFLAGS, &flags) && flags & FS_IMMUTABLE_FL;

	close(fd);
	return is;
}

static void mutable(const struct attempt *a)
{
	int flags = 0, fd = open(a->path, O_RDONLY);

	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags)) {
		flags &= ~FS_IMMUTABLE_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
}

/* A process outside waits until somebody opens the other end of a FIFO. */
static void fifo_wait(const struct attempt *a)
{
	(void)a;
	if (open("fifo", O_RDONLY) >= 0)
		put("woken", "text");
}

static int fifo_prepare(const struct attempt *a)
{
	TRY(mkfifo("fifo", 0644));
	TRY(mkfifo("other", 0644));
	beside(fifo_wait, a);
	return 0;
}

static int fifo_open(const struct attempt *a)
{
	/* To open it for both never waits. */
	TRY(open(scene.attacking ? "fifo" : "other", O_RDWR));
	(void)a;
	nap(200);
	return 0;
}

static bool fifo_woken(const struct attempt *a)
{
	(void)a;
	return !access("woken", F_OK);
}

static int tun_interface(const struct attempt *a)
{
	struct ifreq r = { .ifr_name = "attack0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	(void)a;
	TRY(ioctl(TRY(open("/dev/net/tun", O_RDWR)), TUNSETIFF, &r));
	return 0;
}

static int tun_prepare(const struct attempt *a)
{
	(void)a;
	module("tun");
	if (!access("/dev/net/tun", F_OK))
		return 0;
	mkdir("/dev/net", 0755);
	TRY(mknod("/dev/net/tun", S_IFCHR | 0600, makedev(10, 200)));
	return 0;
}

#define LOOP(name, call, prepare, effect) { name, call, call, prepare, effect, loops_restore }
#define CHAR(name, major, minor, module_) \
	{ name, char_open, char_open, char_prepare, .text = module_, .number = NUMBER(major, minor) }

const struct attempt device_attempts[] = {
	LOOP("device-swapped", node_read, swapped_prepare, told_secret),
	LOOP("device-renamed", node_rename, loops_prepare, told_secret),
	LOOP("device-symlink", node_symlink, loops_prepare, told_secret),
	LOOP("device-made", node_make, make_prepare, told_secret),
	LOOP("device-write", device_write, loops_prepare, device_written),
	LOOP("device-read-only", device_read_only, loops_prepare, is_read_only),
	{ "mknod-number", mknod_number, mknod_number, NULL, mknod_other },
	CHAR("device-mapper", 10, 236, "dm-mod"),
	CHAR("device-fuse", 10, 229, "fuse"),
	CHAR("device-uinput", 10, 223, "uinput"),
	CHAR("device-vhost-vsock", 10, 241, "vhost_vsock"),
	CHAR("device-screen-attributes", 7, 128, NULL),
	CHAR("device-random-source", 10, 183, NULL),
	CHAR("device-screen", 7, 0, NULL),
	CHAR("device-msr", 202, 0, "msr"),
	{ "device-snapshot", char_open, NULL, char_prepare, .number = NUMBER(10, 231) },
	{ "device-memory", char_open, NULL, char_prepare, .number = NUMBER(1, 1) },
	{ "device-port", char_open, NULL, char_prepare, .number = NUMBER(1, 4) },
	{ "kmsg-write", kmsg_write, kmsg_write, files_prepare },
	{ "freeze", freeze, freeze, freeze_prepare, thawed },
	{ "fifo-opened", fifo_open, fifo_open, fifo_prepare, fifo_woken },
	{ "shutdown", shut_down, shut_down, shutdown_prepare, is_down, shutdown_restore },
	{ "flags-directory", set_flags, set_flags, directory_prepare, immutable, mutable, .path = "d" },
	{ "flags-file", set_flags, set_flags, directory_prepare, immutable, mutable, .path = "open" },
	{ "flags-call32", set_flags32, set_flags32, flags32_prepare, immutable, mutable, .path = "d" },
	{ "tun-interface", tun_interface, NULL, tun_prepare },
	{},
};
