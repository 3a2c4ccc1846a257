/* SPDX-License-Identifier: GPL-2.0 */
/* What both sides of the test of the kernel functions read; the kernel has the type of the same name. */
#ifndef TEST_BPF_KERNEL_H
#define TEST_BPF_KERNEL_H

struct bpf_tsem_pcr_status {
	__u64 extended;
	__u64 failed;
	__u32 pending;
	__s32 error;
};

#endif
