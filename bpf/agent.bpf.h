/* SPDX-License-Identifier: GPL-2.0 */
/*
 * External agents: question, wait, verdict.
 *
 *	question	question_open(): a slot of tsem_questions and the event number; then the record is sent
 *	wait		question_wait(): only in a program that may sleep
 *	verdict		question_answer(): tsem_control brings it, for one event of one task
 *
 * A slot has one word: the event number and the state of its question. Every change of it is one atomic step. So a
 * verdict and the end of a wait that come at once agree on who was first, and a verdict reaches no later question. On a
 *patched kernel the task sleeps (patch 7). On a stock kernel it gives the processor away until the slot has an answer:
 *bpf_copy_from_user_task() takes a lock that is a scheduling point.
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

static __always_inline u64 question_word(u64 number, u32 state)
{
	return number << TSEM_QUESTION_STATE_BITS | state;
}

static __always_inline u32 question_state(u64 word)
{
	return word & ((1 << TSEM_QUESTION_STATE_BITS) - 1);
}

/* The slot of the event `number`, whatever question it has, or NULL. */
static __always_inline struct tsem_question *question_slot(u32 ns, u64 number)
{
	struct tsem_question_key key = { .ns = ns, .slot = number % TSEM_QUESTION_SLOTS };

	return bpf_map_lookup_elem(&tsem_questions, &key);
}

/* The same; makes it if need be. */
static __always_inline struct tsem_question *question_room(u32 ns, u64 number)
{
	struct tsem_question_key key = { .ns = ns, .slot = number % TSEM_QUESTION_SLOTS };
	struct tsem_question *q = bpf_map_lookup_elem(&tsem_questions, &key), none = {};

	if (q)
		return q;
	/* Another task may make it first. */
	bpf_map_update_elem(&tsem_questions, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tsem_questions, &key);
}

/*
 * Takes an event number and its slot for a question about the current event. It skips slots that a task still needs.
 * `passes`: the event goes on without a verdict. The event number, or 0: there is no slot.
 */
__noinline u64 question_open(struct tsem_scratch *e __arg_nonnull, u32 waits, u32 passes)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	u32 i;

	if (!ns)
		return 0;
	bpf_for(i, 0, QUESTION_TRIES) {
		u64 number = __sync_fetch_and_add(&ns->records, 1) + 1, old;
		struct tsem_question *q = question_room(e->record.ns, number);

		if (!q)
			continue;
		old = *(volatile u64 *)&q->word;
		if (question_state(old) != TSEM_QUESTION_FREE && question_state(old) != TSEM_QUESTION_OPEN)
			continue;
		if (__sync_val_compare_and_swap(&q->word, old, question_word(number, TSEM_QUESTION_MADE)) != old)
			continue;
		q->task_number = e->record.task_number;
		q->pid = task->pid;
		q->event = e->record.event;
		q->passes = passes;
		__builtin_memcpy(q->coefficient, e->key.coefficient, TSEM_KEY_SIZE);
		__sync_lock_test_and_set(&q->word,
					 question_word(number, waits ? TSEM_QUESTION_WAITED : TSEM_QUESTION_OPEN));
		return number;
	}
	return 0;
}

