/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The root namespace's log, and the register of the TPM that attests it.
 *
 * Every new coefficient of the root namespace permanently takes the next position of the log, unless its event could
 * not be described in full. The register is extended with H(base || coefficient) in the order of the log. If the kernel
 * has bpf_tsem_pcr_extend() (kernel-patches/), the event that logs also extends. The task that holds the lock moves
 * ready entries to the kernel's queue, up to ROOT_BATCH. A task that does not get the lock leaves its entry to the
 * holder, which checks again after releasing the lock. Nobody waits, and the order is that of the log. If the queue or
 * the batch is full, the next event or the agent does the rest. On a stock kernel the agent (`tsem-bpf agent`) extends,
 * in the same order.
 */
#ifndef TSEM_ROOT_BPF_H
#define TSEM_ROOT_BPF_H

#include "digest.bpf.h"
#include "namespace.bpf.h"

/* Maximum entries that one event moves to the queue, which holds 1,024 (kernel-patches/). */
#define ROOT_BATCH 32
#define ROOT_QUEUE 1000

static __always_inline struct tsem_root *root_state(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&tsem_root, &zero);
}

/* The next entry to extend, or NULL if it is not written yet. */
static __always_inline struct tsem_log *root_next(struct tsem_root *r)
{
	u32 at = *(volatile u64 *)&r->extended;
	struct tsem_log *e;

	if (*(volatile u64 *)&r->extended >= *(volatile u64 *)&r->logged)
		return NULL;
	e = bpf_map_lookup_elem(&tsem_log, &at);
	return e && *(volatile u32 *)&e->ready ? e : NULL;
}

/* noinline: frees its stack before hashing. */
__noinline int root_queue_full(void)
{
	struct bpf_tsem_pcr_status status = {};

	if (bpf_ksym_exists(bpf_tsem_pcr_status))
		bpf_tsem_pcr_status(&status);
	return status.pending >= ROOT_QUEUE;
}

/* Puts H(base || coefficient) into the queue. 0; 1: no room, try again; or the error of the TPM. */
static __always_inline int root_extend_one(struct tsem_root *r, struct tsem_log *e, struct tsem_hashing *s,
					   struct tsem_namespace *ns)
{
	u32 size = tsem_root_settings.digest_size, pcr = r->pcr;

	if (root_queue_full())
		return 1;
	if (!at_most(size, TSEM_DIGEST_MAX) || !size)
		return -EINVAL;
	bpf_probe_read_kernel(s->message, size, ns->base);
	bpf_probe_read_kernel(s->message + size, size, e->coefficient);
	s->message_size = 2 * size;
	if (digest_message(s, tsem_root_settings.digest))
		return -EINVAL;
	return bpf_tsem_pcr_extend(pcr, s->digest, size);
}

/* Moves ready entries to the queue. 0, or -EOPNOTSUPP if the kernel has no queue. */
__noinline int root_extend(void)
{
	struct tsem_root *r = root_state();
	struct tsem_namespace *ns;
	struct tsem_hashing *s;
	struct tsem_log *e;
	u32 root = 0, i;
	int err = 0;

	if (!bpf_ksym_exists(bpf_tsem_pcr_extend))
		return -EOPNOTSUPP;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &root);
	if (!r || !ns || r->pcr == TSEM_NO_PCR)
		return 0;
	s = bpf_task_storage_get(&tsem_hashing, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s)
		return 0;
	bpf_for(i, 0, ROOT_BATCH) {
		/* After releasing the lock, check again: entries that became ready meanwhile found the lock taken. */
		if (!root_next(r) || __sync_val_compare_and_swap(&r->lock, 0, 1))
			break;
		e = root_next(r);
		if (e) {
			err = root_extend_one(r, e, s, ns);
			if (err < 0) {
				r->error = err;
				__sync_fetch_and_add(&r->failed, 1);
			}
			if (err <= 0)
				__sync_fetch_and_add(&r->extended, 1);
		}
		__sync_lock_test_and_set(&r->lock, 0);
		if (err > 0)
			break;
	}
	return 0;
}

/* Reads from the kernel what its queue has done. */
static __always_inline void root_status(struct tsem_extend *answer)
{
	struct bpf_tsem_pcr_status status = {};

	if (!bpf_ksym_exists(bpf_tsem_pcr_status))
		return;
	bpf_tsem_pcr_status(&status);
	answer->extended = status.extended;
	answer->failed = status.failed;
	answer->pending = status.pending;
	answer->error = status.error;
}

/* Logs the coefficient of the current event, which is new in the root namespace. */
static __always_inline void root_log(struct tsem_scratch *event)
{
	struct tsem_root *r = root_state();
	struct tsem_log *e;
	u32 at;

	if (!r)
		return;
	at = __sync_fetch_and_add(&r->logged, 1);
	e = bpf_map_lookup_elem(&tsem_log, &at);
	if (!e)
		return;
	__builtin_memcpy(e->coefficient, event->key.coefficient, TSEM_KEY_SIZE);
	__builtin_memcpy(e->coefficient + TSEM_KEY_SIZE, event->tail.bytes, sizeof(event->tail));
	__sync_lock_test_and_set(&e->ready, 1);
}

#endif
