/* SPDX-License-Identifier: GPL-2.0 */
/* Signed models: detached signatures over the text of a model, and which signers are trusted. */
#ifndef TSEM_SIGN_H
#define TSEM_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

/* The suffix that makes a model's file name that of its signature. */
#define SIGN_SUFFIX ".sig"

/* One line for the user: what was refused, why, and what helps; without the name of the model. */
struct sign_error {
	char text[512];
};

/* Who signed; zeros: nobody. */
struct sign_signer {
	bool x509; /* true: by a certificate; false: by a raw key */
	char name[256]; /* the subject of the certificate; if there is none, x509: or ed25519: and the fingerprint */
	char fingerprint[65]; /* sha256 of the public key (DER SubjectPublicKeyInfo), hexadecimal */
	char anchor[65]; /* sha256 of the trust anchor's file, hexadecimal; set only by sign__verify_file() */
};

/* Bytes, borrowed. */
struct sign_bytes {
	const u8 *data;
	size_t size;
};

/*
 * Is `signature` a signature over `text` by a signer whom `anchors` vouch for? `anchors` is PEM with certificates or
 * raw Ed25519 public keys. The signer's certificate has to chain to one of the certificates. The CMS signature may hold
 * the intermediate ones; the system's certificates are never used. 0 and *signer filled; -EKEYREJECTED, -EFBIG or
 * -ENOMEM with *error filled.
 */
int sign__verify(struct sign_bytes text, struct sign_bytes signature, struct sign_bytes anchors,
		 struct sign_signer *signer, struct sign_error *error);

/*
 * The same for the model file `model`, whose text the caller has read. `anchor` and `signature` are files; if
 * `signature` is NULL, it is the file beside the model. `directory` is for stream__open(), or NULL. Also returns
 * another -errno, with *error filled, if a file cannot be read.
 */
int sign__verify_file(struct sign_bytes text, const char *model, const char *signature, const char *directory,
		      const char *anchor, struct sign_signer *signer, struct sign_error *error);

/*
 * The sha256 of a trust anchor's file, in hexadecimal, into `out` of 65 bytes. Also checks that everything in the file
 * can be parsed. 0, or -errno with *error filled.
 */
int sign__anchor(const char *path, char *out, struct sign_error *error);

/*
 * Signs `text` with the private key in the PEM file `key`: detached CMS (DER) with the certificates in the PEM file
 * `certificate`, of which the first is the key's. If `certificate` is NULL, the signature is 64 bytes of Ed25519. Asks
 * on the terminal for the passphrase of an encrypted key. 0 and *out, which the caller frees; or -errno with *error
 * filled.
 */
int sign__sign(struct sign_bytes text, const char *key, const char *certificate, u8 **out, size_t *size,
	       struct sign_error *error);

/* The file name of the signature of `model`; the caller frees it. NULL: no memory. */
char *sign__name(const char *model);

#endif
