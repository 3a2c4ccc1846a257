// SPDX-License-Identifier: GPL-2.0
/* socket_accept KIND VALUE [noaccept]: listens, connects to itself and accepts. Exits with errno of accept. */
#include <errno.h>
#include <unistd.h>

#include "address.h"

int main(int argc, char **argv)
{
	union address a = {};
	socklen_t size = argc >= 3 ? address_parse(&a, argv[1], argv[2]) : 0;
	int one = 1, fd = socket(a.any.sa_family, SOCK_STREAM, 0), peer = socket(a.any.sa_family, SOCK_STREAM, 0);

	if (!size || fd < 0 || peer < 0)
		return EINVAL;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.any, size) || listen(fd, 1) || connect(peer, &a.any, size))
		return 255;
	if (argc > 3)
		return 0;
	return accept(fd, NULL, NULL) < 0 ? errno : 0;
}
