// SPDX-License-Identifier: GPL-2.0
/* inode_mknod PATH MAJOR MINOR: a character device. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int main(int argc, char **argv)
{
	return argc < 4 ? 2 : mknod(argv[1], S_IFCHR | 0600, makedev(atoi(argv[2]), atoi(argv[3]))) != 0;
}
