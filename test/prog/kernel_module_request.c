// SPDX-License-Identifier: GPL-2.0
/* kernel_module_request FAMILY: a socket of a family for which the kernel asks for a module. */
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	socket(atoi(argv[1]), SOCK_DGRAM, 0);
	return 0;
}
