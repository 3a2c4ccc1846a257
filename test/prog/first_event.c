// SPDX-License-Identifier: GPL-2.0
/*
 * first_event COUNT READY GO FILE: starts so many tasks, which reach no hook; makes the file READY, and waits until the
 * file GO is there. Then each task opens FILE. Prints how many could.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
	volatile int go;
	int opened;
};

static void child(struct shared *shared, const char *path)
{
	while (!shared->go)
		usleep(200000);
	if (open(path, O_RDONLY) >= 0)
		__atomic_add_fetch(&shared->opened, 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct shared *shared;
	int count;

	if (argc != 5)
		return 2;
	count = atoi(argv[1]);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return errno;
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		if (!pid)
			child(shared, argv[4]);
	}
	close(open(argv[2], O_WRONLY | O_CREAT, 0600));
	while (access(argv[3], F_OK))
		usleep(10000);
	shared->go = 1;
	while (wait(NULL) > 0)
		;
	printf("%d\n", shared->opened);
	return 0;
}
