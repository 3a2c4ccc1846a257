// SPDX-License-Identifier: GPL-2.0
/* bpf_prog TYPE: loads the program that returns 0. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .insn_cnt = 2, .insns = (unsigned long)code, .license = (unsigned long)"GPL" };

	attr.prog_type = atoi(argv[1]);
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0 ? errno : 0;
}
