// SPDX-License-Identifier: GPL-2.0
/* task_getioprio */
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	return syscall(SYS_ioprio_get, 1, 0) < 0;
}
