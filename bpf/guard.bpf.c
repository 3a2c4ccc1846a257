// SPDX-License-Identifier: GPL-2.0
/*
 * Guards: what no task of a namespace may do, whatever its model and its user, because it would break the namespace.
 * Such a task may not reach tsem-bpf's own maps, programs, links and pins. It may not run its own programs before them.
 * It may not take over or starve a task outside, or make the kernel do so. It may not change the kernel, or execute
 * anything with the control capability. docs/hooks.md says what is left to the model.
 */
#include "guard.bpf.h"
#include "pins.bpf.h"

#define BPF_CALL_CODE 0x85
#define BPF_LD_IMM64_CODE 0x18
#define BPF_PSEUDO_KFUNC_CALL 2
#define BPF_PSEUDO_BTF_ID 3

#define MNT_DETACH 2
#define MS_REMOUNT 32
#define MS_BIND 4096
#define MS_MOVE 8192
#define MS_REC 16384
#define MS_PROPAGATION (1 << 17 | 1 << 18 | 1 << 19 | 1 << 20) /* MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED */

/* The names of all our maps and programs begin with tsem_. A foreign name with this beginning is refused too. */
static __always_inline bool name_ours(const char *name)
{
	return name[0] == 't' && name[1] == 's' && name[2] == 'e' && name[3] == 'm' && name[4] == '_';
}

SEC("lsm/bpf_map")
int BPF_PROG(tsem_guard_map, struct bpf_map *map, unsigned int mode)
{
	char name[5];

	if (!task_confined())
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), map->name);
	return name_ours(name) ? guard_deny() : 0;
}

SEC("lsm/bpf_prog")
int BPF_PROG(tsem_guard_prog, struct bpf_prog *prog)
{
	char name[5];

	if (!task_confined())
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), plain(prog)->aux->name);
	return name_ours(name) ? guard_deny() : 0;
}

/* Does this helper print? By a format like %s it reads whatever memory its caller names. */
static __always_inline bool helper_prints(s32 helper)
{
	switch (helper) {
	case BPF_FUNC_trace_printk:
	case BPF_FUNC_trace_vprintk:
	case BPF_FUNC_snprintf:
	case BPF_FUNC_snprintf_btf:
	case BPF_FUNC_seq_printf:
	case BPF_FUNC_seq_printf_btf:
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_kernel_str:
		return true;
	}
	return false;
}

/*
 * Does the program call kernel functions, or use kernel variables? bpf_rdonly_cast() can read any memory, even our
 * keys. The hook runs before the verifier, so this looks at the instructions.
 */
static __always_inline bool program_reads_kernel(struct bpf_prog *prog)
{
	u64 at = (u64)prog + bpf_core_field_offset(struct bpf_prog, insnsi);
	u32 count = prog->len, i;

	bpf_for(i, 0, count) {
		struct bpf_insn insn;

		if (bpf_probe_read_kernel(&insn, sizeof(insn), (void *)(at + i * sizeof(insn))))
			return true;
		if (insn.code == BPF_CALL_CODE &&
		    (insn.src_reg == BPF_PSEUDO_KFUNC_CALL || (!insn.src_reg && helper_prints(insn.imm))))
			return true;
		if (insn.code == BPF_LD_IMM64_CODE && insn.src_reg == BPF_PSEUDO_BTF_ID)
			return true;
	}
	return false;
}

/*
 * The model decides about programs that only see packets and control groups. The guard denies all others, and types of
 * later kernels: they could run before ours, answer for a hook, send signals or change memory. A sysctl program could
 * change what a task outside writes to core_pattern.
 */
SEC("lsm/bpf_prog_load")
int BPF_PROG(tsem_guard_prog_load, struct bpf_prog *prog)
{
	if (!task_confined())
		return 0;
	if (program_reads_kernel(prog))
		return guard_deny();
	switch (prog->type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SK_MSG:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_SK_LOOKUP:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_NETFILTER:
		return 0;
	default:
		return guard_deny();
	}
}

/* Is this the attach type of a refused program? A task outside may have loaded the program and passed it in. */
static __always_inline bool attach_type_guarded(u32 type)
{
	switch (type) {
	case BPF_LSM_MAC:
	case BPF_LSM_CGROUP:
	case BPF_TRACE_RAW_TP:
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
	case BPF_TRACE_ITER:
	case BPF_PERF_EVENT:
	case BPF_TRACE_KPROBE_MULTI:
	case BPF_STRUCT_OPS:
	case BPF_TRACE_UPROBE_MULTI:
		return true;
	}
	/* So far, newer kernels only add sessions of the last two. */
	return type > BPF_NETKIT_PEER;
}

