/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The decide step: look up, miss, act.
 *
 *	look up		(namespace, coefficient) known and valid: count it, allow. The memo does so for most events.
 *	miss		internal: free: a new coefficient becomes valid; else it is forensics
 *			external: the agent is asked; its verdict is kept (agent.bpf.h)
 *	act		an event outside of the model, unless the namespace is free: log, deny, untrust or kill
 *
 * The known case costs one look-up. The description of each coefficient is sent once. If it does not fit into the ring,
 * `described` stays 0, and the next occurrence sends it again.
 */
#ifndef TSEM_MODEL_BPF_H
#define TSEM_MODEL_BPF_H

#include "agent.bpf.h"
#include "room.bpf.h"
#include "root.bpf.h"

/* Copies cell[offset .. offset + size) to `at` of the record in the ring. */
static __always_inline int record_write(struct tsem_scratch *e, struct bpf_dynptr *to, u32 at, u32 offset, u32 size)
{
	u32 i;

	bpf_for(i, 0, TSEM_CELL_MAX / CELL_PIECE + 1) {
		u32 done = i * CELL_PIECE, from = offset + done, piece;

		if (done >= size)
			return 0;
		piece = size - done;
		if (!at_most(piece, CELL_PIECE))
			piece = CELL_PIECE;
		if (!at_most(from, TSEM_CELL_MAX) || bpf_dynptr_write(to, at + done, e->record.cell + from, piece, 0))
			return -EINVAL;
	}
	return 0;
}

/* Writes the cell in the form for readers: the hashed bytes, then the told bytes in their order. */
static __always_inline int record_write_cell(struct tsem_scratch *e, struct bpf_dynptr *to)
{
	u32 at = TSEM_RECORD_HEADER_SIZE, i;

	if (record_write(e, to, at, 0, e->record.hashed_size))
		return -EINVAL;
	at += e->record.hashed_size;
	bpf_for(i, 0, TSEM_TOLD_MAX) {
		if (i >= e->told_count || !at_most(i, TSEM_TOLD_MAX - 1))
			break;
		if (record_write(e, to, at, e->told[i].offset, e->told[i].size))
			return -EINVAL;
		at += e->told[i].size;
	}
	return 0;
}

/*
 * A log record is sent only while at most half of the ring is in use. So the log records of untrusted tasks cannot
 * displace descriptions.
 */
static __always_inline bool ring_has_room(void *ring, u32 kind)
{
	return kind == TSEM_RECORD_EVENT ||
	       bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) <= bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 2;
}

/* Completes the header of the current event. Returns the size of its record, or 0 if the description is too long. */
static __always_inline u32 record_complete(struct tsem_scratch *e, struct tsem_namespace *ns, u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_record *r = &e->record;
	u32 cell = 0, i;

	if (kind == TSEM_RECORD_EVENT) {
		cell = r->hashed_size;
		bpf_for(i, 0, TSEM_TOLD_MAX) {
			if (i >= e->told_count || !at_most(i, TSEM_TOLD_MAX - 1))
				break;
			cell += e->told[i].size;
		}
	}
	if (!at_most(cell, TSEM_CELL_MAX))
		return 0;
	r->kind = kind;
	r->cell_size = cell;
	r->size = TSEM_RECORD_HEADER_SIZE + cell;
	/* A question has its number already. */
	if (!(r->flags & TSEM_RECORD_QUESTION))
		r->number = __sync_fetch_and_add(&ns->records, 1) + 1;
	r->pid = task->tgid;
	r->ts = bpf_ktime_get_boot_ns();
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), task->comm);
	__builtin_memcpy(r->coefficient, e->key.coefficient, TSEM_KEY_SIZE);
	__builtin_memcpy(r->coefficient + TSEM_KEY_SIZE, e->tail.bytes, sizeof(e->tail));
	return r->size;
}

