// SPDX-License-Identifier: GPL-2.0
/* uring_cmd: a command to /dev/null, which takes any. */
#include <fcntl.h>

#include "uring.h"

int main(void)
{
	struct uring u;

	if (uring_open(&u, 0))
		return 1;
	u.sqe->opcode = IORING_OP_URING_CMD;
	u.sqe->fd = open("/dev/null", O_RDWR);
	return uring_do(&u) < 0;
}
