/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks of descriptions that name files: PATH. INODE and DENTRY are in dentry.bpf.h.
 *
 * This code walks a path from the file up to the root of the mount namespace. It does not use bpf_d_path(), which stops
 * at the task's root, so that a chroot would rename every file. bpf_d_path() also works in few hooks and costs more. A
 * rename or a change of mounts during the walk moves a global sequence count. Then the code repeats the walk, so a path
 * is never a mix of two paths.
 *
 * A path is hashed as the first of these that applies (NAMED in coefficients.md): the text of a pattern that matches; a
 * normalised name, in proc or of a segment of shared memory; the pathname with its created components replaced; the
 * pathname. In the first three cases the pathname is told too. Below a directory with strict names no created component
 * is replaced (docs/abi.md, Strict names).
 */
#ifndef TSEM_PATH_BPF_H
#define TSEM_PATH_BPF_H

#include "proc.bpf.h"

#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define DEBUGFS_MAGIC 0x64626720
#define DEVPTS_SUPER_MAGIC 0x1cd1
#define BINFMTFS_MAGIC 0x42494e4d
#define SECURITYFS_MAGIC 0x73636673
#define SELINUX_MAGIC 0xf97cff8c
#define SMACK_MAGIC 0x43415d53
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define RESCTRL_MAGIC 0x7655821
#define NSFS_MAGIC 0x6e736673
#define EFIVARFS_MAGIC 0xde5e81e4

#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define DMA_BUF_MAGIC 0x444d4142

/* A walk writes a path from its end to its beginning. That end is here, the end of the cell, or below. */
#define PATH_END TSEM_CELL_MAX
/* Bytes between the description so far and the path of a walk: cell_move() and the word-wise copy need them. */
#define PATH_GAP 96
/* Repeats a walk for some tenths of a second: a rename takes so long if its virtual processor has to wait. */
#define PATH_TRIES (1 << 20)
#define NAME_MAX 255

#define MQUEUE_MAGIC 0x19800202
#define TRACEFS_MAGIC 0x74726163
#define CONFIGFS_MAGIC 0x62656570
#define FUSE_CTL_SUPER_MAGIC 0x65735543
#define BPF_FS_MAGIC 0xcafe4a11
#define RAMFS_MAGIC 0x858458f6
#define HUGETLBFS_MAGIC 0x958458f6
#define PSTOREFS_MAGIC 0x6165676c
#define SB_NOUSER (1UL << 31)

/* Pseudo filesystems (coefficients.md, Scope). */
static __always_inline bool filesystem_pseudo(u64 magic)
{
	switch (magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TMPFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case BINFMTFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case NSFS_MAGIC:
	case EFIVARFS_MAGIC:
		return true;
	}
	return false;
}

/* Does the kernel generate the content of its files, so that it is no evidence? */
static __always_inline bool filesystem_generated(u64 magic)
{
	switch (magic) {
	case TMPFS_MAGIC:
		return false;
	case MQUEUE_MAGIC:
	case TRACEFS_MAGIC:
	case CONFIGFS_MAGIC:
	case FUSE_CTL_SUPER_MAGIC:
	case BPF_FS_MAGIC:
	case PSTOREFS_MAGIC:
		return true;
	}
	return filesystem_pseudo(magic);
}

/* Does this filesystem keep its inodes in memory only? Then an inode ends with its last use, deleted or not. */
static __always_inline bool filesystem_volatile(u64 magic)
{
	return magic == TMPFS_MAGIC || magic == MQUEUE_MAGIC || magic == RAMFS_MAGIC || magic == HUGETLBFS_MAGIC;
}

/* Are files and names of this filesystem modeled? Those of pseudo filesystems are modeled with scope=all only. */
static __always_inline bool filesystem_modeled(struct tsem_scratch *e, u64 magic)
{
	return e->scope == TSEM_SCOPE_ALL || !filesystem_pseudo(magic);
}

/* The bits of names_sequence() that are set during a rename or a change of mounts. */
#define NAMES_CHANGE (1ULL << 32 | 1)

