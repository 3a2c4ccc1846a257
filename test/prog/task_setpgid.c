// SPDX-License-Identifier: GPL-2.0
/* task_setpgid: leads a group of its own. */
#include <unistd.h>

int main(void)
{
	return setpgid(0, 0) != 0;
}
