// SPDX-License-Identifier: GPL-2.0
/* unix_may_send PATH: a datagram to a socket of its own there. */

#include "address.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union address a;
	socklen_t size = address_parse(&a, "unix", argv[1]);
	int to = socket(AF_UNIX, SOCK_DGRAM, 0), fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return bind(to, &a.any, size) || sendto(fd, "x", 1, 0, &a.any, size) != 1;
}
