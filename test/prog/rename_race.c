// SPDX-License-Identifier: GPL-2.0
/*
 * rename_race SECONDS TOP MIDDLE: looks at the file TOP/U/MIDDLE/L/f by its descriptor, in two ways, while a thread
 * renames U and L by turns. Number i of 26 is 1 + i times the same letter in U and 101 + i times in L, a name in the
 * dentry and one outside of it: first they are the a's, then U goes on to the b's, L follows, and so on. So U is as far
 * as L, or one ahead.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define LETTERS 26
/* Without a rest now and then a reader that runs on another processor would never see names that stay. */
#define BURST 16

static atomic_bool done;
static const char *top, *middle;

static void name(char *path, int u, int l)
{
	char upper[LETTERS + 1] = {}, lower[LETTERS + 101] = {};

	memset(upper, 'a' + u, 1 + u);
	if (l >= 0)
		memset(lower, 'a' + l, 101 + l);
	snprintf(path, PATH_MAX, l < 0 ? "%s/%s" : "%s/%s/%s/%s", top, upper, middle, lower);
}

static void *rename_again(void *none)
{
	char from[PATH_MAX], to[PATH_MAX];
	bool fine = true;

	for (unsigned int i = 0; !done && fine; i++) {
		int now = i % LETTERS, next = (i + 1) % LETTERS;

		name(from, now, -1);
		name(to, next, -1);
		fine = !rename(from, to);
		name(from, next, now);
		name(to, next, next);
		fine = fine && !rename(from, to);
		if (i % BURST == 0)
			usleep(1000);
	}
	return fine ? none : &done;
}

int main(int argc, char **argv)
{
	char path[PATH_MAX], names[64];
	time_t end = time(NULL) + (argc == 4 ? atoi(argv[1]) : 0);
	pthread_t thread;
	struct stat s;
	void *failed;
	int fd;

	if (argc != 4)
		return 2;
	top = argv[2];
	middle = argv[3];
	name(path, 0, 0);
	strcat(path, "/f");
	fd = open(path, O_RDONLY);
	if (fd < 0 || pthread_create(&thread, NULL, rename_again, NULL))
		return 1;
	while (time(NULL) < end) {
		if (flistxattr(fd, names, sizeof(names)) < 0 || fstat(fd, &s))
			return 1;
	}
	done = true;
	return pthread_join(thread, &failed) || failed;
}
