/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names in proc. A process id differs in every run, so it is replaced by the identity of the process (coefficients.md,
 * Scope).
 *
 *	/proc/PID		self, the TASK_ID of a process of the namespace, or other
 *	/proc/PID/task/TID	the same for TID
 *	/proc/self, thread-self	self
 *	.../fd/N, fdinfo/N, map_files/N		.../fd/N: the letter
 */
#ifndef TSEM_PROC_BPF_H
#define TSEM_PROC_BPF_H

#include "marks.bpf.h"

/* Components below the root of proc that are checked. */
#define PROC_DEPTH 16

/* The process or thread of a directory in proc, as a struct pid; 0: it has none. */
static __always_inline u64 proc_pid(u64 inode)
{
	u64 box = inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	return inode ? (u64)bpf_core_cast((void *)box, struct proc_inode)->pid : 0;
}

/* Inodes of the first and the third component below the root of proc; 0: there is none. */
struct proc_inodes {
	u64 first;
	u64 third;
};

static __always_inline void proc_inodes_of(struct proc_inodes *found, u64 dentry)
{
	u64 before = 0, two_before = 0;
	u32 i;

	found->first = found->third = 0;
	bpf_for(i, 0, PROC_DEPTH) {
		struct dentry *d = bpf_core_cast((void *)dentry, struct dentry);
		u64 parent = (u64)d->d_parent;

		if (parent == dentry) {
			found->first = before;
			return;
		}
		found->third = two_before;
		two_before = before;
		before = (u64)d->d_inode;
		dentry = parent;
	}
}

/* Are the bytes of the cell from `at` on this name and nothing more? */
static __always_inline bool name_is(struct tsem_scratch *e, u32 at, u32 end, const char *name, u32 size)
{
	if (end - at != size || !at_most(at, TSEM_CELL_MAX))
		return false;
	return !bpf_strncmp((const char *)e->record.cell + at, size, name);
}

#define NAME_IS(e, at, end, name) name_is(e, at, end, name, sizeof(name) - 1)

/* The end of the component that begins at cell[at]. */
__noinline u32 name_end(struct tsem_scratch *e __arg_nonnull, u32 at, u32 end)
{
	while (can_loop) {
		if (at >= end || !at_most(at, TSEM_CELL_MAX) || e->record.cell[at] == '/')
			return at;
		at++;
	}
	return at;
}

/* Has the name of this file in proc to be normalised? The walk has stored where the name below the root begins. */
static __always_inline bool proc_names(struct tsem_scratch *e, u64 dentry)
{
	u32 at = e->root_start + 1, end = e->path_start + e->path_size;
	struct proc_inodes inodes;

	if (at >= end)
		return false;
	proc_inodes_of(&inodes, dentry);
	return proc_pid(inodes.first) || NAME_IS(e, at, name_end(e, at, end), "thread-self");
}

static __always_inline void cell_text(struct tsem_scratch *e, const char *text, u32 size)
{
	cell_bytes(e, address_of(e, text), size);
}

#define CELL_TEXT(e, text) cell_text(e, text, sizeof(text) - 1)

/* Appends a digest in lower case hex. */
static __noinline int cell_hex(struct tsem_scratch *e, const u8 *digest)
{
	u32 size = e->record.digest_size, i;

	bpf_for(i, 0, TSEM_DIGEST_MAX) {
		u8 high, low, *p;

		if (i >= size || !at_most(i, TSEM_DIGEST_MAX - 1))
			break;
		p = cell_room(e, 2);
		if (!p)
			break;
		high = digest[i] >> 4;
		low = digest[i] & 0xf;
		p[0] = high < 10 ? '0' + high : 'a' + high - 10;
		p[1] = low < 10 ? '0' + low : 'a' + low - 10;
	}
	return 0;
}

/* The identity of a process or thread: self, its TASK_ID, or other. */
__noinline int cell_process(struct tsem_scratch *e __arg_nonnull, u64 pid)
{
	struct task_struct *task = NULL;
	struct tsem_task *t = NULL;

	if (pid)
		task = bpf_task_from_pid(bpf_core_cast((void *)pid, struct pid)->numbers[0].nr);
	if (task && task->tgid == bpf_get_current_task_btf()->tgid) {
		CELL_TEXT(e, "self");
	} else {
		if (task)
			t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
		if (t && t->ns == e->record.ns)
			cell_hex(e, t->task_id);
		else
			CELL_TEXT(e, "other");
	}
	if (task)
		bpf_task_release(task);
	return 0;
}

/* Appends the component cell[at .. end), with a slash in front unless it is the first. */
static __always_inline void cell_component(struct tsem_scratch *e, u32 at, u32 end)
{
	cell_append(e, at - 1, end - at + 1);
}

/* NAMED of a name in proc. */
__noinline int named_in_proc(struct tsem_scratch *e __arg_nonnull, u64 dentry)
{
	u32 start = e->path_start, end = start + e->path_size, length = e->record.hashed_size;
	u32 at = e->root_start + 1, next;
	struct proc_inodes inodes;
	u32 *size;

	proc_inodes_of(&inodes, dentry);
	cell_u32(e, 0);
	/* The part above the root of proc, and the slash. */
	cell_append(e, start, at - start);
	next = name_end(e, at, end);
	if (proc_pid(inodes.first))
		cell_process(e, address_of(e, (void *)proc_pid(inodes.first)));
	else
		CELL_TEXT(e, "self");
	at = next + 1;
	next = at < end ? name_end(e, at, end) : end;
	if (at < end && NAME_IS(e, at, next, "task")) {
		cell_component(e, at, next);
		at = next + 1;
		next = at < end ? name_end(e, at, end) : end;
		if (at < end) {
			CELL_TEXT(e, "/");
			cell_process(e, address_of(e, (void *)proc_pid(inodes.third)));
		}
		at = next + 1;
		next = at < end ? name_end(e, at, end) : end;
	}
	if (at < end && next < end &&
	    (NAME_IS(e, at, next, "fd") || NAME_IS(e, at, next, "fdinfo") || NAME_IS(e, at, next, "map_files"))) {
		cell_component(e, at, next);
		CELL_TEXT(e, "/N");
		at = next + 1;
		next = name_end(e, at, end);
		at = next + 1;
	}
	if (at < end)
		cell_component(e, at, end);
	if (!at_most(length, TSEM_CELL_MAX - 4))
		return -E2BIG;
	size = (u32 *)(e->record.cell + length);
	*size = e->record.hashed_size - length - sizeof(u32);
	return 0;
}

#endif
