/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inherited descriptors: open files that the first task of a namespace held before it entered.
 *
 * Whoever starts a workload chooses what its standard streams are: a terminal, a pipe, a file with a date in its name.
 * So an event on such a file is described by what it is to the workload, not by where it lies. The open files are noted
 * when the first task joins (control.bpf.c), by their address. An address that the kernel has given to another file
 * since is told by the inode and by the credentials that opened it.
 */
#ifndef TSEM_INHERITED_BPF_H
#define TSEM_INHERITED_BPF_H

#include "event.bpf.h"

#define O_ACCMODE 3
/* No kernel stack is larger. */
#define KERNEL_STACK_MAX (1 << 16)
/* Descriptors of a task that are looked at when it joins. */
#define INHERITED_MAX 4096

/*
 * The open file at this address, if the namespace inherited it; the address may be of something else. A file that was
 * opened under the very credentials that the task has now was opened after its last exec: it is not looked up.
 */
static __always_inline struct tsem_inherited *inherited(struct tsem_scratch *e, u64 address)
{
	struct tsem_inherited_key key = { .file = address, .ns = e->record.ns };
	struct file *file = bpf_core_cast((void *)address, struct file);
	struct tsem_inherited *i;
	u64 cred = (u64)file->f_cred;

	if (cred == (u64)bpf_get_current_task_btf()->cred)
		return NULL;
	i = bpf_map_lookup_elem(&tsem_inherited, &key);
	return i && i->inode == (u64)file->f_inode && i->cred == cred ? i : NULL;
}

/* FILE of an inherited file; false: it is none. */
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
 * The stream of the inherited file whose path this is; false: it is none. The path of an open file is part of it, that
 * of a name lies on the stack of the kernel.
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