/* A number that changes with every rename and change of mounts. */
static __always_inline u64 names_sequence(void)
{
	/* `load` refuses a kernel in which one of the two symbols has no address. */
	u64 renames = bpf_core_cast((void *)tsem_symbols.rename_lock, struct seqcount)->sequence;
	u64 mounts = bpf_core_cast((void *)tsem_symbols.mount_lock, struct seqcount)->sequence;

	return renames << 32 | mounts;
}

/* Copies a name of more than 16 bytes: see name_copy(). */
__noinline int name_copy_long(struct tsem_scratch *e __arg_nonnull, u32 end, u64 name, u32 size)
{
	u32 start = end - size;

	if (at_most(start, TSEM_CELL_MAX) && at_most(size, NAME_MAX))
		bpf_probe_read_kernel(e->record.cell + start, size, (void *)name);
	return 0;
}

/*
 * Copies a name of `size` bytes to cell[start .. end). The caller has checked that `start` is in the cell. Up to eight
 * bytes before `start` may change.
 */
static __always_inline void name_copy(struct tsem_scratch *e, u32 start, u32 end, u64 name, u32 size)
{
	u32 at = end - 8;

	if (size > 16)
		name_copy_long(e, end, address_of(e, (void *)name), size);
	else if (!at_most(at, TSEM_CELL_MAX))
		return;
	else if (size <= 8)
		*(u64 *)(e->record.cell + at) = word_at(name) << (8 - size) * 8;
	else {
		*(u64 *)(e->record.cell + start) = word_at(name);
		*(u64 *)(e->record.cell + at) = word_at(name + size - 8);
	}
}

static __always_inline u64 mount_root(u64 mnt)
{
	return (u64)bpf_core_cast((void *)mnt, struct vfsmount)->mnt_root;
}

enum walk_flags {
	PATH_SECOND = 1 << 0, /* the second path of the event */
	PATH_NEW = 1 << 1, /* its last component gets the mark of the inode that the task is about to make */
	PATH_CHOSEN = 1 << 2, /* its last component is hashed in full: the task chooses it */
	PATH_DETACHED = 1 << 3, /* set by the walk: its mount is attached nowhere */
	PATH_UNNAMED = 1 << 4, /* its last component is no name that the task has chosen */
};

/* Notes the created component cell[start .. start + size) with its inode; 0: the inode that is about to be made. */
static __always_inline int created_note(struct tsem_scratch *e, u64 inode, u32 start, u32 size)
{
	u32 n = e->created_count;

	if (!at_most(n, TSEM_CREATED_MAX - 1))
		return -E2BIG;
	e->created_inode[n] = inode;
	e->created_start[n] = start;
	e->created_size[n] = size;
	e->created_count = n + 1;
	return 0;
}

/*
 * The inode of this component that the namespace has created, or 0. `visible` is the inode that a look-up finds.
 * `covered` is the inode under a mount: container runtimes mount upon files that they have created.
 */
static __always_inline u64 created_inode(struct tsem_scratch *e, u64 visible, u64 covered)
{
	if (visible && mark_likely(e, visible) && mark_ours(e, visible))
		return visible;
	if (covered && mark_likely(e, covered) && mark_ours(e, covered))
		return covered;
	return 0;
}

/* Is this mount, which has no mount above it, in no mount namespace that processes see? */
static __always_inline bool mount_detached(struct mount *at)
{
	u64 ns = (u64)at->mnt_ns;
	struct mnt_namespace *in = bpf_core_cast((void *)ns, struct mnt_namespace);

	if (!ns)
		return true;
	/* Mounts of the kernel itself have an error number in place of a namespace. */
	if (ns >= -4095ULL)
		return false;
	if (bpf_core_field_exists(struct mnt_namespace___anon, is_anon))
		return bpf_core_cast((void *)ns, struct mnt_namespace___anon)->is_anon;
	if (bpf_core_field_exists(struct mnt_namespace___seq, seq))
		return !bpf_core_cast((void *)ns, struct mnt_namespace___seq)->seq;
	return in->root == at;
}

