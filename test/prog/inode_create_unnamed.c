// SPDX-License-Identifier: GPL-2.0
/* inode_create_unnamed DIRECTORY PATH: makes a file without a name (O_TMPFILE) in it and gives it one. Exits with
 * errno. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_TMPFILE | O_RDWR, 0600) : -1;
	char link[32];

	if (fd < 0 || write(fd, "text", 4) != 4)
		return errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, argv[2], AT_SYMLINK_FOLLOW) ? errno : 0;
}
