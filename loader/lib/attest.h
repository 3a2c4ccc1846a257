/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence of what a machine did: the log of its root namespace, and a quote of its TPM.
 *
 * The TPM signs the registers 0 to 7 (the boot), the register that the log extends, and a challenge:
 *
 *	challenge = SHA256( "tsem-bpf attest 2" || nonce || SHA256( {"root":...,"namespaces":...,"events":...} ) )
 *
 * The log itself is not in the challenge: quoting causes events too, so the log grows before the TPM has signed. It
 * need not be there: the register is its digest. The challenge covers the descriptions of the entries that the log had
 * then; later entries have no description. So each byte of the evidence is either signed, or hashed into what is
 * signed, or compared.
 *
 * A description is proved by its coefficient, which the verifier recomputes. The values of the namespaces, the lengths
 * in `root`, and the parts of a description that a coefficient does not cover (the name of the task, the time) are
 * statements of this program on that machine. The TPM binds them to the quote, but does not know whether they are true.
 */
#ifndef TSEM_ATTEST_H
#define TSEM_ATTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <json-c/json.h>
#include <openssl/evp.h>

#include "model.h"
#include "tpm2.h"
#include "tsem_types.h"

#define ATTEST_NONCE_MIN 16
#define ATTEST_NONCE_MAX 64
/* Number of the boot's registers: 0 to 7. The register of the log is none of them. */
#define ATTEST_BOOT 8
/* Bytes of a register, and of the challenge. */
#define ATTEST_SIZE 32

struct attest_root {
	u32 pcr; /* the register of the log, ROOT_PCR_FIRST to ROOT_PCR_LAST */
	u32 digest; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u8 base[TSEM_DIGEST_MAX];
	u8 initial[ATTEST_SIZE]; /* the register before the first extension */
	u64 logged; /* entries of the log when the challenge was made, also those that the TPM did not have yet */
	u64 lost; /* coefficients that the log had no room for */
	u64 losses[TSEM_LOSS_END]; /* tsem_namespace.lost of the root when the challenge was made */
};

struct attest_namespace {
	u32 id;
	u32 mode; /* enum tsem_mode */
	u32 digest; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u64 coefficients;
	u64 forensics; /* how many of them are outside of the model */
	char name[TSEM_NAME_SIZE + 1];
	u8 measurement[TSEM_DIGEST_MAX];
	u8 state[TSEM_DIGEST_MAX];
};

/* Evidence. Begin with zeros; end with attest__free(). */
struct attest {
	u8 nonce[ATTEST_NONCE_MAX];
	size_t nonce_size;
	u8 boot[ATTEST_BOOT][ATTEST_SIZE]; /* registers 0 to 7 */
	u8 pcr[ATTEST_SIZE]; /* that of the log */
	struct attest_root root;
	struct attest_namespace *namespaces;
	size_t namespace_count;
	struct json_object *events; /* array: the description of each entry of the log, or null; perhaps fewer */
	struct digests log;
	struct tpm2_quote quote;
};

/* Frees what the evidence holds, not the evidence. */
void attest__free(struct attest *a);

/* aggregate = H( PCR0 || ... || PCR7 ), in the hash `digest`, into `out` with TSEM_DIGEST_MAX bytes. 0 or -EIO. */
int attest__aggregate(const struct attest *a, u32 digest, u8 *out);

/*
 * How to make evidence: set nonce, boot and root; add namespaces and descriptions; attest__challenge() gives what the
 * TPM has to sign together with the registers; set its quote; call attest__complete().
 */

/*
 * Adds a namespace and its `count` coefficients, which are in the order of their sequence and get sorted in place. 0,
 * -ENOMEM or -EIO.
 */
int attest__add_namespace(struct attest *a, const struct tsem_namespace *ns, u8 (*coefficients)[TSEM_DIGEST_MAX],
			  size_t count);

/*
 * Adds the description of the next entry of the log, which is `coefficient`: that of `record`, or none if `record` is
 * NULL or has another coefficient. `record` stays the caller's. 0 or -ENOMEM.
 */
int attest__add_event(struct attest *a, const u8 *coefficient, const struct tsem_record *record);

/* The challenge into `out`, ATTEST_SIZE bytes. 0, -ENOMEM or -EIO. */
int attest__challenge(const struct attest *a, u8 *out);

/*
 * Copies those of the `count` entries of the log that the quoted register holds. 0; -ESTALE: the quoted register does
 * not match the log, or matches fewer entries than there are descriptions; -EINVAL: it is no quote; -ENOMEM or -EIO.
 */
int attest__complete(struct attest *a, u8 (*log)[TSEM_DIGEST_MAX], u64 count);

/* Number of entries that were in the log when the challenge was made, but are not in the quoted register. */
u64 attest__waiting(const struct attest *a);

/* Writes the evidence as one line of JSON. The same evidence always gives the same line. 0, -EIO or -ENOMEM. */
int attest__write(FILE *file, const struct attest *a);

/*
 * Reads what attest__write() wrote; refuses every other form. End *a with attest__free() in any case. 0; -EINVAL: it is
 * no evidence: *fault is the key whose value is missing or malformed (static), or NULL if the form is wrong; -EIO;
 * -ENOMEM.
 */
int attest__read(FILE *file, struct attest *a, const char **fault);

/*
 * What may be missing in genuine evidence. There is a bit for each enum tsem_loss of the root namespace, except
 * TSEM_LOSS_RING (the description is sent again) and TSEM_LOSS_LOG (the task is outside of the model already).
 * UNLOGGED: coefficients that did not fit the log. WAITING: entries of the log that are not in the register.
 */
#define ATTEST_LOSS_UNLOGGED (1U << 30)
#define ATTEST_LOSS_WAITING (1U << 31)

/*
 * The bit of a name, which is one of loss.h, "unlogged" or "waiting"; 0: there is no such loss. And the name of the
 * lowest bit; static.
 */
u32 attest__parse_loss(const char *name);
const char *attest__loss_name(u32 losses);

/* What is missing in the evidence, by the machine's own statements. */
u32 attest__losses(const struct attest *a);

/* What the verifier knows, independent of the evidence. */
struct attest_policy {
	EVP_PKEY *key; /* the public half of the machine's key */
	u32 pcr; /* the register that the machine's root was loaded with */
	const u8 *nonce;
	size_t nonce_size;
	const u8 *initial; /* ATTEST_SIZE bytes, or NULL: zeros */
	const struct model *model;
	u32 allowed; /* losses that are accepted, as bits */
};

struct attest_verdict {
	const char *fault; /* why the evidence proves nothing, as the end of "the evidence: ..."; static */
	u64 outside; /* entries of the log that are not in the model */
	u64 first; /* position of the first of them, from 0 */
	bool aggregate; /* the model has an aggregate, and it is not that of the registers 0 to 7 */
	bool base; /* the model has a base, and it is not that of the root */
	u64 waiting; /* attest__waiting() */
	u32 losses; /* attest__losses() without those that are allowed */
};

/*
 * Reads a public key in PEM that may sign evidence: P-256, or RSA with at least 2048 bits. NULL: it is none. Free it.
 */
EVP_PKEY *attest__key(FILE *file);

/*
 * Checks everything. 0: the evidence is genuine, and *verdict says what it means; an empty log is genuine, too.
 * -EBADMSG: it is not genuine, see fault. -EDOM: the model's values have another width than the log's. -ENOMEM or -EIO.
 */
int attest__verify(const struct attest *a, const struct attest_policy *policy, struct attest_verdict *verdict);

#endif
