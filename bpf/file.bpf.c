// SPDX-License-Identifier: GPL-2.0
/* Files: open, map, and what is done with an open file. */
#include "guard.bpf.h"

#define PROT_EXEC 0x4
#define PROT_WRITE 0x2
#define VM_WRITE 0x2
#define VM_EXEC 0x4

#define MEM_MAJOR 1

/*
 * A device is modeled: a disk has every file of its filesystem, others are drivers, the TPM or the kernel's memory. But
 * for what every program opens and nothing lies behind: null, zero, full, random and urandom, and terminals.
 */
static __always_inline bool device_modeled(u32 number)
{
	u32 major = number >> 20;

	if (major == MEM_MAJOR) {
		switch (number & 0xfffff) {
		case 3:
		case 5:
		case 7:
		case 8:
		case 9:
			return false;
		}
		return true;
	}
	return !device_terminal(number);
}

/* The types of special files, as bits. */
#define TYPE_BIT(type) (1U << (type) / TYPE_UNIT)
#define TYPE_UNIT 0010000
#define SPECIAL_TYPES (TYPE_BIT(S_IFCHR) | TYPE_BIT(S_IFBLK) | TYPE_BIT(S_IFIFO))

/* Does the open itself do something: does a driver start, or does the other end of a FIFO wait for it? */
static __always_inline bool file_special(struct file *file)
{
	return SPECIAL_TYPES >> file->f_inode->i_mode / TYPE_UNIT & 1;
}

/* Is what is done with this file modeled, which is no device? */
static __always_inline bool plain_modeled(struct tsem_scratch *e, struct file *file)
{
	struct inode *inode = file->f_inode;

	return e->scope == TSEM_SCOPE_ALL ||
	       ((inode->i_mode & S_IFMT) == S_IFREG && !filesystem_pseudo(inode->i_sb->s_magic));
}

/* Is what is done with this file modeled? */
static __always_inline bool file_modeled(struct tsem_scratch *e, struct file *file)
{
	struct inode *inode = file->f_inode;
	u32 type = inode->i_mode & S_IFMT;

	if (type == S_IFCHR)
		return device_modeled(inode->i_rdev);
	return type == S_IFBLK || plain_modeled(e, file);
}

/*
 * The event file_open: at file_post_open, since the content of a file cannot be read any earlier. A regular file that
 * this very open made has got its mark by then, but for filesystems that look it up themselves. The terminal is known
 * here only.
 */
TSEM_GUARDED_PROGRAM("lsm.s/file_post_open", file_open, file_special(file) ? guard_terminal(file) : guard_file(file),
		     struct file *file, int mask)
{
	if (file->f_mode & FMODE_CREATED && creation_announced(e, file->f_path.dentry))
		creation_commit(e, address_of(e, file->f_inode));
	e->creating = 0;
	/* tsem_file_opening has decided about special files. */
	if (file_special(file) || !plain_modeled(e, file))
		return NOT_MODELED;
	cell_file(e, file, CONTENT_DATA);
	return DESCRIBED;
}

/* Must the current task not open this file, by whatever way: through a name, a filesystem stacked upon it, a handle? */
static __always_inline bool guard_opened(struct file *file, bool stacked)
{
	return (guard_journal(file) || (stacked && guard_file(file))) && task_confined();
}

/* Must no kernel thread open this file? It must not write to files of the kernel, nor open a map or a journal. */
static __always_inline bool guard_kernel(struct file *file)
{
	struct inode *inode = plain(file)->f_inode;

	return guard_knob(inode->i_sb->s_magic, inode->i_mode, file->f_mode & FMODE_WRITE) || guard_journal(file);
}

/*
 * Opens that file_post_open is too late for, or does not see. A special file is decided before its open does something:
 * a watchdog starts, a reader of a FIFO wakes up. The descriptor that fanotify gives with an event, and a message
 * queue, do not come to file_post_open. Nothing of these is hashed. What a stacked filesystem opens below does not come
 * there either: it has the guard only, since its event is of the file above.
 */
