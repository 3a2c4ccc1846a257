/* SPDX-License-Identifier: GPL-2.0 */
/* One request through a ring of its own: 0 or a positive number of the request, -errno. */
#ifndef TEST_URING_H
#define TEST_URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
	int fd;
	unsigned char *sq, *cq;
	struct io_uring_sqe *sqe;
	struct io_uring_params p;
};

static int uring_open(struct uring *u, unsigned flags)
{
	memset(u, 0, sizeof(*u));
	u->p.flags = flags;
	u->fd = syscall(SYS_io_uring_setup, 1, &u->p);
	if (u->fd < 0)
		return -errno;
	u->sq = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQ_RING);
	u->cq = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_CQ_RING);
	u->sqe = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQES);
	return u->sq == MAP_FAILED || u->cq == MAP_FAILED || u->sqe == MAP_FAILED ? -ENOMEM : 0;
}

static int uring_do(struct uring *u)
{
	struct io_uring_cqe *cqe = (void *)(u->cq + u->p.cq_off.cqes);
	unsigned *tail = (void *)(u->sq + u->p.sq_off.tail);

	*(unsigned *)(u->sq + u->p.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	return cqe->res;
}

#endif
