/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The actions of `tsem-bpf attest`: ak writes the key of this machine, quote makes evidence, verify checks it
 * elsewhere.
 */
#ifndef TSEM_CMD_ATTEST_JOB_H
#define TSEM_CMD_ATTEST_JOB_H

#include <stdbool.h>

#include "attest.h"
#include "stream.h"
#include "tpm2.h"

struct attest_job {
	const char *tcti;
	u32 handle; /* 0: the derived key */
	const char *output;
	const char *ak, *model, *evidence; /* files */
	u8 nonce[ATTEST_NONCE_MAX];
	size_t nonce_size;
	u8 initial[ATTEST_SIZE];
	bool has_initial;
	u32 pcr; /* the register that the evidence has to be about */
	u32 wait; /* seconds to wait for the TPM */
	u32 allowed; /* losses that verify does not count */
	bool json;
};

/* The actions. They return the exit code. */
int cmd_attest_quote(struct attest_job *job);
int cmd_attest_verify(struct attest_job *job);

/* Opens the TPM and prepares its key; tpm2__close() it. 0, or the exit code after a message. */
int attest_job__open_tpm(const struct attest_job *job, const char *action, bool make, struct tpm2 **tpm);
/* Opens the output file of an action. NULL after a message. */
struct stream *attest_job__create(const struct attest_job *job, const char *action);
/* Completes the output file. Returns the exit code, after a message if the file cannot be written. */
int attest_job__commit(const struct attest_job *job, const char *action, struct stream *stream);

#endif
