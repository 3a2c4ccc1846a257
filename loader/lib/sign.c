// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures over models. A signature is a separate file, over the exact bytes of the text. There are two kinds, which
 * differ in size:
 *
 *   CMS       RFC 5652: detached, DER, with signed attributes and one signer. A chain leads from the signer's
 *             certificate to an anchor. The certificate is in its validity period, and is for code signing.
 *
 *   raw       64 bytes of Ed25519 (RFC 8032), by a key that is itself an anchor.
 *
 * The contents of a signature are not trusted by themselves: its certificates are only steps to an anchor.
 *
 * The CMS of OpenSSL 3.0 lacks Ed25519. So this file makes and checks the signature over the attributes itself (RFC
 * 8419). It is compatible with later versions of OpenSSL.
 */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "digest.h"
#include "stream.h"

#define RAW_SIZE 64
#define KEYS_MAX 16
/* 112 bits: RSA keys of 2048 bits, no SHA-1. */
#define SECURITY_LEVEL 2
#define SECURITY_BITS 112
#define DEPTH_MAX 8
#define SIGNATURE_MAX (64 * 1024)
#define PEM_MAX (1024 * 1024)

struct anchors {
	STACK_OF(X509) * certificates;
	EVP_PKEY *keys[KEYS_MAX];
	size_t key_count;
};

static int fail(struct sign_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct sign_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

static int no_memory(struct sign_error *error)
{
	return fail(error, -ENOMEM, "no memory");
}

/* OpenSSL's message about its last failure. */
static const char *reason(void)
{
	return ERR_reason_error_string(ERR_peek_last_error()) ?: "OpenSSL gives no reason";
}

/* The subject in the form of RFC 2253, which escapes control characters. */
static void subject(X509 *certificate, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = -1;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, out, size - 1);
	out[n > 0 ? n : 0] = 0;
	BIO_free(bio);
}

static void fingerprint(EVP_PKEY *key, char *out)
{
	u8 digest[TSEM_DIGEST_MAX] = {}, *der = NULL;
	int size = i2d_PUBKEY(key, &der);

	if (size > 0)
		digest__hash(TSEM_DIGEST_SHA256, der, size, digest);
	OPENSSL_free(der);
	digest__to_hex(digest, 32, out);
}

static void free_anchors(struct anchors *anchors)
{
	sk_X509_pop_free(anchors->certificates, X509_free);
	for (size_t i = 0; i < anchors->key_count; i++)
		EVP_PKEY_free(anchors->keys[i]);
}

static int add_anchor(struct anchors *anchors, const char *name, const u8 *der, long size, struct sign_error *error)
{
	const u8 *p = der;

	if (!strcmp(name, PEM_STRING_X509)) {
		X509 *certificate = d2i_X509(NULL, &p, size);

		if (!certificate || p != der + size) {
			X509_free(certificate);
			return fail(error, -EKEYREJECTED, "the trust anchor: a certificate in it cannot be read: %s",
				    reason());
		}
		if (!sk_X509_push(anchors->certificates, certificate)) {
			X509_free(certificate);
			return no_memory(error);
		}
		return 0;
	}
	if (!strcmp(name, PEM_STRING_PUBLIC)) {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, size);

		if (key && p == der + size && EVP_PKEY_is_a(key, "ED25519") && anchors->key_count < KEYS_MAX) {
			anchors->keys[anchors->key_count++] = key;
			return 0;
		}
		EVP_PKEY_free(key);
		if (anchors->key_count == KEYS_MAX)
			return fail(error, -EKEYREJECTED, "the trust anchor: has more than %d public keys", KEYS_MAX);
		return fail(
			error, -EKEYREJECTED,
			"the trust anchor: a public key in it is none of Ed25519; for other keys give a certificate");
	}
	return fail(error, -EKEYREJECTED,
		    "the trust anchor: holds '%.40s'; give certificates or Ed25519 public keys only", name);
}