/* Sends the current event to the ring of its namespace. 1: sent; 0: not sent. */
__noinline int record_send(struct tsem_scratch *e __arg_nonnull, u32 kind)
{
	u32 id = e->record.ns, size;
	struct tsem_namespace *ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	void *ring = bpf_map_lookup_elem(&tsem_rings, &id);
	struct bpf_dynptr to;
	int err;

	if (!ns || !ring || !ring_has_room(ring, kind))
		return 0;
	size = record_complete(e, ns, kind);
	if (!size)
		return 0;
	err = bpf_ringbuf_reserve_dynptr(ring, size, 0, &to);
	err = err ?: bpf_dynptr_write(&to, 0, &e->record, TSEM_RECORD_HEADER_SIZE, 0);
	if (!err && kind == TSEM_RECORD_EVENT)
		err = record_write_cell(e, &to);
	if (err) {
		bpf_ringbuf_discard_dynptr(&to, 0);
		return 0;
	}
	bpf_ringbuf_submit_dynptr(&to, 0);
	return 1;
}

static __always_inline void coefficient_describe(struct tsem_scratch *e, struct tsem_coefficient *c)
{
	if (!cell_complete(e) && record_send(e, TSEM_RECORD_EVENT))
		c->described = 1;
	else
		namespace_lost(e->record.ns, TSEM_LOSS_RING);
}

/* ---- act ---- */

/* Makes the current task untrusted. */
static __always_inline void task_distrust(struct tsem_namespace *ns)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_scratch *e = bpf_task_storage_get(&tsem_scratch, task, 0, 0);
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	if (!t || t->untrusted)
		return;
	t->untrusted = 1;
	if (e) {
		e->untrusted = 1;
		e->memo_owner = MEMO_NOBODY;
	}
	__sync_fetch_and_add(&ns->untrusted_tasks, 1);
}

/* The namespace's action for a violation by this event. The default is to deny. */
static __always_inline u32 action_of(struct tsem_namespace *ns, u32 event)
{
	u32 action = at_most(event, TSEM_EVENT_ROOM - 1) ? ns->action[event] : 0;

	return action ?: TSEM_ACTION_DENY;
}

/* Does the namespace refuse anything? In a free external namespace the agent alone decides. */
static __always_inline bool namespace_refuses(struct tsem_namespace *ns)
{
	return ns->mode == TSEM_MODE_ENFORCING || (ns->mode == TSEM_MODE_FREE && namespace_external(ns));
}

/* Does the hook return EPERM for a violation? */
static __always_inline bool violation_denied(struct tsem_namespace *ns, u32 action)
{
	return namespace_refuses(ns) && action != TSEM_ACTION_LOG;
}

/* Does to the current task what the action for a violation demands beyond the verdict. */
static __always_inline void task_punish(struct tsem_namespace *ns, u32 action)
{
	if (action == TSEM_ACTION_UNTRUST)
		task_distrust(ns);
	if (action == TSEM_ACTION_KILL && violation_denied(ns, action) && !bpf_send_signal(SIGKILL))
		__sync_fetch_and_add(&ns->killed, 1);
}

/* Counts an event outside of the model of a namespace that is not free. 0 or -EPERM. */
static __always_inline int violation_count(struct tsem_namespace *ns, u32 action)
{
	__sync_fetch_and_add(&ns->violations, 1);
	if (!violation_denied(ns, action))
		return 0;
	__sync_fetch_and_add(&ns->denied, 1);
	return -EPERM;
}

static __always_inline int violation_act(struct tsem_namespace *ns, u32 event)
{
	u32 action = action_of(ns, event);

	task_punish(ns, action);
	return violation_count(ns, action);
}

/*
 * A pending creation. If a file is not in the kernel's caches, open(2) with O_CREAT reaches inode_create before the
 * kernel has looked for the file. The kernel may then find the file and create nothing. The caches must not make a
 * difference to the model. So creation_undo() takes back the new coefficient, the violation and the denial. What the
 * action does to the task waits until its next event (creation_settle). The verdict stands: the kernel ignores it if it
 * finds the file.
 */
