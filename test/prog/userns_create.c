// SPDX-License-Identifier: GPL-2.0
/* userns_create */
#include <sched.h>

int main(void)
{
	return unshare(CLONE_NEWUSER) != 0;
}