/* Reads PEM. The caller frees *anchors, also after an error. */
static int read_anchors(struct sign_bytes pem, struct anchors *anchors, struct sign_error *error)
{
	BIO *bio = BIO_new_mem_buf(pem.data, pem.size);
	char *name, *header;
	long size;
	u8 *der;
	int err = 0;

	anchors->certificates = sk_X509_new_null();
	if (!bio || !anchors->certificates) {
		BIO_free(bio);
		return no_memory(error);
	}
	while (!err && PEM_read_bio(bio, &name, &header, &der, &size)) {
		err = add_anchor(anchors, name, der, size, error);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = fail(error, -EKEYREJECTED, "the trust anchor: cannot be read: %s", reason());
	else if (!err && !sk_X509_num(anchors->certificates) && !anchors->key_count)
		err = fail(error, -EKEYREJECTED, "the trust anchor: has no certificate and no public key in PEM");
	BIO_free(bio);
	return err;
}

/* Ed25519 over a message in one piece. */
static bool ed25519_verify(EVP_PKEY *key, struct sign_bytes signature, struct sign_bytes message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, signature.data, signature.size, message.data, message.size) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static bool ed25519_sign(EVP_PKEY *key, struct sign_bytes message, u8 *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = RAW_SIZE;
	bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(ctx, out, &size, message.data, message.size) == 1 && size == RAW_SIZE;

	EVP_MD_CTX_free(ctx);
	return good;
}

static int verify_raw(struct sign_bytes text, struct sign_bytes signature, struct anchors *anchors,
		      struct sign_signer *signer, struct sign_error *error)
{
	if (!anchors->key_count)
		return fail(
			error, -EKEYREJECTED,
			"the signature is a raw one of Ed25519, which needs a public key as the trust anchor, not a "
			"certificate");
	for (size_t i = 0; i < anchors->key_count; i++) {
		if (!ed25519_verify(anchors->keys[i], signature, text))
			continue;
		fingerprint(anchors->keys[i], signer->fingerprint);
		snprintf(signer->name, sizeof(signer->name), "ed25519:%s", signer->fingerprint);
		return 0;
	}
	return fail(error, -EKEYREJECTED,
		    "the signature does not match: the model is not the one that was signed, or another key signed it");
}

/* May the holder of this certificate sign models? The reason if not, else NULL. */
static const char *wrong_purpose(X509 *certificate)
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
		subject(certificate, name, sizeof(name));
	switch (err) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return fail(error, -EKEYREJECTED, "the certificate of '%s' does not lead to the trust anchor", name);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return fail(error, -EKEYREJECTED, "the certificate of '%s' has expired", name);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return fail(error, -EKEYREJECTED, "the certificate of '%s' is not valid yet", name);
	case X509_V_ERR_OUT_OF_MEM:
		return no_memory(error);
	default:
		return fail(error, -EKEYREJECTED, "the certificate of '%s' is refused: %s", name,
			    X509_verify_cert_error_string(err));
	}
}

/*
 * Does the signer's certificate chain to an anchor, and are all certificates on the way valid? An anchor need not be
 * self-signed, and may be the signer's own. An anchor that is restricted to other purposes does not vouch for code
 * signing.
 */
static int check_chain(X509 *signer, STACK_OF(X509) * between, struct anchors *anchors, struct sign_error *error)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	const char *purpose;
	char name[256];
	int err = 0;

	if (!ctx || !X509_STORE_CTX_init(ctx, NULL, signer, between)) {
		err = no_memory(error);
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
	purpose = wrong_purpose(signer);
	if (purpose) {
		subject(signer, name, sizeof(name));
		err = fail(error, -EKEYREJECTED, "the certificate of '%s' is for another purpose: %s", name, purpose);
		goto out;
	}
	for (int i = 1; i < sk_X509_num(X509_STORE_CTX_get0_chain(ctx)); i++) {
		X509 *authority = sk_X509_value(X509_STORE_CTX_get0_chain(ctx), i);

		if (!(X509_get_extension_flags(authority) & EXFLAG_XKUSAGE) ||
		    X509_get_extended_key_usage(authority) & (XKU_CODE_SIGN | XKU_ANYEKU))
			continue;
		subject(authority, name, sizeof(name));
		err = fail(error, -EKEYREJECTED,
			   "the certificate of '%s' is for another purpose: its extended key usage lacks codeSigning",
			   name);
		break;
	}
out:
	X509_STORE_CTX_free(ctx);
	return err;
}

/* The hash that the signature uses; NULL: it is weak. */
static const EVP_MD *strong_digest(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *name;

	X509_ALGOR_get0(&name, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(name)) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return EVP_get_digestbyobj(name);
	}
	return NULL;
}

