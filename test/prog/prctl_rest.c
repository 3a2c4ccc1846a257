// SPDX-License-Identifier: GPL-2.0
/*
 * prctl_rest: options of prctl(2) with bytes of chance in the arguments that they do not read. The capability is one
 * that the task lacks: the kernel asks no LSM about one that it has.
 */
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	unsigned long x[4], result;

	if (getrandom(x, sizeof(x), 0) != sizeof(x))
		return 2;
	return syscall(SYS_prctl, PR_CAPBSET_READ, 33, x[0], x[1], x[2]) < 0 ||
	       syscall(SYS_prctl, PR_GET_DUMPABLE, x[3], x[0], x[1], x[2]) < 0 ||
	       syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, &result, x[0], x[1], x[2]) < 0;
}
