// SPDX-License-Identifier: GPL-2.0
/*
 * grow WHAT COUNT [READY]: makes so many of something, as far as the kernel lets it; then makes the file READY and
 * keeps all until its input ends. Says how many there are. WHAT: objects (of System V IPC), sockets, listeners (whose
 * port the kernel chooses), receivers (of the signals of files), directories, files, events (each another one), repeats
 * (each the same, of a file that nobody has).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Objects of System V IPC, semaphores and queues, of which each IPC namespace has its own number: a new one when the
 * last is full. Its descriptor keeps it.
 */
static int make_object(long i)
{
	int id = i ? semget(IPC_PRIVATE, 1, IPC_CREAT | 0600) : -1;

	if (i && id < 0)
		id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (id >= 0)
		return id;
	if (unshare(CLONE_NEWIPC) || open("/proc/self/ns/ipc", O_RDONLY) < 0)
		return -1;
	return semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
}

static int make_listener(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 || listen(fd, 1) || getsockname(fd, (void *)&address, &size) ? -1 : fd;
}

static int make(const char *what, long i)
{
	char name[64];

	snprintf(name, sizeof(name), "d%ld", i);
	if (!strcmp(what, "objects"))
		return make_object(i);
	if (!strcmp(what, "sockets"))
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!strcmp(what, "listeners"))
		return make_listener();
	if (!strcmp(what, "receivers"))
		return fcntl(socket(AF_UNIX, SOCK_DGRAM, 0), F_SETOWN, getpid());
	if (!strcmp(what, "directories"))
		return mkdir(name, 0700);
	if (!strcmp(what, "files"))
		return close(open(name, O_WRONLY | O_CREAT, 0600));
	if (!strcmp(what, "events"))
		return prctl(PR_SET_TIMERSLACK, 100000 + i, 0, 0, 0);
	/* That it is denied is no reason to stop. */
	if (!strcmp(what, "repeats")) {
		close(open("nobody-has-this", O_RDONLY));
		return 0;
	}
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 100000, 100000 };
	long count, done = 0;
	char byte;

	if (argc < 3)
		return 2;
	count = atol(argv[2]);
	if (!strcmp(argv[1], "sockets") || !strcmp(argv[1], "listeners") || !strcmp(argv[1], "receivers"))
		setrlimit(RLIMIT_NOFILE, &limit);
	while (done < count && make(argv[1], done) >= 0)
		done++;
	printf("%ld\n", done);
	fflush(stdout);
	if (argc > 3) {
		close(open(argv[3], O_WRONLY | O_CREAT, 0600));
		while (read(0, &byte, 1) > 0)
			;
	}
	return done ? 0 : errno;
}
