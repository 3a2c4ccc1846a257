/* SPDX-License-Identifier: GPL-2.0 */
/* Included by every file of bpf/: kernel types, libbpf's helpers, the ABI, and constants that are not in BTF. */
#ifndef TSEM_COMMON_BPF_H
#define TSEM_COMMON_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tsem_task.h"

#include "compat.bpf.h"

#define EPERM 1
#define ENOENT 2
#define ENOMEM 12
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define E2BIG 7
#define EOPNOTSUPP 95
#define EALREADY 114

#define S_IFMT 00170000
#define S_IFREG 0100000
#define S_IFCHR 0020000
#define S_IFDIR 0040000
#define S_IFBLK 0060000
#define S_IFIFO 0010000
#define O_CREAT 0100
#define O_EXCL 0200
#define O_NOCTTY 0400
#define O_TRUNC 01000
#define FMODE_READ (1U << 0)
#define FMODE_WRITE (1U << 1)
#define FMODE_CREATED (1U << 20)

#define CAP_MAC_ADMIN 33
#define CLONE_THREAD 0x00010000

#define TMPFS_MAGIC 0x01021994
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

/*
 * Addresses of kernel variables that are plain symbols, which load finds in /proc/kallsyms. libbpf would find them too,
 * but takes twenty times as long.
 */
const volatile struct {
	u64 rename_lock; /* this and the next: sequence counts that change with names or mounts */
	u64 mount_lock;
	u64 bpf_fs_type; /* the type of the BPF filesystem, which lists all its superblocks */
	u64 ima_policy_flag; /* set if an IMA policy is loaded: then the helper returns kept digests. 0: no such
				variable */
} tsem_symbols = {};

/*
 * Is x at most max? The compiler may remove a test whose result it knows, but the verifier needs the test.
 */
#define at_most(x, max)         \
	({                      \
		barrier_var(x); \
		(x) <= (max);   \
	})

/*
 * True until the kernel ends the loop because it runs too long (8 million iterations). The verifier accepts a loop
 * under this condition without a bound, and unlike bpf_for() it costs no call.
 */
#define can_loop                                                   \
	({                                                         \
		__label__ out, next;                               \
		bool again = true;                                 \
		asm volatile goto("may_goto %l[out]" : : : : out); \
		goto next;                                         \
out:                                                               \
		again = false;                                     \
next:;                                                             \
		again;                                             \
	})

/*
 * Orders two reads against a writer on another processor. x86 keeps the order of reads; for other machines BPF has no
 * cheaper barrier than an atomic operation.
 */
#ifdef __TARGET_ARCH_x86
#define read_fence() barrier()
#else
#define read_fence()                             \
	({                                       \
		u64 fence = 0;                   \
		__sync_fetch_and_add(&fence, 0); \
	})
#endif

/*
 * The same kernel object, without the verifier's trust. Read pointers through this, unless the read is in the way of
 * every event: for a pointer that is loaded through a trusted one, the verifier of 6.12 searches all types of the
 * kernel up to four times, at 1.6 million instructions each, and again for each path of the program to that load. A
 * load through this costs the program 7 instructions more.
 */
#define plain(p) bpf_core_cast(p, __typeof_unqual__(*(p)))

/*
 * An argument whose type the verifier of 6.12 refuses to access: a pointer to const void or to an unknown type.
 */
static __always_inline u64 hook_argument(void *ctx, u32 n)
{
	u64 value = 0;

	bpf_get_func_arg(ctx, n, &value);
	return value;
}

/* The return value of an LSM program: 0 or -`error`, as two constants, since the verifier checks the range. */
static __always_inline int hook_return_error(bool deny, int error)
{
	int verdict = 0;

	if (deny) {
		verdict = -error;
		barrier_var(verdict);
	}
	return verdict;
}

static __always_inline int hook_return(bool deny)
{
	return hook_return_error(deny, EPERM);
}

#endif
