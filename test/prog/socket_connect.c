// SPDX-License-Identifier: GPL-2.0
/* socket_connect KIND VALUE: connects a socket to an address on loopback. Exits with errno. */
#include <errno.h>
#include <unistd.h>

#include "address.h"

int main(int argc, char **argv)
{
	union address a = {};
	socklen_t size = argc == 3 ? address_parse(&a, argv[1], argv[2]) : 0;
	int fd = socket(a.any.sa_family, SOCK_STREAM, 0);

	if (!size || fd < 0)
		return EINVAL;
	return connect(fd, &a.any, size) ? errno : 0;
}
