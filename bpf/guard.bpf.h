/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks of guards. A guard usually is a separate program (guard.bpf.c). For frequent hooks the event's
 * program calls the guard instead (TSEM_GUARDED_PROGRAM). These functions are for tasks of a namespace only.
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
#define KDSETMODE 0x4b3a
#define VT_SETMODE 0x5602
#define VT_RELDISP 0x5605
#define VT_ACTIVATE 0x5606
#define VT_DISALLOCATE 0x5608
#define VT_RESIZE 0x5609
#define VT_RESIZEX 0x560a
#define VT_LOCKSWITCH 0x560b
#define VT_UNLOCKSWITCH 0x560c
#define VT_SETACTIVATE 0x560f
#define FIOASYNC 0x5452
#define FIOSETOWN 0x8901
#define SIOCSPGRP 0x8902
#define FS_IOC_SHUTDOWN 0x8004587d
#define FIFREEZE 0xc0045877
#define FITHAW 0xc0045878
#define PERF_EVENT_IOC_SET_BPF 0x40042408

#define NS_MNT_GET_NEXT 0x8010b70b
#define NS_MNT_GET_PREV 0x8010b70c

#define NFSD_MAGIC 0x6e667364
#define RPC_PIPEFS_MAGIC 0x67596969
#define XENFS_MAGIC 0xabba1974
#define DLMFS_MAGIC 0x76a9f425

#define F_SETFL 4
#define F_SETOWN 8
#define F_SETOWN_EX 15
#define F_SETLEASE 1024
#define F_NOTIFY 1026

#define PTY_MASTER_MAJOR 2
#define TTYAUX_MAJOR 5
#define CONSOLE_MINOR 1
#define UNIX98_PTY_SLAVE_MAJOR 136
#define UNIX98_PTY_LAST_MAJOR 143

/* Set by load: the bit of f_mode that marks files opened by fanotify. */
const volatile u32 tsem_fmode_nonotify = 1U << 26;
/* Set by load: the bit of f_mode that marks files opened by a stacked filesystem in a layer below. */
const volatile u32 tsem_fmode_backing = 1U << 25;

/* Is `task` outside of the namespace of the current task, `t`? */
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

/* Is this a BPF filesystem, like that of the pins? The current task must change nothing in it. */
static __always_inline bool guard_pins(struct super_block *sb)
{
	return sb->s_magic == BPF_FS_MAGIC;
}

/* Does this file in proc belong to a process? All other files there belong to the kernel. */
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
 * Does this file in /proc show the memory of its task? Newer kernels do not call the ptrace hook for it if the reader
 * has CAP_PERFMON.
 */
static __always_inline bool proc_tells_memory(const char *name, u32 size)
{
	return !bpf_strncmp(name, size, "environ") || !bpf_strncmp(name, size, "maps") ||
	       !bpf_strncmp(name, size, "smaps") || !bpf_strncmp(name, size, "smaps_rollup") ||
	       !bpf_strncmp(name, size, "numa_maps") || !bpf_strncmp(name, size, "pagemap") ||
	       !bpf_strncmp(name, size, "auxv");
}

/* Does this file in proc belong to a task outside of the namespace of the current task, `t`? */
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
	/* Inodes below /proc/PID/net belong to a network namespace, not to a process. */
	if (write && (!proc_of_process(plain(file)->f_path.dentry) || !proc_pid((u64)BPF_CORE_READ(file, f_inode))))
		return true;
	bpf_probe_read_kernel_str(name, sizeof(name), plain(file)->f_path.dentry->d_name.name);
	return (write || proc_tells_memory(name, sizeof(name))) && proc_of_outside(t, file);
}

/* Does this file of a control group kill tasks, or make the kernel execute a program outside? */
static __always_inline bool guard_cgroup(struct file *file)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), plain(file)->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "cgroup.kill") || !bpf_strncmp(name, sizeof(name), "release_agent");
}

/*
 * Must the current task not write to this file? It must not if a namespace has executed the file or mapped it as code,
 * and a task maps the file now or is about to. The kernel says ETXTBSY for programs only, not for libraries.
 */