/* The question was not sent. */
static __always_inline void question_close(u32 ns, u64 number)
{
	struct tsem_question *q = question_slot(ns, number);

	if (q)
		__sync_lock_test_and_set(&q->word, question_word(number, TSEM_QUESTION_FREE));
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
static __always_inline void question_sleep(struct tsem_question *q, u64 waited, u32 ms)
{
	struct bpf_tsem_wait *wait = bpf_tsem_wait_begin(q->task_number, waited >> TSEM_QUESTION_STATE_BITS);
	s32 verdict;

	if (!wait)
		return;
	/* The verdict may have come before this waiter was there. */
	if (*(volatile u64 *)&q->word != waited)
		ms = 0;
	bpf_tsem_wait_end(wait, ms, &verdict);
}

/*
 * Waits for the verdict about event `number`. Sleeps. Ends after `ms`, or when the task is being killed; the question
 * then stays open. An enum tsem_verdict.
 */
__noinline u32 question_wait(u32 ns, u64 number, u32 ms)
{
	u64 end = bpf_ktime_get_ns() + ms * NSEC_PER_MSEC, waited = question_word(number, TSEM_QUESTION_WAITED);
	struct tsem_question *q = question_slot(ns, number);
	u64 word;

	/* Nobody else takes a slot away from a task that waits. */
	if (!q)
		return TSEM_VERDICT_NONE;
	if (bpf_ksym_exists(bpf_tsem_wait_begin)) {
		question_sleep(q, waited, ms);
	} else {
		while (can_loop) {
			if (*(volatile u64 *)&q->word != waited || task_dying() || bpf_ktime_get_ns() >= end)
				break;
			task_yield();
		}
	}
	word = __sync_val_compare_and_swap(&q->word, waited, question_word(number, TSEM_QUESTION_OPEN));
	if (word == waited)
		return TSEM_VERDICT_NONE;
	__sync_lock_test_and_set(&q->word, question_word(number, TSEM_QUESTION_FREE));
	return question_state(word) == TSEM_QUESTION_TRUSTED ? TSEM_VERDICT_TRUSTED : TSEM_VERDICT_UNTRUSTED;
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

/* A verdict that nobody waits for is untrusted: does to the task what the action demands. An enum tsem_answered. */
static __always_inline u32 question_late(struct tsem_namespace *ns, u32 event, u32 pid, u64 task)
{
	u32 action = at_most(event, TSEM_EVENT_ROOM - 1) ? ns->action[event] : 0;

	__sync_fetch_and_add(&ns->violations, 1);
	if (action == TSEM_ACTION_UNTRUST)
		question_distrust(pid, task);
	if (action != TSEM_ACTION_KILL || ns->mode == TSEM_MODE_SEALED)
		return TSEM_ANSWERED;
	__sync_fetch_and_add(&ns->killed, 1);
	return TSEM_ANSWERED_KILL;
}

/* What a slot has about the question of event `number`, which is in `word`. */
struct question_copy {
	u64 task_number;
	u32 pid;
	u16 event;
	u16 passes;
	u8 coefficient[TSEM_KEY_SIZE];
};

/*
 * Answers the question of event `number` if its task is `task`: copies it, and moves its state in one step. So an
 * answer never reaches a later question in the same slot. The state before, or TSEM_QUESTION_FREE: it fits no question.
 */
static __always_inline u32 question_take(u32 ns, u64 number, u64 task, u32 answer, struct question_copy *copy)
{
	struct tsem_question *q = question_slot(ns, number);
	u32 i;

	if (!q)
		return TSEM_QUESTION_FREE;
	/* Twice: its task may stop waiting in between. */
	bpf_for(i, 0, 2) {
		u64 word = *(volatile u64 *)&q->word;
		u32 state = question_state(word), next = state == TSEM_QUESTION_WAITED ? answer : TSEM_QUESTION_FREE;

		read_fence();
		if (word >> TSEM_QUESTION_STATE_BITS != number ||
		    (state != TSEM_QUESTION_WAITED && state != TSEM_QUESTION_OPEN) || q->task_number != task)
			return TSEM_QUESTION_FREE;
		copy->pid = q->pid;
		copy->event = q->event;
		copy->passes = q->passes;
		__builtin_memcpy(copy->coefficient, q->coefficient, TSEM_KEY_SIZE);
		if (__sync_val_compare_and_swap(&q->word, word, question_word(number, next)) == word)
			return state;
	}
	return TSEM_QUESTION_FREE;
}

/* Brings a verdict. 0 and *answered, an enum tsem_answered; -ENOENT: it fits no question; -EINVAL: it is none. */
static __always_inline int question_answer(struct tsem_namespace *ns, const struct tsem_answer *answer, u64 *answered)
{
	u64 number = answer->number, task = answer->task_number;
	u32 verdict = answer->verdict, before;
	struct question_copy copy = {};

	if (verdict != TSEM_VERDICT_TRUSTED && verdict != TSEM_VERDICT_UNTRUSTED)
		return -EINVAL;
	before = question_take(ns->id, number, task,
			       verdict == TSEM_VERDICT_TRUSTED ? TSEM_QUESTION_TRUSTED : TSEM_QUESTION_UNTRUSTED,
			       &copy);
	if (before == TSEM_QUESTION_FREE) {
		__sync_fetch_and_add(&ns->refused, 1);
		return -ENOENT;
	}
	__sync_fetch_and_add(&ns->verdicts, 1);
	verdict_keep(ns, copy.coefficient, verdict);
	if (before == TSEM_QUESTION_WAITED) {
		if (bpf_ksym_exists(bpf_tsem_wait_release))
			bpf_tsem_wait_release(task, number, 0);
	} else if (verdict == TSEM_VERDICT_UNTRUSTED && copy.passes) {
		*answered = question_late(ns, copy.event, copy.pid, task);
	}
	return 0;
}

#endif