enum pending {
	PENDING = 1 << 0,
	PENDING_NEW = 1 << 1, /* its coefficient is new */
	PENDING_VIOLATION = 1 << 2,
	PENDING_DENIED = 1 << 3,
};

/* Ids that no credentials have: (uid_t)-1 is not a valid id. */
#define NO_IDS (~0ULL)

/* Makes the next event of the current task call subject_refresh(), which does the work that is due. */
static __always_inline void event_due(struct tsem_scratch *e)
{
	e->ids[0] = NO_IDS;
}

static __always_inline bool event_pending(struct tsem_scratch *e)
{
	return e->record.event == TSEM_EVENT_inode_create && e->pending;
}

/* The kernel has created the file, or the creation failed. Does to the task what the action demands. */
__noinline int creation_settle(struct tsem_scratch *e __arg_nonnull)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	u32 pending = e->pending;

	e->pending = 0;
	if (ns && pending & PENDING_VIOLATION)
		task_punish(ns, action_of(ns, TSEM_EVENT_inode_create));
	return 0;
}

/*
 * The file was there: takes back what the event left. Its record in the ring and its entry in the root's log stay, and
 * the coefficient stays in the map as one that was undone, so that the same event is not described again.
 */
__noinline int creation_undo(struct tsem_scratch *e __arg_nonnull)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	u32 pending = e->pending;
	struct tsem_coefficient *c;
	bool valid;

	e->pending = 0;
	if (!ns)
		return 0;
	if (pending & PENDING_VIOLATION)
		__sync_fetch_and_add(&ns->violations, -1);
	if (pending & PENDING_DENIED)
		__sync_fetch_and_add(&ns->denied, -1);
	if (!(pending & PENDING_NEW) || !ns->id)
		return 0;
	c = bpf_map_lookup_elem(&tsem_coefficients, &e->pending_key);
	/* Keep it if another event has counted it too. */
	if (!c || __sync_val_compare_and_swap(&c->count, 1, 0) != 1)
		return 0;
	valid = c->valid;
	c->valid = 0;
	if (__sync_lock_test_and_set(&c->sequence, TSEM_UNDONE) == TSEM_UNDONE)
		return 0;
	__sync_fetch_and_add(&ns->coefficients, -1);
	if (!valid)
		__sync_fetch_and_add(&ns->forensics, -1);
	return 0;
}

/* Counts an event of an untrusted task. 0 or -EPERM. */
static __always_inline int untrusted_act(struct tsem_namespace *ns)
{
	__sync_fetch_and_add(&ns->untrusted_events, 1);
	if (!namespace_refuses(ns))
		return 0;
	__sync_fetch_and_add(&ns->denied, 1);
	return -EPERM;
}

/* ---- miss ---- */

/* Inserts the rest of a wide coefficient first, so that every entry of tsem_coefficients is complete. */
static __always_inline long coefficient_insert(struct tsem_scratch *e, struct tsem_coefficient *new)
{
	long err = 0;

	if (e->record.digest_size > TSEM_KEY_SIZE)
		err = bpf_map_update_elem(&tsem_tails, &e->key, &e->tail, BPF_ANY);
	return err ?: bpf_map_update_elem(&tsem_coefficients, &e->key, new, BPF_NOEXIST);
}

/*
 * Takes room for a new coefficient. Those outside of its model, and those that were undone, take a sixteenth of the map
 * at most. The root takes whatever there is.
 */
static __always_inline bool coefficient_room(struct tsem_namespace *ns, bool valid)
{
	u64 used = ns->used[TSEM_ROOM_COEFFICIENTS], has = ns->coefficients - ns->loaded;
	/* The root takes no room, and counts no undone ones. */
	u64 undone = used > has ? used - has : 0;
	struct tsem_globals *g = globals();

	if (!g || (!valid && ns->forensics + undone >= g->max_coefficients / 16))
		return false;
	return !ns->id || room_take(ns->id, TSEM_ROOM_COEFFICIENTS);
}

