// SPDX-License-Identifier: GPL-2.0
/* task_prctl OPTION VALUE */
#include <stdlib.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : prctl(atoi(argv[1]), strtoul(argv[2], NULL, 0), 3, 0, 0) < 0;
}
