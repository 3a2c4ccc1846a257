// SPDX-License-Identifier: GPL-2.0
/* Keys. */
#include "event.bpf.h"

TSEM_EVENT_PROGRAM("lsm/key_alloc", key_alloc, struct key *key, const struct cred *cred, unsigned long flags)
{
	cell_creds(e, cred);
	cell_u64(e, flags);
	return DESCRIBED;
}

/* A key reference is the address of a key, with its lowest bit set if the caller possesses it. */
TSEM_EVENT_PROGRAM("lsm/key_permission", key_permission, u64 unused, const struct cred *cred, unsigned int perm)
{
	u64 reference = hook_argument(ctx, 0);
	struct key *key = bpf_core_cast((void *)(reference & ~1ULL), struct key);

	cell_u32(e, reference & 1);
	cell_u32_pair(e, id_of_user(e, key->uid.val), id_of_group(e, key->gid.val));
	cell_u64(e, key->flags);
	cell_creds(e, cred);
	cell_u32(e, perm);
	return DESCRIBED;
}