/* Counts the coefficient that the current event has brought: it is new, or was undone. */
static __always_inline void coefficient_counted(struct tsem_scratch *e, struct tsem_namespace *ns, bool valid)
{
	__sync_fetch_and_add(&ns->coefficients, 1);
	if (!valid)
		__sync_fetch_and_add(&ns->forensics, 1);
	if (!event_pending(e))
		return;
	e->pending |= PENDING_NEW;
	__builtin_memcpy(&e->pending_key, &e->key, sizeof(e->key));
	event_due(e);
}

/* Does a free namespace take what the current event has brought? In an external one the agent decides. */
static __always_inline bool coefficient_learned(struct tsem_scratch *e, struct tsem_namespace *ns)
{
	return ns->mode == TSEM_MODE_FREE && !namespace_external(ns) && !e->unmodeled;
}

/* If the namespace was sealed since the current event took the coefficient for valid, it is not valid. */
static __always_inline void coefficient_settle(struct tsem_namespace *ns, struct tsem_coefficient *c, bool valid)
{
	if (valid && ns->mode != TSEM_MODE_FREE) {
		c->valid = 0;
		__sync_fetch_and_add(&ns->forensics, 1);
	}
	c->settled = 1;
}

/* The coefficient was undone, and its event comes again: the namespace has it now. */
static __always_inline void coefficient_redo(struct tsem_scratch *e, struct tsem_namespace *ns,
					     struct tsem_coefficient *c)
{
	u32 sequence = __sync_fetch_and_add(&ns->next_sequence, 1);
	bool valid = coefficient_learned(e, ns) || (c->verdict == TSEM_VERDICT_TRUSTED && !e->unmodeled);

	/* Of two tasks, one does it. */
	if (__sync_val_compare_and_swap(&c->sequence, TSEM_UNDONE, sequence) != TSEM_UNDONE)
		return;
	c->valid = valid;
	/* A creation that is none again need not be described again. */
	if (!event_pending(e))
		c->described = 0;
	coefficient_counted(e, ns, valid);
	coefficient_settle(ns, c, valid && !namespace_external(ns));
}

/* Puts the new coefficient of the current event into the map. NULL: there is no room; this is counted. */
static __always_inline struct tsem_coefficient *coefficient_new(struct tsem_scratch *e, struct tsem_namespace *ns)
{
	struct tsem_coefficient new = {}, *c;
	long err = -E2BIG;

	new.valid = coefficient_learned(e, ns);
	/*
	 * Write the log before the map, so that no event is allowed before it is logged. An event that could not be
	 * described in full has no meaningful coefficient. It is not logged: it counts as a loss, which the evidence
	 * names.
	 */
	if (tsem_root_settings.on && !ns->id && !e->unmodeled)
		root_log(e);
	if (coefficient_room(ns, new.valid)) {
		new.sequence = __sync_fetch_and_add(&ns->next_sequence, 1);
		err = coefficient_insert(e, &new);
		if (err && ns->id)
			room_give(ns->id, TSEM_ROOM_COEFFICIENTS);
	}
	if (err && err != -EEXIST) {
		namespace_lost(ns->id, TSEM_LOSS_MAP_FULL);
		return NULL;
	}
	if (!err)
		coefficient_counted(e, ns, new.valid);
	c = bpf_map_lookup_elem(&tsem_coefficients, &e->key);
	if (c && !err)
		coefficient_settle(ns, c, new.valid);
	return c;
}

/* Notes in the record that the event is a violation, its action, and whether the event is denied. */
static __always_inline void violation_note(struct tsem_scratch *e, struct tsem_namespace *ns, bool untrusted)
{
	u32 action = action_of(ns, e->record.event);

	e->record.flags |= TSEM_RECORD_VIOLATION;
	e->record.action = action;
	if (violation_denied(ns, action) || (untrusted && ns->mode == TSEM_MODE_ENFORCING))
		e->record.flags |= TSEM_RECORD_DENIED;
}

