// SPDX-License-Identifier: GPL-2.0
/*
 * System V IPC. An object has no BPF storage: tsem_ipc has its creator, by address, until the object is freed.
 */
#include "event.bpf.h"

/* Is the object of this event just being made? */
static __always_inline bool ipc_is_new(u32 event)
{
	return event == TSEM_EVENT_shm_alloc || event == TSEM_EVENT_sem_alloc || event == TSEM_EVENT_msg_queue_alloc;
}

/* See cell_ipc(). */
__noinline int ipc_describe(struct tsem_scratch *e __arg_nonnull, u64 address)
{
	struct kern_ipc_perm *perm = bpf_core_cast((void *)address, struct kern_ipc_perm);
	struct tsem_owner *o = bpf_map_lookup_elem(&tsem_ipc, &address);
	const struct cred *cred = bpf_get_current_task_btf()->cred;
	u32 uid = perm->uid.val, gid = perm->gid.val, cuid = perm->cuid.val, cgid = perm->cgid.val;

	/* Before the hook, the kernel has not set these of a new object. It will set them so. */
	if (ipc_is_new(e->record.event)) {
		uid = cuid = cred->euid.val;
		gid = cgid = cred->egid.val;
	}
	cell_u32_pair(e, id_of_user(e, uid), id_of_group(e, gid));
	cell_u32_pair(e, id_of_user(e, cuid), id_of_group(e, cgid));
	cell_u16(e, perm->mode);
	if (o && o->ns == e->record.ns)
		cell_digest(e, o->owner);
	else
		cell_digest(e, (const u8 *)digest_none);
	return 0;
}

/* IPC. Commands that ask for limits name no object: then all of it is zero. */
static __always_inline void cell_ipc(struct tsem_scratch *e, struct kern_ipc_perm *perm)
{
	ipc_describe(e, address_of(e, perm));
}

static __always_inline int ipc_describe_with(struct tsem_scratch *e, struct kern_ipc_perm *perm, u32 value)
{
	cell_ipc(e, perm);
	cell_u32(e, value);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/ipc_permission", ipc_permission, struct kern_ipc_perm *perm, short flag)
{
	cell_ipc(e, perm);
	cell_u16(e, flag);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/shm_associate", shm_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_describe_with(e, perm, flags);
}

TSEM_EVENT_PROGRAM("lsm/shm_shmat", shm_shmat, struct kern_ipc_perm *perm, char *address, int flags)
{
	return ipc_describe_with(e, perm, flags);
}

TSEM_EVENT_PROGRAM("lsm/shm_shmctl", shm_shmctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_describe_with(e, perm, cmd);
}

TSEM_EVENT_PROGRAM("lsm/sem_associate", sem_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_describe_with(e, perm, flags);
}

TSEM_EVENT_PROGRAM("lsm/sem_semctl", sem_semctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_describe_with(e, perm, cmd);
}

TSEM_EVENT_PROGRAM("lsm/sem_semop", sem_semop, struct kern_ipc_perm *perm, struct sembuf *sops, unsigned int nsops,
		   int alter)
{
	cell_ipc(e, perm);
	cell_u32_pair(e, nsops, alter);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/msg_queue_associate", msg_queue_associate, struct kern_ipc_perm *perm, int flags)
{
	return ipc_describe_with(e, perm, flags);
}

TSEM_EVENT_PROGRAM("lsm/msg_queue_msgctl", msg_queue_msgctl, struct kern_ipc_perm *perm, int cmd)
{
	return ipc_describe_with(e, perm, cmd);
}

TSEM_EVENT_PROGRAM("lsm/msg_queue_msgrcv", msg_queue_msgrcv, struct kern_ipc_perm *perm, struct msg_msg *msg,
		   struct task_struct *target, long type, int mode)
{
	cell_ipc(e, perm);
	cell_task(e, target);
	cell_u64(e, type);
	cell_u32(e, mode);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/msg_queue_msgsnd", msg_queue_msgsnd, struct kern_ipc_perm *perm, struct msg_msg *msg, int flags)
{
	return ipc_describe_with(e, perm, flags);
}

/* Notes the creator of the object, within the namespace's share of the room. 0 or -ENOMEM. */
static __always_inline int ipc_made(struct tsem_scratch *e, struct kern_ipc_perm *perm)
{
	u64 address = address_of(e, perm);
	struct tsem_owner o = {};

	o.ns = e->record.ns;
	__builtin_memcpy(o.owner, e->record.task_id, TSEM_DIGEST_MAX);
	if (!room_take(o.ns, TSEM_ROOM_OBJECTS)) {
		namespace_lost(o.ns, TSEM_LOSS_STORAGE);
		return -ENOMEM;
	}
	if (!bpf_map_update_elem(&tsem_ipc, &address, &o, BPF_ANY))
		return 0;
	room_give(o.ns, TSEM_ROOM_OBJECTS);
	namespace_lost(o.ns, TSEM_LOSS_STORAGE);
	return -ENOMEM;
}

static __always_inline int ipc_freed(struct kern_ipc_perm *perm)
{
	u64 address = (u64)perm;
	struct tsem_owner *o = bpf_map_lookup_elem(&tsem_ipc, &address);
	u32 id = o ? o->ns : 0;

	if (o && !bpf_map_delete_elem(&tsem_ipc, &address))
		room_give(id, TSEM_ROOM_OBJECTS);
	return 0;
}

/* An object is made: its event, with this task as its owner. When it is freed, its owner is removed. */
#define TSEM_IPC_OBJECT(kind)                                         \
	SEC("lsm/" #kind "_alloc_security")                           \
	int BPF_PROG(tsem_##kind##_alloc, struct kern_ipc_perm *perm) \
	{                                                             \
		struct tsem_scratch *e;                               \
		int verdict;                                          \
                                                                      \
		e = event_begin(TSEM_EVENT_##kind##_alloc, &verdict); \
		if (!e)                                               \
			return verdict;                               \
		if (ipc_made(e, perm)) {                              \
			event_end(e, NOT_MODELED, WAITS_NOT);         \
			return -ENOMEM;                               \
		}                                                     \
		cell_ipc(e, perm);                                    \
		verdict = event_end(e, DESCRIBED, WAITS_NOT);         \
		if (verdict)                                          \
			ipc_freed(perm);                              \
		return verdict;                                       \
	}                                                             \
	SEC("lsm/" #kind "_free_security")                            \
	int BPF_PROG(tsem_##kind##_free, struct kern_ipc_perm *perm)  \
	{                                                             \
		return ipc_freed(perm);                               \
	}

TSEM_IPC_OBJECT(shm)
TSEM_IPC_OBJECT(sem)
TSEM_IPC_OBJECT(msg_queue)
