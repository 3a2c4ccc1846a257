// SPDX-License-Identifier: GPL-2.0
/* Keys. */
#include "event.bpf.h"

SEC("lsm/key_alloc")
int BPF_PROG(tsem_key_alloc, struct key *key, const struct cred *cred, unsigned long flags)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_key_alloc, &verdict);
	if (!t)
		return verdict;
	cell_creds(t, cred);
	cell_u64(t, flags);
	return event_end(t);
}

/* A key reference is the address of a key, with its lowest bit set if the caller possesses it. */
SEC("lsm/key_permission")
int BPF_PROG(tsem_key_permission, u64 unused, const struct cred *cred, unsigned int perm)
{
	u64 reference = hook_argument(ctx, 0);
	struct key *key = bpf_core_cast((void *)(reference & ~1ULL), struct key);
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_key_permission, &verdict);
	if (!t)
		return verdict;
	cell_u32(t, reference & 1);
	cell_u32_pair(t, id_of_user(t, key->uid.val), id_of_group(t, key->gid.val));
	cell_u64(t, key->flags);
	cell_creds(t, cred);
	cell_u32(t, perm);
	return event_end(t);
}
