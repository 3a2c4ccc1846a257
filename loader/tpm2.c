// SPDX-License-Identifier: GPL-2.0
#include "tpm2.h"
#include <errno.h>
int tpm2__open(const char *tcti, struct tpm2 **tpm) { (void)tcti; (void)tpm; return -ENODEV; }
int tpm2__extend(struct tpm2 *tpm, u32 pcr, const u8 *value, size_t size) { (void)tpm; (void)pcr; (void)value; (void)size; return -ENODEV; }
void tpm2__close(struct tpm2 *tpm) { (void)tpm; }
