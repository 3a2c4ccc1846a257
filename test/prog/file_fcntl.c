// SPDX-License-Identifier: GPL-2.0
/* file_fcntl PATH CMD */
#include <fcntl.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : fcntl(open(argv[1], O_RDONLY), atoi(argv[2])) < 0;
}
