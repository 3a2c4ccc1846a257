/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of attest: attest.c makes evidence, attest_json.c writes and reads it, attest_quote.c parses what a
 * TPM signs, attest_verify.c checks all of it.
 */
#ifndef TSEM_ATTEST_PARTS_H
#define TSEM_ATTEST_PARTS_H

#include "attest.h"
#include "root.h"

/* Appends one zeroed namespace to the evidence, which owns it. NULL: no memory. */
struct attest_namespace *attest__new_namespace(struct attest *a);

/* Is `event` a description of this coefficient, in the only form that such a description has? */
bool attest__describes(const struct attest_root *root, struct json_object *event, const u8 *coefficient);

/* Adds the statements that the challenge covers to the object: everything that this program states except the log. */
void attest__add_statements(struct json_object *o, const struct attest *a);

/* The chain of the root's register; valid as long as `root` lives. */
struct root_chain attest__chain(const struct attest_root *root);

/* Foreign bytes, read from the front. Bytes beyond the end read as zeros and set `short_of` for good. */
struct attest_bytes {
	const u8 *p;
	size_t left;
	bool short_of;
};

/* TPMS_ATTEST of a quote. */
struct attest_quoted {
	u32 magic, type;
	struct attest_bytes extra;
	u32 banks, bank, selected; /* number of banks; the first one; its registers as bits */
	struct attest_bytes digest; /* SHA-256 of the selected registers */
};

#define ATTEST_GENERATED 0xff544347U /* TPM_GENERATED_VALUE: a restricted key signs no foreign data with it */
#define ATTEST_ST_QUOTE 0x8018
#define ATTEST_ALG_SHA256 0x000b

/*
 * Parses a quote. *q borrows from *quote. 0; -EINVAL: it is no quote, or has registers that this program does not know.
 */
int attest__parse_quote(const struct tpm2_quote *quote, struct attest_quoted *q);
/* Are the bytes equal to `value`, which has ATTEST_SIZE bytes? */
bool attest__equal(const struct attest_bytes *b, const u8 *value);
/*
 * The digest that a quote has for the boot's registers of the evidence and the log's register `pcr`, into `out`,
 * ATTEST_SIZE bytes. 0 or -EIO.
 */
int attest__registers(const struct attest *a, const u8 *pcr, u8 *out);
/* Did this key sign the quote? */
bool attest__signed(const struct tpm2_quote *quote, EVP_PKEY *key);

#endif
