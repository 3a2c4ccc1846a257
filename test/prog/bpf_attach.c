// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_attach TYPE ATTACH_TYPE BTF_ID [COMMAND...]: loads the program that returns 0, of these types, for the function
 * of this BTF id, and attaches it; or hands it to the command as descriptor 9. bpf_attach raw|link ATTACH_TYPE attaches
 * that. Exits with errno.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDED 9

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int attach_raw(int fd)
{
	union bpf_attr attr = { .raw_tracepoint.prog_fd = fd };

	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr) < 0 ? errno : 0;
}

static int attach_link(int fd, int type)
{
	union bpf_attr attr = { .link_create.prog_fd = fd, .link_create.attach_type = type };

	return bpf(BPF_LINK_CREATE, &attr) < 0 ? errno : 0;
}

int main(int argc, char **argv)
{
	struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .insn_cnt = 2, .insns = (uintptr_t)code, .license = (uintptr_t)"GPL" };
	int fd;

	if (argc < 3)
		return 255;
	if (!strcmp(argv[1], "raw"))
		return attach_raw(HANDED);
	if (!strcmp(argv[1], "link"))
		return attach_link(HANDED, atoi(argv[2]));
	if (argc < 4)
		return 255;
	attr.prog_type = atoi(argv[1]);
	attr.expected_attach_type = atoi(argv[2]);
	attr.attach_btf_id = atoi(argv[3]);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return errno;
	if (argc == 4)
		return attach_raw(fd);
	dup2(fd, HANDED);
	execvp(argv[4], argv + 4);
	return 255;
}
