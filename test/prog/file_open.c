// SPDX-License-Identifier: GPL-2.0
/* file_open PATH...: opens each file, reads a byte; exits with the errno of the first that fails. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char byte;
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0 || read(fd, &byte, 1) < 0)
			return errno;
		close(fd);
	}
	return argc < 2;
}
