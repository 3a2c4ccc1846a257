/* SPDX-License-Identifier: GPL-2.0 */
/* The registers of the TPM as the kernel shows them, and the hardware aggregate. */
#ifndef TSEM_TPM_H
#define TSEM_TPM_H

#include "tsem_types.h"

/* The directory of the first TPM's SHA-256 bank in sysfs, and the size of its registers in bytes. */
#define TPM_PCRS "/sys/class/tpm/tpm0/pcr-sha256"
#define TPM_PCR_SIZE 32

/* Reads the register `pcr` below `directory` into `out`, TPM_PCR_SIZE bytes. 0; -ENODEV: no TPM; -EIO: unreadable. */
int tpm__register(const char *directory, u32 pcr, u8 *out);

/*
 * aggregate = H( PCR0 || ... || PCR7 ) of the SHA-256 bank below `directory`, with the hash `digest`, into `out` of
 * TSEM_DIGEST_MAX bytes; zeros without a TPM. 1: there is a TPM; 0: there is none; -EIO: it cannot be read.
 */
int tpm__aggregate(const char *directory, u32 digest, u8 *out);

#endif
