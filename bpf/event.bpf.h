/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of every event: begin, describe, map, decide.
 *
 *	TSEM_EVENT_PROGRAM("lsm/task_kill", task_kill, struct task_struct *target, ...)
 *	{
 *		cell_task(e, target);
 *		return DESCRIBED;
 *	}
 *
 * The macro makes the program of a hook from the function that describes the event. This function gets the scratch `e`
 * and the arguments of the hook. It returns DESCRIBED, or NOT_MODELED if the hook is not modeled for this object.
 *
 * No hook tests the verdict of an earlier BPF program (the usual `if (ret) return ret;`). The trampoline of an LSM hook
 * ends at the first program that denies. So no program can lift an earlier denial, and later programs do not run
 * (invoke_bpf_mod_ret() in arch/x86/net/bpf_jit_comp.c).
 */
#ifndef TSEM_EVENT_BPF_H
#define TSEM_EVENT_BPF_H

#include "model.bpf.h"

#define DESCRIBED 0
#define NOT_MODELED 1

/* Copies settings of the namespace to the scratch. Every change of these settings moves tsem_generation. */
static __always_inline void settings_refresh(struct tsem_scratch *e)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);

	e->memo_owner = MEMO_NOBODY;
	if (!ns)
		return;
	e->asks = namespace_external(ns) && ns->ask == TSEM_ASK_EVERY;
	if (!e->untrusted && !e->asks)
		e->memo_owner = ns->id | (u64)ns->epoch << 32;
	e->pseudonyms = ns->pseudonyms != 0;
	e->patterns = ns->patterns;
	e->mark_devices = ns->mark_devices;
	e->instances = ns->instances;
}

/* An entry of tsem_texts that is being removed. */
#define TEXT_GONE (1U << 31)

/* Ends text_begin(): the task has mapped the inode by now, or will not map it. */
__noinline int text_end(u64 inode)
{
	struct tsem_text *text = bpf_map_lookup_elem(&tsem_texts, &inode);
	u32 id;

	if (!text || __sync_fetch_and_add(&text->tasks, -1) != 1)
		return 0;
	id = text->ns;
	if (!__sync_val_compare_and_swap(&text->tasks, 0, TEXT_GONE) && !bpf_map_delete_elem(&tsem_texts, &inode))
		room_give(id, TSEM_ROOM_TEXTS);
	return 0;
}

/*
 * Does what the last event has left to do. A capability check may come in the middle of a creation or of a mapping,
 * which is too early. Then the next event does it.
 */
static __always_inline void event_do_due(struct tsem_scratch *e)
{
	bool settles = e->pending & ~PENDING;

	if (e->record.event == TSEM_EVENT_capable) {
		if (e->text || settles)
			event_due(e);
		return;
	}
	if (e->text) {
		text_end(e->text);
		e->text = 0;
	}
	if (settles)
		creation_settle(e);
}

/*
 * Are the ids of the credentials side by side in struct cred (uid gid suid sgid euid egid fsuid fsgid)? Then
 * subject_update() can compare them two to a word. It uses struct itimerspec64 as a type for four words at any address.
 */
static __always_inline bool ids_together(void)
{
	return bpf_core_field_offset(struct cred, fsgid) == bpf_core_field_offset(struct cred, uid) + 28;
}

/* Computes the subject: the hash of who acts. A function of its own: the verifier follows it once. */
__noinline int subject_hash(struct tsem_scratch *e __arg_nonnull)
{
	struct prf p;

	prf_init(&p, tsem_subject_secret[0], tsem_subject_secret[1]);
	prf_word(&p, e->record.digest | (u64)e->record.encoding << 32);
	prf_words(&p, (const u64 *)e->record.task_id, TSEM_DIGEST_MAX / 8);
	prf_words(&p, (const u64 *)e->record.parent_task_id, TSEM_DIGEST_MAX / 8);
	prf_words(&p, (const u64 *)&e->record.coe, sizeof(e->record.coe) / 8);
	prf_final(&p, e->subject);
	return 0;
}

/*
 * Renews COE and subject, and does what the last event has left to do. Called if the credentials, the TASK_ID or the
 * settings have changed since the last event, or if that event has called event_due().
 */
