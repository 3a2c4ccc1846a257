/* SPDX-License-Identifier: GPL-2.0 */
/* INODE and DENTRY: what a file is, and where its name is. */
#ifndef TSEM_DENTRY_BPF_H
#define TSEM_DENTRY_BPF_H

#include "path.bpf.h"

/*
 * A tmpfs gets a new UUID at every boot, an overlay with each new upper layer, that is with each container, and what is
 * built on kernfs at every boot and in each network or cgroup namespace: these count as zero bytes.
 */
static __always_inline bool uuid_lasts(u32 magic)
{
	switch (magic) {
	case TMPFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case RESCTRL_MAGIC:
		return false;
	default:
		return true;
	}
}

/* See cell_inode(). */
__noinline int inode_describe(struct tsem_scratch *e __arg_nonnull, u64 inode_address)
{
	struct inode *inode = bpf_core_cast((void *)inode_address, struct inode);
	struct super_block *sb = inode->i_sb;
	u64 name = (u64)sb->s_id, uuid = (u64)&sb->s_uuid, owner;
	u32 magic = sb->s_magic, mode = inode->i_mode;
	u32 *p = cell_room(e, 16);
	u64 *q = local_room(e, 48);

	e->inode_magic = magic;
	if (!p || !q)
		return -E2BIG;
	/* Reads owner and group at once if they are side by side. */
	if (bpf_core_field_offset(struct inode, i_gid) == bpf_core_field_offset(struct inode, i_uid) + 4)
		owner = word_at(inode_address + bpf_core_field_offset(struct inode, i_uid));
	else
		owner = inode->i_uid.val | (u64)inode->i_gid.val << 32;
	p[0] = id_of_user(e, (u32)owner);
	p[1] = id_of_group(e, owner >> 32);
	p[2] = mode;
	p[3] = magic;
	/* The bytes after the end of the name are left from an older name: they count as zeros. */
	q[0] = 0, q[1] = 0, q[2] = 0, q[3] = 0;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		u64 word = word_at(name + i * 8);
		/* The lowest bit that is set marks the first zero byte. */
		u64 zeros = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;

		q[i] = zeros ? word & (((zeros & -zeros) >> 7) - 1) : word;
		if (zeros)
			break;
	}
	q[4] = uuid_lasts(magic) ? word_at(uuid) : 0;
	q[5] = uuid_lasts(magic) ? word_at(uuid + 8) : 0;
	if ((mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK)
		cell_u32(e, inode->i_rdev);
	return 0;
}

/* INODE. */
static __always_inline void cell_inode(struct tsem_scratch *e, struct inode *inode)
{
	inode_describe(e, address_of(e, inode));
}

/* DENTRY: INODE if the dentry has one, and PATH. `mnt`: NULL if not known. `flags`: enum walk_flags. */
static __always_inline void cell_dentry(struct tsem_scratch *e, struct dentry *dentry, struct vfsmount *mnt, u32 flags)
{
	struct inode *inode = dentry->d_inode;

	/* The verifier of 6.12 assumes that a trusted dentry has an inode, and drops the test of the pointer. */
	if (inode && address_of(e, inode)) {
		e->record.shape |= flags & PATH_SECOND ? TSEM_SHAPE_INODE1 : TSEM_SHAPE_INODE0;
		cell_inode(e, inode);
	}
	cell_path(e, dentry, mnt, flags);
}

#endif
