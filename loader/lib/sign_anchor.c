// SPDX-License-Identifier: GPL-2.0
/* Trust anchors: who may sign, and whether a certificate leads there. */
#include "sign_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "digest.h"

/* 112 bits: RSA keys of 2048 bits, no SHA-1. */
#define SECURITY_LEVEL 2
#define DEPTH_MAX 8

void sign__subject(X509 *certificate, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, out, size - 1);
	out[n > 0 ? n : 0] = 0;
	BIO_free(bio);
}

void sign__fingerprint(EVP_PKEY *key, char *out)
{
	u8 digest[TSEM_DIGEST_MAX] = {}, *der = NULL;
	int size = i2d_PUBKEY(key, &der);

	if (size > 0)
		digest__hash(TSEM_DIGEST_SHA256, der, size, digest);
	OPENSSL_free(der);
	digest__to_hex(digest, 32, out);
}

void sign__free_anchors(struct sign_anchors *anchors)
{
	sk_X509_pop_free(anchors->certificates, X509_free);
	for (size_t i = 0; i < anchors->key_count; i++)
		EVP_PKEY_free(anchors->keys[i]);
}

static int add_anchor(struct sign_anchors *anchors, const char *name, const u8 *der, long size,
		      struct sign_error *error)
{
	const u8 *p = der;

	if (!strcmp(name, PEM_STRING_X509)) {
		X509 *certificate = d2i_X509(NULL, &p, size);

		if (!certificate || p != der + size) {
			X509_free(certificate);
			return sign__fail(error, -EKEYREJECTED,
					  "the trust anchor: a certificate in it cannot be read: %s", sign__reason());
		}
		if (!sk_X509_push(anchors->certificates, certificate)) {
			X509_free(certificate);
			return sign__no_memory(error);
		}
		return 0;
	}
	if (!strcmp(name, PEM_STRING_PUBLIC)) {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, size);

		if (key && p == der + size && EVP_PKEY_is_a(key, "ED25519") && anchors->key_count < SIGN_KEYS_MAX) {
			anchors->keys[anchors->key_count++] = key;
			return 0;
		}
		EVP_PKEY_free(key);
		if (anchors->key_count == SIGN_KEYS_MAX)
			return sign__fail(error, -EKEYREJECTED, "the trust anchor: has more than %d public keys",
					  SIGN_KEYS_MAX);
		return sign__fail(
			error, -EKEYREJECTED,
			"the trust anchor: a public key in it is none of Ed25519; for other keys give a certificate");
	}
	return sign__fail(error, -EKEYREJECTED,
			  "the trust anchor: holds '%.40s'; give certificates or Ed25519 public keys only", name);
}

int sign__read_anchors(struct sign_bytes pem, struct sign_anchors *anchors, struct sign_error *error)
{
	BIO *bio = BIO_new_mem_buf(pem.data, pem.size);
	char *name, *header;
	long size;
	u8 *der;
	int err = 0;

	anchors->certificates = sk_X509_new_null();
	if (!bio || !anchors->certificates) {
		BIO_free(bio);
		return sign__no_memory(error);
	}
	while (!err && PEM_read_bio(bio, &name, &header, &der, &size)) {
		err = add_anchor(anchors, name, der, size, error);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = sign__fail(error, -EKEYREJECTED, "the trust anchor: cannot be read: %s", sign__reason());
	else if (!err && !sk_X509_num(anchors->certificates) && !anchors->key_count)
		err = sign__fail(error, -EKEYREJECTED, "the trust anchor: has no certificate and no public key in PEM");
	BIO_free(bio);
	return err;
}

const char *sign__wrong_purpose(X509 *certificate)
{
	u32 flags = X509_get_extension_flags(certificate);

	if (flags & EXFLAG_INVALID)
		return "its extensions cannot be read";
	if (X509_check_ca(certificate))
		return "it is that of an authority";
	if (!(X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE))
		return "its key usage lacks digitalSignature";
	if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(certificate) & XKU_CODE_SIGN))
		return "its extended key usage lacks codeSigning";
	return NULL;
}

static int chain_error(X509_STORE_CTX *ctx, struct sign_error *error)
{
	X509 *certificate = X509_STORE_CTX_get_current_cert(ctx);
	int err = X509_STORE_CTX_get_error(ctx);
	char name[256] = "";

	if (certificate)
		sign__subject(certificate, name, sizeof(name));
	switch (err) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return sign__fail(error, -EKEYREJECTED, "the certificate of '%s' does not lead to the trust anchor",
				  name);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return sign__fail(error, -EKEYREJECTED, "the certificate of '%s' has expired", name);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return sign__fail(error, -EKEYREJECTED, "the certificate of '%s' is not valid yet", name);
	case X509_V_ERR_OUT_OF_MEM:
		return sign__no_memory(error);
	default:
		return sign__fail(error, -EKEYREJECTED, "the certificate of '%s' is refused: %s", name,
				  X509_verify_cert_error_string(err));
	}
}

int sign__check_chain(X509 *signer, STACK_OF(X509) * between, struct sign_anchors *anchors, struct sign_error *error)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	const char *purpose;
	char name[256];
	int err = 0;

	if (!ctx || !X509_STORE_CTX_init(ctx, NULL, signer, between)) {
		err = sign__no_memory(error);
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(ctx, anchors->certificates);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	if (X509_verify_cert(ctx) != 1) {
		err = chain_error(ctx, error);
		goto out;
	}
	purpose = sign__wrong_purpose(signer);
	if (purpose) {
		sign__subject(signer, name, sizeof(name));
		err = sign__fail(error, -EKEYREJECTED, "the certificate of '%s' is for another purpose: %s", name,
				 purpose);
		goto out;
	}
	for (int i = 1; i < sk_X509_num(X509_STORE_CTX_get0_chain(ctx)); i++) {
		X509 *authority = sk_X509_value(X509_STORE_CTX_get0_chain(ctx), i);

		if (!(X509_get_extension_flags(authority) & EXFLAG_XKUSAGE) ||
		    X509_get_extended_key_usage(authority) & (XKU_CODE_SIGN | XKU_ANYEKU))
			continue;
		sign__subject(authority, name, sizeof(name));
		err = sign__fail(
			error, -EKEYREJECTED,
			"the certificate of '%s' is for another purpose: its extended key usage lacks codeSigning",
			name);
		break;
	}
out:
	X509_STORE_CTX_free(ctx);
	return err;
}