__noinline int subject_refresh(struct tsem_scratch *e __arg_nonnull, u64 generation)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const u64 *coe = (const u64 *)&e->record.coe;
	u64 old[sizeof(e->record.coe) / 8], changed = e->generation ^ generation;
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	if (!t)
		return 0;
	event_do_due(e);
	/* If the ids of the kernel alone do not say who acts, every event has to look. */
	if (e->nsref != TSEM_NSREF_INITIAL || !ids_together())
		event_due(e);
	__builtin_memcpy(old, coe, sizeof(old));
	coe_fill(e, address_of(e, plain(task)->cred), &e->record.coe);
	for (u32 i = 0; i < sizeof(old) / 8; i++)
		changed |= old[i] ^ coe[i];
	if (!changed)
		return 0;
	settings_refresh(e);
	__builtin_memcpy(e->record.task_id, t->task_id, TSEM_DIGEST_MAX);
	__builtin_memcpy(e->record.parent_task_id, t->parent_task_id, TSEM_DIGEST_MAX);
	subject_hash(e);
	e->generation = generation;
	return 0;
}

static __always_inline void subject_update(struct tsem_scratch *e, const struct cred *cred, u64 capeff)
{
	struct itimerspec64 *ids =
		bpf_core_cast((void *)cred + bpf_core_field_offset(struct cred, uid), struct itimerspec64);
	u64 generation = *(volatile u64 *)&tsem_generation + 1;
	u64 id0 = ids->it_interval.tv_sec, id1 = ids->it_interval.tv_nsec;
	u64 id2 = ids->it_value.tv_sec, id3 = ids->it_value.tv_nsec;

	if (e->generation == generation &&
	    !((e->ids[0] ^ id0) | (e->ids[1] ^ id1) | (e->ids[2] ^ id2) | (e->ids[3] ^ id3)) &&
	    e->record.coe.capeff == capeff)
		return;
	e->ids[0] = id0, e->ids[1] = id1, e->ids[2] = id2, e->ids[3] = id3;
	subject_refresh(e, generation);
}

/* Makes the scratch of the current task, or fills an empty one. NULL: no memory. */
static __noinline struct tsem_scratch *scratch_make(struct tsem_task *t)
{
	struct tsem_globals *g = globals();
	struct tsem_scratch *e;

	e = bpf_task_storage_get(&tsem_scratch, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!e || !g)
		return NULL;
	e->generation = 0;
	e->pending = 0;
	e->untrusted = t->untrusted;
	e->nsref = t->nsref;
	e->scope = t->scope;
	__builtin_memcpy(e->empty, t->empty, TSEM_DIGEST_MAX);
	e->record.magic = TSEM_RECORD_MAGIC;
	e->record.version = TSEM_RECORD_VERSION;
	e->record.load = g->load;
	e->record.ns = t->ns;
	e->record.task_number = t->number;
	e->record.parent_number = t->parent_number;
	e->record.digest = t->digest;
	e->record.content = t->content;
	e->record.encoding = t->encoding;
	e->record.digest_size = t->digest_size;
	return e;
}

/* The scratch of `task`, the current one, or NULL. Only a modeled task has a scratch. */
static __always_inline struct tsem_scratch *scratch_of(struct task_struct *task)
{
	return task->bpf_storage ? bpf_task_storage_get(&tsem_scratch, task, 0, 0) : NULL;
}

__noinline int guard_count(void)
{
	struct tsem_globals *g = globals();

	if (g)
		__sync_fetch_and_add(&g->guarded, 1);
	return 0;
}

static __always_inline int guard_deny(void)
{
	guard_count();
	return -EPERM;
}

#define READ_IMPLIES_EXEC 0x0400000

/*
 * With this personality brk(2) gives executable memory, and no hook reports it. So the guard denies every event of such
 * a task in a namespace other than the root.
 */
static __always_inline bool guard_personality(struct tsem_scratch *e, struct task_struct *task)
{
	return task->personality & READ_IMPLIES_EXEC && e->record.ns;
}

/*
 * Begins an event of the current task. NULL: there is nothing to describe, and the hook returns *verdict. This is 0 if
 * the task is not modeled, if our own work reached the hook, or if the kernel acts for itself. If there is no memory
 * for the description, the loss is counted and a task of a namespace other than the root is denied.
 */
