// SPDX-License-Identifier: GPL-2.0
/* task_alloc HOW PATH: opens a file from a descendant (fork, exec, thread, setsid, double); exits with its errno. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path;

static int open_it(void)
{
	return open(path, O_RDONLY) < 0 ? errno : 0;
}

static void *thread(void *data)
{
	*(int *)data = open_it();
	return NULL;
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	pthread_t id;
	int err = 0;
	pid_t pid;

	if (argc != 3)
		return EINVAL;
	path = argv[2];
	if (!strcmp(argv[1], "self"))
		return open_it();
	if (!strcmp(argv[1], "thread")) {
		if (pthread_create(&id, NULL, thread, &err) || pthread_join(id, NULL))
			return 255;
		return err;
	}
	pid = fork();
	if (pid)
		return wait_for(pid);
	if (!strcmp(argv[1], "exec")) {
		argv[1] = "self";
		execv(argv[0], argv);
		_exit(errno);
	}
	if (!strcmp(argv[1], "setsid"))
		setsid();
	if (!strcmp(argv[1], "double")) {
		pid = fork();
		if (pid)
			_exit(wait_for(pid));
		setsid();
	}
	_exit(open_it());
}
