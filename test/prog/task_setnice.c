// SPDX-License-Identifier: GPL-2.0
/* task_setnice VALUE */
#include <stdlib.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return setpriority(PRIO_PROCESS, 0, atoi(argv[1])) != 0;
}
