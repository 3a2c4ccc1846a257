// SPDX-License-Identifier: GPL-2.0
/* uring_override_creds: a request under credentials that it registered. */

#include "uring.h"

int main(void)
{
	struct uring u;

	if (uring_open(&u, 0))
		return 1;
	u.sqe->opcode = IORING_OP_NOP;
	u.sqe->personality = syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	return uring_do(&u) < 0;
}