/*
 * The prefix of a path in a mount that is attached nowhere, or no longer. Without it the path could be that of another
 * file.
 */
#define DETACHED "detached:"
#define DETACHED_SIZE (sizeof(DETACHED) - 1)

static __always_inline int path_mark_detached(struct tsem_scratch *e)
{
	u32 start = e->path_start - DETACHED_SIZE;

	if (!at_most(start, TSEM_CELL_MAX))
		return -E2BIG;
	bpf_probe_read_kernel(e->record.cell + start, DETACHED_SIZE, DETACHED);
	e->path_start = start;
	return 0;
}

enum walk_look {
	LOOK_PLAIN = 1 << 0, /* the component's filesystem may have marks of the namespace */
	LOOK_OVERLAY = 1 << 1, /* the same, and it is an overlay */
	LOOK_LAST = 1 << 2, /* it is the last component of the path, with PATH_NEW or PATH_CHOSEN */
	LOOK_MOUNTED = 1 << 3, /* something is mounted upon it */
};

/* May the filesystem of the dentry have marks of the namespace? 0, LOOK_PLAIN or LOOK_OVERLAY. */
static __always_inline u32 marks_at(struct tsem_scratch *e, u64 dentry)
{
	struct super_block *sb;

	if (!e->mark_devices)
		return 0;
	sb = bpf_core_cast((void *)dentry, struct dentry)->d_sb;
	if (!(e->mark_devices & device_bit(sb->s_dev)))
		return 0;
	return sb->s_magic == OVERLAYFS_SUPER_MAGIC ? LOOK_OVERLAY : LOOK_PLAIN;
}

/* At the root of a mount, moves the walk to the place where it is mounted. False: the walk is at its end. */
__noinline bool walk_up(struct tsem_scratch *e __arg_nonnull, u64 here, u64 mnt)
{
	struct mount *at = bpf_core_cast((void *)mnt - bpf_core_field_offset(struct mount, mnt), struct mount);
	struct dentry *d = bpf_core_cast((void *)here, struct dentry);
	u64 up = (u64)at->mnt_parent + bpf_core_field_offset(struct mount, mnt);
	u32 look = *(volatile u32 *)&e->walk_look, below;

	if (!e->root_start && (u64)d->d_parent == here)
		e->root_start = e->path_start;
	if (up == mnt) {
		if (!mount_detached(at))
			return false;
		/* Go on up to the root of the filesystem: the path gets the name there. */
		e->walk_flags |= PATH_DETACHED;
		e->walk_mnt = 0;
		e->walk_root = 0;
		return true;
	}
	below = marks_at(e, (u64)at->mnt_mountpoint);
	/* In a stack of mounts only the topmost is visible: keep its inode. */
	if (look & LOOK_MOUNTED) {
		below |= LOOK_MOUNTED;
	} else if (below || look & (LOOK_PLAIN | LOOK_OVERLAY)) {
		below |= LOOK_MOUNTED;
		e->walk_inode = (u64)d->d_inode;
	}
	e->walk_look = below | (look & LOOK_LAST);
	e->walk_dentry = (u64)at->mnt_mountpoint;
	e->walk_mnt = up;
	e->walk_root = mount_root(up);
	return true;
}

/* Notes the component cell[start .. start + size), the name of `d`, if it is a created component. 0 or -E2BIG. */
__noinline int component_note(struct tsem_scratch *e __arg_nonnull, u64 d, u32 start, u32 size)
{
	u64 inode = (u64)bpf_core_cast((void *)d, struct dentry)->d_inode;
	u32 look = e->walk_look;

	e->walk_look = look & (LOOK_PLAIN | LOOK_OVERLAY);
	if (look & LOOK_LAST) {
		if (e->walk_flags & PATH_NEW)
			return created_note(e, 0, start, size);
		return 0;
	}
	inode = look & LOOK_MOUNTED ? created_inode(e, e->walk_inode, inode) : created_inode(e, inode, 0);
	return inode ? created_note(e, inode, start, size) : 0;
}

