// SPDX-License-Identifier: GPL-2.0
/* task_setioprio LEVEL: of the best-effort class. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return syscall(SYS_ioprio_set, 1, 0, 2 << 13 | atoi(argv[1])) != 0;
}
