/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The place of the pins. Their BPF filesystem exists as long as it is mounted somewhere. With its last mount the pins
 * go, with them the links, and then no program is attached. Also, control needs access to the pins. So one mount has to
 * stay in its place: the one in the mount namespace of the first process, where `tsem-bpf load` found it. A task of a
 * namespace may do anything in its own mount namespace, unless its mounts are shared with that one.
 *
 * Nothing is locked here, and mounts may change between the hook and the operation. So the guards refuse to remove the
 * mount, and also to bring it or a copy of it below another mount. Then the mount stays where it is, and an unmount
 * that looked harmless in the hook cannot hit it.
 */
#ifndef TSEM_PINS_BPF_H
#define TSEM_PINS_BPF_H

#include "guard.bpf.h"

/* Set by load: the device number of the filesystem in struct super_block, and the number of that mount namespace. */
const volatile u32 tsem_pins_device = 0;
const volatile u32 tsem_pins_mounts = 0;

/*
 * Limits for its mounts and for the components of its path, which are never reached; beyond them everything is refused.
 */
#define PINS_MOUNTS_MAX 4096
#define PINS_PATH_MAX 1024

#define mount_of(vfsmount) ((u64)(vfsmount) - bpf_core_field_offset(struct mount, mnt))

/* The filesystem, or 0. */
static __always_inline u64 pins_superblock(void)
{
	u64 type = tsem_symbols.bpf_fs_type;
	u64 node = (u64)BPF_CORE_READ((struct file_system_type *)type, fs_supers.first);
	int i;

	bpf_for(i, 0, PINS_MOUNTS_MAX) {
		struct super_block *sb = (void *)(node - bpf_core_field_offset(struct super_block, s_instances));

		if (!node || BPF_CORE_READ(sb, s_dev) == tsem_pins_device)
			return node ? (u64)sb : 0;
		node = (u64)BPF_CORE_READ(sb, s_instances.next);
	}
	return 0;
}

/*
 * The mount of `sb` after this one; for 0 the first; 0: this was the last. Separate functions, because the compiler
 * would move an offset that a kernel does not have out of the branch that is not taken there.
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
 * Do changes in this mount namespace affect the pins: is it their mount namespace, or does it have a copy of their
 * mount on a shared mount? A mount with a group is shared. True if this cannot be determined.
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

/* Is `dentry` on the path from the root to mount `m`, so that a mount on it would hide `m`? */
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
 * Is it on the path to the pins, or is `on`, unless 0, the filesystem on which theirs is mounted? Checks the mount
 * namespace in which they have to stay.
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