/* Links have no hook, so a task of a namespace gets none from the kernel, and changes none. */
SEC("lsm/bpf")
int BPF_PROG(tsem_guard_bpf, int cmd, union bpf_attr *attr)
{
	if (!task_confined())
		return 0;
	switch (cmd) {
	case BPF_OBJ_GET:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
	case BPF_RAW_TRACEPOINT_OPEN:
		return guard_deny();
	case BPF_PROG_ATTACH:
		return attach_type_guarded(BPF_CORE_READ(attr, attach_type)) ? guard_deny() : 0;
	case BPF_LINK_CREATE:
		return attach_type_guarded(BPF_CORE_READ(attr, link_create.attach_type)) ? guard_deny() : 0;
	}
	return 0;
}

/* Denies the unmount of every BPF filesystem: it may propagate to a copy elsewhere. */
SEC("lsm/sb_umount")
int BPF_PROG(tsem_guard_umount, struct vfsmount *mnt, int flags)
{
	struct mount *m = (struct mount *)mount_of(mnt);

	if (!task_confined())
		return 0;
	if (plain(mnt)->mnt_sb->s_magic == BPF_FS_MAGIC)
		return guard_deny();
	if (guard_run_way(plain(mnt)->mnt_root) && mounts_reach_pins((u64)BPF_CORE_READ(m, mnt_ns)))
		return guard_deny();
	/* A mount with others upon it is busy, unless all of it is detached. */
	if (!(flags & MNT_DETACH) ||
	    (u64)BPF_CORE_READ(m, mnt_mounts.next) == (u64)m + bpf_core_field_offset(struct mount, mnt_mounts))
		return 0;
	return mounts_reach_pins((u64)BPF_CORE_READ(m, mnt_ns)) ? guard_deny() : 0;
}

static __always_inline bool mounts_of_current_reach(void)
{
	return mounts_reach_pins((u64)BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, mnt_ns));
}

/*
 * Is it ecryptfs? It opens the files below by a kernel thread, which no guard binds. tsem_file_opening() checks what
 * overlayfs opens below.
 */
static __always_inline bool filesystem_guarded(const char *type)
{
	char name[12] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), type);
	return !bpf_strncmp(name, sizeof(name), "ecryptfs");
}

/*
 * If changes in the mount namespace affect the pins, denies mounts over the pins and on the path to them. Then it also
 * denies every move and every recursive bind, because the hook does not get the source: a recursive bind may contain a
 * copy of the pins.
 */
SEC("lsm/sb_mount")
int BPF_PROG(tsem_guard_mount, const char *dev_name, const struct path *path, const char *type, unsigned long flags)
{
	if (!task_confined())
		return 0;
	if (flags & MS_REMOUNT)
		return plain(path)->mnt->mnt_sb->s_magic == BPF_FS_MAGIC ? guard_deny() : 0;
	if (!(flags & MS_BIND) && flags & MS_PROPAGATION)
		return 0;
	if (!(flags & (MS_BIND | MS_MOVE)) && filesystem_guarded(type))
		return guard_deny();
	if (!mounts_of_current_reach())
		return 0;
	if (guard_run_way(plain(path)->dentry))
		return guard_deny();
	if (flags & MS_BIND ? flags & MS_REC : flags & MS_MOVE)
		return guard_deny();
	if (plain(path)->mnt->mnt_sb->s_magic == BPF_FS_MAGIC)
		return guard_deny();
	return leads_to_pins((u64)BPF_CORE_READ(path, dentry), 0) ? guard_deny() : 0;
}

/*
 * The same for move_mount(2). `from` is a mount that is moved away, or a copy that is in no mount namespace yet; such a
 * copy is allowed if it has no pins in it. MOVE_MOUNT_SET_GROUP moves nothing but makes `to` a peer of `from`: then an
 * unmount on one also unmounts on the other. The hook does not get this flag, but with it both paths are roots of
 * mounts of one filesystem.
 */
