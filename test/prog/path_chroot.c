// SPDX-License-Identifier: GPL-2.0
/* path_chroot [PATH]: uses CAP_SYS_CHROOT, and with PATH for a root directory as well. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int mounts = open("/proc/self/ns/mnt", O_RDONLY);

	if (setns(mounts, CLONE_NEWNS))
		return errno;
	return argc > 1 && chroot(argv[1]) ? errno : 0;
}