/* Does component_note() have to look at the component `d`? For most components it does not: they cost only this. */
static __always_inline bool component_special(struct tsem_scratch *e, struct dentry *d)
{
	u32 look = *(volatile u32 *)&e->walk_look;

	if (look == LOOK_PLAIN)
		return filter_has((u64)d->d_inode);
	if (look == LOOK_OVERLAY)
		return mark_likely(e, (u64)d->d_inode);
	return look;
}

/* Writes the name of `d` in front of the path, and notes it if it is a created component. 0 or -E2BIG. */
static __always_inline int walk_component(struct tsem_scratch *e, struct dentry *d, u32 floor)
{
	u32 end = *(volatile u32 *)&e->path_start, size = d->d_name.len, slash = end - size - 1;

	if (!at_most(slash, PATH_END) || slash < floor)
		return -E2BIG;
	if (component_special(e, d)) {
		int err = component_note(e, address_of(e, d), slash + 1, size);

		if (err)
			return err;
	}
	e->path_start = slash;
	name_copy(e, slash + 1, end, (u64)d->d_name.name, size);
	e->record.cell[slash] = '/';
	return 0;
}

/*
 * Walks from walk_dentry up to the root, through its mount if walk_mnt is not 0. Leaves the pathname in
 * cell[path_start .. path_start + path_size), and notes its created components from the last to the first. 0, or -E2BIG
 * if the pathname is too long (TSEM_PATH_MAX), does not fit after the description so far, or has too many created
 * components.
 *
 * The scratch holds everything that changes from component to component. The verifier knows nothing about these values,
 * so each turn of the loop looks the same to it, and it follows the loop only once. The loop calls global functions for
 * the same reason.
 */
__noinline int path_walk_once(struct tsem_scratch *e __arg_nonnull)
{
	u32 floor = e->record.hashed_size + PATH_GAP, end = e->path_end;

	if (floor + TSEM_PATH_MAX < end)
		floor = end - TSEM_PATH_MAX;
	e->path_start = end;
	e->root_start = 0;
	e->created_count = 0;
	while (can_loop) {
		u64 here = *(volatile u64 *)&e->walk_dentry, parent;
		struct dentry *d = bpf_core_cast((void *)here, struct dentry);
		int err;

		if (here == *(volatile u64 *)&e->walk_root) {
			if (!walk_up(e, here, *(volatile u64 *)&e->walk_mnt))
				break;
			continue;
		}
		parent = (u64)d->d_parent;
		/* A root without a mount has no name. A file without a directory (memfd) is a root too, but has one. */
		if (parent == here && (*(volatile u32 *)&e->path_start != end || !*(volatile u64 *)&e->walk_mnt))
			break;
		e->walk_dentry = parent;
		err = walk_component(e, d, floor);
		if (err)
			return err;
	}
	if (!e->root_start)
		e->root_start = e->path_start;
	if (*(volatile u32 *)&e->path_start == end) {
		u32 start = end - 1;

		if (!at_most(start, PATH_END))
			return -E2BIG;
		e->record.cell[start] = '/';
		e->path_start = start;
	}
	if (e->walk_flags & PATH_DETACHED && path_mark_detached(e))
		return -E2BIG;
	e->path_size = end - e->path_start;
	return e->path_start > floor ? 0 : -E2BIG;
}

/* Repeats path_walk_once() until no name has changed during the walk. -EBUSY: names changed in every try. */
__noinline int path_walk(struct tsem_scratch *e __arg_nonnull, u64 dentry, u64 mnt, u32 flags)
{
	u32 tries = *(volatile u32 *)&e->zero;

	e->file_look = marks_at(e, dentry);
	while (tries++ < PATH_TRIES && can_loop) {
		u64 sequence = names_sequence();
		int err;

		if (sequence & NAMES_CHANGE)
			continue;
		e->walk_dentry = dentry;
		e->walk_mnt = mnt;
		e->walk_root = mnt ? mount_root(mnt) : 0;
		e->walk_look = e->file_look | (flags & (PATH_NEW | PATH_CHOSEN) ? LOOK_LAST : 0);
		e->walk_flags = flags;
		read_fence();
		err = path_walk_once(e);
		read_fence();
		if (names_sequence() == sequence)
			return err;
	}
	return -EBUSY;
}

