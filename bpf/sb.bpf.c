// SPDX-License-Identifier: GPL-2.0
/* Superblocks, mounts and quota. */
#include "path.bpf.h"

#define MS_REMOUNT 32

static __always_inline int sb_dentry_event(u32 event, struct dentry *dentry)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, dentry, NULL);
	return event_end(t);
}

SEC("lsm/sb_statfs")
int BPF_PROG(tsem_sb_statfs, struct dentry *dentry)
{
	return sb_dentry_event(TSEM_EVENT_sb_statfs, dentry);
}

SEC("lsm/quota_on")
int BPF_PROG(tsem_quota_on, struct dentry *dentry)
{
	return sb_dentry_event(TSEM_EVENT_quota_on, dentry);
}

/* Something is mounted on `dentry`, whose PATH has just been described. */
static __always_inline void mount_remember(struct tsem_task *t, struct dentry *dentry)
{
	t->mounted = 0;
	if (!(t->record.shape & TSEM_SHAPE_OWNED0))
		return;
	t->mounted_instance = t->instance;
	__builtin_memcpy(t->mounted_owner, t->owner, TSEM_DIGEST_MAX);
	t->mounted = (u64)dentry;
}

SEC("lsm/sb_mount")
int BPF_PROG(tsem_sb_mount, const char *dev_name, const struct path *path, const char *type, unsigned long flags)
{
	struct tsem_task *t;
	u64 name;
	int verdict;

	t = event_begin(TSEM_EVENT_sb_mount, &verdict);
	if (!t)
		return verdict;
	name = address_of(t, dev_name);
	if (name) {
		t->record.shape |= TSEM_SHAPE_FIRST;
		cell_string(t, name);
	}
	cell_named_path(t, 0, path->dentry, path->mnt);
	if (!(flags & MS_REMOUNT))
		mount_remember(t, path->dentry);
	name = address_of(t, type);
	if (name) {
		t->record.shape |= TSEM_SHAPE_SECOND;
		cell_string(t, name);
	}
	cell_u64(t, flags);
	return event_end(t);
}

SEC("lsm/sb_umount")
int BPF_PROG(tsem_sb_umount, struct vfsmount *mnt, int flags)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_sb_umount, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, mnt->mnt_root, mnt);
	cell_u32(t, flags);
	return event_end(t);
}

/* DENTRY of the root, the type and the flags of a superblock. */
static __always_inline void cell_superblock(struct tsem_task *t, const struct super_block *sb)
{
	cell_dentry(t, 0, sb->s_root, NULL);
	cell_string(t, address_of(t, sb->s_type->name));
	cell_u64(t, sb->s_flags);
}

SEC("lsm/sb_remount")
int BPF_PROG(tsem_sb_remount, struct super_block *sb)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_sb_remount, &verdict);
	if (!t)
		return verdict;
	cell_superblock(t, sb);
	return event_end(t);
}

static __always_inline int two_paths_event(u32 event, const struct path *first, const struct path *second)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_named_path(t, 0, first->dentry, first->mnt);
	cell_named_path(t, 1, second->dentry, second->mnt);
	return event_end(t);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(tsem_sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	return two_paths_event(TSEM_EVENT_sb_pivotroot, old_path, new_path);
}

SEC("lsm/move_mount")
int BPF_PROG(tsem_move_mount, const struct path *from_path, const struct path *to_path)
{
	return two_paths_event(TSEM_EVENT_move_mount, from_path, to_path);
}

/* Q_SYNC over all filesystems names none; the superblock of the others is there. */
SEC("lsm/quotactl")
int BPF_PROG(tsem_quotactl, int cmds, int type, int id, const struct super_block *sb)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_quotactl, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, cmds, type);
	cell_u32(t, id);
	if (sb && address_of(t, sb)) {
		cell_superblock(t, sb);
	} else {
		/* An empty path, no type, no flags. */
		cell_u32_pair(t, 0, 0);
		cell_u64(t, 0);
	}
	return event_end(t);
}

TSEM_GENERIC(path_chroot)
