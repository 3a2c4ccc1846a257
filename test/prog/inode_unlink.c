// SPDX-License-Identifier: GPL-2.0
/* inode_unlink PATH */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return unlink(argv[1]) != 0;
}
