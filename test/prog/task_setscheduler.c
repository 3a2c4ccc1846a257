// SPDX-License-Identifier: GPL-2.0
/* task_setscheduler */
#include <sched.h>

int main(void)
{
	struct sched_param p = {};

	return sched_setscheduler(0, SCHED_BATCH, &p) != 0;
}
