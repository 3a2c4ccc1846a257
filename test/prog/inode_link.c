// SPDX-License-Identifier: GPL-2.0
/* inode_link OLD NEW */
#include <unistd.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : link(argv[1], argv[2]) != 0;
}
