// SPDX-License-Identifier: GPL-2.0
/* thread_exec COMMAND...: a second thread, there from the beginning, executes the command after a line of input. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *execute(void *command)
{
	char **argv = command;

	if (getchar() != EOF)
		execv(argv[0], argv);
	perror(argv[0]);
	_exit(126);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 2 || pthread_create(&thread, NULL, execute, argv + 1))
		return 2;
	pthread_join(thread, NULL);
	return 1;
}
