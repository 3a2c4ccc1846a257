// SPDX-License-Identifier: GPL-2.0
/* task_getsid */
#include <unistd.h>

int main(void)
{
	return getsid(getppid()) < 0;
}
