// SPDX-License-Identifier: GPL-2.0
/* inode_create PATH MODE */
#include <fcntl.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : open(argv[1], O_CREAT | O_EXCL | O_WRONLY, strtoul(argv[2], NULL, 8)) < 0;
}
