// SPDX-License-Identifier: GPL-2.0
/* file_open_unnamed DIRECTORY...: makes a file without a name in each (O_TMPFILE); exits with the errno of the first
 * that fails. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_TMPFILE | O_RDWR, 0600);

		if (fd < 0 || write(fd, "text", 4) != 4)
			return errno;
		close(fd);
	}
	return argc < 2;
}
