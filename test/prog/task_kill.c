// SPDX-License-Identifier: GPL-2.0
/* task_kill SIGNAL [PID]: sends a signal to a child that it made, or to a process. Exits with errno. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[2]) : fork();
	int err;

	if (!pid) {
		sleep(5);
		_exit(0);
	}
	err = kill(pid, argc > 1 ? atoi(argv[1]) : 0) ? errno : 0;
	return err;
}
