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
__noinline int subject_refresh(struct tsem_task *t __arg_nonnull, u64 generation)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const u64 *coe = (const u64 *)&t->record.coe;
	u64 old[sizeof(t->record.coe) / 8], changed = t->subject_generation ^ generation;
	struct prf p;

	__builtin_memcpy(old, coe, sizeof(old));
	coe_fill(t, address_of(t, task->cred), &t->record.coe);
	for (u32 i = 0; i < sizeof(old) / 8; i++)
		changed |= old[i] ^ coe[i];
	if (!changed)
		return 0;
	prf_init(&p, tsem_subject_secret[0], tsem_subject_secret[1]);
	prf_word(&p, t->ns);
	prf_word(&p, generation);
	prf_words(&p, (const u64 *)t->task_id, TSEM_DIGEST_MAX / 8);
	prf_words(&p, (const u64 *)t->parent_task_id, TSEM_DIGEST_MAX / 8);
	prf_words(&p, coe, sizeof(t->record.coe) / 8);
	prf_final(&p, t->subject);
	t->subject_generation = generation;
	return 0;
}

/*
 * The ids of the credentials, two to a word. They stand one after the other in struct cred (uid gid suid sgid euid egid
 * fsuid fsgid), which ids_together() tests; struct timespec64 serves as a name for two words at any address.
 */
static __always_inline bool ids_together(void)
{
	return bpf_core_field_offset(struct cred, fsgid) == bpf_core_field_offset(struct cred, uid) + 28;
}

static __always_inline void subject_update(struct tsem_task *t)
{
	const struct cred *cred = bpf_get_current_task_btf()->cred;
	void *ids = (void *)address_of(t, cred) + bpf_core_field_offset(struct cred, uid);
	struct timespec64 *low = bpf_core_cast(ids, struct timespec64);
	struct timespec64 *high = bpf_core_cast(ids + 16, struct timespec64);
	struct tsem_globals *g = globals();
	u64 generation = g ? g->pseudonym_generation + 1 : 1;
	u64 id0 = low->tv_sec, id1 = low->tv_nsec, id2 = high->tv_sec, id3 = high->tv_nsec;

	if (ids_together() && t->nsref == TSEM_NSREF_INITIAL && t->subject_generation == generation &&
	    !((t->ids[0] ^ id0) | (t->ids[1] ^ id1) | (t->ids[2] ^ id2) | (t->ids[3] ^ id3)) &&
	    t->record.coe.capeff == cred->cap_effective.val)
		return;
	t->ids[0] = id0, t->ids[1] = id1, t->ids[2] = id2, t->ids[3] = id3;
	subject_refresh(t, generation);
}

/*
 * The current task's event begins. NULL if there is nothing to describe; *verdict is then what the hook returns: 0 for
 * a task that is not modeled and for what our own work or the kernel's own reaches, the namespace's answer for
 * an untrusted task.
 */
static __always_inline struct tsem_task *event_begin(u32 event, int *verdict)
{
	struct tsem_task *t = event_task();

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
	t->owned = 0;
	subject_update(t);
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

/* The storage whose TASK_ID an event of `t` may name: no root task's, or a model would depend on how that is modeled.
 */
static __always_inline struct tsem_task *named_task(struct tsem_task *t, struct task_struct *task)
{
	struct tsem_task *of = NULL;

	if (task->bpf_storage)
		of = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	return of && (!tsem_root_settings.on || of->ns || !t->ns) ? of : NULL;
}

/* TASK: TASK_ID of a task; zero bytes for a task outside of every namespace. */
static __always_inline void cell_task(struct tsem_task *t, struct task_struct *task)
{
	struct tsem_task *of = named_task(t, task);

	if (of)
		cell_digest(t, of->task_id);
	else
		cell_digest(t, (const u8 *)digest_none);
}

/* TASK64: the same, padded with zeros to 64 bytes. */
static __always_inline void cell_task64(struct tsem_task *t, struct task_struct *task)
{
	struct tsem_task *of = named_task(t, task);

	if (of)
		cell_digest64(t, of->task_id);
	else
		cell_digest64(t, (const u8 *)digest_none);
}

/* See cell_creds(). */
__noinline int creds_describe(struct tsem_task *t __arg_nonnull, u64 cred)
{
	struct tsem_coe *coe = cell_room(t, sizeof(*coe));

	if (!coe)
		return -E2BIG;
	coe_fill(t, cred, coe);
	cell_u32(t, bpf_core_cast((void *)cred, struct cred)->securebits);
	return 0;
}

/* CREDS. */
static __always_inline void cell_creds(struct tsem_task *t, const struct cred *cred)
{
	creds_describe(t, address_of(t, cred));
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
