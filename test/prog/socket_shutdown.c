// SPDX-License-Identifier: GPL-2.0
/* socket_shutdown HOW: of one end of a pair. */
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || shutdown(ends[0], atoi(argv[1]));
}