static __always_inline struct tsem_scratch *event_begin(u32 event, int *verdict)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *same;
	const struct cred *cred;
	struct tsem_scratch *e;
	struct tsem_task *t;
	u64 capeff;

	*verdict = 0;
	/* A task without storage is in no namespace but the root. */
	if (!task->bpf_storage && !tsem_root_settings.on)
		return NULL;
	e = bpf_task_storage_get(&tsem_scratch, task, 0, 0);
	if (e && e->busy)
		return NULL;
	same = plain(task);
	cred = same->cred;
	capeff = cred->cap_effective.val;
	if (kernel_acts(same, cred, capeff))
		return NULL;
	if (!e || !e->record.magic) {
		t = task_adopted();
		if (!t)
			return NULL;
		e = scratch_make(t);
		if (!e) {
			namespace_lost(t->ns, TSEM_LOSS_STORAGE);
			*verdict = hook_return(t->ns);
			return NULL;
		}
	}
	if (guard_personality(e, task)) {
		*verdict = guard_deny();
		return NULL;
	}
	e->busy = 1;
	cell_clear(e);
	e->record.event = event;
	/* While the kernel makes an inode, it only checks capabilities. file_open clears `creating` itself. */
	if (event != TSEM_EVENT_capable && event != TSEM_EVENT_file_open)
		e->creating = 0;
	subject_update(e, cred, capeff);
	return e;
}

/* What is left to do when the event is decided. */
static __always_inline void event_close(struct tsem_scratch *e, int verdict)
{
	/* A denied creation gets no mark. A denied capability in the middle of a creation need not end the creation. */
	if (verdict && e->record.event != TSEM_EVENT_capable)
		e->creating_instance = 0;
	e->busy = 0;
}

/*
 * Maps and decides the described event. 0 or -EPERM; EVENT_ASKED, if its hook can wait (`waits`): then the event is
 * neither decided nor closed.
 */
__noinline int event_finish(struct tsem_scratch *e __arg_nonnull, u32 waits)
{
	int known, verdict;

	memo_key(e, memo_kind(e, 0));
	if (memo_use(e)) {
		e->busy = 0;
		return 0;
	}
	known = coefficient_map(e, 0);
	if (known < 0)
		verdict = event_undescribed(e->record.event, TSEM_LOSS_HASH);
	else
		verdict = event_decide(e, known, waits);
	/* Extend here and not in root_log(), where too little stack is left. */
	if (tsem_root_settings.on && !e->record.ns && known <= 0)
		root_extend();
	if (verdict != EVENT_ASKED)
		event_close(e, verdict);
	return verdict;
}

/* Does a program of this section sleep, so that its event can wait for a verdict? A constant. */
#define SECTION_SLEEPS(section) ((section)[3] == '.')
#define WAITS true
#define WAITS_NOT false

/*
 * Ends the event and returns the hook's return value. `described` is what the description has returned. `waits`, a
 * constant: this program may sleep.
 */
static __always_inline int event_end(struct tsem_scratch *e, int described, bool waits)
{
	int verdict;

	if (described == NOT_MODELED) {
		e->busy = 0;
		return 0;
	}
	/*
	 * To open a file that is not in the model is EACCES, as if its permissions did not allow it. Programs expect
	 * that: a web server answers 403, and goes on. They take EPERM there for a fault of their own.
	 */
	verdict = event_finish(e, waits);
	if (waits && verdict == EVENT_ASKED) {
		verdict = event_wait(e);
		event_close(e, verdict);
	}
	if (verdict)
		return hook_return_error(true,
					 e->record.event == TSEM_EVENT_file_open && !e->untrusted ? EACCES : EPERM);
	return 0;
}

/* Ends an event that says only that the task reached the hook. */
static __always_inline int event_generic(struct tsem_scratch *e)
{
	e->record.flags = TSEM_RECORD_GENERIC;
	return event_end(e, DESCRIBED, WAITS_NOT);
}

/* The programs of patch 6 sleep. Set by `tsem-bpf load`. */
const volatile bool tsem_sleeps_more = false;

