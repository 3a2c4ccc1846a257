// SPDX-License-Identifier: GPL-2.0
/* inode_setxattr PATH NAME VALUE */
#include <string.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	return argc < 4 ? 2 : setxattr(argv[1], argv[2], argv[3], strlen(argv[3]), 0) != 0;
}
