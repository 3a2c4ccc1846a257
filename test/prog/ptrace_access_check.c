// SPDX-License-Identifier: GPL-2.0
/* ptrace_access_check: seizes a child. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	pid_t child = fork();
	long err;

	if (!child) {
		pause();
		return 0;
	}
	err = ptrace(PTRACE_SEIZE, child, NULL, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return err != 0;
}
