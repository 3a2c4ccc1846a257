// SPDX-License-Identifier: GPL-2.0
/* clone_parent COUNT: so many children of its parent, which does not know of them; they end at once. */
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct clone_args args = { .flags = CLONE_PARENT };

	for (int i = argc < 2 ? 0 : atoi(argv[1]); i > 0; i--) {
		long pid = syscall(SYS_clone3, &args, sizeof(args));

		if (!pid)
			_exit(0);
		if (pid < 0)
			return 1;
	}
	usleep(100000);
	return 0;
}
