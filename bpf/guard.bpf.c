// SPDX-License-Identifier: GPL-2.0
/*
 * Guards: what no task of a namespace may do, whatever its model says and whoever it is, since it would undo the
 * namespace: reach tsem-bpf's own maps, programs, links and pins, take over a task outside, or execute anything with
 * the control capability.
 */
#include "path.bpf.h"

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

/* Does the file of proc belong to a process? The others are the kernel's. */
static __always_inline bool proc_of_process(struct dentry *dentry)
{
	char first;
	u32 i;

	bpf_for(i, 0, 16) {
		struct dentry *parent = dentry->d_parent, *above = parent->d_parent;

		if (parent == above) {
			bpf_probe_read_kernel(&first, 1, dentry->d_name.name);
			return first >= '0' && first <= '9';
		}
		dentry = parent;
	}
	return false;
}

/* What kills or runs something outside of the cgroup's own tasks. */
static __always_inline bool cgroup_strikes(struct dentry *dentry)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), dentry->d_name.name);
	return !bpf_strncmp(name, sizeof(name), "cgroup.kill") || !bpf_strncmp(name, sizeof(name), "release_agent");
}

/*
 * The kernel's own knobs, which are in no model, since pseudo filesystems are not: ftrace_enabled turns every program
 * off, core_pattern and others run a program outside of every namespace. A task of a namespace opens none for writing,
 * but in proc those of processes. Called by tsem_file_open, so that the hook has one program.
 */
static __always_inline int guard_write(struct tsem_task *t, struct file *file)
{
	struct inode *inode = file->f_inode;

	if (!(file->f_mode & FMODE_WRITE) || (inode->i_mode & S_IFMT) != S_IFREG)
		return 0;
	if (tsem_root_settings.on && !t->ns)
		return 0;
	switch (inode->i_sb->s_magic) {
	case PROC_SUPER_MAGIC:
		return proc_of_process(file->f_path.dentry) ? 0 : guard_deny();
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return cgroup_strikes(file->f_path.dentry) ? guard_deny() : 0;
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case BINFMTFS_MAGIC:
	case SECURITYFS_MAGIC:
	case EFIVARFS_MAGIC:
		return guard_deny();
	}
	return 0;
}
