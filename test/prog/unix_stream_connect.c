// SPDX-License-Identifier: GPL-2.0
/* unix_stream_connect PATH: listens there, connects, accepts, asks the accepted one for its name. */

#include "address.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union address a, name;
	socklen_t size = address_parse(&a, "unix", argv[1]), got = sizeof(name);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(listener, &a.any, size) || listen(listener, 1) || connect(fd, &a.any, size))
		return 1;
	return getsockname(accept(listener, NULL, NULL), &name.any, &got) < 0;
}
