// SPDX-License-Identifier: GPL-2.0
/* Files that others write to, or act upon, as root: those of tsem-bpf, of init, of udev, of the linker. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "attack.h"

#define OURS "/run/tsem-bpf"
#define FILE_OF_OURS OURS "/attack.events"

static bool made;

static int ours_prepare(const struct attempt *a)
{
	struct stat st;

	made = !mkdir(OURS, 0700);
	(void)a;
	TRY(stat(OURS, &st));
	return put(FILE_OF_OURS, SECRET);
}

static void ours_restore(const struct attempt *a)
{
	(void)a;
	umount2(OURS, MNT_DETACH);
	chmod(OURS, 0700);
	unlink(FILE_OF_OURS);
	unlink(OURS "/new");
	rmdir(OURS "/new");
	if (made)
		rmdir(OURS);
}

static int ours_read(const struct attempt *a)
{
	(void)a;
	return tell_fd(TRY(open(FILE_OF_OURS, O_RDONLY)));
}

static int ours_write(const struct attempt *a)
{
	(void)a;
	return write_fd(TRY(open(FILE_OF_OURS, O_WRONLY | O_TRUNC)), "changed");
}

static bool ours_changed(const struct attempt *a)
{
	(void)a;
	return !holds(FILE_OF_OURS, SECRET);
}

static int ours_truncate(const struct attempt *a)
{
	(void)a;
	TRY(truncate(FILE_OF_OURS, 0));
	return 0;
}

static int ours_unlink(const struct attempt *a)
{
	(void)a;
	TRY(unlink(FILE_OF_OURS));
	return 0;
}

static int ours_rename(const struct attempt *a)
{
	(void)a;
	TRY(rename(FILE_OF_OURS, OURS "/new"));
	return 0;
}

static int ours_replace(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(put("/run/attack.new", "changed"));
	TRY(rename("/run/attack.new", FILE_OF_OURS));
	return 0;
}

static void replace_restore(const struct attempt *a)
{
	ours_restore(a);
	unlink("/run/attack.new");
}

static int ours_directory_rename(const struct attempt *a)
{
	(void)a;
	TRY(rename(OURS, "/run/tsem-bpf.old"));
	return 0;
}

static void directory_restore(const struct attempt *a)
{
	rename("/run/tsem-bpf.old", OURS);
	ours_restore(a);
}

static int ours_create(const struct attempt *a)
{
	(void)a;
	return put(OURS "/new", "");
}

static int ours_symlink(const struct attempt *a)
{
	(void)a;
	TRY(symlink("/etc/passwd", OURS "/new"));
	return 0;
}

static int ours_mkdir(const struct attempt *a)
{
	(void)a;
	TRY(mkdir(OURS "/new", 0700));
	return 0;
}

static int ours_link(const struct attempt *a)
{
	(void)a;
	TRY(link(FILE_OF_OURS, "/run/attack.link"));
	return tell_fd(TRY(open("/run/attack.link", O_RDONLY)));
}

static void link_restore(const struct attempt *a)
{
	ours_restore(a);
	unlink("/run/attack.link");
}

static bool ours_new(const struct attempt *a)
{
	struct stat st;

	(void)a;
	return !lstat(OURS "/new", &st);
}

static int ours_chmod(const struct attempt *a)
{
	(void)a;
	TRY(chmod(OURS, 0777));
	return 0;
}

static bool ours_open_to_all(const struct attempt *a)
{
	struct stat st;

	(void)a;
	return !stat(OURS, &st) && st.st_mode & 2;
}

static int ours_mount_over(const struct attempt *a)
{
	(void)a;
	TRY(mount("none", OURS, "tmpfs", 0, NULL));
	return 0;
}

static int ours_bind_away(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("d", 0700));
	TRY(mount(OURS, "d", NULL, MS_BIND, NULL));
	return tell_fd(TRY(open("d/attack.events", O_RDONLY)));
}

static void bind_restore(const struct attempt *a)
{
	umount2("d", MNT_DETACH);
	ours_restore(a);
}

/* Files that make others execute something: a->path. They are written where they do nothing, by their name. */
static char directory[256];

static int plant_prepare(const struct attempt *a)
{
	snprintf(directory, sizeof(directory), "%s", a->path);
	*strrchr(directory, '/') = 0;
	made = !mkdir(directory, 0755);
	unlink(a->path);
	return files_prepare(a);
}

static int plant(const struct attempt *a)
{
	return put(scene.attacking ? a->path : "open", "# attack\n");
}

static bool planted(const struct attempt *a)
{
	return !access(a->path, F_OK);
}

static void plant_restore(const struct attempt *a)
{
	unlink(a->path);
	if (made)
		rmdir(directory);
}

