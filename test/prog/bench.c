// SPDX-License-Identifier: GPL-2.0
/*
 * bench CASE [ROUNDS]: the time of one operation in nanoseconds, which under a clock that counts instructions is its
 * number of instructions. The least of several batches, after a warm-up, so that ticks and reclaim do not count.
 *
 * Cases: getpid open stat rename getxattr pipe generic getpgid getsockname socket tcp exec; `once` does each of them
 * once, `first DIRECTORY` opens each file of a directory once.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PATH "/mnt/tsem/a/b/c/file"
#define BATCHES 7

static int ends[2], listener;
static pid_t self;
static struct sockaddr_in address;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void do_getpid(void)
{
	syscall(SYS_getpid);
}

static void do_open(void)
{
	close(open(PATH, O_RDONLY));
}

static void do_stat(void)
{
	struct stat st;

	stat(PATH, &st);
}

static void do_rename(void)
{
	rename(PATH, PATH "2");
	rename(PATH "2", PATH);
}

static void do_getxattr(void)
{
	char value[16];

	getxattr(PATH, "user.none", value, sizeof(value));
}

/* Fails behind the hook. */
static void do_generic(void)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .exclude_kernel = 1, .freq = 1, .sample_freq = ~0ULL };

	syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static void do_getpgid(void)
{
	getpgid(self);
}

static void do_getsockname(void)
{
	struct sockaddr_in name;
	socklen_t size = sizeof(name);

	getsockname(listener, (struct sockaddr *)&name, &size);
}

static void do_pipe(void)
{
	char byte = 0;

	if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
		exit(1);
}

static void do_socket(void)
{
	close(socket(AF_INET, SOCK_STREAM, 0));
}

static void do_tcp(void)
{
	struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		exit(1);
	peer = accept(listener, NULL, NULL);
	/* No TIME_WAIT: thousands of them would cost each next connection. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	close(peer);
}

static void do_exec(void)
{
	char *argv[] = { "/mnt/tsem/true", NULL };
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, argv + 1))
		exit(1);
	waitpid(pid, NULL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
	int rounds;
} cases[] = {
	{ "getpid", do_getpid, 2000 },
	{ "open", do_open, 1000 },
	{ "stat", do_stat, 1000 },
	{ "rename", do_rename, 200 },
	{ "getxattr", do_getxattr, 1000 },
	{ "pipe", do_pipe, 1000 },
	{ "generic", do_generic, 1000 },
	{ "getpgid", do_getpgid, 2000 },
	{ "getsockname", do_getsockname, 1000 },
	{ "socket", do_socket, 500 },
	{ "tcp", do_tcp, 100 },
	{ "exec", do_exec, 10 },
};

static void prepare(void)
{
	socklen_t size = sizeof(address);

	self = getpid();
	if (pipe(ends))
		exit(1);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(7777);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 16))
		exit(1);
}

/* Opens every file of a directory once; per file. */
static int first(const char *path)
{
	char *names[4096];
	int count = 0;
	struct dirent *entry;
	DIR *dir = opendir(path);
	uint64_t start;

	if (!dir || chdir(path))
		return 1;
	while ((entry = readdir(dir)) && count < 4096) {
		if (entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	}
	start = now();
	for (int i = 0; i < count; i++)
		close(open(names[i], O_RDONLY));
	printf("%.0f\n", count ? (double)(now() - start) / count : 0);
	return 0;
}

static int once(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t start = now();

		cases[i].run();
		printf("%s %llu\n", cases[i].name, (unsigned long long)(now() - start));
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "first"))
		return first(argv[2]);
	prepare();
	if (argc == 2 && !strcmp(argv[1], "once"))
		return once();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double best = 0;

		if (argc > 1 && strcmp(argv[1], cases[i].name))
			continue;
		for (int k = 0; k < 50 && k < cases[i].rounds; k++)
			cases[i].run();
		/* A digest is kept once its file has been left alone for a moment. */
		usleep(50000);
		for (int batch = 0; batch < BATCHES; batch++) {
			uint64_t start = now();
			double each;

			for (int k = 0; k < cases[i].rounds; k++)
				cases[i].run();
			each = (double)(now() - start) / cases[i].rounds;
			if (!batch || each < best)
				best = each;
		}
		printf("%s %.0f\n", cases[i].name, best);
		fflush(stdout);
	}
	return 0;
}
