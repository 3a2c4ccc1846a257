// SPDX-License-Identifier: GPL-2.0
/* capable: needs CAP_SYS_CHROOT. */
#include <unistd.h>

int main(void)
{
	return chroot("/") != 0;
}
