// SPDX-License-Identifier: GPL-2.0
/* inode_removexattr PATH NAME */
#include <errno.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : removexattr(argv[1], argv[2]) && errno == EPERM;
}
