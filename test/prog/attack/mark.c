// SPDX-License-Identifier: GPL-2.0
/*
 * The workload's own files. What is learned is done again under the model, with what must make no difference to it (the
 * kernel's caches are dropped, a creation fails in between), and must be permitted; what makes more of them must not.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"

static void dropper(const struct attempt *a)
{
	(void)a;
	for (int i = 0; i < 30; i++) {
		sync();
		put("/proc/sys/vm/drop_caches", "3");
		nap(100);
	}
}

static int drop_prepare(const struct attempt *a)
{
	TRY_ZERO(files_prepare(a));
	if (scene.attacking)
		beside(dropper, a);
	return 0;
}

static int make_and_reopen(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(put("own", "text"));
	nap(scene.attacking ? 1000 : 10);
	tell_fd(TRY(open("own", O_RDONLY)));
	TRY(unlink("own"));
	return 0;
}

static int make_in_own_directory(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("d", 0700));
	nap(scene.attacking ? 1000 : 10);
	TRY_ZERO(put("d/own", "text"));
	nap(scene.attacking ? 1000 : 10);
	return tell_fd(TRY(open("d/own", O_RDONLY)));
}

/* The second that it makes is the second, whatever the caches have forgotten. */
static int make_two(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(put("one", "text"));
	nap(scene.attacking ? 1000 : 10);
	return put("two", "text");
}

static int make_three(const struct attempt *a)
{
	TRY_ZERO(make_two(a));
	return scene.attacking ? put("three", "text") : 0;
}

static bool three_there(const struct attempt *a)
{
	(void)a;
	return !access("three", F_OK);
}

static int after_exists(const struct attempt *a)
{
	(void)a;
	for (int i = 0; scene.attacking && i < 3; i++) {
		if (open("open", O_RDWR | O_CREAT | O_EXCL, 0600) >= 0 || errno != EEXIST)
			return failed_at("open");
		if (!mkdir("open", 0700) || errno != EEXIST)
			return failed_at("mkdir");
	}
	TRY_ZERO(put("own", "text"));
	TRY(mkdir("d", 0700));
	return 0;
}

static int full_prepare(const struct attempt *a)
{
	(void)a;
	TRY(mkdir("m", 0755));
	TRY(mount("none", "m", "tmpfs", 0, "nr_inodes=4"));
	TRY_ZERO(put("m/1", ""));
	TRY_ZERO(put("m/2", ""));
	return put("m/3", "");
}

static int after_full(const struct attempt *a)
{
	(void)a;
	for (int i = 0; scene.attacking && i < 3; i++) {
		if (open("m/own", O_WRONLY | O_CREAT | O_TRUNC, 0644) >= 0 || errno != ENOSPC)
			return failed_at("open");
	}
	TRY(unlink("m/3"));
	return put("m/own", "text");
}

static void full_restore(const struct attempt *a)
{
	(void)a;
	umount("m");
}

static int again(const struct attempt *a)
{
	int times = scene.attacking && a->number ? 3 : 2;

	for (int i = 0; i < times; i++) {
		TRY(mkdir("d", 0700));
		TRY_ZERO(put("d/own", "text"));
		TRY(unlink("d/own"));
		TRY(rmdir("d"));
	}
	return 0;
}

/* open(2) with O_CREAT of a file that is there. Until the kernel has looked for it, it may be one that is not. */
static int not_new_prepare(const struct attempt *a)
{
	TRY_ZERO(put("not-new", SECRET));
	if (a->number)
		beside(dropper, a);
	return 0;
}

static int open_as_new(const struct attempt *a)
{
	(void)a;
	nap(scene.attacking ? 1000 : 10);
	return tell_fd(TRY(open(scene.attacking ? "not-new" : "new", O_RDWR | O_CREAT, 0644)));
}

const struct attempt mark_attempts[] = {
	{ "own-reopened", make_and_reopen, make_and_reopen, drop_prepare },
	{ "own-directory", make_in_own_directory, make_in_own_directory, drop_prepare },
	{ "own-second", make_two, make_two, drop_prepare },
	{ "own-third", make_three, make_three, drop_prepare, three_there },
	{ "own-after-exists", after_exists, after_exists, files_prepare },
	{ "own-after-full", after_full, after_full, full_prepare, NULL, full_restore },
	{ "not-new", open_as_new, open_as_new, not_new_prepare, told_secret },
	{ "not-new-uncached", open_as_new, open_as_new, not_new_prepare, told_secret, .number = 1 },
	{ "own-again", again, again },
	{ "own-again-thrice", again, again, .number = 1 },
	{},
};
