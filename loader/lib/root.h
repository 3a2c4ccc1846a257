/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The root namespace: its settings at load, its log, and the register of the TPM that the log extends.
 *
 * Every new coefficient of the root takes the next position of the log. In the order of the log, the register is
 * extended with H( base || coefficient ), cut or zero padded to the size of each bank. In the sha256 bank, starting
 *from `initial`:
 *
 *	register = SHA256( register || H( base || coefficient ) )
 */
#ifndef TSEM_ROOT_H
#define TSEM_ROOT_H

#include <stdbool.h>

#include "control.h"
#include "tpm.h"
#include "tsem.h"
#include "tsem_types.h"

#define ROOT_NO_PCR TSEM_NO_PCR
#define ROOT_PCR 11
/*
 * The registers that may be used: not those of the firmware (0 to 7), not those that anybody can reset (16, 23), nor
 * those that only another locality can extend.
 */
#define ROOT_PCR_FIRST 8
#define ROOT_PCR_LAST 15
/* A TPM takes ten milliseconds for an entry and a boot makes thousands, so the agent must empty the ring in between. */
#define ROOT_AT_ONCE 64

/* How `load` models the root. */
struct root_settings {
	bool on;
	u32 pcr; /* or ROOT_NO_PCR */
	struct control_namespace namespace;
};

struct root_state {
	bool on; /* the root namespace is modeled */
	u32 pcr; /* the register, or ROOT_NO_PCR */
	u32 digest; /* enum tsem_digest_type of the root namespace */
	u8 base[TSEM_DIGEST_MAX];
	u8 initial[TPM_PCR_SIZE]; /* the register in the sha256 bank before the first extension */
	u64 logged, extended, failed; /* entries of the log; entries that the TPM or its queue took; refusals */
	s32 error; /* of the last failure, -errno */
	u64 lost; /* coefficients that the log had no room for */
	u32 pending; /* extended, but still in the kernel's queue (patched kernel) */
};

/*
 * Makes the entry, the ring and the state of the root namespace, before anything is attached. 0, or as
 * namespace__create(); -EIO: the register cannot be read; -EBUSY: the TPM is still busy with an earlier load.
 */
int root__create(struct tsem *tsem, const struct root_settings *settings);

/* The state of the root's log. 0 or -errno. */
int root__state(struct tsem *tsem, struct root_state *state);

/* The first `count` coefficients of the log in its order, TSEM_DIGEST_MAX bytes each; free *log. 0 or -errno. */
int root__log(struct tsem *tsem, u64 count, u8 (**log)[TSEM_DIGEST_MAX]);

/* What determines the values of the register in the sha256 bank. Pointers are borrowed. */
struct root_chain {
	u32 digest; /* enum tsem_digest_type of the root namespace */
	const u8 *base; /* its base, TSEM_DIGEST_MAX bytes */
	const u8 *initial; /* the register before the first extension, TPM_PCR_SIZE bytes */
};

/* The chain of this machine. It points into *state. */
struct root_chain root__chain(const struct root_state *state);

/* Extends `value`, the register's TPM_PCR_SIZE bytes, by the coefficient, in place. 0 or -EIO. */
int root__next(const struct root_chain *chain, const u8 *coefficient, u8 *value);

/*
 * How many entries of `log` a register with this `value` has: the first number from `least` to `count` whose extensions
 * give the value. -ENOENT: none does; -EIO.
 */
int64_t root__position(const struct root_chain *chain, u8 (*log)[TSEM_DIGEST_MAX], u64 least, u64 count,
		       const u8 *value);

struct tpm2;

/*
 * Extends the TPM by waiting entries. A patched kernel does this itself (`tpm` may be NULL). Else `tpm` gets one entry
 * after the other, ROOT_AT_ONCE at most, until it refuses one; the next call retries that. 0: nothing waits any more;
 * 1: some entries wait; -EIO: the TPM refused; or another -errno.
 */
int root__extend(struct tsem *tsem, struct tpm2 *tpm);

/*
 * Repairs the kernel's count of extended entries. An agent may have extended the TPM without reporting it: it was
 * killed, or got no answer. Reads the register and reports what it has. 0; -ENOENT: the log does not give the
 * register's value; or another -errno.
 */
int root__catch_up(struct tsem *tsem, struct tpm2 *tpm);

#endif
