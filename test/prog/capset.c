// SPDX-License-Identifier: GPL-2.0
/* capset MASK: keeps these of the first 32 capabilities, in all sets. */
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};

	d[0].effective = d[0].permitted = strtoul(argv[1], NULL, 0);
	return syscall(SYS_capset, &h, d) != 0;
}
