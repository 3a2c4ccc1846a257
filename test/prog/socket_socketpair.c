// SPDX-License-Identifier: GPL-2.0
/* socket_socketpair TYPE */
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int ends[2];

	return !!socketpair(AF_UNIX, atoi(argv[1]), 0, ends);
}
