// SPDX-License-Identifier: GPL-2.0
/* task_getpgid */
#include <unistd.h>

int main(void)
{
	return getpgid(getpid()) < 0;
}
