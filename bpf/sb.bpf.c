// SPDX-License-Identifier: GPL-2.0
/* Superblocks, mounts and quota. */
#include "dentry.bpf.h"

static __always_inline int sb_dentry_describe(struct tsem_scratch *e, struct dentry *dentry)
{
	cell_dentry(e, dentry, NULL, 0);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/sb_statfs", sb_statfs, struct dentry *dentry)
{
	return sb_dentry_describe(e, dentry);
}

TSEM_EVENT_PROGRAM("lsm/quota_on", quota_on, struct dentry *dentry)
{
	return sb_dentry_describe(e, dentry);
}

TSEM_EVENT_PROGRAM("lsm.s/sb_mount", sb_mount, const char *dev_name, const struct path *path, const char *type,
		   unsigned long flags)
{
	u64 name;

	name = address_of(e, dev_name);
	if (name) {
		e->record.shape |= TSEM_SHAPE_FIRST;
		cell_string(e, name);
	}
	cell_path(e, plain(path)->dentry, plain(path)->mnt, 0);
	name = address_of(e, type);
	if (name) {
		e->record.shape |= TSEM_SHAPE_SECOND;
		cell_string(e, name);
	}
	cell_u64(e, flags);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/sb_umount", sb_umount, struct vfsmount *mnt, int flags)
{
	cell_dentry(e, plain(mnt)->mnt_root, mnt, 0);
	cell_u32(e, flags);
	return DESCRIBED;
}

/* DENTRY of the root, the type and the flags of a superblock. */
static __always_inline void cell_superblock(struct tsem_scratch *e, const struct super_block *sb)
{
	cell_dentry(e, plain(sb)->s_root, NULL, 0);
	cell_string(e, address_of(e, plain(sb)->s_type->name));
	cell_u64(e, sb->s_flags);
}

TSEM_EVENT_PROGRAM("lsm.s/sb_remount", sb_remount, struct super_block *sb)
{
	cell_superblock(e, sb);
	return DESCRIBED;
}

/* A superblock has been made or found, by mount(2) or fsconfig(2). */
TSEM_EVENT_PROGRAM("lsm.s/sb_set_mnt_opts", sb_set_mnt_opts, struct super_block *sb)
{
	cell_superblock(e, sb);
	return DESCRIBED;
}

static __always_inline int two_paths_describe(struct tsem_scratch *e, const struct path *first,
					      const struct path *second)
{
	cell_path(e, plain(first)->dentry, plain(first)->mnt, 0);
	cell_path(e, plain(second)->dentry, plain(second)->mnt, PATH_SECOND);
	return DESCRIBED;
}

TSEM_PATCHED_PROGRAM("lsm/sb_pivotroot", sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	return two_paths_describe(e, old_path, new_path);
}

TSEM_PATCHED_PROGRAM("lsm/move_mount", move_mount, const struct path *from_path, const struct path *to_path)
{
	return two_paths_describe(e, from_path, to_path);
}

/* Q_SYNC of all filesystems has no superblock; the other commands have one. */
TSEM_EVENT_PROGRAM("lsm/quotactl", quotactl, int cmds, int type, int id, const struct super_block *sb)
{
	cell_u32_pair(e, cmds, type);
	cell_u32(e, id);
	if (sb && address_of(e, sb)) {
		cell_superblock(e, sb);
	} else {
		/* An empty path, no type, no flags. */
		cell_u32_pair(e, 0, 0);
		cell_u64(e, 0);
	}
	return DESCRIBED;
}

TSEM_GENERIC(path_chroot)
