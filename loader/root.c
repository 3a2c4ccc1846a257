// SPDX-License-Identifier: GPL-2.0
/* TEMPORARY: the root namespace is not modeled yet. To be replaced. */
#include "root.h"

#include <errno.h>

int root__state(struct tsem *tsem, struct root_state *state)
{
	(void)tsem;
	(void)state;
	return -ENOTSUP;
}

int root__log(struct tsem *tsem, u64 count, u8 (**log)[TSEM_DIGEST_MAX])
{
	(void)tsem;
	(void)count;
	(void)log;
	return -ENOTSUP;
}
