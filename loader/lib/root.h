/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The root namespace: its settings at load, its log, and the register of the TPM that the log extends.
 *
 * Every new coefficient of the root takes the next position of the log; in the order of the log the register is
 * extended with H( base || coefficient ), cut or zero padded to the size of each bank. In the sha256 bank that is, from
 *`initial`:
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
/* Those that may be: not the firmware's (0 to 7), not what anybody can reset (16, 23) or a locality only extends. */
#define ROOT_PCR_FIRST 8
#define ROOT_PCR_LAST 15
/* A TPM takes ten milliseconds for an entry and a boot makes thousands: the ring is not to overflow meanwhile. */
#define ROOT_AT_ONCE 64

/* How `load` is to model the root. */
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
	u64 logged, extended, failed; /* entries of the log; those that the TPM was told; its refusals */
	s32 error; /* of the last failure, -errno */
	u64 lost; /* coefficients that the log had no room for */
	u32 pending; /* told, and still in the kernel's queue (patched kernel) */
};

/*
 * Makes the entry, the ring and the state of the root namespace, before anything is attached. 0, or as
 * namespace__create(); -EIO: the register cannot be read; -EBUSY: the TPM is still busy with an earlier load.
 */
int root__create(struct tsem *tsem, const struct root_settings *settings);

/* What is known of the root's log. 0, or -errno. */
int root__state(struct tsem *tsem, struct root_state *state);

/* The first `count` coefficients of the log in its order, TSEM_DIGEST_MAX bytes each; free *log. 0 or -errno. */
int root__log(struct tsem *tsem, u64 count, u8 (**log)[TSEM_DIGEST_MAX]);

/* What the values of the register follow from, in the sha256 bank. */
struct root_chain {
	u32 digest; /* enum tsem_digest_type of the root namespace */
	const u8 *base; /* its base, TSEM_DIGEST_MAX bytes */
	const u8 *initial; /* the register before the first extension, TPM_PCR_SIZE bytes */
};

/* That of this machine, as long as `state` lives. */
struct root_chain root__chain(const struct root_state *state);

/* Makes of the register's `value`, TPM_PCR_SIZE bytes, what an extension by the coefficient does. 0 or -EIO. */
int root__next(const struct root_chain *chain, const u8 *coefficient, u8 *value);

/*
 * How many entries of `log` the register has that holds `value`: the first number, from `least` to `count`, whose
 * extensions give it. -ENOENT: none; -EIO.
 */
int64_t root__position(const struct root_chain *chain, u8 (*log)[TSEM_DIGEST_MAX], u64 least, u64 count,
		       const u8 *value);

struct tpm2;

/*
 * Brings what waits to the TPM. On a patched kernel the kernel does (`tpm` may be NULL); else `tpm` is told one entry
 * after the other, until it refuses one, which is tried again in the next call, or ROOT_AT_ONCE are told. 0: nothing
 * waits; 1: some do; -EIO: refused; or another -errno.
 */
int root__extend(struct tsem *tsem, struct tpm2 *tpm);

/*
 * After an agent that was ended, or did not hear of the TPM, between an extension and its word to the kernel: gives
 * that word, by what the register says. 0, -ENOENT: the register holds nothing that the log explains; or another
 * -errno.
 */
int root__catch_up(struct tsem *tsem, struct tpm2 *tpm);

#endif
