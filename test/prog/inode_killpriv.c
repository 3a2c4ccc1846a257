// SPDX-License-Identifier: GPL-2.0
/* inode_killpriv PATH: gives the file a capability and writes to it, which takes that away. */
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/xattr.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct vfs_cap_data caps = { .magic_etc = VFS_CAP_REVISION_2, .data[0].permitted = 1 << CAP_NET_RAW };
	int fd = open(argv[1], O_WRONLY);

	return fsetxattr(fd, "security.capability", &caps, sizeof(caps), 0) || write(fd, "x", 1) != 1;
}
