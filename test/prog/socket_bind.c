// SPDX-License-Identifier: GPL-2.0
/* socket_bind KIND VALUE: binds a socket to an address. Exits with errno. */
#include <errno.h>
#include <unistd.h>

#include "address.h"

int main(int argc, char **argv)
{
	union address a = {};
	socklen_t size = argc == 3 ? address_parse(&a, argv[1], argv[2]) : 0;
	int one = 1, fd = socket(a.any.sa_family, a.any.sa_family == AF_NETLINK ? SOCK_RAW : SOCK_STREAM, 0);

	if (!size || fd < 0)
		return EINVAL;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, &a.any, size) ? errno : 0;
}