static __always_inline bool guard_text(struct file *file, struct inode *inode, u64 magic)
{
	struct tsem_inode *r;
	struct inode *host;
	u64 address;

	if ((inode->i_mode & S_IFMT) != S_IFREG)
		return false;
	r = bpf_inode_storage_get(&tsem_inodes, inode, 0, 0);
	if (!r || !r->executed)
		return false;
	host = content_host(file, magic);
	if (!host)
		return true;
	address = (u64)host;
	return host->i_mapping->i_mmap.rb_root.rb_node || bpf_map_lookup_elem(&tsem_texts, &address);
}

/*
 * Set by load: the directory of the journals, and the directories above it. A task of a namespace must not touch
 * anything in the directory of the journals, and must not move or hide any of these directories.
 */
#define RUN_DIRECTORIES 4
const volatile struct {
	u64 inode;
	u32 device;
	u32 used;
} tsem_run[RUN_DIRECTORIES] = {};

/* `inode` may be NULL: then the number reads as 0, which no inode has. */
static __always_inline bool run_is(struct inode *inode, u32 i)
{
	struct inode *at = bpf_core_cast(inode, struct inode);

	return tsem_run[i].used && at->i_ino == tsem_run[i].inode && at->i_sb->s_dev == tsem_run[i].device;
}

/* Is this the directory of the journals, or is it in that directory? */
static __always_inline bool guard_run(struct dentry *dentry)
{
	struct dentry *d = plain(dentry);

	return run_is(d->d_parent->d_inode, 0) || run_is(d->d_inode, 0);
}

/* Is this the directory of the journals, or a directory above it? */
static __always_inline bool guard_run_way(struct dentry *dentry)
{
	struct inode *inode = plain(dentry)->d_inode;

	for (u32 i = 0; i < RUN_DIRECTORIES; i++) {
		if (run_is(inode, i))
			return true;
	}
	return false;
}

/* Must the current task not make, remove or change this name? */
static __always_inline bool guard_name(struct super_block *sb, struct dentry *dentry)
{
	return guard_pins(sb) || guard_run(dentry);
}

/* Must the current task not change the attributes of the file with this name? */
static __always_inline bool guard_attribute(struct dentry *dentry)
{
	return guard_name(plain(dentry)->d_sb, dentry) || guard_run_way(dentry);
}

/*
 * Is this a file of the kernel that must not be written, or a pinned object of BPF, which must not be opened? Files of
 * proc and of control groups, some of which a namespace may write, count for kernel threads only: see guard_file().
 */
static __always_inline bool guard_knob(u64 magic, u32 mode, bool write)
{
	if ((mode & S_IFMT) != S_IFREG)
		return false;
	/* Most files are opened for reading, and are on none of these. */
	if (!write)
		return magic == BPF_FS_MAGIC;
	switch (magic) {
	case BPF_FS_MAGIC:
		return true;
	case PROC_SUPER_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
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
		return true;
	}
	return false;
}

/*
 * Must the current task not have this file open? It must not write to files of the kernel: ftrace_enabled turns all
 * programs off; core_pattern and others run a program outside of every namespace. In proc it may write to files of
 * processes, but not of a task outside; and it must not read files there that show the memory of a task outside. It
 * must not open pinned maps, because that reads them. guard_opened() protects the directory of the journals.
 */
static __always_inline bool guard_file(struct file *file)
{
	struct inode *inode = file->f_inode;
	bool write = file->f_mode & FMODE_WRITE;
	u64 magic = inode->i_sb->s_magic;

	if (write && guard_text(file, inode, magic))
		return true;
	if (magic == PROC_SUPER_MAGIC)
		return (inode->i_mode & S_IFMT) == S_IFREG && guard_proc(file, write);
	if (write && (magic == CGROUP_SUPER_MAGIC || magic == CGROUP2_SUPER_MAGIC))
		return guard_cgroup(file);
	return guard_knob(magic, inode->i_mode, write);
}

/* Is this the number of a terminal? */
static __always_inline bool device_terminal(u32 number)
{
	u32 major = number >> 20;

	return (major >= PTY_MASTER_MAJOR && major <= TTYAUX_MAJOR) ||
	       (major >= UNIX98_PTY_SLAVE_MAJOR && major <= UNIX98_PTY_LAST_MAJOR);
}

