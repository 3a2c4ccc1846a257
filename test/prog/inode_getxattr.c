// SPDX-License-Identifier: GPL-2.0
/* inode_getxattr PATH NAME */
#include <errno.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	char value[64];

	return argc < 3 ? 2 : getxattr(argv[1], argv[2], value, sizeof(value)) < 0 && errno == EPERM;
}
