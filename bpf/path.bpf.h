/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks of descriptions that name files: INODE, PATH, DENTRY, and the marks of created inodes.
 *
 * A path is walked here, from the file up to the root of the mount namespace, and not fetched by bpf_d_path(): that one
 * stops at the task's root, so that a chroot would rename every file, it works in few hooks, and it costs more. A
 * rename or a change of mounts during the walk moves a global sequence count; the walk is then done again, so that a
 * path is never a mix of two.
 *
 * An inode that a task of a namespace creates is marked with the TASK_ID of its creator and a number, counted for each
 * directory and creator. For that namespace its path is then the directory, number and creator, so that a random name
 * gives the same coefficient in every run.
 */
#ifndef TSEM_PATH_BPF_H
#define TSEM_PATH_BPF_H

#include "event.bpf.h"

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
#define NSFS_MAGIC 0x6e736673
#define EFIVARFS_MAGIC 0xde5e81e4

#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define DMA_BUF_MAGIC 0x444d4142

/* A path is walked from its end, which lies at the end of the cell. */
#define PATH_END TSEM_CELL_MAX
/* Bytes between the description so far and a path that is walked: cell_move() and the word-wise copy need them. */
#define PATH_GAP 96
/* Who renames may be a virtual processor that has to wait: some tenths of a second. */
#define PATH_TRIES (1 << 20)
#define NAME_MAX 255

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

/* A number that changes with every rename and change of mounts; odd while one is under way. */
static __always_inline u64 names_sequence(void)
{
	u64 renames = 0, mounts = 0;

	if (&rename_lock)
		renames = bpf_core_cast(&rename_lock, struct seqcount)->sequence;
	if (&mount_lock)
		mounts = bpf_core_cast(&mount_lock, struct seqcount)->sequence;
	return ((renames & ~1ULL) << 32 | mounts) | (renames & 1);
}

/* Two words of memory at any address, for which the kernel has no type of its own. */
static __always_inline u64 word_at(u64 address)
{
	return bpf_core_cast((void *)address, struct timespec64)->tv_sec;
}

/* Copies a name to the bytes that end before cell[end]; up to eight bytes in front of it may change. */
static __always_inline void name_copy(struct tsem_task *t, u32 end, u64 name, u32 size)
{
	if (size <= 8) {
		u32 at = end - 8;

		if (size && at_most(at, TSEM_CELL_MAX))
			*(u64 *)(t->record.cell + at) = word_at(name) << (8 - size) * 8;
	} else if (size <= 16) {
		u32 at = end - 8, start = end - size;

		if (at_most(at, TSEM_CELL_MAX) && at_most(start, TSEM_CELL_MAX)) {
			*(u64 *)(t->record.cell + start) = word_at(name);
			*(u64 *)(t->record.cell + at) = word_at(name + size - 8);
		}
	} else {
		u32 start = end - size;

		if (at_most(start, TSEM_CELL_MAX) && at_most(size, NAME_MAX))
			bpf_probe_read_kernel(t->record.cell + start, size, (void *)name);
	}
}

static __always_inline u64 mount_root(u64 mnt)
{
	return (u64)bpf_core_cast((void *)mnt, struct vfsmount)->mnt_root;
}

/*
 * Walks from walk_dentry, by its mount if walk_mnt is not 0, up to the root, and leaves the pathname in
 * cell[path_start .. path_start + path_size), at its end name_size bytes of the last component. 0, or -E2BIG if it is
 * longer than PATH_MAX or does not fit behind the description so far.
 *
 * What changes from component to component lives in the scratch: to the verifier it is then the same unknown in every
 * turn of the loop, which it has to follow once only.
 */
