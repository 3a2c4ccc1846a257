/* SPDX-License-Identifier: GPL-2.0 */
/* What user space reads of the test of the kernel functions: the type of the kernel, as bpf/compat.bpf.h has it. */
#ifndef TEST_BPF_KERNEL_H
#define TEST_BPF_KERNEL_H

struct bpf_tsem_pcr_status {
	__u64 extended;
	__u64 failed;
	__u32 pending;
	__s32 error;
};

#endif
