// SPDX-License-Identifier: GPL-2.0
/* mount_option TYPE KEY VALUE: an option of a filesystem that is not mounted. Exits with errno. */
#include <errno.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	int fd;

	if (argc < 4)
		return 255;
	fd = fsopen(argv[1], 0);
	return fd < 0 || fsconfig(fd, FSCONFIG_SET_STRING, argv[2], argv[3], 0) ? errno : 0;
}
