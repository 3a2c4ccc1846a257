// SPDX-License-Identifier: GPL-2.0
/* socket_getpeername TYPE: of an unconnected IPv4 socket of this type. */
#include <errno.h>

#include "address.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union address a;
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, atoi(argv[1]), 0);

	return getpeername(fd, &a.any, &size) && errno != ENOTCONN;
}
