/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the pins are. Their BPF filesystem lives as long as it is mounted somewhere: with its last mount the pins go,
 * with them the links, and no hook is left. And who cannot get at the pins cannot control. So one mount has to stay, in
 * its place: that in the mount namespace of the first process, where `tsem-bpf load` found it. A task of a namespace
 * may do in a mount namespace of its own what it likes, unless its mounts are shared with that one.
 *
 * Nothing is locked here, and the mounts may change between the hook and what it allowed. Therefore not only what takes
 * the mount away is refused but also what would bring it, or a copy of it, below another: the mount stays where it is,
 * so that there is no moment at which an unmount that had looked harmless hits it.
 */
#ifndef TSEM_PINS_BPF_H
#define TSEM_PINS_BPF_H

#include "guard.bpf.h"

/* Set by load: device number of the filesystem, as struct super_block has it, and number of that mount namespace. */
const volatile u32 tsem_pins_device = 0;
const volatile u32 tsem_pins_mounts = 0;

/* More mounts of it, or components of its path, than there ever are; who makes more is refused all. */
#define PINS_MOUNTS_MAX 4096
#define PINS_PATH_MAX 1024

#define mount_of(vfsmount) ((u64)(vfsmount) - bpf_core_field_offset(struct mount, mnt))

/* The filesystem, or 0. */
static __always_inline u64 pins_superblock(void)
{
	u64 node = 0;
	int i;

	if (&bpf_fs_type)
		node = (u64)BPF_CORE_READ((struct file_system_type *)&bpf_fs_type, fs_supers.first);
	bpf_for(i, 0, PINS_MOUNTS_MAX) {
		struct super_block *sb = (void *)(node - bpf_core_field_offset(struct super_block, s_instances));

		if (!node || BPF_CORE_READ(sb, s_dev) == tsem_pins_device)
			return node ? (u64)sb : 0;
		node = (u64)BPF_CORE_READ(sb, s_instances.next);
	}
	return 0;
}

/*
 * The mount of `sb` behind this one, of 0 the first; 0 behind the last. In functions of their own, since the compiler
 * moves an offset that one kernel does not have out of the branch that is not taken there.
 */
static __noinline u64 pins_next_in_chain(u64 sb, u64 mount)
{
	return (u64)(mount ? BPF_CORE_READ((struct mount___chain *)mount, mnt_next_for_sb)
			   : BPF_CORE_READ((struct super_block___chain *)sb, s_mounts));
}

static __noinline u64 pins_next_in_list(u64 sb, u64 mount)
{
	u64 head = sb + bpf_core_field_offset(struct super_block___list, s_mounts);
	u64 next = (u64)(mount ? BPF_CORE_READ((struct mount___list *)mount, mnt_instance.next)
			       : BPF_CORE_READ((struct super_block___list *)sb, s_mounts.next));

	return next == head ? 0 : next - bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline u64 pins_next(u64 sb, u64 mount)
{
	return bpf_core_field_exists(struct mount___chain, mnt_next_for_sb) ? pins_next_in_chain(sb, mount)
									    : pins_next_in_list(sb, mount);
}

static __always_inline bool mounts_are_pins(u64 ns)
{
	return BPF_CORE_READ((struct mnt_namespace *)ns, ns.inum) == tsem_pins_mounts;
}

/*
 * Is what happens in this mount namespace felt where the pins are: is it that one, or does it have a copy of their
 * mount on a shared one? A mount is shared that has a group. True if that cannot be told.
 */
__noinline int mounts_reach_pins(u64 ns)
{
	u64 sb, m = 0;
	int i;

	if (mounts_are_pins(ns))
		return true;
	sb = pins_superblock();
	if (!sb)
		return true;
	bpf_for(i, 0, PINS_MOUNTS_MAX) {
		m = pins_next(sb, m);
		if (!m)
			return false;
		if ((u64)BPF_CORE_READ((struct mount *)m, mnt_ns) == ns &&
		    BPF_CORE_READ((struct mount *)m, mnt_parent, mnt_group_id))
			return true;
	}
	return true;
}

/* Is `dentry` on the way from the root to mount `m`, so that a mount on it would hide that? */
__noinline int leads_to_mount(u64 dentry, u64 m)
{
	u64 here = (u64)BPF_CORE_READ((struct mount *)m, mnt_mountpoint);
	int i;

	m = (u64)BPF_CORE_READ((struct mount *)m, mnt_parent);
	bpf_for(i, 0, PINS_PATH_MAX) {
		u64 up = (u64)BPF_CORE_READ((struct mount *)m, mnt_parent);

		if (here == dentry)
			return true;
		if (here != (u64)BPF_CORE_READ((struct mount *)m, mnt.mnt_root)) {
			here = (u64)BPF_CORE_READ((struct dentry *)here, d_parent);
			continue;
		}
		if (up == m)
			return false;
		here = (u64)BPF_CORE_READ((struct mount *)m, mnt_mountpoint);
		m = up;
	}
	return true;
}

/*
 * Does it lead to the pins, or is `on`, if it is not 0, the filesystem on which theirs is mounted? Asked of the mount
 * namespace in which they are to stay.
 */
__noinline int leads_to_pins(u64 dentry, u64 on)
{
	u64 sb = pins_superblock(), m = 0;
	int i;

	bpf_for(i, 0, PINS_MOUNTS_MAX) {
		m = sb ? pins_next(sb, m) : 0;
		if (!m)
			return false;
		if (!mounts_are_pins((u64)BPF_CORE_READ((struct mount *)m, mnt_ns)))
			continue;
		if (on ? (u64)BPF_CORE_READ((struct mount *)m, mnt_parent, mnt.mnt_sb) == on
		       : leads_to_mount(dentry, m))
			return true;
	}
	return true;
}

#endif
