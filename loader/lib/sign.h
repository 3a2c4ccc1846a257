/* SPDX-License-Identifier: GPL-2.0 */
/* Signed models: detached signatures over the text of a model, and whose signature is one to trust. */
#ifndef TSEM_SIGN_H
#define TSEM_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* What is appended to the name of a model for that of its signature. */
#define SIGN_SUFFIX ".sig"

/* One line for the user: what was refused, why, and what helps; without the name of the model. */
struct sign_error {
	char text[512];
};

/* Who signed; zeros where nobody did. */
struct sign_signer {
	bool x509; /* by a certificate; else by a raw key */
	char name[256]; /* the subject of the certificate; x509: or ed25519: and the fingerprint where there is none */
	char fingerprint[65]; /* sha256 of the public key (DER SubjectPublicKeyInfo), hexadecimal */
	char anchor[65]; /* sha256 of the file of the trust anchor, hexadecimal; of sign__verify_file() only */
};

/* Bytes, borrowed. */
struct sign_bytes {
	const u8 *data;
	size_t size;
};

/*
 * Is `signature` one of `text` by somebody whom `anchors` vouch for? `anchors` is PEM: certificates, to one of which
 * the signer's certificate has to lead (the CMS signature may hold those between; the system's are never used), or raw
 * Ed25519 public keys. 0 and *signer filled; -EKEYREJECTED, -EFBIG or -ENOMEM with *error filled.
 */
int sign__verify(struct sign_bytes text, struct sign_bytes signature, struct sign_bytes anchors,
		 struct sign_signer *signer, struct sign_error *error);

/*
 * The same for the model file `model`, whose text has been read, with the files of the trust anchor and, unless it is
 * NULL, of the signature, which is otherwise looked for beside the model; `directory` is for stream__open(), or NULL.
 * Another -errno, with *error filled: a file cannot be read.
 */
int sign__verify_file(struct sign_bytes text, const char *model, const char *signature, const char *directory,
		      const char *anchor, struct sign_signer *signer, struct sign_error *error);

/*
 * The sha256 of the file of a trust anchor, hexadecimal, into `out` of 65 bytes: all that it holds can be read. 0, or
 * -errno with *error filled.
 */
int sign__anchor(const char *path, char *out, struct sign_error *error);

/*
 * Signs `text` with the private key in the PEM file `key`: detached CMS (DER) with the certificates in the PEM file
 * `certificate`, the first of which is that of the key, or, where that is NULL, 64 bytes of Ed25519. An encrypted key's
 * passphrase is asked for on the terminal. 0 and *out, which the caller frees; or -errno with *error filled.
 */
int sign__sign(struct sign_bytes text, const char *key, const char *certificate, u8 **out, size_t *size,
	       struct sign_error *error);

/* The name of the signature of the model file `model`, which the caller frees, or NULL: no memory. */
char *sign__name(const char *model);

#endif
