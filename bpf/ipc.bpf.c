// SPDX-License-Identifier: GPL-2.0
/*
 * System V IPC. An object has no storage of its own for BPF: who made it stands in tsem_ipc under its address, from its
 * making until it is freed.
 */
#include "event.bpf.h"

/* See cell_ipc(). */
__noinline int ipc_describe(struct tsem_task *t __arg_nonnull, u64 address)
{
	struct kern_ipc_perm *perm = bpf_core_cast((void *)address, struct kern_ipc_perm);
	struct tsem_owner *o = bpf_map_lookup_elem(&tsem_ipc, &address);

	cell_u32_pair(t, id_of_user(t, perm->uid.val), id_of_group(t, perm->gid.val));
	cell_u32_pair(t, id_of_user(t, perm->cuid.val), id_of_group(t, perm->cgid.val));
	cell_u16(t, perm->mode);
	if (o && o->ns == t->ns)
		cell_digest(t, o->owner);
	else
		cell_digest(t, (const u8 *)digest_none);
	return 0;
}

/* IPC. The commands that ask for limits name no object: all of it is zero then. */
static __always_inline void cell_ipc(struct tsem_task *t, struct kern_ipc_perm *perm)
{
	ipc_describe(t, address_of(t, perm));
}

static __always_inline int ipc_event(u32 event, struct kern_ipc_perm *perm, u32 value)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_ipc(t, perm);
	cell_u32(t, value);
	return event_end(t);
}

SEC("lsm/ipc_permission")
int BPF_PROG(tsem_ipc_permission, struct kern_ipc_perm *perm, short flag)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_ipc_permission, &verdict);
	if (!t)
		return verdict;
	cell_ipc(t, perm);
	cell_u16(t, flag);
	return event_end(t);
}

SEC("lsm/shm_associate")
int BPF_PROG(tsem_shm_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_event(TSEM_EVENT_shm_associate, perm, flags);
}

SEC("lsm/shm_shmat")
int BPF_PROG(tsem_shm_shmat, struct kern_ipc_perm *perm, char *address, int flags)
{
	return ipc_event(TSEM_EVENT_shm_shmat, perm, flags);
}

SEC("lsm/shm_shmctl")
int BPF_PROG(tsem_shm_shmctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_event(TSEM_EVENT_shm_shmctl, perm, cmd);
}

SEC("lsm/sem_associate")
int BPF_PROG(tsem_sem_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_event(TSEM_EVENT_sem_associate, perm, flags);
}

SEC("lsm/sem_semctl")
int BPF_PROG(tsem_sem_semctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_event(TSEM_EVENT_sem_semctl, perm, cmd);
}

SEC("lsm/sem_semop")
int BPF_PROG(tsem_sem_semop, struct kern_ipc_perm *perm, struct sembuf *sops, unsigned int nsops, int alter)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_sem_semop, &verdict);
	if (!t)
		return verdict;
	cell_ipc(t, perm);
	cell_u32_pair(t, nsops, alter);
	return event_end(t);
}

SEC("lsm/msg_queue_associate")
int BPF_PROG(tsem_msg_queue_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_event(TSEM_EVENT_msg_queue_associate, perm, flags);
}

SEC("lsm/msg_queue_msgctl")
int BPF_PROG(tsem_msg_queue_msgctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_event(TSEM_EVENT_msg_queue_msgctl, perm, cmd);
}

SEC("lsm/msg_queue_msgrcv")
int BPF_PROG(tsem_msg_queue_msgrcv, struct kern_ipc_perm *perm, struct msg_msg *msg, struct task_struct *target,
	     long type, int mode)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_msg_queue_msgrcv, &verdict);
	if (!t)
		return verdict;
	cell_ipc(t, perm);
	cell_task(t, target);
	cell_u64(t, type);
	cell_u32(t, mode);
	return event_end(t);
}

TSEM_GENERIC(msg_queue_msgsnd)

/* Who made the object. */
static __always_inline int ipc_made(struct kern_ipc_perm *perm)
{
	struct tsem_task *t = modeled_task();
	u64 address = (u64)perm;
	struct tsem_namespace *ns;
	struct tsem_owner o = {};
	u32 id;

	if (!t)
		return 0;
	o.ns = t->ns;
	__builtin_memcpy(o.owner, t->task_id, TSEM_DIGEST_MAX);
	if (!bpf_map_update_elem(&tsem_ipc, &address, &o, BPF_ANY))
		return 0;
	id = t->ns;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (ns)
		__sync_fetch_and_add(&ns->lost[TSEM_LOSS_STORAGE], 1);
	return -ENOMEM;
}

static __always_inline int ipc_freed(struct kern_ipc_perm *perm)
{
	u64 address = (u64)perm;

	bpf_map_delete_elem(&tsem_ipc, &address);
	return 0;
}

#define TSEM_IPC_OWNER(kind)                                          \
	SEC("lsm/" #kind "_alloc_security")                           \
	int BPF_PROG(tsem_##kind##_owner, struct kern_ipc_perm *perm) \
	{                                                             \
		return ipc_made(perm);                                \
	}                                                             \
	SEC("lsm/" #kind "_free_security")                            \
	int BPF_PROG(tsem_##kind##_free, struct kern_ipc_perm *perm)  \
	{                                                             \
		return ipc_freed(perm);                               \
	}

TSEM_IPC_OWNER(shm)
TSEM_IPC_OWNER(sem)
TSEM_IPC_OWNER(msg_queue)
