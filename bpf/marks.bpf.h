/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks of created inodes.
 *
 * If a task of a namespace creates an inode, the inode gets a mark: the TASK_ID of its creator and an instance number,
 * counted for each directory and creator. In the paths of that namespace the mark replaces the name of the inode's
 * component. So a random name gives the same coefficient in every run.
 *
 * The key of a mark is the superblock, inode number and generation (on an overlay: of the upper layer). A mark exists
 * as long as its inode, whether the kernel has the inode in memory or not. The instance number is counted when the
 * inode exists, so a creation that fails uses up no number. The kernel holds the directory's lock from the hook that
 * announces the creation until then.
 */
#ifndef TSEM_MARKS_BPF_H
#define TSEM_MARKS_BPF_H

#include "event.bpf.h"

/* The word at a kernel address. The kernel has no type for that; struct timespec64 begins with such a word. */
static __always_inline u64 word_at(u64 address)
{
	return bpf_core_cast((void *)address, struct timespec64)->tv_sec;
}

/*
 * A bit for each inode that ever got a mark, by a hash of its number. A path has many components, and few of them are
 * created. Only if the bit is set, the programs look into tsem_marks. They never clear a bit: that only costs time.
 */
#define FILTER_BITS 20
#define FILTER_WORDS (1 << (FILTER_BITS - 6))
u64 tsem_mark_filter[FILTER_WORDS];

/*
 * The bit of a filesystem in tsem_namespace.mark_devices. A walk looks for created components only in filesystems where
 * the namespace has created something.
 */
static __always_inline u64 device_bit(u32 device)
{
	return 1ULL << ((device ^ device >> 20) & 63);
}

static __always_inline u32 filter_bit(u64 number)
{
	return number * 0x9e3779b97f4a7c15ULL >> (64 - FILTER_BITS);
}

/*
 * The inode that identifies the file. An overlay's own inode does not: its number may be that of a file in another
 * layer. A file that is created on an overlay is in the upper layer. overlayfs keeps the upper dentry right behind its
 * own inode. overlayfs is a module that may be loaded after us. So its BTF is not available, and this reads the memory
 * there and checks it. 0: there is no upper inode.
 */
