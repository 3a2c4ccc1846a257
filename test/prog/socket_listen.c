// SPDX-License-Identifier: GPL-2.0
/* socket_listen PORT...: listens on these ports of loopback, accepts nothing, until it is killed. */
#include <unistd.h>

#include "address.h"

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		union address a;
		socklen_t size = address_parse(&a, "inet", argv[i]);
		int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, &a.any, size) || listen(fd, 64))
			return 1;
	}
	pause();
	return 0;
}
