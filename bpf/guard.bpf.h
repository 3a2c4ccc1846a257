/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guards are made of. A guard is a program of its own (guard.bpf.c) but where a hook is too busy for another one:
 * there the event's program asks it (TSEM_GUARDED_PROGRAM). Those functions are for tasks of a namespace only.
 */
#ifndef TSEM_GUARD_BPF_H
#define TSEM_GUARD_BPF_H

#include "content.bpf.h"

#define TIOCSCTTY 0x540e
#define TIOCSTI 0x5412
#define TIOCLINUX 0x541c
#define TIOCCONS 0x541d
#define TIOCVHANGUP 0x5437
#define KDSKBMODE 0x4b45
#define KDSKBENT 0x4b47
#define KDSKBSENT 0x4b49
#define KDSKBDIACR 0x4b4b
#define KDSETKEYCODE 0x4b4d
#define KDSKBDIACRUC 0x4bfb
#define VT_LOCKSWITCH 0x560b
#define VT_UNLOCKSWITCH 0x560c
#define FIOSETOWN 0x8901
#define SIOCSPGRP 0x8902
#define FIFREEZE 0xc0045877
#define FITHAW 0xc0045878
#define PERF_EVENT_IOC_SET_BPF 0x40042408

#define NS_MNT_GET_NEXT 0x8010b70b
#define NS_MNT_GET_PREV 0x8010b70c

#define NFSD_MAGIC 0x6e667364
#define RPC_PIPEFS_MAGIC 0x67596969
#define XENFS_MAGIC 0xabba1974
#define RESCTRL_MAGIC 0x7655821
#define DLMFS_MAGIC 0x76a9f425

#define F_SETOWN 8
#define F_SETOWN_EX 15
#define F_SETLEASE 1024
#define F_NOTIFY 1026

/* Set by load: the bit of f_mode by which fanotify marks the files that it opens. */
const volatile u32 tsem_fmode_nonotify = 1U << 26;
/* The same: how it marks what a stacked filesystem opens below. */
const volatile u32 tsem_fmode_backing = 1U << 25;

/* Is `task` not in the namespace of the current one, which is `t`? */
static __always_inline bool guard_outside(struct tsem_task *t, struct task_struct *task)
{
	struct tsem_task *other = task_storage(task);

	return !other || other->ns != t->ns;
}

#define CLONE_NEWNS 0x00020000

/* Is it a mount namespace? */
static __always_inline bool ns_is_mounts(struct ns_common *ns)
{
	struct ns_common___typed *typed = (struct ns_common___typed *)ns;
	struct proc_ns_operations___typed *ops;

	if (bpf_core_field_exists(struct ns_common___typed, ns_type))
		return BPF_CORE_READ(typed, ns_type) == CLONE_NEWNS;
	ops = (struct proc_ns_operations___typed *)BPF_CORE_READ(ns, ops);
	return BPF_CORE_READ(ops, type) == CLONE_NEWNS;
}

/* The mount namespace of a task, as proc has it. */
static __always_inline struct ns_common *mounts_of(struct task_struct *task)
{
	u64 mounts = (u64)BPF_CORE_READ(task, nsproxy, mnt_ns);

	return (struct ns_common *)(mounts ? mounts + bpf_core_field_offset(struct mnt_namespace, ns) : 0);
}

/* Must the current task change nothing in this filesystem: is it one of BPF, as that of the pins is? */
static __always_inline bool guard_pins(struct super_block *sb)
{
	return sb->s_magic == BPF_FS_MAGIC;
}

/* Does the file of proc belong to a process? The others are the kernel's. */
static __always_inline bool proc_of_process(struct dentry *dentry)
{
	char first;
	u32 i;

	bpf_for(i, 0, 16) {
		struct dentry *parent = dentry->d_parent, *above = parent->d_parent;

		if (parent == above) {
			bpf_probe_read_kernel(&first, 1, dentry->d_name.name);
			return first >= '0' && first <= '9';
		}
		dentry = parent;
	}
	return false;
}

/*
 * Does this file in /proc tell of the memory of its task? Newer kernels do not ask the hook of ptrace for that, where
 * the reader has CAP_PERFMON.
 */
static __always_inline bool proc_tells_memory(const char *name, u32 size)
{
	return !bpf_strncmp(name, size, "environ") || !bpf_strncmp(name, size, "maps") ||
	       !bpf_strncmp(name, size, "smaps") || !bpf_strncmp(name, size, "smaps_rollup") ||
	       !bpf_strncmp(name, size, "numa_maps") || !bpf_strncmp(name, size, "pagemap") ||
	       !bpf_strncmp(name, size, "auxv");
}

