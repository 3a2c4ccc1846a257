// SPDX-License-Identifier: GPL-2.0
/* mount_readonly PATH: by mount_setattr(2), which has no hook. Exits with errno. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return argc < 2 ? 255 : mount_setattr(AT_FDCWD, argv[1], 0, &attr, sizeof(attr)) ? errno : 0;
}
