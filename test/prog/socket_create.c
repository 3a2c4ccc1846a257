// SPDX-License-Identifier: GPL-2.0
/* socket_create FAMILY TYPE PROTOCOL: makes a socket of these numbers. Exits with errno. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc != 4)
		return EINVAL;
	return socket(atoi(argv[1]), atoi(argv[2]), atoi(argv[3])) < 0 ? errno : 0;
}
