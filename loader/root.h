/* SPDX-License-Identifier: GPL-2.0 */
/* The root namespace: its log of coefficients and what the TPM was told of it. */
#ifndef TSEM_ROOT_H
#define TSEM_ROOT_H

#include <stdbool.h>

#include "tsem.h"
#include "tsem_types.h"

struct root_state {
	bool on; /* the root namespace is modeled */
	u32 pcr; /* the register, or ROOT_NO_PCR */
	u32 digest; /* enum tsem_digest_type of the root namespace */
	u8 base[TSEM_DIGEST_MAX];
	u8 initial[32]; /* the register in the sha256 bank before the first extension */
	u64 logged, extended, failed; /* coefficients in the log; those that the TPM was told; those of them that it
					 refused */
	s32 error; /* of the last failure, -errno */
};
#define ROOT_NO_PCR (~0U)
/* What is known of the root's log. 0, or -errno. */
int root__state(struct tsem *tsem, struct root_state *state);
/* The first `count` coefficients of the log in its order, TSEM_DIGEST_MAX bytes each; free *log. 0 or -errno. */
int root__log(struct tsem *tsem, u64 count, u8 (**log)[TSEM_DIGEST_MAX]);

#endif
