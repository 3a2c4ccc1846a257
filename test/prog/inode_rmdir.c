// SPDX-License-Identifier: GPL-2.0
/* inode_rmdir PATH */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return rmdir(argv[1]) != 0;
}
