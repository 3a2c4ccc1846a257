/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model of a namespace: the decide step and what it sends to the ring.
 *
 *	known, valid       count + 1, allow
 *	known, invalid     count + 1, task untrusted, EPERM if enforcing
 *	new, free          insert valid with the next sequence number, description -> ring, allow
 *	new, sealed        insert invalid, description -> ring, task untrusted, EPERM if enforcing
 *
 * The known case costs one lookup. A description that did not fit the ring leaves `described` at 0, so that the next
 * occurrence sends it again.
 */
#ifndef TSEM_MODEL_BPF_H
#define TSEM_MODEL_BPF_H

#include "coefficient.bpf.h"
#include "root.bpf.h"

static __always_inline void namespace_lost(struct tsem_namespace *ns, u32 why)
{
	if (why < TSEM_LOSS_END)
		__sync_fetch_and_add(&ns->lost[why], 1);
}

/* Sends record.cell with its header to the ring of the namespace; true if it fit. */
__noinline int record_send(struct tsem_task *t __arg_nonnull, u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_record *r = &t->record;
	u32 size = TSEM_RECORD_HEADER_SIZE, ns = t->ns;
	void *ring = bpf_map_lookup_elem(&tsem_rings, &ns);

	if (!ring)
		return 0;
	if (kind == TSEM_RECORD_EVENT) {
		u32 cell = r->cell_size;

		if (cell > TSEM_CELL_MAX)
			return 0;
		size += cell;
	} else if (bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 2) {
		/* Log records leave half of the ring to descriptions: an untrusted task cannot push those out. */
		return 0;
	}
	r->size = size;
	r->kind = kind;
	r->ns = ns;
	r->pid = task->tgid;
	r->task_number = t->number;
	r->parent_number = t->parent_number;
	r->ts = bpf_ktime_get_boot_ns();
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), task->comm);
	r->digest_size = t->digest_size;
	__builtin_memcpy(r->coefficient, t->key.coefficient, TSEM_KEY_SIZE);
	__builtin_memcpy(r->coefficient + TSEM_KEY_SIZE, t->tail.bytes, sizeof(t->tail));
	bpf_probe_read_kernel(r->task_id, sizeof(r->task_id), t->task_id);
	bpf_probe_read_kernel(r->parent_task_id, sizeof(r->parent_task_id), t->parent_task_id);
	if (!at_most(size, sizeof(*r)))
		return 0;
	return !bpf_ringbuf_output(ring, r, size, 0);
}

static __always_inline void coefficient_describe(struct tsem_task *t, struct tsem_coefficient *c)
{
	struct tsem_namespace *ns;
	u32 id = t->ns;

	if (!cell_complete(t) && record_send(t, TSEM_RECORD_EVENT)) {
		c->described = 1;
		return;
	}
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (ns)
		namespace_lost(ns, TSEM_LOSS_RING);
}

/* The event at hand is outside of the model. -EPERM if the namespace enforces, else 0. */
static __always_inline int event_violates(struct tsem_task *t, struct tsem_namespace *ns)
{
	__sync_fetch_and_add(&ns->violations, 1);
	if (!t->untrusted) {
		t->untrusted = 1;
		__sync_fetch_and_add(&ns->untrusted_tasks, 1);
	}
	if (ns->mode != TSEM_MODE_ENFORCING)
		return 0;
	__sync_fetch_and_add(&ns->denied, 1);
	return -EPERM;
}

/* The rest of a wide coefficient goes in first: what is in tsem_coefficients is there whole. */
static __always_inline long coefficient_insert(struct tsem_task *t, struct tsem_coefficient_key *key,
					       struct tsem_coefficient *new)
{
	long err = 0;

	if (t->digest_size > TSEM_KEY_SIZE)
		err = bpf_map_update_elem(&tsem_tails, key, &t->tail, BPF_ANY);
	return err ?: bpf_map_update_elem(&tsem_coefficients, key, new, BPF_NOEXIST);
}

