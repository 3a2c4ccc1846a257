// SPDX-License-Identifier: GPL-2.0
/* syslog TYPE */
#include <stdlib.h>
#include <sys/klog.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return klogctl(atoi(argv[1]), NULL, 0) < 0;
}
