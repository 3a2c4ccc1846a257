// SPDX-License-Identifier: GPL-2.0
/* inode_mkdir PATH MODE */
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : mkdir(argv[1], strtoul(argv[2], NULL, 8)) != 0;
}