static __always_inline u64 inode_below(u64 address)
{
	struct inode *inode = bpf_core_cast((void *)address, struct inode);
	struct dentry *upper;
	struct inode *below;

	if (inode->i_sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return address;
	upper = bpf_core_cast((void *)word_at(address + bpf_core_type_size(struct inode)), struct dentry);
	below = upper->d_inode;
	if (!below || below->i_sb == inode->i_sb || (below->i_mode & S_IFMT) != (inode->i_mode & S_IFMT))
		return 0;
	return (u64)below;
}

/* May the inode at this address have a mark? It must not be an inode of an overlay. */
static __always_inline bool filter_has(u64 inode)
{
	u32 bit = filter_bit(bpf_core_cast((void *)inode, struct inode)->i_ino);

	return *(volatile u64 *)&tsem_mark_filter[bit >> 6 & (FILTER_WORDS - 1)] >> (bit & 63) & 1;
}

/* May the inode at this address have a mark? It may be an inode of an overlay. */
static __always_inline bool inode_likely(u64 address)
{
	u64 inode = inode_below(address);

	return inode && filter_has(inode);
}

/* The same as a function of its own: the verifier follows it once for a program, and not for each use. */
__noinline bool mark_likely_at(u64 address)
{
	return inode_likely(address);
}

static __always_inline bool mark_likely(struct tsem_scratch *e, u64 address)
{
	return mark_likely_at(address_of(e, (void *)address));
}

static __always_inline void inode_key_of(struct tsem_inode_key *key, u64 address)
{
	u64 number = inode_below(address);
	struct inode *inode = bpf_core_cast((void *)number, struct inode);

	if (!number) {
		/* On an overlay but not in the upper layer: no task created it. A copy up gives it another key. */
		key->inode = address;
		key->device = 0;
		key->generation = ~0U;
		return;
	}
	key->inode = inode->i_ino;
	key->device = inode->i_sb->s_dev;
	key->generation = inode->i_generation;
}

/* The mark of the inode at this address, if a task of the namespace created it; else NULL. */
static __always_inline struct tsem_mark *mark_ours(struct tsem_scratch *e, u64 inode)
{
	struct tsem_mark *m;

	inode_key_of(&e->inode_key, inode);
	m = bpf_map_lookup_elem(&tsem_marks, &e->inode_key);
	return m && m->ns == creator_mark(e->record.ns) ? m : NULL;
}

/* Has the namespace created the inode? */
static __always_inline bool inode_created(struct tsem_scratch *e, struct inode *inode)
{
	u64 address = address_of(e, inode);

	return mark_likely_at(address) && mark_ours(e, address);
}

/* The instance number that counts: not more than the setting `instances` of the namespace, if that is not 0. */
static __always_inline u64 instance_saturated(struct tsem_scratch *e, u64 instance)
{
	return e->instances && instance > e->instances ? e->instances : instance;
}

/*
 * Appends the mark of a created component in NAMED: instance number and creator of the inode at this address; 0: of the
 * inode that the task is about to make.
 */
__noinline int cell_mark(struct tsem_scratch *e __arg_nonnull, u64 inode)
{
	struct tsem_mark *m;

	if (!inode) {
		cell_u64(e, instance_saturated(e, e->creating_instance));
		cell_digest(e, e->record.task_id);
		return 0;
	}
	m = mark_ours(e, inode);
	if (!m)
		return -ENOENT;
	cell_u64(e, instance_saturated(e, m->instance));
	cell_digest(e, m->creator);
	return 0;
}

/*
 * The number of the next file that the current task makes in the directory of e->creation; 0: there is no room. If a
 * namespace has used up its share of tsem_creations, it can still make files where it has an entry.
 */
static __always_inline u64 creation_number(struct tsem_scratch *e)
{
	u64 *count;

	e->creation.ns = creator_mark(e->record.ns);
	__builtin_memcpy(e->creation.creator, e->record.task_id, TSEM_KEY_SIZE);
	if (!room_left(e->record.ns, TSEM_ROOM_MARKS))
		return 0;
	count = bpf_map_lookup_elem(&tsem_creations, &e->creation);
	if (count)
		return *count + 1;
	return room_left(e->record.ns, TSEM_ROOM_CREATIONS);
}

/*
 * Notes the new entry of tsem_creations, so that it is removed with its directory. Else a workload with many temporary
 * directories would fill the map. A directory with more creators than there is room for is one that stays: its other
 * entries are removed with the namespace.
 */
static __always_inline void creation_remember(struct tsem_scratch *e)
{
	struct tsem_inode_key *key = &e->creation.directory;
	struct tsem_directory *d = bpf_map_lookup_elem(&tsem_directories, key), *empty;
	u32 i;

	if (!d) {
		empty = (struct tsem_directory *)e->slack;
		__builtin_memset(empty, 0, sizeof(*empty));
		bpf_map_update_elem(&tsem_directories, key, empty, BPF_NOEXIST);
		d = bpf_map_lookup_elem(&tsem_directories, key);
	}
	if (!d)
		return;
	bpf_for(i, 0, TSEM_DIRECTORY_CREATORS) {
		if (!at_most(i, TSEM_DIRECTORY_CREATORS - 1))
			return;
		/* Reuse the slot of an entry that was removed with its namespace. */
		if (d->made[i].ns && bpf_map_lookup_elem(&tsem_creations, &d->made[i]))
			continue;
		d->made[i] = e->creation;
		return;
	}
}

/* Counts the file with the number `instance`, so that the next file gets the next number. */
static __always_inline void creation_count(struct tsem_scratch *e, u64 instance)
{
	u64 *count = bpf_map_lookup_elem(&tsem_creations, &e->creation);

	if (count) {
		*count = instance;
		return;
	}
	if (!room_take(e->record.ns, TSEM_ROOM_CREATIONS))
		return;
	if (bpf_map_update_elem(&tsem_creations, &e->creation, &instance, BPF_NOEXIST)) {
		room_give(e->record.ns, TSEM_ROOM_CREATIONS);
		return;
	}
	if (e->creation.directory.inode)
		creation_remember(e);
}

/* Gives the inode at this address its mark: the current task has made it. */
__noinline int creation_commit(struct tsem_scratch *e __arg_nonnull, u64 inode)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	u64 instance = e->creating_instance, devices;
	u32 bit;

	e->creating = 0;
	if (!ns || !instance)
		return 0;
	/* A creation makes an overlay copy the directory up, which changes its key. */
	if (e->creation.directory.inode)
		inode_key_of(&e->creation.directory, e->creating_directory);
	inode_key_of(&e->inode_key, inode);
	e->mark.ns = creator_mark(e->record.ns);
	e->mark.instance = instance;
	__builtin_memcpy(e->mark.creator, e->record.task_id, TSEM_DIGEST_MAX);
	if (!room_take(e->record.ns, TSEM_ROOM_MARKS)) {
		namespace_lost(e->record.ns, TSEM_LOSS_STORAGE);
		return 0;
	}
	if (bpf_map_update_elem(&tsem_marks, &e->inode_key, &e->mark, BPF_NOEXIST)) {
		room_give(e->record.ns, TSEM_ROOM_MARKS);
		namespace_lost(e->record.ns, TSEM_LOSS_STORAGE);
		return 0;
	}
	devices = device_bit(e->inode_key.device) | device_bit(bpf_core_cast((void *)inode, struct inode)->i_sb->s_dev);
	if (devices & ~ns->mark_devices) {
		__sync_fetch_and_or(&ns->mark_devices, devices);
		settings_changed();
	}
	bit = filter_bit(e->inode_key.inode);
	__sync_fetch_and_or(&tsem_mark_filter[bit >> 6 & (FILTER_WORDS - 1)], 1ULL << (bit & 63));
	creation_count(e, instance);
	return 0;
}

