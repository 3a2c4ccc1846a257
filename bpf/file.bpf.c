// SPDX-License-Identifier: GPL-2.0
/* Files: open, map, and what is done with an open file. */
#include "content.bpf.h"
#include "guard.bpf.h"

#define FMODE_CREATED (1U << 20)
#define PROT_EXEC 0x4
#define VM_EXEC 0x4

#define MEM_MAJOR 1
#define PTY_MASTER_MAJOR 2
#define TTYAUX_MAJOR 5
#define UNIX98_PTY_MASTER_MAJOR 136
#define UNIX98_PTY_LAST_MAJOR 143

/*
 * A device is modeled like a file when it is opened: a disk has every file of its filesystem, others are drivers, the
 * TPM or the kernel's memory. But for what every program opens and nothing lies behind: null, zero, full, random and
 * urandom, and terminals.
 */
static __always_inline bool device_modeled(struct file *file)
{
	u32 type = file->f_inode->i_mode & S_IFMT, number = file->f_inode->i_rdev, major = number >> 20;

	if (type != S_IFCHR)
		return type == S_IFBLK;
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
	return (major < PTY_MASTER_MAJOR || major > TTYAUX_MAJOR) &&
	       (major < UNIX98_PTY_MASTER_MAJOR || major > UNIX98_PTY_LAST_MAJOR);
}

/*
 * The event file_open: at file_post_open, since the content of a file cannot be read any earlier. A file that this very
 * open made is marked here, where the kernel says that it did.
 */
SEC("lsm.s/file_post_open")
int BPF_PROG(tsem_file_open, struct file *file, int mask)
{
	struct tsem_task *t;
	int verdict;

	if (guard_file(file))
		return guard_deny();
	t = event_begin(TSEM_EVENT_file_open, &verdict);
	if (!t)
		return verdict;
	if (file->f_mode & FMODE_CREATED) {
		bool counted = t->creating == (u64)file->f_path.dentry;

		creation_mark(t, file->f_inode, counted ? t->created_instance : creation_next(t, 0));
		t->creating = 0;
	}
	if (!file_modeled(file) && !device_modeled(file))
		return event_skip(t);
	cell_file(t, file);
	return event_end(t);
}

/*
 * `file` is NULL for an anonymous mapping. The verifier of kernel 6.12 takes it for a pointer that never is, and would
 * drop the test: hence the test of the number. Newer ones want the test of the pointer (__nullable in bpf_lsm.c).
 */
SEC("lsm.s/mmap_file")
int BPF_PROG(tsem_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_mmap_file, &verdict);
	if (!t)
		return verdict;
	if (!file || !address_of(t, file)) {
		if (!(prot & PROT_EXEC))
			return event_skip(t);
	} else {
		/* Code is modeled wherever it lies, in memory (memfd, tmpfs) by its name. */
		if (!file_modeled(file) && !(prot & PROT_EXEC))
			return event_skip(t);
		t->record.shape |= TSEM_SHAPE_FILE;
		cell_file(t, file);
	}
	cell_u32_pair(t, prot, flags);
	return event_end(t);
}

SEC("lsm.s/file_receive")
int BPF_PROG(tsem_file_receive, struct file *file)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_file_receive, &verdict);
	if (!t)
		return verdict;
	cell_file(t, file);
	return event_end(t);
}

/* FILE and a command, where the hook cannot sleep. */
static __always_inline int file_event_atomic(u32 event, struct file *file, u32 cmd)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	if (!file_modeled(file))
		return event_skip(t);
	cell_file_atomic(t, file);
	cell_u32(t, cmd);
	return event_end(t);
}

SEC("lsm.s/file_ioctl")
int BPF_PROG(tsem_file_ioctl, struct file *file, unsigned int cmd)
{
	struct tsem_task *t;
	int verdict;

	if (guard_command(cmd))
		return guard_deny();
	t = event_begin(TSEM_EVENT_file_ioctl, &verdict);
	if (!t)
		return verdict;
	if (!file_modeled(file))
		return event_skip(t);
	cell_file(t, file);
	cell_u32(t, cmd);
	return event_end(t);
}

/* The same by the system calls of 32 bits, which a program of 64 bits may use as well. This hook cannot sleep. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(tsem_file_ioctl_compat, struct file *file, unsigned int cmd)
{
	if (guard_command(cmd))
		return guard_deny();
	return file_event_atomic(TSEM_EVENT_file_ioctl, file, cmd);
}

/* Memory that becomes executable, as code that was written by the task itself does. */
SEC("lsm/file_mprotect")
int BPF_PROG(tsem_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	if (!(prot & PROT_EXEC) || vma->vm_flags & VM_EXEC)
		return 0;
	return event_generic(TSEM_EVENT_file_mprotect);
}

SEC("lsm.s/file_lock")
int BPF_PROG(tsem_file_lock, struct file *file, unsigned int cmd)
{
	struct tsem_task *t;
	int verdict;

	if (guard_lock(file))
		return guard_deny();
	t = event_begin(TSEM_EVENT_file_lock, &verdict);
	if (!t)
		return verdict;
	cell_file(t, file);
	cell_u32(t, cmd);
	return event_end(t);
}

SEC("lsm/file_fcntl")
int BPF_PROG(tsem_file_fcntl, struct file *file, unsigned int cmd)
{
	return file_event_atomic(TSEM_EVENT_file_fcntl, file, cmd);
}
