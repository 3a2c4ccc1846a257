// SPDX-License-Identifier: GPL-2.0
/* socket_setsockopt OPTION: of SOL_SOCKET. */
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	int one = 1;

	return !!setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, atoi(argv[1]), &one, sizeof(one));
}
