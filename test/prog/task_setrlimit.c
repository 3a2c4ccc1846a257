// SPDX-License-Identifier: GPL-2.0
/* task_setrlimit VALUE: of open files. */
#include <stdlib.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct rlimit limit = { atoi(argv[1]), atoi(argv[1]) };

	return setrlimit(RLIMIT_NOFILE, &limit) != 0;
}