/* The DER of the signed attributes, which the signature covers (RFC 5652, 5.4). Free with OPENSSL_free(). */
static u8 *attributes(CMS_SignerInfo *info, size_t *size)
{
	int count = CMS_signed_get_attr_count(info), inside = 0;
	u8 *der, *p;

	for (int i = 0; i < count; i++)
		inside += i2d_X509_ATTRIBUTE(CMS_signed_get_attr(info, i), NULL);
	*size = ASN1_object_size(1, inside, V_ASN1_SET);
	der = p = OPENSSL_malloc(*size);
	if (!der)
		return NULL;
	ASN1_put_object(&p, 1, inside, V_ASN1_SET, V_ASN1_UNIVERSAL);
	for (int i = 0; i < count; i++)
		i2d_X509_ATTRIBUTE(CMS_signed_get_attr(info, i), &p);
	return der;
}

static bool ed25519_attributes_verify(CMS_SignerInfo *info, EVP_PKEY *key)
{
	ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(info);
	size_t size;
	u8 *der = attributes(info, &size);
	bool good = der && ed25519_verify(key,
					  (struct sign_bytes){ ASN1_STRING_get0_data(signature),
							       ASN1_STRING_length(signature) },
					  (struct sign_bytes){ der, size });

	OPENSSL_free(der);
	return good;
}

/* Checks that the attributes have the hash of the text and are signed with the key of the certificate. */
static bool cms_matches(CMS_SignerInfo *info, EVP_PKEY *key, const EVP_MD *digest, struct sign_bytes text)
{
	/* -3: demands exactly one such attribute, with one value. */
	const ASN1_OCTET_STRING *wanted =
		CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	const ASN1_OBJECT *type =
		CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
	u8 hash[EVP_MAX_MD_SIZE];
	unsigned int size;

	return wanted && type && OBJ_obj2nid(type) == NID_pkcs7_data &&
	       EVP_Digest(text.data, text.size, hash, &size, digest, NULL) == 1 &&
	       ASN1_STRING_length(wanted) == (int)size && !memcmp(ASN1_STRING_get0_data(wanted), hash, size) &&
	       (EVP_PKEY_is_a(key, "ED25519") ? ed25519_attributes_verify(info, key)
					      : CMS_SignerInfo_verify(info) == 1);
}

static int verify_cms(struct sign_bytes text, struct sign_bytes signature, struct anchors *anchors,
		      struct sign_signer *signer, struct sign_error *error)
{
	const u8 *p = signature.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, signature.size);
	STACK_OF(CMS_SignerInfo) *infos = cms ? CMS_get0_SignerInfos(cms) : NULL;
	STACK_OF(X509) *between = NULL;
	CMS_SignerInfo *info;
	const EVP_MD *digest;
	X509_ALGOR *algorithm;
	X509 *certificate;
	EVP_PKEY *key;
	int err;

	if (!cms || p != signature.data + signature.size || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		err = fail(error, -EKEYREJECTED,
			   "the signature cannot be read: it is neither CMS in DER nor %d bytes of "
			   "Ed25519; make it with 'tsem-bpf model sign'",
			   RAW_SIZE);
		goto out;
	}
	if (!sk_X509_num(anchors->certificates)) {
		err = fail(error, -EKEYREJECTED,
			   "the signature is CMS, which needs a certificate as the trust anchor, not a public key");
		goto out;
	}
	if (CMS_is_detached(cms) != 1 || OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data ||
	    sk_CMS_SignerInfo_num(infos) != 1 || CMS_signed_get_attr_count(sk_CMS_SignerInfo_value(infos, 0)) <= 0) {
		err = fail(error, -EKEYREJECTED,
			   "the signature is not detached, has no signed attributes, or has not exactly one signer; "
			   "make it with 'tsem-bpf model sign'");
		goto out;
	}
	info = sk_CMS_SignerInfo_value(infos, 0);
	between = CMS_get1_certs(cms);
	/* If an anchor is the signer's own certificate, the signature need not have it. */
	CMS_set1_signers_certs(cms, anchors->certificates, 0);
	CMS_SignerInfo_get0_algs(info, &key, &certificate, &algorithm, NULL);
	if (!certificate || !key) {
		err = fail(error, -EKEYREJECTED,
			   "the signature lacks the certificate of its signer, or that cannot be read");
		goto out;
	}
	digest = strong_digest(algorithm);
	if (!digest) {
		err = fail(error, -EKEYREJECTED, "the signature is made with a weak hash; sign with sha256 or better");
		goto out;
	}
	err = check_chain(certificate, between, anchors, error);
	if (err)
		goto out;
	subject(certificate, signer->name, sizeof(signer->name));
	if (!cms_matches(info, key, digest, text)) {
		err = fail(error, -EKEYREJECTED,
			   "the signature of '%s' does not match: the model is not the one that was signed",
			   signer->name);
		goto out;
	}
	signer->x509 = true;
	fingerprint(key, signer->fingerprint);
	/* The subject may be empty if the names are in an extension. */
	if (!*signer->name)
		snprintf(signer->name, sizeof(signer->name), "x509:%s", signer->fingerprint);
