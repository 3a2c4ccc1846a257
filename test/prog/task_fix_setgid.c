// SPDX-License-Identifier: GPL-2.0
/* task_fix_setgid [X]: sets the ids that the task has, for which nobody needs a capability. */
#include <errno.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 && setregid(-1, -1) ? errno : 0;
}
