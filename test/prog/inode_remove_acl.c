// SPDX-License-Identifier: GPL-2.0
/* inode_remove_acl [PATH] */
#include <errno.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	return argc > 1 && removexattr(argv[1], "system.posix_acl_access") ? errno : 0;
}
