// SPDX-License-Identifier: GPL-2.0
/* inode_rename OLD NEW */
#include <stdio.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : rename(argv[1], argv[2]) != 0;
}
