// SPDX-License-Identifier: GPL-2.0
/* sb_mount DIRECTORY FLAGS: a tmpfs, and takes it away again. */
#include <stdlib.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return mount("none", argv[1], "tmpfs", strtoul(argv[2], NULL, 0), NULL) || umount(argv[1]);
}
