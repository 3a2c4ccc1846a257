// SPDX-License-Identifier: GPL-2.0
/* task_getscheduler */
#include <sched.h>

int main(void)
{
	return sched_getscheduler(0) < 0;
}
