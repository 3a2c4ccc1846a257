// SPDX-License-Identifier: GPL-2.0
/*
 * rename_race SECONDS A B C D: looks at the file A/C/f by its descriptor, in three ways, while a thread renames the
 * directories above it: A/C, B/C, B/D, B/C, A/C and so on. There is never an A/D.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static atomic_bool done;
static char upper[2][PATH_MAX], lower[2][PATH_MAX];

static void *rename_again(void *none)
{
	while (!done) {
		if (rename(upper[0], upper[1]) || rename(lower[0], lower[1]) || rename(lower[1], lower[0]) ||
		    rename(upper[1], upper[0]))
			exit(1);
	}
	return none;
}

int main(int argc, char **argv)
{
	char path[PATH_MAX], names[64];
	time_t end = time(NULL) + (argc == 6 ? atoi(argv[1]) : 0);
	pthread_t thread;
	struct stat s;
	int fd;

	if (argc != 6)
		return 2;
	for (int i = 0; i < 2; i++) {
		snprintf(upper[i], PATH_MAX, "%s", argv[2 + i]);
		snprintf(lower[i], PATH_MAX, "%s/%s", argv[3], argv[4 + i]);
	}
	snprintf(path, PATH_MAX, "%s/%s/f", argv[2], argv[4]);
	fd = open(path, O_RDONLY);
	snprintf(path, PATH_MAX, "/proc/self/fd/%d", fd);
	if (fd < 0 || pthread_create(&thread, NULL, rename_again, NULL))
		return 1;
	while (time(NULL) < end) {
		int again = open(path, O_RDONLY);

		if (again < 0 || flistxattr(fd, names, sizeof(names)) < 0 || fstat(fd, &s))
			return 1;
		close(again);
	}
	done = true;
	return pthread_join(thread, NULL);
}
