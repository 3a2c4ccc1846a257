/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of attest: attest.c makes evidence, attest_json.c writes and reads it, attest_quote.c knows what a TPM signs,
 * attest_verify.c checks it all.
 */
#ifndef TSEM_ATTEST_PARTS_H
#define TSEM_ATTEST_PARTS_H

#include "attest.h"
#include "root.h"

/* Room for one more namespace, zeroed; NULL: no memory. */
struct attest_namespace *attest__new_namespace(struct attest *a);

/* Is it a description of this coefficient, in the one form that such a description has? */
bool attest__describes(const struct attest_root *root, struct json_object *event, const u8 *coefficient);

/* Adds what this program says, beside the log, to the object: the part that the challenge covers. */
void attest__add_statements(struct json_object *o, const struct attest *a);

struct root_chain attest__chain(const struct attest_root *root);

/* Bytes of somebody else, from the front. What is not there reads as zeros, and `short_of` stays set. */
struct attest_bytes {
	const u8 *p;
	size_t left;
	bool short_of;
};

/* TPMS_ATTEST of a quote. */
struct attest_quoted {
	u32 magic, type;
	struct attest_bytes extra;
	u32 banks, bank, selected; /* the registers as bits */
	struct attest_bytes digest; /* SHA-256 of the selected registers */
};

#define ATTEST_GENERATED 0xff544347U /* TPM_GENERATED_VALUE: the TPM made it; no restricted key signs it otherwise */
#define ATTEST_ST_QUOTE 0x8018
#define ATTEST_ALG_SHA256 0x000b

/* 0; -EINVAL: it is no quote, or one of registers that nobody here knows of. */
int attest__parse_quote(const struct tpm2_quote *quote, struct attest_quoted *q);
/* Are these bytes this value of ATTEST_SIZE bytes? */
bool attest__equal(const struct attest_bytes *b, const u8 *value);
/* What a quote has as its digest if the registers are those of the evidence and `pcr`. 0 or -EIO. */
int attest__registers(const struct attest *a, const u8 *pcr, u8 *out);
/* Is what the quote says signed by this key? */
bool attest__signed(const struct tpm2_quote *quote, EVP_PKEY *key);

#endif
