// SPDX-License-Identifier: GPL-2.0
/* sb_pivotroot DIRECTORY: a mount of a mount namespace of its own becomes the root, with the old one in old/. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", argv[1], "tmpfs", 0, NULL) || chdir(argv[1]) || mkdir("old", 0700))
		return 1;
	return syscall(SYS_pivot_root, ".", "old") != 0;
}
