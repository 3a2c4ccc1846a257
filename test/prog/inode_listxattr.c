// SPDX-License-Identifier: GPL-2.0
/* inode_listxattr PATH */
#include <sys/types.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	char names[4096];

	return listxattr(argv[1], names, sizeof(names)) < 0;
}
