// SPDX-License-Identifier: GPL-2.0
/* file_receive PATH: sends the open file to itself over a socket, and takes it. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = open(argv[1], O_RDONLY), ends[2];

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || sendmsg(ends[0], &m, 0) != 1)
		return 1;
	m.msg_controllen = sizeof(control);
	/* What is not allowed is left out of the message. */
	return recvmsg(ends[1], &m, 0) != 1 || !CMSG_FIRSTHDR(&m);
}
