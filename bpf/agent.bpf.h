/* SPDX-License-Identifier: GPL-2.0 */
/*
 * External agents: question, wait, verdict.
 *
 *	question	question_open(): a slot of tsem_questions and the event number; then the record is sent
 *	wait		question_wait(): only in a program that may sleep
 *	verdict		question_answer(): tsem_control brings it, for one event of one task
 *
 * A slot has one state, and every change of it is a compare and swap. So a verdict and the end of a wait that come at
 * once agree on who was first. On a patched kernel the task sleeps (patch 7). On a stock kernel it gives the processor
 * away until the slot has an answer: bpf_copy_from_user_task() takes a lock that is a scheduling point.
 */
#ifndef TSEM_AGENT_BPF_H
#define TSEM_AGENT_BPF_H

#include "coefficient.bpf.h"

#define SIGKILL 9
#define SIGNAL_BIT(number) (1ULL << ((number) - 1))
#define QUESTION_TRIES 8
#define NSEC_PER_MSEC 1000000ULL

static __always_inline bool namespace_external(const struct tsem_namespace *ns)
{
	return ns->agent == TSEM_AGENT_EXTERNAL;
}

static __always_inline struct tsem_question *question_find(u32 ns, u64 number)
{
	struct tsem_question_key key = { .ns = ns, .slot = number % TSEM_QUESTION_SLOTS };
	struct tsem_question *q = bpf_map_lookup_elem(&tsem_questions, &key);

	return q && *(volatile u64 *)&q->number == number ? q : NULL;
}

static __always_inline void question_close(u32 ns, u64 number)
{
	struct tsem_question_key key = { .ns = ns, .slot = number % TSEM_QUESTION_SLOTS };

	bpf_map_delete_elem(&tsem_questions, &key);
}

/*
 * Takes an event number and its slot for a question about the current event. It skips slots whose task still waits.
 * The event number, or 0: there is no slot.
 */
__noinline u64 question_open(struct tsem_scratch *e __arg_nonnull, u32 waits)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_question new = {
		.task_number = e->record.task_number,
		.pid = task->pid,
		.state = waits ? TSEM_QUESTION_WAITED : TSEM_QUESTION_OPEN,
		.event = e->record.event,
	};
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	struct tsem_question_key key = { .ns = e->record.ns };
	u32 i;

	if (!ns)
		return 0;
	__builtin_memcpy(new.coefficient, e->key.coefficient, TSEM_KEY_SIZE);
	bpf_for(i, 0, QUESTION_TRIES) {
		struct tsem_question *old;

		new.number = __sync_fetch_and_add(&ns->records, 1) + 1;
		key.slot = new.number % TSEM_QUESTION_SLOTS;
		old = bpf_map_lookup_elem(&tsem_questions, &key);
		/* Nobody waits for the old answer any more. Its slot is free if another task does not take it first. */
		if (old && __sync_val_compare_and_swap(&old->state, TSEM_QUESTION_OPEN, 0) == TSEM_QUESTION_OPEN)
			bpf_map_delete_elem(&tsem_questions, &key);
		if (!bpf_map_update_elem(&tsem_questions, &key, &new, BPF_NOEXIST))
			return new.number;
	}
	return 0;
}

/* Notes whether the event of a question that nobody waits for goes on. */
static __always_inline void question_mark(u32 ns, u64 number, bool passes)
{
	struct tsem_question *q = question_find(ns, number);

	if (q)
		q->passed = passes;
}

/* Will the current task be killed? Then it must not wait. */
static __always_inline bool task_dying(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->pending.signal.sig[0] & SIGNAL_BIT(SIGKILL);
}

/* One turn of waiting on a stock kernel. Where it reads does not matter. */
static __always_inline void task_yield(void)
{
	char byte;

	bpf_copy_from_user_task(&byte, sizeof(byte), NULL, bpf_get_current_task_btf(), 0);
}

/* Sleeps until the verdict comes, `ms` at most. The slot has the verdict; this only ends the sleep. */
static __always_inline void question_sleep(struct tsem_question *q, u32 ms)
{
	struct bpf_tsem_wait *wait = bpf_tsem_wait_begin(q->task_number, q->number);
	s32 verdict;

	if (!wait)
		return;
	/* The verdict may have come before this waiter was there. */
	if (*(volatile u32 *)&q->state != TSEM_QUESTION_WAITED)
		ms = 0;
	bpf_tsem_wait_end(wait, ms, &verdict);
}

/*
 * Waits for the verdict about event `number`. Sleeps. Ends after `ms`, or when the task is being killed; the question
 * then stays open. `passes`: the event goes on without a verdict. An enum tsem_verdict.
 */
