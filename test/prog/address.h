/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket addresses of the command line: `inet PORT`, `inet6 PORT`, `unix PATH`, `abstract NAME`, `netlink GROUPS`. Only
 * loopback. The length of the address, or 0.
 */
#ifndef TEST_ADDRESS_H
#define TEST_ADDRESS_H

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	struct sockaddr_un un;
	struct sockaddr_nl netlink;
};

static inline socklen_t address_parse(union address *a, const char *kind, const char *value)
{
	size_t n = strlen(value);

	memset(a, 0, sizeof(*a));
	if (!strcmp(kind, "inet")) {
		a->inet.sin_family = AF_INET;
		a->inet.sin_port = htons(atoi(value));
		a->inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->inet);
	}
	if (!strcmp(kind, "inet6")) {
		a->inet6.sin6_family = AF_INET6;
		a->inet6.sin6_port = htons(atoi(value));
		a->inet6.sin6_addr = in6addr_loopback;
		return sizeof(a->inet6);
	}
	if (!strcmp(kind, "unix") && n < sizeof(a->un.sun_path)) {
		a->un.sun_family = AF_UNIX;
		strcpy(a->un.sun_path, value);
		return sizeof(a->un);
	}
	if (!strcmp(kind, "abstract") && n < sizeof(a->un.sun_path)) {
		a->un.sun_family = AF_UNIX;
		memcpy(a->un.sun_path + 1, value, n);
		return offsetof(struct sockaddr_un, sun_path) + 1 + n;
	}
	if (!strcmp(kind, "netlink")) {
		a->netlink.nl_family = AF_NETLINK;
		a->netlink.nl_groups = atoi(value);
		return sizeof(a->netlink);
	}
	return 0;
}

#endif