out:
	sk_X509_pop_free(between, X509_free);
	CMS_ContentInfo_free(cms);
	return err;
}

int sign__verify(struct sign_bytes text, struct sign_bytes signature, struct sign_bytes pem, struct sign_signer *signer,
		 struct sign_error *error)
{
	struct anchors anchors = {};
	int err;

	memset(signer, 0, sizeof(*signer));
	if (pem.size > PEM_MAX || signature.size > SIGNATURE_MAX)
		return fail(error, -EFBIG, "the signature or the trust anchor is too large");
	ERR_clear_error();
	err = read_anchors(pem, &anchors, error);
	if (!err && !signature.size)
		err = fail(error, -EKEYREJECTED, "the signature is empty");
	else if (!err && signature.size == RAW_SIZE)
		err = verify_raw(text, signature, &anchors, signer, error);
	else if (!err)
		err = verify_cms(text, signature, &anchors, signer, error);
	free_anchors(&anchors);
	ERR_clear_error();
	if (err)
		memset(signer, 0, sizeof(*signer));
	return err;
}

/*
 * Reads all of a small file, opened with stream__open(); the caller frees it. 0 or -errno; -EFBIG: it has more than
 * `most` bytes.
 */
static int read_file(const char *directory, const char *path, size_t most, u8 **out, size_t *size)
{
	int fd = stream__open(directory, path), err = 0;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	*out = NULL;
	if (!file)
		return fd < 0 ? fd : -errno;
	*out = malloc(most + 1);
	*size = *out ? fread(*out, 1, most + 1, file) : 0;
	if (!*out)
		err = -ENOMEM;
	else if (ferror(file))
		err = -EIO;
	else if (*size > most)
		err = -EFBIG;
	fclose(file);
	if (err) {
		free(*out);
		*out = NULL;
	}
	return err;
}

/* This file was not expanded: the limit is another one. */
static const char *file_error(int err)
{
	return err == -EFBIG ? "is too large" : stream__error(err);
}

char *sign__name(const char *model)
{
	char *name;

	return asprintf(&name, "%s" SIGN_SUFFIX, model) < 0 ? NULL : name;
}

static int anchor_hash(const u8 *pem, size_t size, char *out)
{
	u8 digest[TSEM_DIGEST_MAX];
	int err = digest__hash(TSEM_DIGEST_SHA256, pem, size, digest);

	if (!err)
		digest__to_hex(digest, 32, out);
	return err;
}

int sign__anchor(const char *path, char *out, struct sign_error *error)
{
	struct anchors anchors = {};
	size_t size;
	u8 *pem;
	int err = read_file(NULL, path, PEM_MAX, &pem, &size);

	if (err)
		return fail(error, err, "the trust anchor %s: %s", path, file_error(err));
	ERR_clear_error();
	err = read_anchors((struct sign_bytes){ pem, size }, &anchors, error);
	if (!err && anchor_hash(pem, size, out))
		err = no_memory(error);
	free_anchors(&anchors);
	ERR_clear_error();
	free(pem);
	return err;
}