__noinline u32 question_wait(u32 ns, u64 number, u32 ms, u32 passes)
{
	u64 end = bpf_ktime_get_ns() + ms * NSEC_PER_MSEC;
	struct tsem_question *q = question_find(ns, number);
	u32 state;

	if (!q)
		return TSEM_VERDICT_NONE;
	if (bpf_ksym_exists(bpf_tsem_wait_begin)) {
		question_sleep(q, ms);
	} else {
		while (can_loop) {
			if (*(volatile u32 *)&q->state != TSEM_QUESTION_WAITED || task_dying() ||
			    bpf_ktime_get_ns() >= end)
				break;
			task_yield();
		}
	}
	q->passed = passes;
	state = __sync_val_compare_and_swap(&q->state, TSEM_QUESTION_WAITED, TSEM_QUESTION_OPEN);
	if (state == TSEM_QUESTION_WAITED)
		return TSEM_VERDICT_NONE;
	question_close(ns, number);
	return state == TSEM_QUESTION_TRUSTED ? TSEM_VERDICT_TRUSTED : TSEM_VERDICT_UNTRUSTED;
}

/* Keeps the verdict as the coefficient's: nobody is asked about it again. */
static __always_inline void verdict_keep(struct tsem_namespace *ns, const u8 *coefficient, u32 verdict)
{
	struct tsem_coefficient_key key = { .ns = ns->id };
	bool valid = verdict == TSEM_VERDICT_TRUSTED, before;
	struct tsem_coefficient *c;

	__builtin_memcpy(key.coefficient, coefficient, TSEM_KEY_SIZE);
	c = bpf_map_lookup_elem(&tsem_coefficients, &key);
	if (!c)
		return;
	c->verdict = verdict;
	before = c->valid;
	/* A coefficient that was undone has no place in the model before its event comes again. */
	if (before == valid || c->sequence == TSEM_UNDONE)
		return;
	c->valid = valid;
	__sync_fetch_and_add(&ns->forensics, valid ? -1 : 1);
	if (valid)
		return;
	/* The agent has changed its mind: what the memo has is void. */
	__sync_fetch_and_add(&ns->epoch, 1);
	settings_changed();
}

/* Makes the task of a question untrusted, if it still lives. */
__noinline int question_distrust(u32 pid, u64 number)
{
	struct task_struct *task = bpf_task_from_pid(pid);
	struct tsem_namespace *ns;
	struct tsem_scratch *e;
	struct tsem_task *t;

	if (!task)
		return 0;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	if (t && t->number == number && !t->untrusted) {
		t->untrusted = 1;
		ns = namespace_of(t->ns);
		if (ns)
			__sync_fetch_and_add(&ns->untrusted_tasks, 1);
		e = bpf_task_storage_get(&tsem_scratch, task, 0, 0);
		if (e)
			e->untrusted = 1;
		settings_changed();
	}
	bpf_task_release(task);
	return 0;
}

/* Nobody waits, and the event went on: does to the task what the action demands. An enum tsem_answered. */
static __always_inline u32 question_late(struct tsem_namespace *ns, struct tsem_question *q, u32 verdict)
{
	u32 event = q->event, action = at_most(event, TSEM_EVENT_ROOM - 1) ? ns->action[event] : 0;

	if (verdict != TSEM_VERDICT_UNTRUSTED || !q->passed || ns->mode == TSEM_MODE_SEALED)
		return TSEM_ANSWERED;
	__sync_fetch_and_add(&ns->violations, 1);
	if (action == TSEM_ACTION_KILL) {
		__sync_fetch_and_add(&ns->killed, 1);
		return TSEM_ANSWERED_KILL;
	}
	if (action == TSEM_ACTION_UNTRUST)
		question_distrust(q->pid, q->task_number);
	return TSEM_ANSWERED;
}

/* Brings a verdict. 0 and *answered, an enum tsem_answered; -ENOENT: it fits no question; -EINVAL: it is none. */
static __always_inline int question_answer(struct tsem_namespace *ns, const struct tsem_answer *answer, u64 *answered)
{
	u32 state = answer->verdict == TSEM_VERDICT_TRUSTED ? TSEM_QUESTION_TRUSTED : TSEM_QUESTION_UNTRUSTED;
	struct tsem_question *q = question_find(ns->id, answer->number);
	u64 number = answer->number, task = answer->task_number;
	u32 verdict = answer->verdict, before = 0;

	if (verdict != TSEM_VERDICT_TRUSTED && verdict != TSEM_VERDICT_UNTRUSTED)
		return -EINVAL;
	if (q && q->task_number == task) {
		before = __sync_val_compare_and_swap(&q->state, TSEM_QUESTION_WAITED, state);
		if (before != TSEM_QUESTION_WAITED)
			before = __sync_val_compare_and_swap(&q->state, TSEM_QUESTION_OPEN, state);
	}
	if (!q || (before != TSEM_QUESTION_WAITED && before != TSEM_QUESTION_OPEN)) {
		__sync_fetch_and_add(&ns->refused, 1);
		return -ENOENT;
	}
	__sync_fetch_and_add(&ns->verdicts, 1);
	verdict_keep(ns, q->coefficient, verdict);
	if (before == TSEM_QUESTION_OPEN) {
		*answered = question_late(ns, q, verdict);
		question_close(ns->id, number);
	} else if (bpf_ksym_exists(bpf_tsem_wait_release)) {
		bpf_tsem_wait_release(task, number, 0);
	}
	return 0;
}

#endif
