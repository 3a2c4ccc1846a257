// SPDX-License-Identifier: GPL-2.0
/*
 * write_race PATH COUNT: writes COUNT contents to a file, by turns with write() and through a mapping, and opens it for
 * reading after each, while a thread opens it all the time. Content i is i in 63 digits and a newline.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 64

static atomic_bool done;

static void *open_again(void *path)
{
	while (!done)
		close(open(path, O_RDONLY));
	return NULL;
}

static int replace(const char *path, int i)
{
	char content[SIZE + 1], *to;
	int fd = open(path, O_RDWR);

	snprintf(content, sizeof(content), "%063d\n", i);
	if (i % 2) {
		to = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (to == MAP_FAILED)
			return -1;
		memcpy(to, content, SIZE);
		munmap(to, SIZE);
	} else if (pwrite(fd, content, SIZE, 0) != SIZE) {
		return -1;
	}
	return close(fd);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 3 || pthread_create(&thread, NULL, open_again, argv[1]))
		return 1;
	for (int i = 0; i < atoi(argv[2]); i++) {
		int fd;

		if (replace(argv[1], i))
			return 1;
		fd = open(argv[1], O_RDONLY);
		if (fd < 0)
			return 1;
		close(fd);
	}
	done = true;
	return pthread_join(thread, NULL);
}
