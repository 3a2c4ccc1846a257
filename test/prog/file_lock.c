// SPDX-License-Identifier: GPL-2.0
/* file_lock PATH OPERATION */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : !!flock(open(argv[1], O_RDONLY), atoi(argv[2]));
}
