// SPDX-License-Identifier: GPL-2.0
/* socket_recvmsg PORT: a datagram to itself. */

#include "address.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union address a;
	socklen_t size = address_parse(&a, "inet", argv[1]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte;

	if (bind(fd, &a.any, size) || sendto(fd, "x", 1, 0, &a.any, size) != 1)
		return 1;
	return recv(fd, &byte, 1, 0) != 1;
}