/* Acts on an event outside of the model. A pending creation waits with what the action does to the task. 0 or -EPERM.
 */
static __always_inline int event_violates(struct tsem_scratch *e, struct tsem_namespace *ns)
{
	int verdict;

	if (!event_pending(e))
		return violation_act(ns, e->record.event);
	verdict = violation_count(ns, action_of(ns, e->record.event));
	e->pending |= PENDING_VIOLATION | (verdict ? PENDING_DENIED : 0);
	event_due(e);
	return verdict;
}

/* The decide step of an external namespace has asked, and the event has to wait for the verdict. */
#define EVENT_ASKED 1

/* Does an event that has no verdict go on? In a free namespace it does if its hook cannot wait. */
static __always_inline bool question_passes(struct tsem_namespace *ns, u32 waits)
{
	return ns->no_verdict == TSEM_NO_VERDICT_ALLOW || !namespace_refuses(ns) ||
	       (ns->mode == TSEM_MODE_FREE && !waits);
}

/* The current event has no verdict in time. Nothing is known against its task. 0 or -EPERM. */
static __always_inline int event_missed(struct tsem_scratch *e, struct tsem_namespace *ns, u32 waits)
{
	__sync_fetch_and_add(&ns->misses, 1);
	if (question_passes(ns, waits))
		return 0;
	__sync_fetch_and_add(&ns->denied, 1);
	if (event_pending(e)) {
		e->pending |= PENDING_DENIED;
		event_due(e);
	}
	return -EPERM;
}

/*
 * Asks the agent about the current event. `waits`: its hook can wait. 0 or -EPERM; EVENT_ASKED: event_wait() decides.
 */
static __always_inline int event_ask(struct tsem_scratch *e, struct tsem_namespace *ns, struct tsem_coefficient *c,
				     u32 waits)
{
	u32 waited = waits && ns->wait, flags = TSEM_RECORD_QUESTION | (waited ? 0 : TSEM_RECORD_ASYNC);
	u64 number = question_open(e, waited, question_passes(ns, waits));
	bool sent = false;

	e->record.flags |= flags | (c && c->described ? TSEM_RECORD_AGAIN : 0);
	e->record.number = number;
	if (number && !cell_complete(e))
		sent = record_send(e, TSEM_RECORD_EVENT);
	if (sent) {
		__sync_fetch_and_add(&ns->questions, 1);
		if (c)
			c->described = 1;
		if (waited)
			return EVENT_ASKED;
		return event_missed(e, ns, waits);
	}
	__sync_fetch_and_add(&ns->unsent, 1);
	namespace_lost(ns->id, TSEM_LOSS_RING);
	if (number)
		question_close(ns->id, number);
	return event_missed(e, ns, waits);
}

/*
 * Waits for the verdict that the current event needs, and acts on it. Only a program that may sleep calls it. 0 or
 * -EPERM.
 */
__noinline int event_wait(struct tsem_scratch *e __arg_nonnull)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	u32 verdict;

	if (!ns)
		return -EPERM;
	verdict = question_wait(e->record.ns, e->record.number, ns->wait);
	if (verdict == TSEM_VERDICT_TRUSTED)
		return 0;
	return verdict ? event_violates(e, ns) : event_missed(e, ns, true);
}

/* Must the agent be asked about the current event, whose coefficient is `c` or could not be kept? */
static __always_inline bool event_asks(struct tsem_scratch *e, struct tsem_namespace *ns, struct tsem_coefficient *c)
{
	if (!namespace_external(ns) || e->unmodeled || e->untrusted)
		return false;
	return ns->ask == TSEM_ASK_EVERY || !c || (!c->valid && c->verdict == TSEM_VERDICT_NONE);
}

