// SPDX-License-Identifier: GPL-2.0
/* clone_parent COUNT: makes COUNT siblings, which end a moment later and which our parent has to wait for. */
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 0; i < count; i++) {
		struct clone_args args = { .flags = CLONE_PARENT };
		long pid = syscall(SYS_clone3, &args, sizeof(args));

		if (pid < 0) {
			perror("clone3");
			return 1;
		}
		if (!pid) {
			usleep(300000);
			_exit(0);
		}
	}
	return 0;
}