__noinline int path_walk_once(struct tsem_task *t __arg_nonnull)
{
	u32 floor = t->record.cell_size + PATH_GAP;

	if (floor < PATH_END - TSEM_PATH_MAX)
		floor = PATH_END - TSEM_PATH_MAX;
	t->path_start = PATH_END;
	t->name_size = 0;
	while (can_loop) {
		u64 here = *(volatile u64 *)&t->walk_dentry, mnt = *(volatile u64 *)&t->walk_mnt, parent;
		struct dentry *d = bpf_core_cast((void *)here, struct dentry);
		u32 start = *(volatile u32 *)&t->path_start, size;

		if (here == *(volatile u64 *)&t->walk_root) {
			struct mount *at =
				bpf_core_cast((void *)mnt - bpf_core_field_offset(struct mount, mnt), struct mount);
			u64 up = (u64)at->mnt_parent + bpf_core_field_offset(struct mount, mnt);

			if (up == mnt)
				break;
			t->walk_dentry = (u64)at->mnt_mountpoint;
			t->walk_mnt = up;
			t->walk_root = mount_root(up);
			continue;
		}
		parent = (u64)d->d_parent;
		/* A root that is mounted nowhere has no name, but that of a file without a directory (memfd). */
		if (parent == here && (start != PATH_END || !mnt))
			break;
		size = d->d_name.len;
		if (!at_most(size, NAME_MAX))
			size = NAME_MAX;
		if (start < floor + size + 1)
			return -E2BIG;
		name_copy(t, start, (u64)d->d_name.name, size);
		if (start == PATH_END)
			t->name_size = size;
		start -= size + 1;
		if (!at_most(start, PATH_END))
			return -E2BIG;
		t->record.cell[start] = '/';
		t->path_start = start;
		if (parent == here)
			break;
		t->walk_dentry = parent;
	}
	if (*(volatile u32 *)&t->path_start == PATH_END) {
		t->path_start = PATH_END - 1;
		t->record.cell[PATH_END - 1] = '/';
	}
	t->path_size = PATH_END - t->path_start;
	return t->path_start > floor ? 0 : -E2BIG;
}

/* The same, again until no name changed under the walk. */
__noinline int path_walk(struct tsem_task *t __arg_nonnull, u64 dentry, u64 mnt)
{
	u32 i;

	bpf_for(i, 0, PATH_TRIES) {
		u64 sequence = names_sequence();
		int err;

		if (sequence & 1)
			continue;
		t->walk_dentry = dentry;
		t->walk_mnt = mnt;
		t->walk_root = mnt ? mount_root(mnt) : 0;
		read_fence();
		err = path_walk_once(t);
		read_fence();
		if (names_sequence() == sequence)
			return err;
	}
	return -EBUSY;
}

static __always_inline void path_fixed(struct tsem_task *t, const char *name, u32 size)
{
	bpf_probe_read_kernel(t->record.cell + PATH_END - size, size, name);
	t->path_start = PATH_END - size;
	t->path_size = size;
	t->name_size = 0;
}

/*
 * The pathname of a filesystem without a device, by its magic: what its d_dname gives up to the first colon, which BPF
 * cannot call. Every d_dname of kernels 6.12 to 7.3 is here but those of mounted filesystems, which have a device.
 */
static __always_inline void path_nodev(struct tsem_task *t, u64 magic)
{
	if (magic == PIPEFS_MAGIC)
		path_fixed(t, "pipe:/", 6);
	else if (magic == SOCKFS_MAGIC)
		path_fixed(t, "socket:/", 8);
	else if (magic == ANON_INODE_FS_MAGIC || magic == PID_FS_MAGIC)
		path_fixed(t, "anon_inode:/", 12);
	else if (magic == DMA_BUF_MAGIC)
		path_fixed(t, "/dmabuf:/", 9);
	else
		path_fixed(t, "nodev:/", 7);
}

/* See cell_path(). */
__noinline int path_describe(struct tsem_task *t __arg_nonnull, u64 dentry, u64 mnt, u32 n)
{
	struct super_block *sb = bpf_core_cast((void *)dentry, struct dentry)->d_sb;
	u32 dev = sb->s_dev, end, name, owned = t->owned;
	int err = 0;

	t->owned = 0;
	if (dev >> 20 || sb->s_root->d_inode->i_op->rename) {
		cell_u32_pair(t, dev >> 20, dev & 0xfffff);
		cell_local(t, 2 * sizeof(u32));
		t->record.shape |= n ? TSEM_SHAPE_DEVICE1 : TSEM_SHAPE_DEVICE0;
		err = path_walk(t, dentry, mnt);
	} else {
		path_nodev(t, sb->s_magic);
	}
	if (err) {
		event_unmodeled(t, TSEM_LOSS_PATH);
		return err;
	}
	if (!owned)
		return cell_move(t, t->path_start, t->path_size);
	/* Directory, instance and creator; the last component is told, but not hashed. */
	t->record.shape |= n ? TSEM_SHAPE_OWNED1 : TSEM_SHAPE_OWNED0;
	name = t->name_size;
	err = cell_move(t, t->path_start, t->path_size - name);
	if (err)
		return err;
	cell_u64(t, t->instance);
	cell_digest(t, t->owner);
	end = PATH_END - name;
	err = cell_move(t, end, name);
	if (!err)
		cell_unhashed(t, name + 4);
	return err;
}

