// SPDX-License-Identifier: GPL-2.0
/* control_seal PROGRAM ID: asks the pinned control program itself to seal a namespace, without the loader's questions.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;

#include "../../maps/tsem_abi.h"

int main(int argc, char **argv)
{
	struct tsem_control control = { .verb = TSEM_CONTROL_SEAL };
	union bpf_attr attr = {};
	int fd;

	if (argc != 3)
		return 2;
	control.ns = atoi(argv[2]);
	attr.pathname = (uintptr_t)argv[1];
	fd = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (uintptr_t)&control;
	attr.test.ctx_size_in = sizeof(control);
	/* The kernel writes the context back. */
	attr.test.ctx_out = 0;
	if (fd < 0 || syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		control.error = -errno;
	if (control.error)
		printf("control_seal: %s\n", strerror(-control.error));
	return control.error != 0;
}
