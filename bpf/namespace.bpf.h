/* SPDX-License-Identifier: GPL-2.0 */
/* The current task: its namespace, its capability, and its ids in a user namespace. */
#ifndef TSEM_NAMESPACE_BPF_H
#define TSEM_NAMESPACE_BPF_H

#include "common.bpf.h"
#include "tsem_maps.bpf.h"

#define UID_GID_MAP_MAX_BASE_EXTENTS 5
#define UID_GID_MAP_MAX_EXTENTS 340

static __always_inline struct tsem_globals *globals(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&tsem_globals, &zero);
}

/* Changes when settings change that tasks have copied from their namespace. Not a map, since every event reads it. */
u64 tsem_generation;

/* A setting of a namespace has changed: its tasks read it again at their next event. */
static __always_inline void settings_changed(void)
{
	__sync_fetch_and_add(&tsem_generation, 1);
}

/*
 * The settings of the root namespace's tasks, set by `tsem-bpf load`. The verifier knows `on`: if the root is not
 * modeled, it removes the code for it.
 */
const volatile struct {
	u32 on;
	u32 digest;
	u32 content;
	u32 encoding;
	u32 nsref;
	u32 scope;
	u32 digest_size;
	u32 reserved;
	u64 empty[TSEM_DIGEST_MAX / 8];
} tsem_root_settings = {};

/*
 * Four ways to a task's storage:
 *
 * - task_modeled(): the current task, in any namespace.
 * - task_confined(): the current task, in a namespace other than the root.
 * - task_adopted(): the current task. A task without storage joins the root, if that is modeled.
 * - task_named(): another task, whose TASK_ID an event may name.
 *
 * They first test the pointer in the task: for a task without BPF storage this costs a third of the helper.
 */
static __always_inline struct tsem_task *task_storage(struct task_struct *task)
{
	return plain(task)->bpf_storage ? bpf_task_storage_get(&tsem_tasks, task, 0, 0) : NULL;
}

static __always_inline struct tsem_task *task_modeled(void)
{
	return task_storage(bpf_get_current_task_btf());
}

static __always_inline struct tsem_task *task_confined(void)
{
	struct tsem_task *t = task_modeled();

	return t && (!tsem_root_settings.on || t->ns) ? t : NULL;
}

/* No root task in the event of another namespace: else a model would depend on whether the root is modeled. */
static __always_inline struct tsem_task *task_named(u32 ns, struct task_struct *task)
{
	struct tsem_task *t;

	/* As task_storage(), which would cost the common events of tasks more here. */
	if (!task->bpf_storage)
		return NULL;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	return t && (!tsem_root_settings.on || t->ns || !ns) ? t : NULL;
}

/*
 * A kernel pointer as a plain number. A global function only takes pointers whose type the verifier knows exactly. A
 * pointer from a map is a number, which such a function casts or probes.
 */
static __always_inline u64 address_of(struct tsem_scratch *e, const void *p)
{
	*(volatile u64 *)&e->address = (u64)p;
	return *(volatile u64 *)&e->address;
}

#define PF_KTHREAD 0x00200000

static __always_inline struct tsem_namespace *namespace_of(u32 id)
{
	return bpf_map_lookup_elem(&tsem_namespaces, &id);
}

/* Counts a loss of the namespace. */
__noinline int namespace_lost(u32 id, u32 why)
{
	struct tsem_namespace *ns = namespace_of(id);

	if (ns && why < TSEM_LOSS_END)
		__sync_fetch_and_add(&ns->lost[why], 1);
	return 0;
}

/*
 * Puts the current task, which has no storage yet, into the root namespace. A task that existed when tsem-bpf was
 * loaded has no TASK_ID before its next exec.
 */
__noinline int root_adopt(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_globals *g = globals();
	struct tsem_namespace *ns;
	struct tsem_task *t;
	u32 root = 0;

	ns = bpf_map_lookup_elem(&tsem_namespaces, &root);
	if (!ns || !g)
		return 0;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		__sync_fetch_and_add(&ns->lost[TSEM_LOSS_STORAGE], 1);
		return 0;
	}
	t->number = __sync_fetch_and_add(&g->next_task_number, 1);
	t->digest = tsem_root_settings.digest;
	t->content = tsem_root_settings.content;
	t->encoding = tsem_root_settings.encoding;
	t->nsref = tsem_root_settings.nsref;
	t->scope = tsem_root_settings.scope;
	t->digest_size = tsem_root_settings.digest_size;
	for (u32 i = 0; i < TSEM_DIGEST_MAX / 8; i++)
		((u64 *)t->empty)[i] = tsem_root_settings.empty[i];
	__sync_fetch_and_add(&ns->live_tasks, 1);
	return 1;
}

