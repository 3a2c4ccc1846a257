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

/* Is this the file by which the kernel is told what to execute outside of the namespace, or to drop all hooks? */
static __always_inline bool file_takes_over(struct file *file)
{
	u64 magic = file->f_inode->i_sb->s_magic;
	char name[16] = {};

	/* An interpreter for the programs of all. */
	if (magic == BINFMTFS_MAGIC)
		return true;
	if (magic != PROC_SUPER_MAGIC && magic != SYSFS_MAGIC && magic != CGROUP_SUPER_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
	if (magic == SYSFS_MAGIC)
		return !bpf_strncmp(name, sizeof(name), "uevent_helper");
	if (magic == CGROUP_SUPER_MAGIC)
		return !bpf_strncmp(name, sizeof(name), "release_agent");
	/* ftrace_enabled: BPF programs hang on ftrace, and 0 takes every one of them away. */
	return !bpf_strncmp(name, sizeof(name), "ftrace_enabled") || !bpf_strncmp(name, sizeof(name), "core_pattern") ||
	       !bpf_strncmp(name, sizeof(name), "modprobe") || !bpf_strncmp(name, sizeof(name), "hotplug") ||
	       !bpf_strncmp(name, sizeof(name), "poweroff_cmd") || !bpf_strncmp(name, sizeof(name), "sysrq-trigger");
}

/* Must the current task not have this file open? */
static __always_inline bool guard_file(struct file *file)
{
	return file->f_mode & FMODE_WRITE && file_takes_over(file) && current_task();
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