static __always_inline void path_fixed(struct tsem_scratch *e, const char *name, u32 size)
{
	u32 start = e->path_end - size;

	if (!at_most(start, TSEM_CELL_MAX))
		return;
	bpf_probe_read_kernel(e->record.cell + start, size, name);
	e->path_start = start;
	e->path_size = size;
	e->created_count = 0;
}

/*
 * Writes the pathname for a filesystem without a device, by its magic: what its d_dname gives up to the first colon,
 * and a slash. BPF cannot call d_dname. This has every d_dname of kernels 6.12 to 7.3 except those of mounted
 * filesystems, which have a device.
 */
static __always_inline void path_nodev(struct tsem_scratch *e, u64 magic)
{
	if (magic == PIPEFS_MAGIC)
		path_fixed(e, "pipe:/", 6);
	else if (magic == SOCKFS_MAGIC)
		path_fixed(e, "socket:/", 8);
	else if (magic == ANON_INODE_FS_MAGIC || magic == PID_FS_MAGIC)
		path_fixed(e, "anon_inode:/", 12);
	else if (magic == DMA_BUF_MAGIC)
		path_fixed(e, "/dmabuf:/", 9);
	else
		path_fixed(e, "nodev:/", 7);
}

/* ---- what the pathname is hashed as ---- */

/* The text or the suffix of a pattern, padded with zeros. */
struct pattern_text {
	u8 bytes[TSEM_PATTERN_MAX];
};

/* Is cell[at .. at + size) the beginning of `text`? */
__noinline bool cell_equals(struct tsem_scratch *e __arg_nonnull, u32 at, const struct pattern_text *text __arg_nonnull,
			    u32 size)
{
	u32 done = *(volatile u32 *)&e->zero;

	while (can_loop) {
		u64 different;

		if (done >= size)
			return true;
		if (!at_most(done, TSEM_PATTERN_MAX - 8) || !at_most(at, TSEM_CELL_MAX))
			return false;
		different = *(u64 *)(e->record.cell + at) ^ *(const u64 *)(text->bytes + done);
		if (size - done < 8)
			different <<= (8 - (size - done)) * 8;
		if (different)
			return false;
		done += 8;
		at += 8;
	}
	return false;
}

/* Has cell[from .. to) a slash? */
__noinline bool cell_has_slash(struct tsem_scratch *e __arg_nonnull, u32 from, u32 to)
{
	while (can_loop) {
		if (from >= to)
			return false;
		if (!at_most(from, TSEM_CELL_MAX) || e->record.cell[from] == '/')
			return true;
		from++;
	}
	return true;
}

/*
 * Is this a file that was made without a name (O_TMPFILE)? The kernel calls it # and its inode number, and nobody can
 * look this dentry up.
 */
static __always_inline bool dentry_unnamed(u64 address)
{
	struct dentry *d = bpf_core_cast((void *)address, struct dentry);
	u32 name = word_at((u64)d->d_name.name), digit = (name >> 8 & 0xff) - '0';

	return !d->d_hash.pprev && (name & 0xff) == '#' && digit <= 9;
}

/*
 * Strict names: the created components that begin at cell[from] or behind count by their names. Drops their notes, but
 * not that of a last component without a name.
 */
__noinline int created_drop(struct tsem_scratch *e __arg_nonnull, u64 dentry, u32 from)
{
	u32 count = e->created_count, end = e->path_start + e->path_size, kept = *(volatile u32 *)&e->zero, i;
	bool unnamed = e->walk_flags & PATH_NEW ? e->walk_flags & PATH_UNNAMED : dentry_unnamed(dentry);

	bpf_for(i, 0, TSEM_CREATED_MAX) {
		u32 start, size;

		if (i >= count || !at_most(i, TSEM_CREATED_MAX - 1))
			break;
		start = e->created_start[i];
		size = e->created_size[i];
		if (start >= from && !(unnamed && start + size == end))
			continue;
		if (!at_most(kept, TSEM_CREATED_MAX - 1))
			break;
		e->created_inode[kept] = e->created_inode[i];
		e->created_start[kept] = start;
		e->created_size[kept] = size;
		kept++;
	}
	e->created_count = kept;
	return 0;
}