/* Is it in the directory of a task outside of the namespace of the current one, which is `t`? */
static __always_inline bool proc_of_outside(struct tsem_task *t, struct file *file)
{
	struct pid *pid = (struct pid *)proc_pid((u64)BPF_CORE_READ(file, f_inode));
	struct task_struct *task;
	bool outside;

	if (!pid)
		return false;
	task = bpf_task_from_pid(BPF_CORE_READ(pid, numbers[0].nr));
	if (!task)
		return false;
	outside = guard_outside(t, task);
	bpf_task_release(task);
	return outside;
}

static __always_inline bool guard_proc(struct file *file, bool write)
{
	struct tsem_task *t = task_confined();
	char name[16] = {};

	if (!t)
		return false;
	/* Those below /proc/PID/net are of a network namespace: the inodes belong to no process. */
	if (write && (!proc_of_process(file->f_path.dentry) || !proc_pid((u64)BPF_CORE_READ(file, f_inode))))
		return true;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return (write || proc_tells_memory(name, sizeof(name))) && proc_of_outside(t, file);
}

/* Files of a control group that kill, or have the kernel execute a program outside. */
static __always_inline bool guard_cgroup(struct file *file)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "cgroup.kill") || !bpf_strncmp(name, sizeof(name), "release_agent");
}

/*
 * Must the current task not write to this file, since a namespace has executed it, and it is mapped somewhere or about
 * to be? The kernel says ETXTBSY for programs only, not for libraries.
 */
static __always_inline bool guard_text(struct file *file)
{
	struct tsem_inode *r;
	struct inode *host;
	u64 address;

	if ((file->f_inode->i_mode & S_IFMT) != S_IFREG)
		return false;
	r = bpf_inode_storage_get(&tsem_inodes, file->f_inode, 0, 0);
	if (!r || !r->executed)
		return false;
	host = content_host(file, file->f_inode->i_sb->s_magic);
	if (!host)
		return true;
	address = (u64)host;
	return host->i_mapping->i_mmap.rb_root.rb_node || bpf_map_lookup_elem(&tsem_texts, &address);
}

/*
 * Set by load: the directory of the journals, and the directories on its way from the root. A task of a namespace
 * touches nothing in the first and moves or hides none of them.
 */
#define RUN_DIRECTORIES 4
const volatile struct {
	u64 inode;
	u32 device;
	u32 used;
} tsem_run[RUN_DIRECTORIES] = {};

/* `inode` may be NULL: what is read there is then 0, which is no inode's number. */
static __always_inline bool run_is(struct inode *inode, u32 i)
{
	struct inode *at = bpf_core_cast(inode, struct inode);

	return tsem_run[i].used && at->i_ino == tsem_run[i].inode && at->i_sb->s_dev == tsem_run[i].device;
}

/* Is it in the directory of the journals, or that directory? */
static __always_inline bool guard_run(struct dentry *dentry)
{
	return run_is(dentry->d_parent->d_inode, 0) || run_is(dentry->d_inode, 0);
}

/* Is it on the way to the journals? */
static __always_inline bool guard_run_way(struct dentry *dentry)
{
	for (u32 i = 0; i < RUN_DIRECTORIES; i++) {
		if (run_is(dentry->d_inode, i))
			return true;
	}
	return false;
}

/* Must the current task not make, remove or change this name? */
static __always_inline bool guard_name(struct super_block *sb, struct dentry *dentry)
{
	return guard_pins(sb) || guard_run(dentry);
}

/* Must the current task not change the attributes of what has this name? */
static __always_inline bool guard_attribute(struct dentry *dentry)
{
	return guard_name(dentry->d_sb, dentry) || guard_run_way(dentry);
}

/*
 * Must the current task not have this file open? The kernel's own knobs are in no model, since pseudo filesystems are
 * not: ftrace_enabled turns every program off, core_pattern and others run a program outside of every namespace. None
 * is opened for writing, but in proc those of processes, and no file in proc that tells of a task outside. A pinned map
 * is read by opening it. The directory of the journals has a guard earlier: guard_opened().
 */
static __always_inline bool guard_file(struct file *file)
{
	bool write = file->f_mode & FMODE_WRITE;

	if (write && guard_text(file))
		return true;
	switch (file->f_inode->i_sb->s_magic) {
	case BPF_FS_MAGIC:
		return (file->f_inode->i_mode & S_IFMT) == S_IFREG;
	case PROC_SUPER_MAGIC:
		return (file->f_inode->i_mode & S_IFMT) == S_IFREG && guard_proc(file, write);
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return write && guard_cgroup(file);
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case CONFIGFS_MAGIC:
	case BINFMTFS_MAGIC:
	case SECURITYFS_MAGIC:
	case EFIVARFS_MAGIC:
	case FUSE_CTL_SUPER_MAGIC:
	case NFSD_MAGIC:
	case RPC_PIPEFS_MAGIC:
	case XENFS_MAGIC:
	case RESCTRL_MAGIC:
	case DLMFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case PSTOREFS_MAGIC:
		return write && (file->f_inode->i_mode & S_IFMT) == S_IFREG;
	}
	return false;
}

