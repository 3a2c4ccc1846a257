// SPDX-License-Identifier: GPL-2.0
/* memory_code r|x NAME: maps a file in memory (memfd) of this name, for execution too. Exits with errno. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int prot = PROT_READ, fd;

	if (argc < 3)
		return 255;
	if (*argv[1] == 'x')
		prot |= PROT_EXEC;
	fd = memfd_create(argv[2], 0);
	return fd < 0 || ftruncate(fd, 4096) || mmap(NULL, 4096, prot, MAP_SHARED, fd, 0) == MAP_FAILED ? errno : 0;
}
