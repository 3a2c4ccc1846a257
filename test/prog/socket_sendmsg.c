// SPDX-License-Identifier: GPL-2.0
/* socket_sendmsg KIND ADDRESS: a datagram to this address; `unspec PORT`: inet, without its family. */

#include <stdbool.h>

#include "address.h"

int main(int argc, char **argv)
{
	union address a = {};
	bool unspec = argc > 1 && !strcmp(argv[1], "unspec");
	socklen_t size = argc < 3 ? 0 : address_parse(&a, unspec ? "inet" : argv[1], argv[2]);
	int fd = socket(a.any.sa_family, SOCK_DGRAM, 0);

	if (unspec)
		a.any.sa_family = AF_UNSPEC;

	return !size || sendto(fd, "x", 1, 0, &a.any, size) != 1;
}
