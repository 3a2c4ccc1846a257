/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guards are made of. A guard is a program of its own (guard.bpf.c) but where a hook is too busy for another one:
 * there the event's program asks guard_file() or guard_command() first, which come to the task last.
 */
#ifndef TSEM_GUARD_BPF_H
#define TSEM_GUARD_BPF_H

#include "path.bpf.h"

#define BPF_FS_MAGIC 0xcafe4a11
#define FMODE_WRITE 0x2

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

/* Is this the file in /proc by which the kernel is told what to execute outside of the namespace, or to drop all hooks?
 */
static __always_inline bool proc_takes_over(const char *name, u32 size)
{
	/* BPF programs hang on ftrace, and 0 takes every one of them away. */
	return !bpf_strncmp(name, size, "ftrace_enabled") || !bpf_strncmp(name, size, "core_pattern") ||
	       !bpf_strncmp(name, size, "modprobe") || !bpf_strncmp(name, size, "hotplug") ||
	       !bpf_strncmp(name, size, "poweroff_cmd") || !bpf_strncmp(name, size, "sysrq-trigger");
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

/* Must the current task not have this file open? */
static __always_inline bool guard_file(struct file *file)
{
	u64 magic = file->f_inode->i_sb->s_magic;
	bool write = file->f_mode & FMODE_WRITE;
	struct tsem_task *t;
	char name[16] = {};

	if (magic != PROC_SUPER_MAGIC &&
	    !(write && (magic == SYSFS_MAGIC || magic == CGROUP_SUPER_MAGIC || magic == BINFMTFS_MAGIC)))
		return false;
	t = current_task();
	if (!t)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	switch (magic) {
	case SYSFS_MAGIC:
		return !bpf_strncmp(name, sizeof(name), "uevent_helper");
	case CGROUP_SUPER_MAGIC:
		return !bpf_strncmp(name, sizeof(name), "release_agent");
	case BINFMTFS_MAGIC:
		/* An interpreter for the programs of all. */
		return true;
	}
	if (write && proc_takes_over(name, sizeof(name)))
		return true;
	return (write || proc_tells_memory(name, sizeof(name))) && proc_of_outside(t, file);
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

#endif