SEC("lsm/move_mount")
int BPF_PROG(tsem_guard_move_mount, const struct path *from, const struct path *to)
{
	struct mount *m = (struct mount *)mount_of(plain(from)->mnt);
	struct mount *onto = (struct mount *)mount_of(plain(to)->mnt);

	if (!task_confined())
		return 0;
	if (mounts_reach_pins((u64)BPF_CORE_READ(m, mnt_ns)))
		return guard_deny();
	if (plain(from)->mnt->mnt_sb == plain(to)->mnt->mnt_sb && plain(to)->dentry == plain(to)->mnt->mnt_root &&
	    (BPF_CORE_READ(m, mnt_group_id) || BPF_CORE_READ(m, mnt_master)) &&
	    leads_to_pins(0, (u64)BPF_CORE_READ(from, mnt, mnt_sb)))
		return guard_deny();
	if (!mounts_reach_pins((u64)BPF_CORE_READ(onto, mnt_ns)))
		return 0;
	if (plain(to)->mnt->mnt_sb->s_magic == BPF_FS_MAGIC || guard_run_way(plain(to)->dentry))
		return guard_deny();
	return leads_to_pins((u64)BPF_CORE_READ(to, dentry), 0) ? guard_deny() : 0;
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(tsem_guard_pivotroot, const struct path *old_path, const struct path *new_path)
{
	return task_confined() && mounts_of_current_reach() ? guard_deny() : 0;
}

/* Nothing can be unloaded from a read-only BPF filesystem. */
SEC("lsm/sb_remount")
int BPF_PROG(tsem_guard_remount, struct super_block *sb)
{
	return sb->s_magic == BPF_FS_MAGIC && task_confined() ? guard_deny() : 0;
}

/*
 * The control group filesystem also takes release_agent, the program that the kernel executes outside, as a mount
 * option, even if nothing is mounted.
 */
SEC("lsm/fs_context_parse_param")
int BPF_PROG(tsem_guard_option, struct fs_context *fc, struct fs_parameter *param)
{
	char key[16] = {};

	if (!task_confined())
		return 0;
	if (filesystem_guarded(BPF_CORE_READ(fc, fs_type, name)))
		return guard_deny();
	bpf_probe_read_kernel_str(key, sizeof(key), param->key);
	return bpf_strncmp(key, sizeof(key), "release_agent") ? 0 : guard_deny();
}

/*
 * Denies an action on a task outside: a task inside cannot debug or starve it, and cannot make it its debugger.
 */
static __always_inline int guard_task(struct task_struct *task)
{
	struct tsem_task *t = task_confined();

	return t && guard_outside(t, task) ? guard_deny() : 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(tsem_guard_ptrace, struct task_struct *child, unsigned int mode)
{
	struct tsem_task *t = task_confined();
	struct tsem_scratch *e;

	if (!t)
		return 0;
	if (guard_outside(t, child))
		return guard_deny();
	e = bpf_task_storage_get(&tsem_scratch, bpf_get_current_task_btf(), 0, 0);
	if (e)
		e->traced = child->pid;
	return 0;
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(tsem_guard_traceme, struct task_struct *parent)
{
	return guard_task(parent);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(tsem_guard_setscheduler, struct task_struct *task)
{
	return guard_task(task);
}

SEC("lsm/task_setnice")
int BPF_PROG(tsem_guard_setnice, struct task_struct *task, int nice)
{
	return guard_task(task);
}

SEC("lsm/task_setioprio")
int BPF_PROG(tsem_guard_setioprio, struct task_struct *task, int ioprio)
{
	return guard_task(task);
}

/* prlimit(2): a limit of processor time sends a signal, too. */
SEC("lsm/task_setrlimit")
int BPF_PROG(tsem_guard_setrlimit, struct task_struct *task, unsigned int resource)
{
	return guard_task(task);
}

/*
 * A file can send any signal to its owner (F_SETOWN, F_SETSIG) when something happens to it. By then another task may
 * have that pid. So tsem_signals notes for each open file the namespace that set the owner, and signals reach only that
 * namespace. The kernel may reuse the address for another file, but that file sends no signal before its own owner is
 * set.
 */
SEC("lsm/file_set_fowner")
int BPF_PROG(tsem_guard_fowner, struct file *file)
{
	struct tsem_task *t = task_confined();
	struct tsem_globals *g = globals();
	u64 address = (u64)file;
	u32 *former, id;

	if (!g || (!t && !g->signals))
		return 0;
	former = bpf_map_lookup_elem(&tsem_signals, &address);
	if (former) {
		id = *former;
		if (!bpf_map_delete_elem(&tsem_signals, &address))
			room_give(id, TSEM_ROOM_SIGNALS);
	}
	if (!t)
		return 0;
	id = t->ns;
	g->signals = 1;
	if (room_take(id, TSEM_ROOM_SIGNALS)) {
		if (!bpf_map_update_elem(&tsem_signals, &address, &id, BPF_NOEXIST))
			return 0;
		room_give(id, TSEM_ROOM_SIGNALS);
	}
	/*
	 * Without an entry its signals would reach tasks outside. The hook cannot refuse, so the process ends, and the
	 * file with it.
	 */
	bpf_send_signal(SIGKILL);
	return 0;
}

SEC("lsm/file_send_sigiotask")
int BPF_PROG(tsem_guard_sigio, struct task_struct *task, struct fown_struct *owner, int sig)
{
	u64 address = (u64)owner->file;
	u32 *ns = bpf_map_lookup_elem(&tsem_signals, &address);
	struct tsem_task *to;

	if (!ns)
		return 0;
	to = task_storage(task);
	return to && to->ns == *ns ? 0 : guard_deny();
}

/*
 * KEYCTL_SESSION_TO_PARENT gives the parent another keyring, so the parent has to be in the namespace. Nothing else
 * makes blank credentials.
 */
SEC("lsm/cred_alloc_blank")
int BPF_PROG(tsem_guard_parent_keyring)
{
	struct task_struct *parent = bpf_get_current_task_btf()->real_parent;

	return guard_task(parent);
}

/* A counter may only count and sample tasks of the namespace, not a processor. An inherited one was checked before. */
SEC("lsm/perf_event_alloc")
int BPF_PROG(tsem_guard_perf_event, struct perf_event *event)
{
	struct tsem_task *t = task_confined();
	struct task_struct *task;
	bool outside;

	if (!t || event->parent)
		return 0;
	if (event->attr.type == tsem_uprobe_type || !event->hw.target)
		return guard_deny();
	task = bpf_task_from_pid(BPF_CORE_READ(event, hw.target, pid));
	if (!task)
		return guard_deny();
	outside = guard_outside(t, task);
	bpf_task_release(task);
	return outside ? guard_deny() : 0;
}

/* Denies code for the kernel. If the kernel itself requests a module (request_module()), a process outside loads it. */
SEC("lsm/kernel_read_file")
int BPF_PROG(tsem_guard_read_file, struct file *file, enum kernel_read_file_id id)
{
	if (!task_confined())
		return 0;
	if (id == bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE) ||
	    id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE) ||
	    id == bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_INITRAMFS))
		return guard_deny();
	if (bpf_core_enum_value_exists(enum kernel_read_file_id___newer, READING_MODULE_COMPRESSED___newer) &&
	    id == bpf_core_enum_value(enum kernel_read_file_id___newer, READING_MODULE_COMPRESSED___newer))
		return guard_deny();
	return 0;
}

SEC("lsm/kernel_load_data")
int BPF_PROG(tsem_guard_load_data, enum kernel_load_data_id id)
{
	if (!task_confined())
		return 0;
	return id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE) ||
			       id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE) ||
			       id == bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_INITRAMFS)
		       ? guard_deny()
		       : 0;
}