/* Kernel threads are not modeled: they act for the kernel itself. */
static __always_inline struct tsem_task *task_adopted(void)
{
	struct tsem_task *t = task_modeled();

	if (t || !tsem_root_settings.on)
		return t;
	if (bpf_get_current_task_btf()->flags & PF_KTHREAD || !root_adopt())
		return NULL;
	return task_modeled();
}

/* The creator of an inode, from its mark. */
static __always_inline u32 creator_mark(u32 ns)
{
	return ns ?: TSEM_MARK_ROOT;
}

/* The control capability, as a set: CAP_ML if the kernel has it, else CAP_MAC_ADMIN. Set by `tsem-bpf load`. */
const volatile u64 tsem_control_capability = 1ULL << CAP_MAC_ADMIN;

/* Do the credentials have the control capability in the initial user namespace? */
static __always_inline bool cred_controls(const struct cred *cred)
{
	return cred->user_ns->level == 0 && (cred->cap_effective.val & tsem_control_capability);
}

static __always_inline bool task_controls(struct task_struct *task)
{
	return cred_controls(plain(task)->real_cred);
}

#define PF_IO_WORKER 0x00000010

/*
 * Does the kernel act for itself, under credentials that the task neither has nor can choose? overlayfs does so below a
 * path. Its calls then depend on its caches, so each run would give another model. A task of a namespace holds the
 * control capability at most until its first exec (tsem_guard_exec), as a container runtime does. A task with an
 * io_uring may act under registered credentials: that is never the kernel. `task`: the current one; `cred`: its
 * credentials; `capeff`: their effective set. Few have the capability, so this tests it first.
 */
static __always_inline bool kernel_acts(struct task_struct *task, const struct cred *cred, u64 capeff)
{
	if (!(capeff & tsem_control_capability) || cred == task->real_cred || cred->user_ns->level ||
	    task->flags & PF_IO_WORKER)
		return false;
	return !bpf_core_field_exists(task->io_uring) || !task->io_uring;
}

/*
 * The current task's user namespace has this id for the kernel's `id` of a user, or with `group` of a group, as
 * from_kuid() and from_kgid() give it; ~0: there is none.
 */
__noinline u32 id_from_kernel(u32 id, bool group)
{
	struct user_namespace *user_ns = plain(bpf_get_current_task_btf())->cred->user_ns;
	struct uid_gid_map *map = group ? &user_ns->gid_map : &user_ns->uid_map;
	struct uid_gid_extent *extent;
	u32 extents, i;

	if (!user_ns->level)
		return id;
	map = plain(map);
	extents = map->nr_extents;
	if (extents <= UID_GID_MAP_MAX_BASE_EXTENTS)
		extent = (struct uid_gid_extent *)map;
	else
		extent = map->forward;
	bpf_for(i, 0, UID_GID_MAP_MAX_EXTENTS) {
		struct uid_gid_extent *e;

		if (i >= extents)
			break;
		e = bpf_core_cast((void *)extent + i * sizeof(*extent), struct uid_gid_extent);
		if (id - e->lower_first < e->count)
			return e->first + (id - e->lower_first);
	}
	return ~0U;
}

/* The id of a user or group in the namespace's nsref. */
static __always_inline u32 id_of_user(struct tsem_scratch *e, u32 uid)
{
	return e->nsref == TSEM_NSREF_CURRENT ? id_from_kernel(uid, false) : uid;
}

static __always_inline u32 id_of_group(struct tsem_scratch *e, u32 gid)
{
	return e->nsref == TSEM_NSREF_CURRENT ? id_from_kernel(gid, true) : gid;
}

/* Writes the COE of the credentials at this address. */
static __always_inline void coe_fill(struct tsem_scratch *e, u64 cred_address, struct tsem_coe *coe)
{
	const struct cred *cred = bpf_core_cast((void *)cred_address, struct cred);

	coe->uid = id_of_user(e, cred->uid.val);
	coe->euid = id_of_user(e, cred->euid.val);
	coe->suid = id_of_user(e, cred->suid.val);
	coe->gid = id_of_group(e, cred->gid.val);
	coe->egid = id_of_group(e, cred->egid.val);
	coe->sgid = id_of_group(e, cred->sgid.val);
	coe->fsuid = id_of_user(e, cred->fsuid.val);
	coe->fsgid = id_of_group(e, cred->fsgid.val);
	coe->capeff = cred->cap_effective.val;
}

#endif
