// SPDX-License-Identifier: GPL-2.0
/* socket_sendmsg KIND ADDRESS: a datagram to this address. */

#include "address.h"

int main(int argc, char **argv)
{
	union address a = {};
	socklen_t size = argc < 3 ? 0 : address_parse(&a, argv[1], argv[2]);
	int fd = socket(a.any.sa_family, SOCK_DGRAM, 0);

	return !size || sendto(fd, "x", 1, 0, &a.any, size) != 1;
}