#define TTY_ACM_MAJOR 166
#define TTY_USB_MAJOR 188
#define TTY_SERIAL_MAJOR 204
#define TTY_HVC_MAJOR 229

/* Is this the number of a terminal, or of a line that may have one at its end? */
static __always_inline bool device_line(u32 number)
{
	u32 major = number >> 20;

	return device_terminal(number) || major == TTY_ACM_MAJOR || major == TTY_USB_MAJOR ||
	       major == TTY_SERIAL_MAJOR || major == TTY_HVC_MAJOR;
}

/* Is this inode the standard input, output or error of the current task? Then it may open it anew, as /dev/stdin is. */
static __always_inline bool stream_of_task(u64 inode)
{
	struct files_struct *files = bpf_get_current_task_btf()->files;
	struct file **fds = BPF_CORE_READ(files, fdt, fd);
	u32 count = BPF_CORE_READ(files, fdt, max_fds), i;

	bpf_for(i, 0, 3) {
		struct file *file = NULL;

		if (i >= count)
			break;
		bpf_probe_read_kernel(&file, sizeof(file), fds + i);
		if (file && (u64)BPF_CORE_READ(file, f_inode) == inode)
			return true;
	}
	return false;
}

/*
 * Is this a pseudoterminal that a task outside has made? Before its session exists (sshd opens it, then the login makes
 * the session), its maker says whose it is. Other terminals are hung up when a login begins.
 */
static __always_inline bool terminal_made_outside(struct file *file)
{
	struct tsem_task *t = task_confined();
	struct tsem_inode *r;

	if (!t || file->f_inode->i_sb->s_magic != DEVPTS_SUPER_MAGIC ||
	    file->f_inode->i_rdev >> 20 < UNIX98_PTY_SLAVE_MAJOR)
		return false;
	r = bpf_inode_storage_get(&tsem_inodes, file->f_inode, 0, 0);
	return (!r || r->terminal != t->ns) && !stream_of_task((u64)file->f_inode);
}

/* Is this the terminal of a session outside, and not the controlling terminal of the current task? */
static __always_inline bool terminal_of_outside(struct file *file)
{
	struct task_struct *current = bpf_get_current_task_btf(), *leader;
	u32 type = file->f_inode->i_mode & S_IFMT;
	struct tsem_task *t;
	struct pid *session;
	u64 terminal;
	bool outside;

	if (type != S_IFCHR || !device_line(file->f_inode->i_rdev))
		return false;
	/* NULL until the driver has opened it. */
	terminal = (u64)BPF_CORE_READ((struct tty_file_private *)file->private_data, tty);
	session = terminal ? BPF_CORE_READ((struct tty_struct *)terminal, ctrl.session) : NULL;
	if (terminal && terminal == (u64)plain(current)->signal->tty)
		return false;
	if (!session)
		return terminal_made_outside(file);
	t = task_confined();
	leader = bpf_task_from_pid(BPF_CORE_READ(session, numbers[0].nr));
	if (!leader)
		return t;
	outside = t && guard_outside(t, leader);
	bpf_task_release(leader);
	return outside;
}

/* Must the current task not open this terminal? Everybody may write to the console. */
static __always_inline bool guard_terminal(struct file *file)
{
	bool console = file->f_inode->i_rdev == (TTYAUX_MAJOR << 20 | CONSOLE_MINOR);

	return !(console && !(file->f_mode & FMODE_READ)) && terminal_of_outside(file);
}

/* Is the file in the directory of the journals, or that directory? For a stacked file, check the file below it. */
static __always_inline bool guard_journal(struct file *file)
{
	struct file *same = plain(file);

	return same->f_inode->i_sb->s_dev == tsem_run[0].device && guard_run(same->f_path.dentry);
}

/* Is the open file a map, a program or a link of BPF? Its name shows that. */
static __always_inline bool file_of_bpf(struct file *file)
{
	char name[12] = {};

	if (file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), plain(file)->f_path.dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "bpf-map") || !bpf_strncmp(name, sizeof(name), "bpf-prog") ||
	       !bpf_strncmp(name, sizeof(name), "bpf_link");
}

/*
 * Must the current task not receive this open file? It must not receive a file that it must not open, nor any BPF
 * object, which may be ours.
 */