/*
 * Decides the current event if its coefficient is not known to be valid, if it could not be described in full, or if
 * its task is untrusted. 0 or -EPERM; EVENT_ASKED, if its hook can wait (`waits`).
 */
__noinline int event_miss(struct tsem_scratch *e __arg_nonnull, u32 waits)
{
	struct tsem_namespace *ns = namespace_of(e->record.ns);
	struct tsem_coefficient *c;
	bool trusted;

	/* The namespace and its model are gone, so nothing can judge the event. */
	if (!ns)
		return -EPERM;
	c = bpf_map_lookup_elem(&tsem_coefficients, &e->key);
	if (!c)
		c = coefficient_new(e, ns);
	else if (c->sequence == TSEM_UNDONE)
		coefficient_redo(e, ns, c);
	e->record.action = 0;
	if (e->unmodeled) {
		e->record.flags |= TSEM_RECORD_UNMODELED;
		namespace_lost(ns->id, e->unmodeled - 1);
	}
	if (c)
		__sync_fetch_and_add(&c->count, 1);
	if (event_asks(e, ns, c))
		return event_ask(e, ns, c, waits);
	/* In a free external namespace, what is not asked about passes, unless the agent has found it untrusted. */
	trusted = (ns->mode == TSEM_MODE_FREE && (!namespace_external(ns) || e->unmodeled)) ||
		  (c && c->valid && !e->unmodeled);
	if (!trusted)
		violation_note(e, ns, e->untrusted);
	if (c && !c->described)
		coefficient_describe(e, c);
	if (e->untrusted)
		return untrusted_act(ns);
	return trusted ? 0 : event_violates(e, ns);
}

/* ---- look up ---- */

/*
 * The decide step for the event whose coefficient is in `key`. `known`: the memo has the coefficient. Only a valid
 * coefficient goes into the memo. The namespace becomes the owner of the entry once the coefficient is described and
 * settled, because no event has to do more than count then. `waits` and the value returned: see event_miss().
 */
static __always_inline int event_decide(struct tsem_scratch *e, int known, u32 waits)
{
	struct tsem_coefficient *c;
	bool done;

	e->key.ns = e->record.ns;
	c = bpf_map_lookup_elem(&tsem_coefficients, &e->key);
	if (!c || !c->valid || e->unmodeled || e->untrusted || e->asks)
		return event_miss(e, waits);
	__sync_fetch_and_add(&c->count, 1);
	if (!c->described)
		coefficient_describe(e, c);
	done = c->described && c->settled;
	if (!known || done)
		memo_put(e, done ? e->memo_owner : MEMO_NOBODYS, 0);
	return 0;
}

/*
 * Decides an event that cannot be described or hashed, for the reason `why`. Such an event is outside of every model.
 * It is always counted, and logged once for each task and event. 0 or -EPERM.
 */
__noinline int event_undescribed(u32 event, u32 why)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_scratch *e;
	struct tsem_namespace *ns;
	u32 word = event / 64;
	u64 bit = 1ULL << (event & 63);
	int verdict = 0;

	ns = t ? namespace_of(t->ns) : NULL;
	if (!ns)
		return -EPERM;
	namespace_lost(ns->id, why);
	if (t->untrusted)
		verdict = untrusted_act(ns);
	else if (ns->mode != TSEM_MODE_FREE)
		verdict = violation_act(ns, event);
	e = bpf_task_storage_get(&tsem_scratch, bpf_get_current_task_btf(), 0, 0);
	if (!e || !at_most(word, TSEM_EVENT_ROOM / 64 - 1) || t->logged[word] & bit)
		return verdict;
	t->logged[word] |= bit;
	cell_clear(e);
	e->record.event = event;
	e->record.flags = verdict ? TSEM_RECORD_DENIED : 0;
	if (!record_send(e, TSEM_RECORD_LOG))
		namespace_lost(ns->id, TSEM_LOSS_LOG);
	return verdict;
}

#endif