/*
 * The index + 1 of the first pattern that matches the walked path of `dentry`, or 0. If the path is below directories
 * with strict names, drops the notes of its created components there: without a pattern it counts by their names.
 */
__noinline u32 pattern_match(struct tsem_scratch *e __arg_nonnull, u64 dentry)
{
	struct tsem_pattern_key key = { .ns = e->record.ns };
	u32 start = e->path_start, size = e->path_size, end = start + size, i;

	bpf_for(i, 0, TSEM_PATTERNS_MAX) {
		struct tsem_pattern *p;
		u32 rest;

		if (i >= e->patterns)
			return 0;
		key.index = i;
		p = bpf_map_lookup_elem(&tsem_patterns, &key);
		if (!p || size <= p->prefix_size + p->suffix_size ||
		    !cell_equals(e, start, (struct pattern_text *)p->text, p->prefix_size))
			continue;
		if (p->flags & TSEM_PATTERN_STRICT) {
			created_drop(e, dentry, start + p->prefix_size);
			continue;
		}
		if (p->flags & TSEM_PATTERN_DEEP)
			return i + 1;
		rest = end - p->suffix_size;
		if (cell_equals(e, rest, (struct pattern_text *)p->suffix, p->suffix_size) &&
		    !cell_has_slash(e, start + p->prefix_size, rest))
			return i + 1;
	}
	return 0;
}

/* NAMED of a path that a pattern matches: STR of the text of the pattern. */
__noinline int named_by_pattern(struct tsem_scratch *e __arg_nonnull)
{
	struct tsem_pattern_key key = { .ns = e->record.ns, .index = e->pattern - 1 };
	struct tsem_pattern *p = bpf_map_lookup_elem(&tsem_patterns, &key);

	if (!p) {
		event_unmodeled(e, TSEM_LOSS_PATH);
		return -ENOENT;
	}
	cell_u32(e, p->size);
	return cell_bytes(e, address_of(e, p->text), p->size);
}

/* NAMED with created components: STR of the path with one zero byte for each, then their marks from the root on. */
__noinline int named_by_marks(struct tsem_scratch *e __arg_nonnull)
{
	u32 count = e->created_count, size = e->path_size, from = e->path_start, end = from + size, i;

	bpf_for(i, 0, TSEM_CREATED_MAX) {
		if (i >= count || !at_most(i, TSEM_CREATED_MAX - 1))
			break;
		size -= e->created_size[i] - 1;
	}
	cell_u32(e, size);
	bpf_for(i, 0, TSEM_CREATED_MAX) {
		u32 k = count - 1 - i;
		u8 *zero;

		if (i >= count || !at_most(k, TSEM_CREATED_MAX - 1))
			break;
		cell_append(e, from, e->created_start[k] - from);
		zero = cell_room(e, 1);
		if (zero)
			*zero = 0;
		from = e->created_start[k] + e->created_size[k];
	}
	cell_append(e, from, end - from);
	bpf_for(i, 0, TSEM_CREATED_MAX) {
		u32 k = count - 1 - i;

		if (i >= count || !at_most(k, TSEM_CREATED_MAX - 1))
			break;
		if (cell_mark(e, e->created_inode[k]))
			return -ENOENT;
	}
	return 0;
}

#define SEGMENT_NAME "/SYSV"

/*
 * Is the walked path that of a segment of shared memory of System V? The kernel names it by its key, which programs
 * make of inode numbers and the like.
 */
static __always_inline bool path_segment(struct tsem_scratch *e, struct super_block *sb)
{
	u32 start = e->path_start, size = sizeof(SEGMENT_NAME) - 1;

	return sb->s_magic == TMPFS_MAGIC && sb->s_flags & SB_NOUSER && e->path_size > size &&
	       NAME_IS(e, start, start + size, SEGMENT_NAME);
}

