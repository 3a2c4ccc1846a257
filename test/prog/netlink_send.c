// SPDX-License-Identifier: GPL-2.0
/* netlink_send PROTOCOL [GROUPS]: a message without meaning to the kernel, and to these groups too. */
#include <linux/netlink.h>

#include "address.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct nlmsghdr h = { .nlmsg_len = sizeof(h), .nlmsg_type = NLMSG_NOOP };
	union address a;
	socklen_t size = address_parse(&a, "netlink", argc < 3 ? "0" : argv[2]);

	return sendto(socket(AF_NETLINK, SOCK_RAW, atoi(argv[1])), &h, sizeof(h), 0, &a.any, size) < 0;
}
