/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guards are made of. A guard is a program of its own (guard.bpf.c) but where a hook is too busy for another one:
 * there the event's program asks guard_pins(), guard_file(), guard_lock(), guard_command() or guard_perf() first, which
 * come to the task last.
 */
#ifndef TSEM_GUARD_BPF_H
#define TSEM_GUARD_BPF_H

#include "path.bpf.h"

#define BPF_FS_MAGIC 0xcafe4a11
#define TRACEFS_MAGIC 0x74726163
#define CONFIGFS_MAGIC 0x62656570
#define FUSE_CTL_SUPER_MAGIC 0x65735543

#define TIOCSTI 0x5412
#define TIOCLINUX 0x541c
#define TIOCVHANGUP 0x5437
#define PERF_EVENT_IOC_SET_BPF 0x40042408

static __always_inline int guard_deny(void)
{
	struct tsem_globals *g = globals();

	if (g)
		__sync_fetch_and_add(&g->guarded, 1);
	return -EPERM;
}

/* Is `task` not in the namespace of the current one, which is `t`? */
static __always_inline bool guard_outside(struct tsem_task *t, struct task_struct *task)
{
	struct tsem_task *other = NULL;

	if (task->bpf_storage)
		other = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	return !other || other->ns != t->ns;
}

/* Must the current task change nothing in this filesystem: is it one of BPF, as that of the pins is? */
static __always_inline bool guard_pins(struct super_block *sb)
{
	return sb->s_magic == BPF_FS_MAGIC && current_task();
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
	u64 inode = (u64)BPF_CORE_READ(file, f_inode) - bpf_core_field_offset(struct proc_inode, vfs_inode);
	struct pid *pid = BPF_CORE_READ((struct proc_inode *)inode, pid);
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
	struct tsem_task *t = current_task();
	char name[16] = {};

	if (!t)
		return false;
	if (write && !proc_of_process(file->f_path.dentry))
		return true;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return (write || proc_tells_memory(name, sizeof(name))) && proc_of_outside(t, file);
}

/* Files of a control group that kill, or have the kernel execute a program outside. */
static __always_inline bool guard_cgroup(struct file *file)
{
	char name[16] = {};

	if (!current_task())
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "cgroup.kill") || !bpf_strncmp(name, sizeof(name), "release_agent");
}

/*
 * Must the current task not have this file open? The kernel's own knobs are in no model, since pseudo filesystems are
 * not: ftrace_enabled turns every program off, core_pattern and others run a program outside of every namespace. None
 * is opened for writing, but in proc those of processes, and no file in proc that tells of a task outside. A pinned map
 * is read by opening it.
 */
static __always_inline bool guard_file(struct file *file)
{
	bool write = file->f_mode & FMODE_WRITE;

	switch (file->f_inode->i_sb->s_magic) {
	case BPF_FS_MAGIC:
		return (file->f_inode->i_mode & S_IFMT) == S_IFREG && current_task();
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
		return write && (file->f_inode->i_mode & S_IFMT) == S_IFREG && current_task();
	}
	return false;
}

/* Must the current task not lock this file? The lock of those who load and unload is on the root of the pins. */
static __always_inline bool guard_lock(struct file *file)
{
	return file->f_inode->i_sb->s_magic == BPF_FS_MAGIC && current_task();
}

/* Must the current task not do this ioctl: type for others, hang them up, let a program run at an event? */
static __always_inline bool guard_command(u32 cmd)
{
	switch (cmd) {
	case TIOCSTI:
	case TIOCLINUX:
	case TIOCVHANGUP:
	case PERF_EVENT_IOC_SET_BPF:
		return current_task();
	}
	return false;
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
	return BPF_CORE_READ((struct perf_event_attr *)attr, type) == tsem_uprobe_type && current_task();
}

#endif
