// SPDX-License-Identifier: GPL-2.0
/* ptrace_traceme: a child asks to be traced. */
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int status;

	if (!fork())
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
	return wait(&status) < 0 || status;
}
