/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inherited descriptors: files that the first task of a namespace had open before it entered.
 *
 * Whoever starts a workload chooses its standard streams: a terminal, a pipe, a file with a date in its name. So an
 * event on such a file is described by its role for the workload, not by its path. The open files are noted by address
 * when the first task joins (control.bpf.c). If the kernel has since reused an address for another file, the inode or
 * the credentials that opened it differ.
 */
#ifndef TSEM_INHERITED_BPF_H
#define TSEM_INHERITED_BPF_H

#include "event.bpf.h"

#define O_ACCMODE 3
/* No kernel stack is larger. */
#define KERNEL_STACK_MAX (1 << 16)
/* Descriptors of a task that are checked when it joins. */
#define INHERITED_MAX 4096

/*
 * The open file at this address, if the namespace inherited it; the address need not be that of a file. A file that was
 * opened under the task's current credentials was opened after its last exec, so it is not looked up.
 */
static __always_inline struct tsem_inherited *inherited(struct tsem_scratch *e, u64 address)
{
	struct tsem_inherited_key key = { .file = address, .ns = e->record.ns };
	struct file *file = bpf_core_cast((void *)address, struct file);
	struct tsem_inherited *i;
	u64 cred = (u64)file->f_cred;

	if (cred == (u64)plain(bpf_get_current_task_btf())->cred)
		return NULL;
	i = bpf_map_lookup_elem(&tsem_inherited, &key);
	return i && i->inode == (u64)file->f_inode && i->cred == cred ? i : NULL;
}

/* Describes FILE of an inherited file; false: it is not inherited. */
static __always_inline bool cell_inherited_file(struct tsem_scratch *e, struct file *file)
{
	struct tsem_inherited *i = inherited(e, address_of(e, file));

	if (!i)
		return false;
	e->record.shape |= TSEM_SHAPE_INHERITED;
	cell_u32(e, file->f_flags & O_ACCMODE);
	cell_u32(e, i->stream);
	told_u32(e, file->f_flags);
	return true;
}

/*
 * The stream of the inherited file that has this path; false: there is none. The path of an open file is inside the
 * file; the path of a name is on the kernel's stack.
 */
static __always_inline bool cell_inherited_path(struct tsem_scratch *e, const struct path *path)
{
	u64 at = address_of(e, path);
	struct tsem_inherited *i;

	if (at - (u64)bpf_get_current_task_btf()->stack < KERNEL_STACK_MAX)
		return false;
	i = inherited(e, at - bpf_core_field_offset(struct file, f_path));
	if (!i)
		return false;
	e->record.shape |= TSEM_SHAPE_INHERITED;
	cell_u32(e, i->stream);
	return true;
}

#endif