/* The directory as a layer of a filesystem of the workload's own: what that opens below, it opens itself. */
#define WORK "/run/attack.work"

static int stacked_prepare(const struct attempt *a)
{
	if (!holds("/proc/filesystems", "\toverlay") && !module("overlay"))
		return UNSUPPORTED;
	TRY(mkdir("m", 0700));
	TRY(mkdir("low", 0700));
	TRY(mkdir(WORK, 0700));
	return ours_prepare(a);
}

static void stacked_restore(const struct attempt *a)
{
	umount2("m", MNT_DETACH);
	rmdir(WORK "/work");
	rmdir(WORK);
	ours_restore(a);
}

static int stacked_read(const struct attempt *a)
{
	(void)a;
	TRY(mount("overlay", "m", "overlay", 0, "lowerdir=" OURS ":low"));
	return tell_fd(TRY(open("m/attack.events", O_RDONLY)));
}

static int stacked_write(const struct attempt *a)
{
	(void)a;
	TRY(mount("overlay", "m", "overlay", 0, "lowerdir=low,upperdir=" OURS ",workdir=" WORK));
	return write_fd(TRY(open("m/attack.events", O_WRONLY | O_TRUNC)), "changed");
}

static int ours_list(const struct attempt *a)
{
	/* The owner, user 65534, the group, the mask and the others. */
	static const unsigned int list[] = { 2, 0x70001, ~0U, 0x70002, 65534, 4, ~0U, 0x70010, ~0U, 0x20, ~0U };

	(void)a;
	TRY(setxattr(OURS, "system.posix_acl_access", list, sizeof(list), 0));
	return 0;
}

static bool ours_has_list(const struct attempt *a)
{
	bool there = getxattr(OURS, "system.posix_acl_access", NULL, 0) > 0;

	(void)a;
	removexattr(OURS, "system.posix_acl_access");
	return there;
}

static int ours_attribute(const struct attempt *a)
{
	(void)a;
	TRY(setxattr(FILE_OF_OURS, "trusted.attack", "x", 1, 0));
	return 0;
}

static bool ours_has_attribute(const struct attempt *a)
{
	(void)a;
	return getxattr(FILE_OF_OURS, "trusted.attack", NULL, 0) > 0;
}

#define OURS_ATTEMPT(name, call, effect) { name, call, NULL, ours_prepare, effect, ours_restore }
#define PLANT(name, path_) { name, plant, plant, plant_prepare, planted, plant_restore, .path = path_ }

const struct attempt deputy_attempts[] = {
	OURS_ATTEMPT("journal-read", ours_read, told_secret),
	OURS_ATTEMPT("journal-write", ours_write, ours_changed),
	OURS_ATTEMPT("journal-truncate", ours_truncate, ours_changed),
	OURS_ATTEMPT("journal-unlink", ours_unlink, ours_changed),
	OURS_ATTEMPT("journal-rename", ours_rename, ours_changed),
	{ "journal-replace", ours_replace, NULL, ours_prepare, ours_changed, replace_restore },
	{ "journal-directory-rename", ours_directory_rename, NULL, ours_prepare, ours_changed, directory_restore },
	OURS_ATTEMPT("journal-create", ours_create, ours_new),
	OURS_ATTEMPT("journal-symlink", ours_symlink, ours_new),
	OURS_ATTEMPT("journal-mkdir", ours_mkdir, ours_new),
	{ "journal-link", ours_link, NULL, ours_prepare, told_secret, link_restore },
	OURS_ATTEMPT("journal-chmod", ours_chmod, ours_open_to_all),
	OURS_ATTEMPT("journal-mount-over", ours_mount_over, ours_changed),
	{ "journal-bind-away", ours_bind_away, NULL, ours_prepare, told_secret, bind_restore },
	{ "journal-stacked-read", stacked_read, NULL, stacked_prepare, told_secret, stacked_restore },
	{ "journal-stacked-write", stacked_write, NULL, stacked_prepare, ours_changed, stacked_restore },
	OURS_ATTEMPT("journal-access-list", ours_list, ours_has_list),
	OURS_ATTEMPT("journal-attribute", ours_attribute, ours_has_attribute),
	PLANT("plant-run-systemd", "/run/systemd/attack.service"),
	PLANT("plant-etc-systemd", "/etc/systemd/attack.service"),
	PLANT("plant-run-udev", "/run/udev/attack.rules"),
	PLANT("plant-etc-cron", "/etc/cron.d/attack"),
	PLANT("plant-modprobe", "/run/modprobe.d/attack.conf"),
	PLANT("plant-shm", "/dev/shm/attack"),
	PLANT("plant-library-path", "/etc/ld.so.conf.d/attack.conf"),
	{},
};