/*
 * Denies what lockdown mode *integrity* denies (also a memory image in /dev/snapshot). Also denies what reads kernel
 * memory, because the memo's secrets are there.
 */
SEC("lsm/locked_down")
int BPF_PROG(tsem_guard_locked_down, enum lockdown_reason what)
{
	if (!task_confined())
		return 0;
	if (what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KCORE) ||
	    what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_KPROBES) ||
	    what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_BPF_READ_KERNEL) ||
	    what == bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_DBG_READ_KERNEL))
		return guard_deny();
	return what < bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_INTEGRITY_MAX) ? guard_deny() : 0;
}

/*
 * The init of a container joins while it still runs the runtime's code, with all capabilities (tsem-bpf oci-hook). The
 * workload that it executes must not have the control capability, because kernel_acts() could take a task with it for
 * the kernel. And the workload must not escape through another thread of the runtime, since only the first thread has
 * joined.
 */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(tsem_guard_exec, struct linux_binprm *bprm, struct file *file)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	const struct cred *cred = bprm->cred;
	struct tsem_task *joined;

	if (task_confined())
		return !cred->user_ns->level && cred->cap_permitted.val & tsem_control_capability ? guard_deny() : 0;
	joined = task_storage(leader);
	return joined && (!tsem_root_settings.on || joined->ns) ? guard_deny() : 0;
}
