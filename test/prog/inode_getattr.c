// SPDX-License-Identifier: GPL-2.0
/* inode_getattr PATH */
#include <sys/stat.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct stat s;

	return stat(argv[1], &s) != 0;
}
