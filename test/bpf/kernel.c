// SPDX-License-Identifier: GPL-2.0
/*
 * kernel COMMAND...: calls the kernel functions of the patch series, by the programs of kernel.bpf.c.
 *
 *   hash NAME           the digest of standard input (8 KiB at most)
 *   atomic NAME PCR     the same in a hook that may not sleep, which extends PCR with its first 32 bytes
 *   file NAME PATH [w]  the digest of a file, read when it is opened (w: for writing only), and its version
 *   extend PCR HEX N    N extensions, at once; then "extended failed" when none is pending
 *   aggregate NAME      of PCR 0 to 7
 *   wait MS VERDICT     a child waits in a hook for MS, gets the verdict after 100 ms if one is given ("-": none,
 * "kill": is killed); "errno milliseconds" detach MS           milliseconds that the detaching of a tracing program
 * takes while a task waits for MS
 *
 * Prints the errno, negative, where a function fails, and exits with 1.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

#include "kernel.skel.h"

static struct kernel *k;

static void die(const char *what)
{
	fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void call(struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		die("test_run");
}

static void attach(struct bpf_program *program)
{
	if (!bpf_program__attach(program))
		die("attach");
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What failed is the result; the digest otherwise. */
static int tell(void)
{
	if (k->bss->result < 0) {
		printf("%d\n", k->bss->result);
		return 1;
	}
	for (int i = 0; i < k->bss->result; i++)
		printf("%02x", (unsigned char)k->bss->digest[i]);
	return 0;
}

static int create(const char *name)
{
	strncpy(k->bss->name, name, sizeof(k->bss->name) - 1);
	call(k->progs.create);
	return k->bss->result < 0 ? tell() : 0;
}

static void input(void)
{
	ssize_t got;

	while ((got = read(0, k->bss->data + k->bss->size, sizeof(k->bss->data) - k->bss->size)) > 0)
		k->bss->size += got;
}

/* A child that waits in fcntl() and exits with its errno; the parent goes on when it is in the hook. */
static pid_t waiting(unsigned int ms)
{
	int ready[2];
	pid_t child;

	if (pipe(ready))
		die("pipe");
	k->bss->task = 0x123456789abcdef;
	k->bss->timeout = ms;
	attach(k->progs.waits);
	child = fork();
	if (!child) {
		k->bss->target = getpid();
		close(ready[0]);
		/* A descriptor of its own: F_SETSIG on it changes nothing for others. */
		exit(fcntl(ready[1], F_SETSIG, 7) ? errno : 0);
	}
	close(ready[1]);
	while (*(volatile __u64 *)&k->bss->event != 7)
		usleep(1000);
	return child;
}

static int cmd_wait(unsigned int ms, const char *verdict)
{
	long start = now();
	pid_t child = waiting(ms);
	int end;

	usleep(100000);
	if (!strcmp(verdict, "kill")) {
		kill(child, SIGKILL);
	} else if (strcmp(verdict, "-")) {
		/* Another task, another event: nobody is released. */
		k->bss->task++;
		call(k->progs.release);
		if (k->bss->result != -ENOENT)
			die("released another task");
		k->bss->task--;
		k->bss->event++;
		call(k->progs.release);
		if (k->bss->result != -ENOENT)
			die("released another event");
		k->bss->event--;
		k->bss->verdict = -atoi(verdict);
		call(k->progs.release);
		if (k->bss->result)
			die("release");
	}
	waitpid(child, &end, 0);
	printf("%d %ld\n", WIFSIGNALED(end) ? -WTERMSIG(end) : WEXITSTATUS(end), now() - start);
	call(k->progs.release);
	if (k->bss->result != -ENOENT)
		die("somebody still waits");
	return 0;
}

static int cmd_detach(unsigned int ms)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "main");
	struct bpf_link *link, *probe;
	pid_t child;
	long start;

	/* First the child: it would inherit the link, and close it last. */
	child = waiting(ms);
	probe = bpf_program__attach_uprobe_opts(k->progs.probe, 0, "/proc/self/exe", 0, &opts);
	if (!probe)
		die("attach uprobe");
	start = now();
	link = bpf_program__attach(k->progs.content);
	if (!link)
		die("attach");
	printf("attach-lsm %ld\n", now() - start);
	start = now();
	bpf_link__destroy(link);
	printf("detach-lsm %ld\n", now() - start);
	start = now();
	bpf_link__destroy(probe);
	printf("detach-uprobe %ld\n", now() - start);
	waitpid(child, NULL, 0);
	return 0;
}

static int cmd_file(const char *path, int flags)
{
	int fd;

	k->bss->result = -ENODATA;
	attach(k->progs.content);
	k->bss->target = getpid();
	fd = open(path, flags);
	k->bss->target = 0;
	if (fd < 0)
		die(path);
	if (tell())
		return 1;
	printf(" %llu\n", (unsigned long long)k->bss->version);
	return 0;
}

static int cmd_extend(unsigned int pcr, const char *hex, int count)
{
	unsigned int byte;
	int refused = 0;

	for (; sscanf(hex, "%2x", &byte) == 1 && k->bss->size < 64; hex += 2)
		k->bss->data[k->bss->size++] = byte;
	k->bss->pcr = pcr;
	while (count--) {
		call(k->progs.extend);
		if (k->bss->result < 0 && !refused++)
			printf("%d\n", k->bss->result);
	}
	do {
		usleep(10000);
		call(k->progs.extended);
	} while (k->bss->status.pending);
	printf("%llu %llu\n", (unsigned long long)k->bss->status.extended, (unsigned long long)k->bss->status.failed);
	return refused != 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	int err;

	k = kernel__open_and_load();
	if (!k)
		die("load");
	if (!strcmp(command, "hash")) {
		input();
		err = create(argv[2]);
		if (err)
			return err;
		call(k->progs.buffer);
		err = tell();
		puts("");
		return err;
	}
	if (!strcmp(command, "atomic") && argc == 4) {
		input();
		err = create(argv[2]);
		if (err)
			return err;
		attach(k->progs.atomic);
		k->bss->pcr = atoi(argv[3]);
		k->bss->target = getpid();
		getpgid(getppid());
		k->bss->target = 0;
		err = tell();
		puts("");
		return err;
	}
	if (!strcmp(command, "file") && argc >= 4) {
		err = create(argv[2]);
		return err ? err : cmd_file(argv[3], argc == 5 ? O_WRONLY : O_RDONLY);
	}
	if (!strcmp(command, "extend") && argc == 5)
		return cmd_extend(atoi(argv[2]), argv[3], atoi(argv[4]));
	if (!strcmp(command, "aggregate")) {
		err = create(argv[2]);
		if (err)
			return err;
		call(k->progs.aggregate);
		err = tell();
		puts("");
		return err;
	}
	if (!strcmp(command, "wait") && argc == 4)
		return cmd_wait(atoi(argv[2]), argv[3]);
	if (!strcmp(command, "detach"))
		return cmd_detach(atoi(argv[2]));
	fprintf(stderr, "kernel: unknown command; see the head of test/bpf/kernel.c\n");
	return 2;
}
