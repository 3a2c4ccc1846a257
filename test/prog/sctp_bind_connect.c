// SPDX-License-Identifier: GPL-2.0
/* sctp_bind_connect ADDRESS: a socket of SCTP is bound to one more address (SCTP_SOCKOPT_BINDX_ADD). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define SCTP_SOCKOPT_BINDX_ADD 100

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7011) };
	int s = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

	if (argc < 2 || s < 0 || !inet_aton(argv[1], &address.sin_addr))
		return 1;
	return setsockopt(s, IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_ADD, &address, sizeof(address)) < 0;
}
