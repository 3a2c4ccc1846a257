// SPDX-License-Identifier: GPL-2.0
/* task_prlimit: asks for a limit of its parent. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	struct rlimit limit;
	int status;

	if (!fork())
		return prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit) != 0;
	return wait(&status) < 0 || status;
}
