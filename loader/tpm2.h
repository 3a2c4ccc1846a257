/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TSEM_TPM2_H
#define TSEM_TPM2_H
#include <stddef.h>
#include "tsem_types.h"
struct tpm2;
int tpm2__open(const char *tcti, struct tpm2 **tpm);
int tpm2__extend(struct tpm2 *tpm, u32 pcr, const u8 *value, size_t size);
void tpm2__close(struct tpm2 *tpm);
#endif