/*
 * PATH number `n` (0 or 1) of the event: in the mount namespace, or, without `mnt`, in its filesystem. After an
 * owned_by() it is that of a created inode.
 */
static __always_inline void cell_path(struct tsem_task *t, int n, struct dentry *dentry, struct vfsmount *mnt)
{
	path_describe(t, address_of(t, dentry), address_of(t, mnt), n);
}

/* The next PATH names an inode with this mark. */
static __always_inline void owned_by(struct tsem_task *t, u64 instance, const u8 *creator)
{
	t->owned = 1;
	t->instance = instance;
	__builtin_memcpy(t->owner, creator, TSEM_DIGEST_MAX);
}

static __always_inline bool inode_created(struct tsem_task *t, const struct tsem_inode *r)
{
	return r && *(volatile u32 *)&r->creator_ns == creator_mark(t);
}

static __always_inline u64 serial_next(void)
{
	struct tsem_globals *g = globals();

	return g ? __sync_fetch_and_add(&g->next_serial, 1) + 1 : 0;
}

/* The record of an inode, made if need be; NULL: no memory. */
static __always_inline struct tsem_inode *inode_record(struct inode *inode)
{
	return bpf_inode_storage_get(&tsem_inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* See cell_inode(). */
__noinline int inode_describe(struct tsem_task *t __arg_nonnull, u64 inode_address)
{
	struct inode *inode = bpf_core_cast((void *)inode_address, struct inode);
	struct super_block *sb = inode->i_sb;
	u64 name = (u64)sb->s_id, uuid = (u64)&sb->s_uuid;
	u32 magic = sb->s_magic;
	u32 *p = cell_room(t, 64);
	u64 *q = (u64 *)p;

	if (!p)
		return -E2BIG;
	p[0] = id_of_user(t, inode->i_uid.val);
	p[1] = id_of_group(t, inode->i_gid.val);
	p[2] = inode->i_mode;
	p[3] = magic;
	/* What stands behind the end of the name is the rest of an older one. */
	q[2] = 0, q[3] = 0, q[4] = 0, q[5] = 0;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		u64 word = word_at(name + i * 8);
		/* The lowest bit that is set is in the first byte of zeros. */
		u64 zeros = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;

		q[2 + i] = zeros ? word & (((zeros & -zeros) >> 7) - 1) : word;
		if (zeros)
			break;
	}
	/* A tmpfs has another UUID after every boot: it counts as zero bytes. */
	q[6] = magic == TMPFS_MAGIC ? 0 : word_at(uuid);
	q[7] = magic == TMPFS_MAGIC ? 0 : word_at(uuid + 8);
	cell_local(t, 48);
	return 0;
}

/* INODE. */
static __always_inline void cell_inode(struct tsem_task *t, struct inode *inode)
{
	inode_describe(t, address_of(t, inode));
}

/* Is it the root of a mount on what t->mounted says? */
static __always_inline bool mounted_on_created(struct tsem_task *t, struct dentry *dentry, struct vfsmount *mnt)
{
	u64 mount = address_of(t, mnt) - bpf_core_field_offset(struct mount, mnt);

	return mnt->mnt_root == dentry && (u64)bpf_core_cast((void *)mount, struct mount)->mnt_mountpoint == t->mounted;
}

/*
 * cell_path() of what `dentry` names: that of a created inode, if it is one or hides one that the task has just mounted
 * on, as container runtimes do with themselves on a file of a random name.
 */
static __always_inline void cell_named_path(struct tsem_task *t, int n, struct dentry *dentry, struct vfsmount *mnt)
{
	struct inode *inode = dentry->d_inode;
	struct tsem_inode *r;

	if (mnt && t->mounted && mounted_on_created(t, dentry, mnt))
		owned_by(t, t->mounted_instance, t->mounted_owner);

	/* The verifier of 6.12 takes the inode of a trusted dentry for one that is always there. */
	else if (inode && address_of(t, inode)) {
		r = bpf_inode_storage_get(&tsem_inodes, inode, 0, 0);
		if (r && inode_created(t, r))
			owned_by(t, r->instance, r->creator);
	}
	cell_path(t, n, dentry, mnt);
}

/* DENTRY number `n` (0 or 1) of the event: INODE if it has one, and PATH, by its mount if that is known. */
static __always_inline void cell_dentry(struct tsem_task *t, int n, struct dentry *dentry, struct vfsmount *mnt)
{
	struct inode *inode = dentry->d_inode;

	if (inode && address_of(t, inode)) {
		t->record.shape |= n ? TSEM_SHAPE_INODE1 : TSEM_SHAPE_INODE0;
		cell_inode(t, inode);
	}
	cell_named_path(t, n, dentry, mnt);
}

/*
 * The number of the file that the current task makes in the directory of this identity; 0: it could not be counted.
 * Files without a directory count under identity 0.
 */
static __always_inline u64 creation_next(struct tsem_task *t, u64 directory)
{
	struct tsem_namespace *ns;
	u64 *count, zero = 0;
	u32 id = t->ns;

	t->creation.directory = directory;
	t->creation.ns = t->ns;
	__builtin_memcpy(t->creation.creator, t->task_id, TSEM_KEY_SIZE);
	count = bpf_map_lookup_elem(&tsem_creations, &t->creation);
	if (!count) {
		/* What one namespace makes must not take the room of the others. */
		ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
		if (!ns || ns->creations >= TSEM_CREATIONS_SHARE)
			return 0;
		if (!bpf_map_update_elem(&tsem_creations, &t->creation, &zero, BPF_NOEXIST) && directory)
			__sync_fetch_and_add(&ns->creations, 1);
		count = bpf_map_lookup_elem(&tsem_creations, &t->creation);
		if (!count)
			return 0;
	}
	return __sync_fetch_and_add(count, 1) + 1;
}

/*
 * The entry that creation_next() has just made goes with the inode of the directory; without that, a workload of many
 * temporary directories would fill the map. The kernel holds the directory's lock. More creators than there is room for
 * are those of directories that stay: their entries go with the namespace.
 */
static __always_inline void creation_remember(struct tsem_task *t, struct inode *dir)
{
	struct tsem_directory *d = bpf_inode_storage_get(&tsem_directories, dir, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 i;

	if (!d)
		return;
	bpf_for(i, 0, TSEM_DIRECTORY_CREATORS) {
		if (!at_most(i, TSEM_DIRECTORY_CREATORS - 1))
			return;
		/* One of a namespace that is gone is of no use. */
		if (bpf_map_lookup_elem(&tsem_creations, &d->made[i]))
			continue;
		d->made[i] = t->creation;
		return;
	}
}

/* The inode of a directory goes, and with it what was counted in it. */
static __always_inline void creation_forget(struct tsem_directory *d)
{
	struct tsem_namespace *ns;
	u32 i, id;

	bpf_for(i, 0, TSEM_DIRECTORY_CREATORS) {
		if (!at_most(i, TSEM_DIRECTORY_CREATORS - 1))
			return;
		if (!d->made[i].directory || bpf_map_delete_elem(&tsem_creations, &d->made[i]))
			continue;
		id = d->made[i].ns;
		ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
		if (ns)
			__sync_fetch_and_add(&ns->creations, -1);
	}
}

/* The current task is about to make an inode for `dentry`, in `dir`: the next PATH is that of what will be. */
static __always_inline void creation_begin(struct tsem_task *t, struct inode *dir, struct dentry *dentry)
{
	struct tsem_inode *r = inode_record(dir);
	u64 instance = 0;

	if (r) {
		if (!r->identity)
			__sync_val_compare_and_swap(&r->identity, 0, serial_next());
		instance = creation_next(t, r->identity);
		if (instance == 1)
			creation_remember(t, dir);
	}
	if (!instance)
		event_unmodeled(t, TSEM_LOSS_STORAGE);
	t->creating = (u64)dentry;
	t->created_instance = instance;
	owned_by(t, instance, t->task_id);
}

/* Marks what has been made. */
static __always_inline void creation_mark(struct tsem_task *t, struct inode *inode, u64 instance)
{
	struct tsem_inode *r = inode_record(inode);

	if (!r || r->creator_ns || !instance)
		return;
	r->instance = instance;
	__builtin_memcpy(r->creator, t->task_id, TSEM_DIGEST_MAX);
	barrier();
	*(volatile u32 *)&r->creator_ns = creator_mark(t);
}

#endif
