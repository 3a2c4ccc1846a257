// SPDX-License-Identifier: GPL-2.0
/* map_shared PATH: maps a file shared, closes it, and writes each line of its input to where the file begins. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	char *to = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char line[256];

	if (fd < 0 || to == MAP_FAILED || close(fd))
		return 1;
	setlinebuf(stdout);
	puts("mapped");
	while (fgets(line, sizeof(line), stdin)) {
		memcpy(to, line, strlen(line));
		puts("written");
	}
	return 0;
}