/* Is it in the directory of the journals, or that directory? It is the file below where a filesystem opens one. */
static __always_inline bool guard_journal(struct file *file)
{
	return file->f_inode->i_sb->s_dev == tsem_run[0].device && guard_run(file->f_path.dentry);
}

/* Is it a map, a program or a link of BPF, as an open file? Its name says so. */
static __always_inline bool file_of_bpf(struct file *file)
{
	char name[12] = {};

	if (file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "bpf-map") || !bpf_strncmp(name, sizeof(name), "bpf-prog") ||
	       !bpf_strncmp(name, sizeof(name), "bpf_link");
}

/*
 * Must the current task not get this open file from another? What it must not have open itself, and no object of BPF:
 * that may be ours.
 */
static __always_inline bool guard_received(struct file *file)
{
	return guard_journal(file) || guard_file(file) || file_of_bpf(file);
}

/* Must the current task not lock this file? The lock of those who load and unload is on the root of the pins. */
static __always_inline bool guard_lock(struct file *file)
{
	return file->f_inode->i_sb->s_magic == BPF_FS_MAGIC;
}

/*
 * Must the current task not have this file of nsfs open: is it a mount namespace in which no task of its namespace is?
 * Through proc it comes to the hook of ptrace first, unless it is its own; by a handle it does not (newer kernels).
 */
static __always_inline bool guard_mounts(struct file *file)
{
	struct ns_common *ns = (struct ns_common *)BPF_CORE_READ(file, f_inode, i_private);
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_task *t = task_confined();
	struct tsem_scratch *e;
	bool foreign;

	if (!t || !ns_is_mounts(ns) || ns == mounts_of(task))
		return false;
	e = bpf_task_storage_get(&tsem_scratch, task, 0, 0);
	if (!e || !e->traced)
		return true;
	task = bpf_task_from_pid(e->traced);
	if (!task)
		return true;
	foreign = guard_outside(t, task) || ns != mounts_of(task);
	bpf_task_release(task);
	return foreign;
}

/* Has the namespace named the receivers of as many files as it may? */
static __always_inline bool signals_full(void)
{
	struct tsem_task *t = task_confined();
	struct tsem_namespace *ns = t ? namespace_of(t->ns) : NULL;

	return ns && ns->signals >= TSEM_SHARE(TSEM_SIGNALS_MAX);
}

/*
 * Must the current task not do this ioctl: type for others, change what their keys mean, take their terminal away, hang
 * them up, stop a filesystem, let a program run at an event, go to a mount namespace beside its own?
 */
static __always_inline bool guard_ioctl(u32 cmd, unsigned long arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return arg == 1;
	case FIOSETOWN:
	case SIOCSPGRP:
		return signals_full();
	case TIOCSTI:
	case TIOCLINUX:
	case TIOCCONS:
	case TIOCVHANGUP:
	case KDSKBMODE:
	case VT_LOCKSWITCH:
	case VT_UNLOCKSWITCH:
	case KDSKBENT:
	case KDSKBSENT:
	case KDSKBDIACR:
	case KDSETKEYCODE:
	case KDSKBDIACRUC:
	case FIFREEZE:
	case FITHAW:
	case PERF_EVENT_IOC_SET_BPF:
	case NS_MNT_GET_NEXT:
	case NS_MNT_GET_PREV:
		return true;
	}
	return false;
}

/* Must the current task name no more receivers of signals? */
static __always_inline bool guard_fcntl(u32 cmd)
{
	return (cmd == F_SETOWN || cmd == F_SETOWN_EX || cmd == F_SETLEASE || cmd == F_NOTIFY) && signals_full();
}

#define FAN_PERMISSION (0x00010000 | 0x00020000 | 0x00040000 | 0x00100000) /* OPEN, ACCESS, OPEN_EXEC, PRE_ACCESS */

/* Must the current task not watch so: would others have to ask it before they open or read? */
static __always_inline bool guard_notify(u64 mask)
{
	return mask & FAN_PERMISSION;
}

/* Set by load: the number of the performance counters that are uprobes, or none. */
const volatile u32 tsem_uprobe_type = 0xffffffff;

/*
 * Must the current task not have this counter? A uprobe is a breakpoint in every process that maps the file, and counts
 * up a word of its memory if it is asked to. Newer kernels (not 6.12) give the hook no attributes; there it is undone
 * right after it was made, by tsem_guard_perf_event.
 */
static __always_inline bool guard_perf(void *ctx)
{
	u64 attr;

	if (bpf_get_func_arg_cnt(ctx) != 2)
		return false;
	attr = hook_argument(ctx, 0);
	return BPF_CORE_READ((struct perf_event_attr *)attr, type) == tsem_uprobe_type && task_confined();
}

#endif
