// SPDX-License-Identifier: GPL-2.0
/* bpf SIZE: a call that the kernel refuses behind its hook, with an attribute of this size. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union bpf_attr attr = {};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, atoi(argv[1])) >= 0 || errno == EPERM;
}
