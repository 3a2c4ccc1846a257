// SPDX-License-Identifier: GPL-2.0
/* Makes signatures, with a key and perhaps its certificates. Does not make one that would be refused. */
#include "sign_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "digest.h"

/* RSA of 2048 bits. */
#define SECURITY_BITS 112

static bool ed25519_sign(EVP_PKEY *key, struct sign_bytes message, u8 *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = SIGN_RAW_SIZE;
	bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(ctx, out, &size, message.data, message.size) == 1 && size == SIGN_RAW_SIZE;

	EVP_MD_CTX_free(ctx);
	return good;
}

/* Without a terminal OpenSSL would read the passphrase from the standard input. */
static int passphrase(char *out, int size, int write, void *data)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (terminal < 0) {
		*(bool *)data = true;
		return -1;
	}
	close(terminal);
	return PEM_def_callback(out, size, write, NULL);
}

static int read_key(const char *path, EVP_PKEY **key, struct sign_error *error)
{
	bool no_terminal = false;
	u8 *pem;
	size_t size;
	BIO *bio;
	int err = sign__read_file(NULL, path, SIGN_PEM_MAX, &pem, &size);

	if (err)
		return sign__fail(error, err, "the key %s: %s", path, strerror(-err));
	bio = BIO_new_mem_buf(pem, size);
	*key = bio ? PEM_read_bio_PrivateKey(bio, NULL, passphrase, &no_terminal) : NULL;
	BIO_free(bio);
	OPENSSL_cleanse(pem, size);
	free(pem);
	if (*key)
		return 0;
	if (no_terminal)
		return sign__fail(error, -ENOTTY,
				  "the key %s: is encrypted, and there is no terminal to ask for its passphrase", path);
	return sign__fail(error, -EINVAL, "the key %s: is no private key in PEM, or the passphrase is another (%s)",
			  path, sign__reason());
}

/* The certificates of a PEM file; the first is the signer's. The caller frees *list. */
static int read_certificates(const char *path, STACK_OF(X509) * *list, struct sign_error *error)
{
	X509 *certificate;
	size_t size;
	u8 *pem;
	BIO *bio;
	int err = sign__read_file(NULL, path, SIGN_PEM_MAX, &pem, &size);

	*list = NULL;
	if (err)
		return sign__fail(error, err, "the certificate %s: %s", path, sign__file_error(err));
	bio = BIO_new_mem_buf(pem, size);
	*list = sk_X509_new_null();
	if (!bio || !*list)
		err = sign__no_memory(error);
	while (!err && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (!sk_X509_push(*list, certificate)) {
			X509_free(certificate);
			err = sign__no_memory(error);
		}
	}
	if (!err && (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || !sk_X509_num(*list)))
		err = sign__fail(error, -EINVAL, "the certificate %s: has no certificate in PEM, or a broken one",
				 path);
	ERR_clear_error();
	BIO_free(bio);
	free(pem);
	return err;
}

/* Do not make a signature that would be refused. */
static int check_signer(X509 *certificate, EVP_PKEY *key, struct sign_error *error)
{
	const char *purpose = sign__wrong_purpose(certificate);

	if (X509_check_private_key(certificate, key) != 1)
		return sign__fail(error, -EINVAL, "the certificate is not that of the key");
	if (purpose)
		return sign__fail(error, -EINVAL, "the certificate is for another purpose: %s", purpose);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		return sign__fail(error, -EINVAL, "the certificate has expired");
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		return sign__fail(error, -EINVAL, "the key is too weak; RSA needs 2048 bits");
	return 0;
}

/* RFC 8419: the attributes have SHA-512 of the text; Ed25519 signs the attributes. */
static bool ed25519_attributes_sign(CMS_SignerInfo *info, EVP_PKEY *key, struct sign_bytes text)
{
	u8 digest[64], signature[SIGN_RAW_SIZE], *der;
	X509_ALGOR *algorithm;
	size_t size;
	bool good;

	/* Add them in the order of DER. */
	if (digest__hash(TSEM_DIGEST_SHA512, text.data, text.size, digest) ||
	    !CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) ||
	    !CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest, sizeof(digest)))
		return false;
	der = sign__attributes(info, &size);
	CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
	good = der && ed25519_sign(key, (struct sign_bytes){ der, size }, signature) &&
	       ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(info), signature, sizeof(signature)) &&
	       X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_ED25519), V_ASN1_UNDEF, NULL);
	OPENSSL_free(der);
	return good;
}

static int sign_cms(struct sign_bytes text, EVP_PKEY *key, STACK_OF(X509) * certificates, u8 **out, size_t *size,
		    struct sign_error *error)
{
	const unsigned int flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_NOSMIMECAP;
	bool ed25519 = EVP_PKEY_is_a(key, "ED25519");
	X509 *certificate = sk_X509_shift(certificates);
	BIO *content = BIO_new_mem_buf(text.data, text.size);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, certificates, NULL, flags);
	CMS_SignerInfo *info;
	u8 *der = NULL;
	int length = -1, err = check_signer(certificate, key, error);

	if (err)
		goto out;
	info = content && cms ? CMS_add1_signer(cms, certificate, key, ed25519 ? EVP_sha512() : NULL, flags) : NULL;
	if (info && (ed25519 ? ed25519_attributes_sign(info, key, text)
			     : CMS_final(cms, content, NULL, CMS_BINARY | CMS_DETACHED) == 1))
		length = i2d_CMS_ContentInfo(cms, &der);
	*out = length > 0 ? malloc(length) : NULL;
	if (*out) {
		memcpy(*out, der, length);
		*size = length;
	} else {
		err = sign__fail(error, -EINVAL, "the key cannot sign: %s", sign__reason());
	}
	OPENSSL_free(der);
out:
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	X509_free(certificate);
	return err;
}

static int sign_raw(struct sign_bytes text, EVP_PKEY *key, u8 **out, size_t *size, struct sign_error *error)
{
	if (!EVP_PKEY_is_a(key, "ED25519"))
		return sign__fail(error, -EINVAL, "the key is none of Ed25519, and needs a certificate: give --cert");
	*out = malloc(SIGN_RAW_SIZE);
	*size = SIGN_RAW_SIZE;
	if (!*out)
		return sign__no_memory(error);
	if (ed25519_sign(key, text, *out))
		return 0;
	free(*out);
	*out = NULL;
	return sign__fail(error, -EINVAL, "the key cannot sign: %s", sign__reason());
}

int sign__sign(struct sign_bytes text, const char *key_path, const char *certificate, u8 **out, size_t *size,
	       struct sign_error *error)
{
	STACK_OF(X509) *certificates = NULL;
	EVP_PKEY *key = NULL;
	int err;

	*out = NULL;
	if (text.size > INT_MAX)
		return sign__fail(error, -EFBIG, "the model is too large to be signed: give at most %d bytes", INT_MAX);
	ERR_clear_error();
	err = certificate ? read_certificates(certificate, &certificates, error) : 0;
	err = err ?: read_key(key_path, &key, error);
	if (!err)
		err = certificate ? sign_cms(text, key, certificates, out, size, error)
				  : sign_raw(text, key, out, size, error);
	sk_X509_pop_free(certificates, X509_free);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}
