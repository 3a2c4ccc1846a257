// SPDX-License-Identifier: GPL-2.0
/* The registers are read as the kernel shows them in sysfs, which needs no TPM stack. */
#include "tpm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"

#define PCR_SIZE 32
#define PCRS 8

int tpm__aggregate(const char *directory, u32 digest, u8 *out)
{
	u8 pcrs[PCRS][PCR_SIZE];

	memset(out, 0, TSEM_DIGEST_MAX);
	if (access(directory, F_OK))
		return 0;
	for (int i = 0; i < PCRS; i++) {
		char path[256], hex[2 * PCR_SIZE + 2];
		FILE *file;
		int err;

		snprintf(path, sizeof(path), "%s/%d", directory, i);
		file = fopen(path, "re");
		if (!file)
			return -EIO;
		err = fgets(hex, sizeof(hex), file) ? digest__from_hex(hex, strcspn(hex, "\n"), pcrs[i], PCR_SIZE)
						    : -EIO;
		fclose(file);
		if (err)
			return -EIO;
	}
	return digest__hash(digest, pcrs, sizeof(pcrs), out) ?: 1;
}
