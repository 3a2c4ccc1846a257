// SPDX-License-Identifier: GPL-2.0
/* Reads the registers from sysfs, which needs no TPM stack. */
#include "tpm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"

#define PCRS 8

int tpm__register(const char *directory, u32 pcr, u8 *out)
{
	char path[256], hex[2 * TPM_PCR_SIZE + 2];
	FILE *file;
	int err;

	if (access(directory, F_OK))
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/%u", directory, pcr);
	file = fopen(path, "re");
	if (!file)
		return -EIO;
	err = fgets(hex, sizeof(hex), file) ? digest__from_hex(hex, strcspn(hex, "\n"), out, TPM_PCR_SIZE) : -EIO;
	fclose(file);
	return err ? -EIO : 0;
}

int tpm__aggregate(const char *directory, u32 digest, u8 *out)
{
	u8 pcrs[PCRS][TPM_PCR_SIZE];
	int err;

	memset(out, 0, TSEM_DIGEST_MAX);
	for (u32 i = 0; i < PCRS; i++) {
		err = tpm__register(directory, i, pcrs[i]);
		if (err)
			return err == -ENODEV ? 0 : err;
	}
	return digest__hash(digest, pcrs, sizeof(pcrs), out) ?: 1;
}
