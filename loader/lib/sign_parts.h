/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of sign: sign.c verifies, sign_anchor.c knows who may sign, sign_cms.c checks CMS, sign_make.c makes
 * signatures.
 */
#ifndef TSEM_SIGN_PARTS_H
#define TSEM_SIGN_PARTS_H

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sign.h"

#define SIGN_RAW_SIZE 64 /* bytes of a raw signature of Ed25519 */
#define SIGN_KEYS_MAX 16
#define SIGN_PEM_MAX (1024 * 1024) /* bytes of a file of keys or certificates */

/* A trust anchor: who may sign. */
struct sign_anchors {
	STACK_OF(X509) * certificates;
	EVP_PKEY *keys[SIGN_KEYS_MAX];
	size_t key_count;
};

/* Writes the line for the user into *error, and returns `err`. */
int sign__fail(struct sign_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for a lack of memory: -ENOMEM. */
int sign__no_memory(struct sign_error *error);
/* OpenSSL's words about its last failure, static. */
const char *sign__reason(void);

/*
 * Reads all of a small file, opened with stream__open(); the caller frees it. 0 or -errno; -EFBIG: it has more than
 * `most` bytes.
 */
int sign__read_file(const char *directory, const char *path, size_t most, u8 **out, size_t *size);
/* The words for its error, static. */
const char *sign__file_error(int err);

/* Reads PEM. The caller frees *anchors with sign__free_anchors(), also after an error. 0, or -errno with *error. */
int sign__read_anchors(struct sign_bytes pem, struct sign_anchors *anchors, struct sign_error *error);
void sign__free_anchors(struct sign_anchors *anchors);
/*
 * Does the signer's certificate chain to an anchor, and are all certificates on the way valid? An anchor need not be
 * self-signed, and may be the signer's own. An anchor that is restricted to other purposes does not vouch for code
 * signing. `between`: certificates that may be on the way. 0, or -errno with *error filled.
 */
int sign__check_chain(X509 *signer, STACK_OF(X509) * between, struct sign_anchors *anchors, struct sign_error *error);
/* May the holder of this certificate sign models? The reason if not, static; else NULL. */
const char *sign__wrong_purpose(X509 *certificate);
/* The subject in the form of RFC 2253, which escapes control characters; "" if it has none. */
void sign__subject(X509 *certificate, char *out, size_t size);
/* sha256 of the public key, in hexadecimal, into `out` of 65 bytes. */
void sign__fingerprint(EVP_PKEY *key, char *out);

/* Does Ed25519 verify this signature over the message, which is in one piece? */
bool sign__ed25519_verify(EVP_PKEY *key, struct sign_bytes signature, struct sign_bytes message);
/* Checks a CMS signature over the text. 0 and *signer filled, or -errno with *error filled. */
int sign__verify_cms(struct sign_bytes text, struct sign_bytes signature, struct sign_anchors *anchors,
		     struct sign_signer *signer, struct sign_error *error);
/* The DER of the signed attributes, which the signature covers (RFC 5652, 5.4). Free with OPENSSL_free(). */
u8 *sign__attributes(CMS_SignerInfo *info, size_t *size);

#endif
