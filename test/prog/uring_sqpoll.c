// SPDX-License-Identifier: GPL-2.0
/* uring_sqpoll: a ring that the kernel polls. */
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQPOLL };

	return syscall(SYS_io_uring_setup, 1, &p) < 0;
}