SEC("lsm.s/file_open")
int BPF_PROG(tsem_file_opening, struct file *file)
{
	struct super_block *sb;
	struct tsem_scratch *e;
	bool special;
	int verdict;
	u64 magic;
	u32 mode;

	/* A task without storage is in no namespace. Most opens are by such tasks. */
	if (!bpf_get_current_task_btf()->bpf_storage) {
		/* A thread of the kernel may act for a namespace that has started a server there (ksmbd, nfsd). */
		if (bpf_get_current_task_btf()->flags & PF_KTHREAD)
			return guard_kernel(file) ? hook_return(true) : 0;
		if (!tsem_root_settings.on)
			return 0;
	}
	sb = file->f_inode->i_sb;
	magic = sb->s_magic;
	mode = file->f_mode;
	special = file_special(file);
	if (!special && !(mode & (tsem_fmode_nonotify | tsem_fmode_backing)) && magic != MQUEUE_MAGIC &&
	    magic != NSFS_MAGIC && sb->s_dev != tsem_run[0].device)
		return 0;
	if (magic == NSFS_MAGIC && guard_mounts(file))
		return guard_deny();
	if (guard_opened(file, mode & tsem_fmode_backing))
		return guard_deny();
	if (!special && !(mode & tsem_fmode_nonotify) && magic != MQUEUE_MAGIC)
		return 0;
	e = event_begin(TSEM_EVENT_file_open, &verdict);
	if (!e)
		return verdict;
	if (e->record.ns && guard_file(file)) {
		e->busy = 0;
		return guard_deny();
	}
	if (!file_modeled(e, file))
		return event_end(e, NOT_MODELED, WAITS);
	cell_file(e, file, CONTENT_NONE);
	return event_end(e, DESCRIBED, WAITS);
}

/*
 * `file` is NULL for an anonymous mapping. The verifier of kernel 6.12 takes it for a pointer that never is, and would
 * drop the test: hence the test of the number. Newer ones want the test of the pointer (__nullable in bpf_lsm.c).
 */
TSEM_EVENT_PROGRAM("lsm.s/mmap_file", mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
		   unsigned long flags)
{
	bool code = prot & PROT_EXEC;

	if (!file || !address_of(e, file)) {
		if (!code)
			return NOT_MODELED;
	} else {
		/* Code is modeled wherever it lies. */
		if (!code && !file_modeled(e, file))
			return NOT_MODELED;
		e->record.shape |= TSEM_SHAPE_FILE;
		if (code || !cell_inherited_file(e, file))
			cell_file(e, file, code ? CONTENT_CODE : CONTENT_DATA);
	}
	cell_u32_pair(e, prot, flags);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/file_receive", file_receive, guard_received(file), struct file *file)
{
	cell_file(e, file, CONTENT_DATA);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/file_ioctl", file_ioctl, guard_ioctl(file, cmd, arg), struct file *file, unsigned int cmd,
		     unsigned long arg)
{
	if (!cell_inherited_file(e, file)) {
		if (!file_modeled(e, file))
			return NOT_MODELED;
		cell_file(e, file, CONTENT_DATA);
	}
	cell_u32(e, cmd);
	return DESCRIBED;
}

/* FILE and a command, where the hook cannot sleep. */
static __always_inline int file_command(struct tsem_scratch *e, struct file *file, u32 cmd)
{
	if (!cell_inherited_file(e, file)) {
		if (!file_modeled(e, file))
			return NOT_MODELED;
		cell_file(e, file, CONTENT_ATOMIC);
	}
	cell_u32(e, cmd);
	return DESCRIBED;
}

/* ioctl by the system calls of 32 bits, which a program of 64 bits may use as well. This hook cannot sleep. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(tsem_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tsem_scratch *e;
	int verdict;

	e = event_begin(TSEM_EVENT_file_ioctl, &verdict);
	if (!e)
		return verdict;
	if (e->record.ns && guard_ioctl(file, cmd, arg)) {
		e->busy = 0;
		return guard_deny();
	}
	return event_end(e, file_command(e, file, cmd), WAITS_NOT);
}

TSEM_PATCHED_GUARDED_PROGRAM("lsm/file_fcntl", file_fcntl, guard_fcntl(cmd), struct file *file, unsigned int cmd)
{
	return file_command(e, file, cmd);
}

TSEM_GUARDED_PROGRAM("lsm.s/file_lock", file_lock, guard_lock(file), struct file *file, unsigned int cmd)
{
	if (!cell_inherited_file(e, file))
		cell_file(e, file, CONTENT_DATA);
	cell_u32(e, cmd);
	return DESCRIBED;
}

/* Memory that becomes executable, or that is and becomes writable: code that the task writes itself. */
SEC("lsm/file_mprotect")
int BPF_PROG(tsem_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct tsem_scratch *e;
	int verdict;

	if (!(prot & PROT_EXEC))
		return 0;
	if (vma->vm_flags & VM_EXEC && (!(prot & PROT_WRITE) || vma->vm_flags & VM_WRITE))
		return 0;
	e = event_begin(TSEM_EVENT_file_mprotect, &verdict);
	return e ? event_generic(e) : verdict;
}
