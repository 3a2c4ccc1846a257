// SPDX-License-Identifier: GPL-2.0
/* mmap_file PATH [x]: maps a file, with x for execution; without a path (-) anonymous memory. Exits with errno. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int prot = argc > 2 ? PROT_READ | PROT_EXEC : PROT_READ, flags = MAP_PRIVATE, fd = -1;

	if (argc < 2)
		return EINVAL;
	if (!strcmp(argv[1], "-"))
		flags |= MAP_ANONYMOUS;
	else
		fd = open(argv[1], O_RDONLY);
	return mmap(NULL, 4096, prot, flags, fd, 0) == MAP_FAILED ? errno : 0;
}