static __always_inline bool guard_received(struct file *file)
{
	return guard_journal(file) || guard_file(file) || file_of_bpf(file);
}

/* Must the current task not lock this file? `load` and `unload` use a lock on the root of the pins. */
static __always_inline bool guard_lock(struct file *file)
{
	return file->f_inode->i_sb->s_magic == BPF_FS_MAGIC;
}

/*
 * Must the current task not have this file of nsfs open? It must not open a mount namespace in which no task of its
 * namespace is. If the task opens it through proc, the ptrace hook runs before and notes whose it is, unless it is the
 * task's own. If the task opens it by a handle (newer kernels), the ptrace hook does not run.
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

/* Has the namespace used up its share of open files with a named receiver of signals? */
static __always_inline bool signals_full(void)
{
	struct tsem_task *t = task_confined();

	return t && !room_left(t->ns, TSEM_ROOM_SIGNALS);
}

/*
 * Does this command of XFS open or change a file by a handle (XFS_IOC_OPEN_BY_HANDLE to ATTRMULTI_BY_HANDLE)? Only its
 * type and number count, since its size differs for programs of 32 bits.
 */
static __always_inline bool ioctl_of_handle(u32 cmd)
{
	u32 number = cmd & 0xff;

	return (cmd >> 8 & 0xff) == 'X' && cmd >> 30 &&
	       (number == 107 || number == 108 || (number >= 121 && number <= 123));
}

/*
 * Must the current task not use this ioctl? The refused ones type for others, change the meaning of their keys, switch
 * consoles, take their terminal or hang it up, freeze or shut down a filesystem, run a program at an event, open
 * another mount namespace, open a file by a handle of XFS, or name one more receiver of signals than the share.
 */
static __always_inline bool guard_ioctl(struct file *file, u32 cmd, unsigned long arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return arg == 1 && terminal_of_outside(file);
	case FIOASYNC:
	case FIOSETOWN:
	case SIOCSPGRP:
		return signals_full();
	case TIOCSTI:
	case TIOCLINUX:
	case TIOCCONS:
	case TIOCVHANGUP:
	case KDSKBMODE:
	case KDSETMODE:
	case VT_SETMODE:
	case VT_RELDISP:
	case VT_ACTIVATE:
	case VT_SETACTIVATE:
	case VT_DISALLOCATE:
	case VT_RESIZE:
	case VT_RESIZEX:
	case VT_LOCKSWITCH:
	case VT_UNLOCKSWITCH:
	case KDSKBENT:
	case KDSKBSENT:
	case KDSKBDIACR:
	case KDSETKEYCODE:
	case KDSKBDIACRUC:
	case FS_IOC_SHUTDOWN:
	case FIFREEZE:
	case FITHAW:
	case PERF_EVENT_IOC_SET_BPF:
	case NS_MNT_GET_NEXT:
	case NS_MNT_GET_PREV:
		return true;
	}
	return ioctl_of_handle(cmd);
}

/*
 * Must the current task not use this fcntl? It must not name a receiver of signals once the share is used up. F_SETFL
 * with O_ASYNC names the receivers of a terminal.
 */
static __always_inline bool guard_fcntl(u32 cmd)
{
	return (cmd == F_SETOWN || cmd == F_SETOWN_EX || cmd == F_SETLEASE || cmd == F_NOTIFY || cmd == F_SETFL) &&
	       signals_full();
}

#define FAN_PERMISSION (0x00010000 | 0x00020000 | 0x00040000 | 0x00100000) /* OPEN, ACCESS, OPEN_EXEC, PRE_ACCESS */

/* Must the current task not watch these events? Others would wait for its permission to open or read. */
static __always_inline bool guard_notify(u64 mask)
{
	return mask & FAN_PERMISSION;
}

/* Set by load: the type of performance counters that are uprobes, or an unused number. */
const volatile u32 tsem_uprobe_type = 0xffffffff;

/*
 * Must the current task not open this counter? A uprobe is a breakpoint in every process that maps the file, and can
 * increment a word of their memory. Newer kernels (not 6.12) give the hook no attributes; there tsem_guard_perf_event
 * undoes the uprobe once it is made.
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
