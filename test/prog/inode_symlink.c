// SPDX-License-Identifier: GPL-2.0
/* inode_symlink TARGET PATH */
#include <unistd.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : symlink(argv[1], argv[2]) != 0;
}
