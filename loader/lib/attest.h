/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence of what a machine did: the log of its root namespace, and the TPM's word for it.
 *
 * The TPM signs the registers 0 to 7 (the boot), the register that the log extends, and a digest of the caller's:
 *
 *	challenge = SHA256( "tsem-bpf attest 2" || nonce || SHA256( {"root":...,"namespaces":...,"events":...} ) )
 *
 * The log itself is not in the challenge: it is longer than when the challenge was made as soon as the TPM has signed,
 * for quoting is made of events too. It needs not be: the register is its digest. The descriptions of its entries are
 * in the challenge, as far as the log went then; those of later entries are missing. So each byte of the evidence is
 * either signed, or hashed into what is signed, or compared.
 *
 * A description proves itself by its coefficient, which it is computed to again. The values of the namespaces, the
 * lengths in `root`, and what a coefficient does not cover of a description (the name of the task, the time) are the
 * word of this program on that machine, which the TPM binds to the quote and does not know to be true.
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
/* The registers of the boot, 0 to this one less; the log's is none of them. */
#define ATTEST_BOOT 8
/* Bytes of a register, and of the challenge. */
#define ATTEST_SIZE 32

struct attest_root {
	u32 pcr; /* the register of the log, ROOT_PCR_FIRST to ROOT_PCR_LAST */
	u32 digest; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u8 base[TSEM_DIGEST_MAX];
	u8 initial[ATTEST_SIZE]; /* the register before the first extension */
	u64 logged; /* entries of the log when the challenge was made, those that the TPM was not told included */
	u64 lost; /* coefficients that the log had no room for */
	u64 losses[TSEM_LOSS_END]; /* tsem_namespace.lost of the root when the challenge was made */
};

struct attest_namespace {
	u32 id;
	u32 mode; /* enum tsem_mode */
	u32 digest; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u64 coefficients;
	u64 forensics; /* those of them that are outside of the model */
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
	struct json_object *events; /* array: the description of each entry of the log, or null; not longer than that */
	struct digests log;
	struct tpm2_quote quote;
};

/* Frees what the evidence holds, not the evidence. */
void attest__free(struct attest *a);

/* aggregate = H( PCR0 || ... || PCR7 ), in the hash `digest`, into `out` with TSEM_DIGEST_MAX bytes. 0 or -EIO. */
int attest__aggregate(const struct attest *a, u32 digest, u8 *out);

/*
 * Making it, in this order: nonce, boot and root are set by the caller; namespaces and descriptions are added;
 * attest__challenge() says what the TPM has to sign beside the registers; its quote is set; attest__complete() ends it.
 */

/* Adds a namespace and its `count` coefficients, by sequence; they are sorted in place. 0, -ENOMEM or -EIO. */
int attest__add_namespace(struct attest *a, const struct tsem_namespace *ns, u8 (*coefficients)[TSEM_DIGEST_MAX],
			  size_t count);

/*
 * Adds the description of the next entry of the log, which is `coefficient`: `record`, or that there is none, if it is
 * NULL or does not give this coefficient again. 0 or -ENOMEM.
 */
int attest__add_event(struct attest *a, const u8 *coefficient, const struct tsem_record *record);

/* The challenge into `out`, ATTEST_SIZE bytes. 0, -ENOMEM or -EIO. */
int attest__challenge(const struct attest *a, u8 *out);

/*
 * Takes from the `count` entries of the log those that the quoted register holds. 0; -ESTALE: the quote is of no such
 * length that has all of the descriptions; -EINVAL: it is no quote; -ENOMEM or -EIO.
 */
int attest__complete(struct attest *a, u8 (*log)[TSEM_DIGEST_MAX], u64 count);

/* Entries that were in the log when the challenge was made and are not in the quoted register, as the machine says. */
u64 attest__waiting(const struct attest *a);

/* Writes the evidence: one line of JSON, always the same for the same evidence. 0, -EIO or -ENOMEM. */
int attest__write(FILE *file, const struct attest *a);

/*
 * Reads what attest__write() wrote, and nothing that differs from that by a byte. 0; -EINVAL: it is no evidence: *fault
 * is the key whose value is missing or malformed (static), or NULL if it is not in that form; -EIO; -ENOMEM.
 */
int attest__read(FILE *file, struct attest *a, const char **fault);

/*
 * What may be missing in evidence that is genuine: a bit for each enum tsem_loss of the root namespace but those that
 * lose nothing for good (a description comes again, a log record is of a task that is outside of the model already);
 * the coefficients that the log had no room for; and the entries of the log that the register does not have.
 */
#define ATTEST_LOSS_UNLOGGED (1U << 30)
#define ATTEST_LOSS_WAITING (1U << 31)

/* The bit of a name: those of loss.h, "unlogged" and "waiting". 0: there is no such loss. And back: of the lowest bit.
 */
u32 attest__parse_loss(const char *name);
const char *attest__loss_name(u32 losses);

/* What is missing in the evidence, as the machine says. */
u32 attest__losses(const struct attest *a);

/* What the verifier knows by itself. */
struct attest_policy {
	EVP_PKEY *key; /* the public half of the machine's key */
	u32 pcr; /* the register that the machine's root was loaded with */
	const u8 *nonce;
	size_t nonce_size;
	const u8 *initial; /* ATTEST_SIZE bytes, or NULL: zeros */
	const struct model *model;
	u32 allowed; /* losses that do not count */
};

struct attest_verdict {
	const char *fault; /* why the evidence proves nothing, in words that follow "the evidence:"; static */
	u64 outside; /* entries of the log that are not in the model */
	u64 first; /* position of the first of them, from 0 */
	bool aggregate; /* the model has an aggregate, which is not that of the registers 0 to 7 */
	bool base; /* the model has a base, which is not that of the root */
	u64 waiting; /* attest__waiting() */
	u32 losses; /* attest__losses() but for those that are allowed: what the machine did is not known in full */
};

/* A public key in PEM that may sign evidence: P-256, or RSA with 2048 bits and more. NULL: it is none; free it. */
EVP_PKEY *attest__key(FILE *file);

/*
 * Checks everything. 0: the evidence is genuine, and *verdict says what it means; a log without an entry is genuine and
 * says nothing. -EBADMSG: it is not, see fault;
 * -EDOM: the values of the model are not as wide as those of the log; -ENOMEM or -EIO.
 */
int attest__verify(const struct attest *a, const struct attest_policy *policy, struct attest_verdict *verdict);

#endif
