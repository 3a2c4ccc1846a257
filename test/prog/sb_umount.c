// SPDX-License-Identifier: GPL-2.0
/* sb_umount DIRECTORY FLAGS */
#include <stdlib.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : umount2(argv[1], atoi(argv[2])) != 0;
}