/* Announces that the current task is about to make an inode for `dentry`, in `dir`. */
static __always_inline void creation_begin(struct tsem_scratch *e, struct inode *dir, struct dentry *dentry)
{
	e->creating_directory = (u64)dir;
	inode_key_of(&e->creation.directory, address_of(e, dir));
	e->creating_instance = creation_number(e);
	if (!e->creating_instance)
		event_unmodeled(e, TSEM_LOSS_STORAGE);
	e->creating = (u64)dentry;
	e->creating_parent = (u64)plain(dentry)->d_parent;
	e->creating_name = dentry->d_name.hash_len;
}

/*
 * Is this the dentry that the current task has announced? After a creation that failed, another dentry may get the same
 * address, but it has another name or parent.
 */
static __always_inline bool creation_announced(struct tsem_scratch *e, struct dentry *dentry)
{
	return e->creating == (u64)dentry && e->creating_parent == (u64)plain(dentry)->d_parent &&
	       e->creating_name == dentry->d_name.hash_len;
}

/* Removes the mark of a deleted inode, and the counters of a deleted directory. */
static __always_inline void creation_forget(u64 inode)
{
	struct tsem_inode_key key = {};
	struct tsem_directory *d;
	struct tsem_mark *m;
	u32 i, id;

	inode_key_of(&key, inode);
	m = bpf_map_lookup_elem(&tsem_marks, &key);
	if (m) {
		id = m->ns == TSEM_MARK_ROOT ? 0 : m->ns;
		if (!bpf_map_delete_elem(&tsem_marks, &key))
			room_give(id, TSEM_ROOM_MARKS);
	}
	d = bpf_map_lookup_elem(&tsem_directories, &key);
	if (!d)
		return;
	bpf_for(i, 0, TSEM_DIRECTORY_CREATORS) {
		if (!at_most(i, TSEM_DIRECTORY_CREATORS - 1))
			break;
		if (!d->made[i].ns || bpf_map_delete_elem(&tsem_creations, &d->made[i]))
			continue;
		id = d->made[i].ns == TSEM_MARK_ROOT ? 0 : d->made[i].ns;
		room_give(id, TSEM_ROOM_CREATIONS);
	}
	bpf_map_delete_elem(&tsem_directories, &key);
}

#endif
