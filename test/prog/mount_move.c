// SPDX-License-Identifier: GPL-2.0
/* mount_move FROM TO FLAGS: move_mount(2) of what is mounted at FROM; 0x100 makes TO a peer of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	return syscall(SYS_move_mount, AT_FDCWD, argv[1], AT_FDCWD, argv[2], strtoul(argv[3], NULL, 0)) ? errno : 0;
}
