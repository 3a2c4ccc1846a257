// SPDX-License-Identifier: GPL-2.0
/*
 * Guards: what no task of a namespace may do, whatever its model says and whoever it is, since it would undo the
 * namespace: reach tsem-bpf's own maps, programs, links and pins, take over a task outside, or execute anything with
 * the control capability.
 */
#include "namespace.bpf.h"

#define BPF_FS_MAGIC 0xcafe4a11

static __always_inline int guard_deny(void)
{
	struct tsem_globals *g = globals();

	if (g)
		__sync_fetch_and_add(&g->guarded, 1);
	return -EPERM;
}

/* All of our maps and programs, and nothing else of worth, have a name that begins so. */
static __always_inline bool name_ours(const char *name)
{
	return name[0] == 't' && name[1] == 's' && name[2] == 'e' && name[3] == 'm' && name[4] == '_';
}

SEC("lsm/bpf_map")
int BPF_PROG(tsem_guard_map, struct bpf_map *map, unsigned int mode)
{
	char name[5];

	if (!current_task())
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), map->name);
	return name_ours(name) ? guard_deny() : 0;
}

SEC("lsm/bpf_prog")
int BPF_PROG(tsem_guard_prog, struct bpf_prog *prog)
{
	char name[5];

	if (!current_task())
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), prog->aux->name);
	return name_ours(name) ? guard_deny() : 0;
}

/* Links have no hook of their own: a task of a namespace gets none from the kernel, and changes none. */
SEC("lsm/bpf")
int BPF_PROG(tsem_guard_bpf, int cmd)
{
	if (!current_task())
		return 0;
	switch (cmd) {
	case BPF_OBJ_GET:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
		return guard_deny();
	}
	return 0;
}

static __always_inline int guard_pins(struct inode *dir)
{
	return dir->i_sb->s_magic == BPF_FS_MAGIC && current_task() ? guard_deny() : 0;
}

SEC("lsm/inode_unlink")
int BPF_PROG(tsem_guard_unlink, struct inode *dir, struct dentry *dentry)
{
	return guard_pins(dir);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(tsem_guard_rmdir, struct inode *dir, struct dentry *dentry)
{
	return guard_pins(dir);
}

SEC("lsm/inode_rename")
int BPF_PROG(tsem_guard_rename, struct inode *dir, struct dentry *dentry)
{
	return guard_pins(dir);
}

SEC("lsm/sb_umount")
int BPF_PROG(tsem_guard_umount, struct vfsmount *mnt, int flags)
{
	return mnt->mnt_sb->s_magic == BPF_FS_MAGIC && current_task() ? guard_deny() : 0;
}

/* A task outside of the namespace is out of reach of a debugger inside. */
SEC("lsm/ptrace_access_check")
int BPF_PROG(tsem_guard_ptrace, struct task_struct *child, unsigned int mode)
{
	struct tsem_task *t = current_task(), *other = NULL;

	if (!t)
		return 0;
	if (child->bpf_storage)
		other = bpf_task_storage_get(&tsem_tasks, child, 0, 0);
	return other && other->ns == t->ns ? 0 : guard_deny();
}

/*
 * The init of a container joins while it still is the runtime, with all capabilities (tsem-bpf oci-hook). The workload
 * that it executes must not have the one that kernel_acts() takes for the kernel's, and must not get away by another
 * thread of the runtime: the first only has joined.
 */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(tsem_guard_exec, struct linux_binprm *bprm, struct file *file)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	const struct cred *cred = bprm->cred;
	struct tsem_task *joined;

	if (current_task())
		return !cred->user_ns->level && cred->cap_permitted.val & tsem_control_capability ? guard_deny() : 0;
	if (!leader->bpf_storage)
		return 0;
	joined = bpf_task_storage_get(&tsem_tasks, leader, 0, 0);
	return joined && (!tsem_root_settings.on || joined->ns) ? guard_deny() : 0;
}
