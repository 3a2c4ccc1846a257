/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TPM 2.0 through the TPM2 software stack: extend a register, read one, and sign what the registers hold.
 *
 * No call has a time limit. If the TPM hangs, the kernel's driver ends the wait after minutes. A caller that must not
 * wait so long calls from a separate process or thread.
 */
#ifndef TSEM_TPM2_H
#define TSEM_TPM2_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* The default TPM: through the kernel's resource manager, which any number of processes can share. */
#define TPM2_TCTI "device:/dev/tpmrm0"
/* The environment variable that names another TPM. */
#define TPM2_TCTI_VARIABLE "TSEM_TCTI"

/* A bank has the TPM's number of its hash. Evidence uses this bank. */
#define TPM2_BANK_SHA256 0x000b
#define TPM2_PCRS 24

struct tpm2;

/*
 * Opens the TPM that `tcti` names in the form of tctildr(3) (`device:/dev/tpmrm0`, `swtpm:path=SOCKET`). NULL: that of
 * the environment, else TPM2_TCTI. 0 and *tpm, to be closed; -ENODEV: no TPM answers; -EIO: it refuses.
 */
int tpm2__open(const char *tcti, struct tpm2 **tpm);
/* Takes NULL. */
void tpm2__close(struct tpm2 *tpm);

/* The message of the stack or the TPM for the last failure of a function here in this thread; static, never NULL. */
const char *tpm2__error(void);

/*
 * Extends the register `pcr` in all active banks by the `size` bytes at `value`, cut or zero padded to each bank's
 * size. 0; -EINVAL: no such register; -EOPNOTSUPP: a bank has a hash that the stack does not know, and no bank was
 * extended; -EIO: the TPM refused.
 */
int tpm2__extend(struct tpm2 *tpm, u32 pcr, const u8 *value, size_t size);

/*
 * A register into `out`, which has the size of the bank's digests (32 bytes of TPM2_BANK_SHA256). 0, -EINVAL or -EIO.
 */
int tpm2__read(struct tpm2 *tpm, u32 bank, u32 pcr, u8 *out);

/*
 * Prepares the key that signs quotes. `handle` 0: the key that the TPM derives from its endorsement seed and a fixed
 * template, the same each time. It is ECDSA on P-256, or RSASSA with 2048 bits if the TPM lacks that curve, with
 * SHA-256, and restricted to data that the TPM made. Else the persistent key with that handle; if there is none and
 * `make` is true, the derived key is stored there. 0; -ENOENT: no key there; -ENOKEY: it is not a restricted signing
 * key of these kinds; -EIO.
 */
int tpm2__key(struct tpm2 *tpm, u32 handle, bool make);

/*
 * The public half of the key as PEM (SubjectPublicKeyInfo); free it. 0, -ENOKEY without tpm2__key(), -EIO or -ENOMEM.
 */
int tpm2__key_public(struct tpm2 *tpm, char **pem);

/* What the TPM signed: TPMS_ATTEST and TPMT_SIGNATURE in the TPM's encoding. */
struct tpm2_quote {
	u8 attest[512];
	size_t attest_size;
	u8 signature[640];
	size_t signature_size;
};

/*
 * Signs the registers of the SHA-256 bank whose bits are set in `pcrs`, and the `size` bytes (64 at most) at `extra`.
 * 0, -ENOKEY without tpm2__key(), -EINVAL or -EIO.
 */
int tpm2__quote(struct tpm2 *tpm, u32 pcrs, const u8 *extra, size_t size, struct tpm2_quote *out);

#endif
