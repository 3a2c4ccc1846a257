// SPDX-License-Identifier: GPL-2.0
/* file_ioctl PATH CMD */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	int value = 0;

	if (argc < 3)
		return 2;
	return ioctl(open(argv[1], O_RDONLY), strtoul(argv[2], NULL, 0), &value) && errno == EPERM;
}