/* Coefficients outside of the model that a namespace may have: a sixteenth of the room. */
static __always_inline bool forensics_full(struct tsem_namespace *ns)
{
	struct tsem_globals *g = globals();

	return g && ns->forensics >= g->max_coefficients / 16;
}

/* The decide step for what is not a known and valid coefficient; t->key names it. */
__noinline int event_decide_slow(struct tsem_task *t __arg_nonnull)
{
	struct tsem_coefficient_key *key = &t->key;
	struct tsem_coefficient new = {}, *c;
	struct tsem_namespace *ns;
	u32 id = t->ns;
	bool valid;
	long err;

	/* A task without its namespace is a task whose model is gone: nothing of what it does can be judged. */
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (!ns)
		return -EPERM;
	c = bpf_map_lookup_elem(&tsem_coefficients, key);
	if (!c) {
		new.valid = ns->mode == TSEM_MODE_FREE && !t->unmodeled;
		/* What one namespace tries outside of its model must not take the room of the others. */
		if (!new.valid && forensics_full(ns)) {
			namespace_lost(ns, TSEM_LOSS_MAP_FULL);
			return event_violates(t, ns);
		}
		new.sequence = __sync_fetch_and_add(&ns->next_sequence, 1);
		err = coefficient_insert(t, key, &new);
		if (!err) {
			__sync_fetch_and_add(&ns->coefficients, 1);
			if (!new.valid)
				__sync_fetch_and_add(&ns->forensics, 1);
			if (tsem_root_settings.on && !t->ns)
				root_log(t);
		} else if (err != -EEXIST) {
			namespace_lost(ns, TSEM_LOSS_MAP_FULL);
			return new.valid ? 0 : event_violates(t, ns);
		}
		c = bpf_map_lookup_elem(&tsem_coefficients, key);
		if (!c)
			return -EPERM;
		/* Sealed in between: the seal counts. */
		if (!err && new.valid && ns->mode != TSEM_MODE_FREE) {
			c->valid = 0;
			__sync_fetch_and_add(&ns->forensics, 1);
		}
	}
	__sync_fetch_and_add(&c->count, 1);
	if (!c->described)
		coefficient_describe(t, c);
	if (t->unmodeled)
		namespace_lost(ns, t->unmodeled - 1);
	valid = c->valid && !t->unmodeled;
	return valid ? 0 : event_violates(t, ns);
}

/* The decide step for the event whose coefficient is in key. 0 or -EPERM. */
static __always_inline int event_decide(struct tsem_task *t)
{
	struct tsem_coefficient *c;

	t->key.ns = t->ns;
	c = bpf_map_lookup_elem(&tsem_coefficients, &t->key);
	if (!c || !c->valid || t->unmodeled)
		return event_decide_slow(t);
	__sync_fetch_and_add(&c->count, 1);
	if (!c->described)
		coefficient_describe(t, c);
	return 0;
}

/* A hook that an untrusted task reached: counted and logged, not modeled. -EPERM if the namespace enforces, else 0. */
__noinline int event_untrusted(struct tsem_task *t __arg_nonnull, u32 event)
{
	struct tsem_namespace *ns;
	u32 id = t->ns;
	bool deny;

	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (!ns)
		return -EPERM;
	deny = ns->mode == TSEM_MODE_ENFORCING;
	__sync_fetch_and_add(&ns->untrusted_events, 1);
	if (deny)
		__sync_fetch_and_add(&ns->denied, 1);
	t->record.event = event;
	t->record.flags = deny ? TSEM_RECORD_DENIED : 0;
	t->record.shape = 0;
	t->record.cell_size = 0;
	if (!record_send(t, TSEM_RECORD_LOG))
		namespace_lost(ns, TSEM_LOSS_LOG);
	return deny ? -EPERM : 0;
}

#endif
