// SPDX-License-Identifier: GPL-2.0
/* move_mount FROM TO: a bind mount by the calls of file descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif

int main(int argc, char **argv)
{
	int tree;

	if (argc < 3)
		return 2;
	tree = syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE);
	if (tree < 0)
		return errno;
	return syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH) ? errno : 0;
}