/* clang-format would take a _Pragma as a part of the statement after it. */
/* clang-format off */

/*
 * Makes the program tsem_`event` of a hook, and the head of the describing function. See the top of this file. If the
 * expression `guard` is true, the program denies the hook to a task of a namespace other than the root, whatever its
 * model says. The program evaluates the guard before it describes anything. `waits`: see event_end().
 */
#define TSEM_PROGRAM(section, waits, event, guard, args...)                                                     \
	static __always_inline int describe_##event(struct tsem_scratch *e, unsigned long long *ctx, ##args);   \
	static __always_inline bool guard_of_##event(struct tsem_scratch *e, unsigned long long *ctx, ##args)   \
	{                                                                                                       \
		return e->record.ns && (guard);                                                                 \
	}                                                                                                       \
	SEC(section)                                                                                            \
	int tsem_##event(unsigned long long *ctx)                                                               \
	{                                                                                                       \
		struct tsem_scratch *e;                                                                         \
		int verdict;                                                                                    \
                                                                                                                \
		e = event_begin(TSEM_EVENT_##event, &verdict);                                                  \
		if (!e)                                                                                         \
			return verdict;                                                                         \
		_Pragma("GCC diagnostic push")                                                                  \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                                          \
		if (guard_of_##event(e, ___bpf_ctx_cast(args))) {                                               \
			e->busy = 0;                                                                            \
			return guard_deny();                                                                    \
		}                                                                                               \
		return event_end(e, describe_##event(e, ___bpf_ctx_cast(args)), waits);                         \
		_Pragma("GCC diagnostic pop")                                                                   \
	}                                                                                                       \
	static __always_inline int describe_##event(struct tsem_scratch *e, unsigned long long *ctx, ##args)

#define TSEM_EVENT_PROGRAM(section, event, args...) \
	TSEM_PROGRAM(section, SECTION_SLEEPS(section), event, false, ##args)

#define TSEM_GUARDED_PROGRAM(section, event, guard, args...) \
	TSEM_PROGRAM(section, SECTION_SLEEPS(section), event, guard, ##args)

/* The same for hooks in which programs may sleep on a patched kernel (patch 6): `load` says whether they do. */
#define TSEM_PATCHED_PROGRAM(section, event, args...) TSEM_PROGRAM(section, tsem_sleeps_more, event, false, ##args)

#define TSEM_PATCHED_GUARDED_PROGRAM(section, event, guard, args...) \
	TSEM_PROGRAM(section, tsem_sleeps_more, event, guard, ##args)

/* clang-format on */

/* Makes the program of a hook with a generic event: it says only that the task reached the hook, with no argument. */
#define TSEM_GENERIC(name)                             \
	TSEM_EVENT_PROGRAM("lsm/" #name, name)         \
	{                                              \
		e->record.flags = TSEM_RECORD_GENERIC; \
		return DESCRIBED;                      \
	}

/* TASK: TASK_ID of a task; zero bytes for a task in no namespace, or for a root task in another namespace's event. */
static __always_inline void cell_task(struct tsem_scratch *e, struct task_struct *task)
{
	struct tsem_task *of = task_named(e->record.ns, task);

	if (of)
		cell_digest(e, of->task_id);
	else
		cell_digest(e, (const u8 *)digest_none);
}

/* TASK64: the same, padded with zeros to 64 bytes. */
static __always_inline void cell_task64(struct tsem_scratch *e, struct task_struct *task)
{
	struct tsem_task *of = task_named(e->record.ns, task);

	if (of)
		cell_digest64(e, of->task_id);
	else
		cell_digest64(e, (const u8 *)digest_none);
}

/* See cell_creds(). */
__noinline int creds_describe(struct tsem_scratch *e __arg_nonnull, u64 cred)
{
	struct tsem_coe *coe = cell_room(e, sizeof(*coe));

	if (!coe)
		return -E2BIG;
	coe_fill(e, cred, coe);
	cell_u32(e, bpf_core_cast((void *)cred, struct cred)->securebits);
	return 0;
}

/* CREDS. */
static __always_inline void cell_creds(struct tsem_scratch *e, const struct cred *cred)
{
	creds_describe(e, address_of(e, cred));
}

#endif