/* NAMED of such a path: without the key. The events of its owner (IPC) tell segments apart. */
__noinline int named_segment(struct tsem_scratch *e __arg_nonnull)
{
	cell_u32(e, sizeof(SEGMENT_NAME) - 1);
	CELL_TEXT(e, SEGMENT_NAME);
	return 0;
}

/* Tells the walked pathname. Its bytes stay where they are; their length goes in front. */
static __always_inline void path_tell(struct tsem_scratch *e, u32 form, bool second)
{
	u32 at = e->path_start - sizeof(u32);

	if (!at_most(at, TSEM_CELL_MAX - sizeof(u32))) {
		event_unmodeled(e, TSEM_LOSS_PATH);
		return;
	}
	*(u32 *)(e->record.cell + at) = e->path_size;
	told_piece(e, at, e->path_size + sizeof(u32));
	e->path_at = at;
	e->record.forms |= form << (second ? TSEM_PATH_FORM_BITS : 0);
}

/* NAMED of the walked path. */
static __always_inline int cell_named(struct tsem_scratch *e, u64 dentry, struct super_block *sb, bool second)
{
	u64 magic = sb->s_magic;

	e->pattern = e->patterns ? pattern_match(e, dentry) : 0;
	if (e->pattern) {
		path_tell(e, TSEM_PATH_PATTERN, second);
		return named_by_pattern(e);
	}
	if (magic == PROC_SUPER_MAGIC && e->scope == TSEM_SCOPE_ALL && proc_names(e, dentry)) {
		path_tell(e, TSEM_PATH_NORMAL, second);
		return named_in_proc(e, dentry);
	}
	if (e->scope == TSEM_SCOPE_ALL && path_segment(e, sb)) {
		path_tell(e, TSEM_PATH_NORMAL, second);
		return named_segment(e);
	}
	if (e->created_count) {
		path_tell(e, TSEM_PATH_CREATED, second);
		return named_by_marks(e);
	}
	e->path_at = e->record.hashed_size;
	return cell_move(e, e->path_start, e->path_size);
}

/* Sets where a walk begins to write, downwards. */
static __always_inline int path_begin(struct tsem_scratch *e)
{
	u32 end = e->told_floor - TOLD_GAP;

	e->path_end = end;
	return at_most(end, PATH_END) ? 0 : -E2BIG;
}

/* See cell_path(). */
__noinline int path_describe(struct tsem_scratch *e __arg_nonnull, u64 dentry, u64 mnt, u32 flags)
{
	struct super_block *sb = bpf_core_cast((void *)dentry, struct dentry)->d_sb;
	u32 dev = sb->s_dev, *number;
	bool second = flags & PATH_SECOND;
	int err = 0;

	if (dev >> 20 || sb->s_root->d_inode->i_op->rename) {
		number = local_room(e, 2 * sizeof(u32));
		if (number) {
			number[0] = dev >> 20;
			number[1] = dev & 0xfffff;
		}
		e->record.shape |= second ? TSEM_SHAPE_DEVICE1 : TSEM_SHAPE_DEVICE0;
		err = path_begin(e) ?: path_walk(e, dentry, mnt, flags);
	} else if (e->scope == TSEM_SCOPE_ALL && !(sb->s_flags & SB_NOUSER)) {
		err = path_begin(e) ?: path_walk(e, dentry, mnt, flags);
	} else {
		err = path_begin(e);
		path_nodev(e, sb->s_magic);
		e->file_look = LOOK_PLAIN;
	}
	err = err ?: cell_named(e, dentry, sb, second);
	if (err)
		event_unmodeled(e, TSEM_LOSS_PATH);
	return err;
}

/* PATH: the path in the mount namespace; if `mnt` is NULL, in the filesystem. `flags`: enum walk_flags. */
static __always_inline void cell_path(struct tsem_scratch *e, struct dentry *dentry, struct vfsmount *mnt, u32 flags)
{
	path_describe(e, address_of(e, dentry), address_of(e, mnt), flags);
}

#endif
