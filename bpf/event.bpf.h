/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one way of every event: event_begin(), cell_*() of the hook, event_end().
 *
 *	SEC("lsm/task_kill")
 *	int BPF_PROG(tsem_task_kill, struct task_struct *target, ...)
 *	{
 *		struct tsem_task *t = event_begin(TSEM_EVENT_task_kill, &verdict);
 *
 *		if (!t)
 *			return verdict;
 *		... describe ...
 *		return event_end(t);
 *	}
 *
 * No hook tests the verdict of an earlier BPF program (the usual `if (ret) return ret;`): the trampoline of an LSM hook
 * ends at the first program that denies, so that an earlier denial cannot be lifted and a later program is not run
 * (invoke_bpf_mod_ret() in arch/x86/net/bpf_jit_comp.c).
 */
#ifndef TSEM_EVENT_BPF_H
#define TSEM_EVENT_BPF_H

#include "model.bpf.h"

/* COE and subject anew: the credentials, the ids of the task or the pseudonyms changed since the last event. */
__noinline int subject_compute(struct tsem_task *t __arg_nonnull, u64 generation)
{
	const u64 *coe = (const u64 *)&t->record.coe;

	prf_init(t, tsem_memo_secret[0], tsem_memo_secret[1]);
	prf_word(t, t->ns);
	prf_word(t, generation);
	prf_digest(t, t->task_id);
	prf_digest(t, t->parent_task_id);
#pragma unroll
	for (u32 i = 0; i < sizeof(t->record.coe) / 8; i++)
		prf_word(t, coe[i]);
	prf_final(t, t->subject);
	t->subject_generation = generation;
	return 0;
}

#define COE_SET(field, value)                         \
	do {                                          \
		u32 now = (value);                    \
		changed |= now ^ t->record.coe.field; \
		t->record.coe.field = now;            \
	} while (0)

static __always_inline void subject_update(struct tsem_task *t)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct cred *cred = task->cred;
	struct tsem_globals *g = globals();
	u64 generation, changed = 0;

	if (t->nsref == TSEM_NSREF_CURRENT && cred->user_ns->level) {
		u64 uids = address_of(t, &cred->user_ns->uid_map);
		u64 gids = address_of(t, &cred->user_ns->gid_map);

		COE_SET(uid, id_from_kernel(uids, cred->uid.val));
		COE_SET(euid, id_from_kernel(uids, cred->euid.val));
		COE_SET(suid, id_from_kernel(uids, cred->suid.val));
		COE_SET(gid, id_from_kernel(gids, cred->gid.val));
		COE_SET(egid, id_from_kernel(gids, cred->egid.val));
		COE_SET(sgid, id_from_kernel(gids, cred->sgid.val));
		COE_SET(fsuid, id_from_kernel(uids, cred->fsuid.val));
		COE_SET(fsgid, id_from_kernel(gids, cred->fsgid.val));
	} else {
		COE_SET(uid, cred->uid.val);
		COE_SET(euid, cred->euid.val);
		COE_SET(suid, cred->suid.val);
		COE_SET(gid, cred->gid.val);
		COE_SET(egid, cred->egid.val);
		COE_SET(sgid, cred->sgid.val);
		COE_SET(fsuid, cred->fsuid.val);
		COE_SET(fsgid, cred->fsgid.val);
	}
	changed |= cred->cap_effective.val ^ t->record.coe.capeff;
	t->record.coe.capeff = cred->cap_effective.val;
	generation = g ? g->pseudonym_generation + 1 : 1;
	if (changed || t->subject_generation != generation)
		subject_compute(t, generation);
}

/*
 * The current task's event begins. NULL if there is nothing to describe; *verdict is then what the hook returns: 0 for
 * a task outside of every namespace and for what our own work or the kernel's own reaches, the namespace's answer for
 * an untrusted task.
 */
static __always_inline struct tsem_task *event_begin(u32 event, int *verdict)
{
	struct tsem_task *t = current_task();

	*verdict = 0;
	if (!t || t->busy || kernel_acts())
		return NULL;
	if (t->untrusted) {
		*verdict = hook_return(event_untrusted(t, event));
		return NULL;
	}
	t->busy = 1;
	t->record.event = event;
	t->record.shape = 0;
	t->record.flags = 0;
	t->record.cell_size = 0;
	t->unmodeled = 0;
	t->in_tail = 0;
	t->skips = 0;
	t->inodes = 0;
	subject_update(t);
	prf_init(t, t->subject[0], t->subject[1]);
	return t;
}

/* There is no event after all: the hook is not modeled for this object. */
static __always_inline int event_skip(struct tsem_task *t)
{
	t->busy = 0;
	return 0;
}

/* The event is described: map, decide, send. What the hook returns. */
static __always_inline int event_end(struct tsem_task *t)
{
	int verdict = coefficient_map(t, 0);

	if (!verdict)
		verdict = event_decide(t);
	t->busy = 0;
	return hook_return(verdict);
}

/* A whole event that says only that the hook was reached. */
static __always_inline int event_generic(u32 event)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	t->record.shape = TSEM_SHAPE_GENERIC;
	return event_end(t);
}

/* The program of a hook whose event is generic. It sleeps nowhere and looks at no argument. */
#define TSEM_GENERIC(name)                               \
	SEC("lsm/" #name)                                \
	int tsem_##name(void *ctx)                       \
	{                                                \
		return event_generic(TSEM_EVENT_##name); \
	}

#endif
