/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel differences, each with the commit that made it, and kernel symbols that vmlinux.h does not declare.
 */
#ifndef TSEM_COMPAT_BPF_H
#define TSEM_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>

/* A mount namespace that no process sees has no number in 6.12; later kernels have a flag for it. */
struct mnt_namespace___seq {
	u64 seq;
} __attribute__((preserve_access_index));
struct mnt_namespace___anon {
	bool is_anon;
} __attribute__((preserve_access_index));

/* The type of a namespace moved from its operations (6.12) to itself. */
struct ns_common___typed {
	u32 ns_type;
} __attribute__((preserve_access_index));
struct proc_ns_operations___typed {
	int type;
} __attribute__((preserve_access_index));

/* The mounts of a superblock were a list until they became a chain (after 6.12). */
struct super_block___list {
	struct list_head s_mounts;
} __attribute__((preserve_access_index));
struct mount___list {
	struct list_head mnt_instance;
} __attribute__((preserve_access_index));
struct super_block___chain {
	struct mount *s_mounts;
} __attribute__((preserve_access_index));
struct mount___chain {
	struct mount *mnt_next_for_sb;
} __attribute__((preserve_access_index));

/* The links of an inode's names were in a named union (6.12); later the union has no name. */
struct dentry___unnamed {
	struct hlist_node d_alias;
} __attribute__((preserve_access_index));
static __always_inline u64 dentry_alias_offset(void)
{
	if (bpf_core_field_exists(struct dentry___unnamed, d_alias))
		return bpf_core_field_offset(struct dentry___unnamed, d_alias);
	return bpf_core_field_offset(struct dentry, d_u.d_alias);
}

/* A dentry that is being looked up: the flag was a macro (6.12) and became an enumerator of another value. */
enum dentry_flags___newer { DCACHE_PAR_LOOKUP___newer = 1 << 24 };
static __always_inline bool dentry_in_lookup(struct dentry *dentry)
{
	u32 flag = 1U << 28;

	if (bpf_core_enum_value_exists(enum dentry_flags___newer, DCACHE_PAR_LOOKUP___newer))
		flag = bpf_core_enum_value(enum dentry_flags___newer, DCACHE_PAR_LOOKUP___newer);
	return dentry->d_flags & flag;
}

/* A module that the kernel decompresses is READING_MODULE like every other in 6.12. */
enum kernel_read_file_id___newer { READING_MODULE_COMPRESSED___newer = 7 };

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
/* Since 6.13 (675c3596ff32): looks a number up in the caller's pid namespace. */
extern struct task_struct *bpf_task_from_vpid(s32 pid) __weak __ksym;

/* Functions of kernel-patches/; see docs/kernel.md. A kernel has all of them or none. */
struct bpf_tsem_hash {
} __attribute__((preserve_access_index));
extern struct bpf_tsem_hash *bpf_tsem_hash_create(const char *name, u32 name__sz, int *err) __weak __ksym;
extern struct bpf_tsem_hash *bpf_tsem_hash_acquire(struct bpf_tsem_hash *hash) __weak __ksym;
extern void bpf_tsem_hash_release(struct bpf_tsem_hash *hash) __weak __ksym;
extern int bpf_tsem_hash_buffer(struct bpf_tsem_hash *hash, const void *data, u32 data__sz, void *digest,
				u32 digest__sz) __weak __ksym;
extern int bpf_tsem_hash_file(struct bpf_tsem_hash *hash, struct file *file, void *digest, u32 digest__sz,
			      u64 *version) __weak __ksym;
struct bpf_tsem_pcr_status {
	u64 extended;
	u64 failed;
	u32 pending;
	s32 error;
};
extern int bpf_tsem_pcr_extend(u32 pcr, const void *value, u32 value__sz) __weak __ksym;
extern void bpf_tsem_pcr_status(struct bpf_tsem_pcr_status *status) __weak __ksym;
struct bpf_tsem_wait {
} __attribute__((preserve_access_index));
extern struct bpf_tsem_wait *bpf_tsem_wait_begin(u64 task, u64 event) __weak __ksym;
extern int bpf_tsem_wait_end(struct bpf_tsem_wait *wait, u32 timeout_ms, s32 *verdict) __weak __ksym;
extern int bpf_tsem_wait_release(u64 task, u64 event, s32 verdict) __weak __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

#endif