int sign__verify_file(struct sign_bytes text, const char *model, const char *signature, const char *directory,
		      const char *anchor, struct sign_signer *signer, struct sign_error *error)
{
	char *beside = signature ? NULL : sign__name(model);
	u8 *pem = NULL, *bytes = NULL;
	size_t pem_size, size;
	int err;

	memset(signer, 0, sizeof(*signer));
	signature = signature ?: beside;
	if (!signature)
		return no_memory(error);
	err = read_file(NULL, anchor, PEM_MAX, &pem, &pem_size);
	if (err) {
		fail(error, err, "the trust anchor %s: %s", anchor, file_error(err));
		goto out;
	}
	err = read_file(directory, signature, SIGNATURE_MAX, &bytes, &size);
	if (err == -ENOENT) {
		fail(error, err, "is not signed: there is no %s; sign it with 'tsem-bpf model sign'", signature);
		goto out;
	}
	if (err) {
		fail(error, err, "the signature %s: %s", signature, file_error(err));
		goto out;
	}
	err = sign__verify(text, (struct sign_bytes){ bytes, size }, (struct sign_bytes){ pem, pem_size }, signer,
			   error);
	if (!err && anchor_hash(pem, pem_size, signer->anchor))
		err = no_memory(error);
out:
	free(bytes);
	free(pem);
	free(beside);
	return err;
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
	int err = read_file(NULL, path, PEM_MAX, &pem, &size);

	if (err)
		return fail(error, err, "the key %s: %s", path, strerror(-err));
	bio = BIO_new_mem_buf(pem, size);
	*key = bio ? PEM_read_bio_PrivateKey(bio, NULL, passphrase, &no_terminal) : NULL;
	BIO_free(bio);
	OPENSSL_cleanse(pem, size);
	free(pem);
	if (*key)
		return 0;
	if (no_terminal)
		return fail(error, -ENOTTY,
			    "the key %s: is encrypted, and there is no terminal to ask for its passphrase", path);
	return fail(error, -EINVAL, "the key %s: is no private key in PEM, or the passphrase is another (%s)", path,
		    reason());
}

/* The certificates of a PEM file; the first is the signer's. The caller frees *list. */
static int read_certificates(const char *path, STACK_OF(X509) * *list, struct sign_error *error)
{
	X509 *certificate;
	size_t size;
	u8 *pem;
	BIO *bio;
	int err = read_file(NULL, path, PEM_MAX, &pem, &size);

	*list = NULL;
	if (err)
		return fail(error, err, "the certificate %s: %s", path, file_error(err));
	bio = BIO_new_mem_buf(pem, size);
	*list = sk_X509_new_null();
	if (!bio || !*list)
		err = no_memory(error);
	while (!err && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (!sk_X509_push(*list, certificate)) {
			X509_free(certificate);
			err = no_memory(error);
		}
	}
	if (!err && (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || !sk_X509_num(*list)))
		err = fail(error, -EINVAL, "the certificate %s: has no certificate in PEM, or a broken one", path);
	ERR_clear_error();
	BIO_free(bio);
	free(pem);
	return err;
}

/* Do not make a signature that would be refused. */
static int check_signer(X509 *certificate, EVP_PKEY *key, struct sign_error *error)
{
	const char *purpose = wrong_purpose(certificate);

	if (X509_check_private_key(certificate, key) != 1)
		return fail(error, -EINVAL, "the certificate is not that of the key");
	if (purpose)
		return fail(error, -EINVAL, "the certificate is for another purpose: %s", purpose);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		return fail(error, -EINVAL, "the certificate has expired");
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		return fail(error, -EINVAL, "the key is too weak; RSA needs 2048 bits");
	return 0;
}

/* RFC 8419: the attributes have SHA-512 of the text; Ed25519 signs the attributes. */
static bool ed25519_attributes_sign(CMS_SignerInfo *info, EVP_PKEY *key, struct sign_bytes text)
{
	u8 digest[64], signature[RAW_SIZE], *der;
	X509_ALGOR *algorithm;
	size_t size;
	bool good;

	/* Add them in the order of DER. */
	if (digest__hash(TSEM_DIGEST_SHA512, text.data, text.size, digest) ||
	    !CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) ||
	    !CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest, sizeof(digest)))
		return false;
	der = attributes(info, &size);
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
		err = fail(error, -EINVAL, "the key cannot sign: %s", reason());
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
		return fail(error, -EINVAL, "the key is none of Ed25519, and needs a certificate: give --cert");
	*out = malloc(RAW_SIZE);
	*size = RAW_SIZE;
	if (!*out)
		return no_memory(error);
	if (ed25519_sign(key, text, *out))
		return 0;
	free(*out);
	*out = NULL;
	return fail(error, -EINVAL, "the key cannot sign: %s", reason());
}

int sign__sign(struct sign_bytes text, const char *key_path, const char *certificate, u8 **out, size_t *size,
	       struct sign_error *error)
{
	STACK_OF(X509) *certificates = NULL;
	EVP_PKEY *key = NULL;
	int err;

	*out = NULL;
	if (text.size > INT_MAX)
		return fail(error, -EFBIG, "the model is too large to be signed: give at most %d bytes", INT_MAX);
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
