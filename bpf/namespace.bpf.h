/* SPDX-License-Identifier: GPL-2.0 */
/* Who the current task is: its namespace, its capability, and how ids read in a user namespace. */
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

/*
 * Storage of the current task, or NULL if it is modeled nowhere. The pointer is tested first: for a task without any
 * BPF storage that costs a third of the helper.
 */
static __always_inline struct tsem_task *modeled_task(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!task->bpf_storage)
		return NULL;
	return bpf_task_storage_get(&tsem_tasks, task, 0, 0);
}

/*
 * What `tsem-bpf load` says of the root namespace: the settings that its tasks have. `on` is known to the verifier:
 * where the root is not modeled, none of its code is there.
 */
const volatile struct {
	u32 on;
	u32 digest;
	u32 content;
	u32 model;
	u32 nsref;
	u32 digest_size;
	u64 empty[TSEM_DIGEST_MAX / 8];
} tsem_root_settings = {};

/* Storage of the current task if it is in a namespace other than the root, else NULL. */
static __always_inline struct tsem_task *current_task(void)
{
	struct tsem_task *t = modeled_task();

	return t && (!tsem_root_settings.on || t->ns) ? t : NULL;
}

/*
 * A kernel pointer as a plain number. A global function takes no pointer whose type the verifier does not know exactly;
 * what comes back from a map is a number, which such a function casts or probes again.
 */
static __always_inline u64 address_of(struct tsem_task *t, const void *p)
{
	*(volatile u64 *)&t->address = (u64)p;
	return *(volatile u64 *)&t->address;
}

#define PF_KTHREAD 0x00200000

/*
 * The current task, which nobody has seen yet, becomes one of the root namespace. One that is there when tsem-bpf is
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
	t->model = tsem_root_settings.model;
	t->nsref = tsem_root_settings.nsref;
	t->digest_size = tsem_root_settings.digest_size;
	for (u32 i = 0; i < TSEM_DIGEST_MAX / 8; i++)
		((u64 *)t->empty)[i] = tsem_root_settings.empty[i];
	__sync_fetch_and_add(&ns->live_tasks, 1);
	return 1;
}

/*
 * Storage of the current task, which an event needs: NULL if it is modeled nowhere. Kernel threads are not modeled:
 * they act for the kernel itself.
 */
static __always_inline struct tsem_task *event_task(void)
{
	struct tsem_task *t = modeled_task();

	if (t || !tsem_root_settings.on)
		return t;
	if (bpf_get_current_task_btf()->flags & PF_KTHREAD || !root_adopt())
		return NULL;
	return modeled_task();
}

/* Who created an inode, as its mark says it. */
static __always_inline u32 creator_mark(const struct tsem_task *t)
{
	return t->ns ?: TSEM_MARK_ROOT;
}

/* The control capability, as a set: CAP_ML where the kernel has it, which `tsem-bpf load` finds out, else
 * CAP_MAC_ADMIN. */
const volatile u64 tsem_control_capability = 1ULL << CAP_MAC_ADMIN;

/* Do the credentials hold the control capability, in the initial user namespace? */
static __always_inline bool cred_controls(const struct cred *cred)
{
	return cred->user_ns->level == 0 && (cred->cap_effective.val & tsem_control_capability);
}

static __always_inline bool task_controls(struct task_struct *task)
{
	return cred_controls(task->real_cred);
}

/*
 * Does the kernel act for itself, under credentials that the task of a namespace neither has nor can choose? overlayfs
 * does so below a path: what it asks then depends on its caches, and no two runs would give the same model. A task of a
 * namespace holds the control capability at most until its first exec (tsem_guard_exec), as a container runtime does,
 * so that credentials which a workload registered (io_uring) do not count here.
 */
static __always_inline bool kernel_acts(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct cred *cred = task->cred;

	return cred != task->real_cred && cred_controls(cred);
}

/*
 * The id of `map`'s namespace for the kernel's `id`, as from_kuid() and from_kgid() give it: ~0 where there is none.
 * The map is passed as an address, since it may be read by probing only.
 */
__noinline u32 id_from_kernel(u64 map_address, u32 id)
{
	struct uid_gid_map *map = bpf_core_cast((void *)map_address, struct uid_gid_map);
	u32 extents = map->nr_extents;
	struct uid_gid_extent *extent;
	u32 i;

	if (extents <= UID_GID_MAP_MAX_BASE_EXTENTS)
		extent = (struct uid_gid_extent *)map_address;
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

/* The id of a user or of a group as the namespace's nsref has it. */
static __always_inline u32 id_of_user(struct tsem_task *t, u32 uid)
{
	struct user_namespace *user_ns;

	if (t->nsref != TSEM_NSREF_CURRENT)
		return uid;
	user_ns = bpf_get_current_task_btf()->cred->user_ns;
	return user_ns->level ? id_from_kernel(address_of(t, &user_ns->uid_map), uid) : uid;
}

static __always_inline u32 id_of_group(struct tsem_task *t, u32 gid)
{
	struct user_namespace *user_ns;

	if (t->nsref != TSEM_NSREF_CURRENT)
		return gid;
	user_ns = bpf_get_current_task_btf()->cred->user_ns;
	return user_ns->level ? id_from_kernel(address_of(t, &user_ns->gid_map), gid) : gid;
}

/* COE of the credentials at this address. */
static __always_inline void coe_fill(struct tsem_task *t, u64 cred_address, struct tsem_coe *coe)
{
	const struct cred *cred = bpf_core_cast((void *)cred_address, struct cred);

	coe->uid = id_of_user(t, cred->uid.val);
	coe->euid = id_of_user(t, cred->euid.val);
	coe->suid = id_of_user(t, cred->suid.val);
	coe->gid = id_of_group(t, cred->gid.val);
	coe->egid = id_of_group(t, cred->egid.val);
	coe->sgid = id_of_group(t, cred->sgid.val);
	coe->fsuid = id_of_user(t, cred->fsuid.val);
	coe->fsgid = id_of_group(t, cred->fsgid.val);
	coe->capeff = cred->cap_effective.val;
}

#endif
