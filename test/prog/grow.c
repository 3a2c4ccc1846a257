// SPDX-License-Identifier: GPL-2.0
/*
 * grow WHAT COUNT [READY]: makes so many of something, as far as the kernel lets it; then makes the file READY and
 * keeps all until its input ends. Says how many there are. WHAT: segments, semaphores, queues, sockets, directories,
 * files, events (each another one), repeats (each the same, of a file that nobody has).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(const char *what, long i)
{
	char name[64];

	snprintf(name, sizeof(name), "d%ld", i);
	if (!strcmp(what, "segments"))
		return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	if (!strcmp(what, "semaphores"))
		return semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (!strcmp(what, "queues"))
		return msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (!strcmp(what, "sockets"))
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!strcmp(what, "directories"))
		return mkdir(name, 0700);
	if (!strcmp(what, "files"))
		return close(open(name, O_WRONLY | O_CREAT, 0600));
	if (!strcmp(what, "events"))
		return prctl(PR_SET_TIMERSLACK, 100000 + i, 0, 0, 0);
	/* That it is denied is no reason to stop. */
	if (!strcmp(what, "repeats"))
		return close(open("nobody-has-this", O_RDONLY)) ? 0 : 0;
	errno = EINVAL;
	return -1;
}

static void drop(const char *what, int id)
{
	if (!strcmp(what, "segments"))
		shmctl(id, IPC_RMID, NULL);
	if (!strcmp(what, "semaphores"))
		semctl(id, 0, IPC_RMID);
	if (!strcmp(what, "queues"))
		msgctl(id, IPC_RMID, NULL);
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 100000, 100000 };
	long count, done = 0;
	char byte;
	int *ids;

	if (argc < 3)
		return 2;
	count = atol(argv[2]);
	ids = calloc(count, sizeof(*ids));
	if (!ids)
		return 2;
	if (!strcmp(argv[1], "sockets"))
		setrlimit(RLIMIT_NOFILE, &limit);
	while (done < count && (ids[done] = make(argv[1], done)) >= 0)
		done++;
	printf("%ld\n", done);
	fflush(stdout);
	if (argc > 3) {
		close(open(argv[3], O_WRONLY | O_CREAT, 0600));
		while (read(0, &byte, 1) > 0)
			;
	}
	for (long i = 0; i < done; i++)
		drop(argv[1], ids[i]);
	return done ? 0 : errno;
}
