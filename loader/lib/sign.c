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
 * The CMS of OpenSSL 3.0 lacks Ed25519. So sign_make.c makes the signature over the attributes itself, and
 * sign_cms.c checks it (RFC 8419). This is compatible with later versions of OpenSSL.
 */
#include "sign_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "digest.h"
#include "stream.h"

#define SIGNATURE_MAX (64 * 1024)

int sign__fail(struct sign_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

int sign__no_memory(struct sign_error *error)
{
	return sign__fail(error, -ENOMEM, "no memory");
}

const char *sign__reason(void)
{
	return ERR_reason_error_string(ERR_peek_last_error()) ?: "OpenSSL gives no reason";
}

int sign__read_file(const char *directory, const char *path, size_t most, u8 **out, size_t *size)
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

const char *sign__file_error(int err)
{
	return err == -EFBIG ? "is too large" : stream__error(err);
}

bool sign__ed25519_verify(EVP_PKEY *key, struct sign_bytes signature, struct sign_bytes message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, signature.data, signature.size, message.data, message.size) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static int verify_raw(struct sign_bytes text, struct sign_bytes signature, struct sign_anchors *anchors,
		      struct sign_signer *signer, struct sign_error *error)
{
	if (!anchors->key_count)
		return sign__fail(
			error, -EKEYREJECTED,
			"the signature is a raw one of Ed25519, which needs a public key as the trust anchor, not a "
			"certificate");
	for (size_t i = 0; i < anchors->key_count; i++) {
		if (!sign__ed25519_verify(anchors->keys[i], signature, text))
			continue;
		sign__fingerprint(anchors->keys[i], signer->fingerprint);
		snprintf(signer->name, sizeof(signer->name), "ed25519:%s", signer->fingerprint);
		return 0;
	}
	return sign__fail(
		error, -EKEYREJECTED,
		"the signature does not match: the model is not the one that was signed, or another key signed it");
}

int sign__verify(struct sign_bytes text, struct sign_bytes signature, struct sign_bytes pem, struct sign_signer *signer,
		 struct sign_error *error)
{
	struct sign_anchors anchors = {};
	int err;

	memset(signer, 0, sizeof(*signer));
	if (pem.size > SIGN_PEM_MAX || signature.size > SIGNATURE_MAX)
		return sign__fail(error, -EFBIG, "the signature or the trust anchor is too large");
	ERR_clear_error();
	err = sign__read_anchors(pem, &anchors, error);
	if (!err && !signature.size)
		err = sign__fail(error, -EKEYREJECTED, "the signature is empty");
	else if (!err && signature.size == SIGN_RAW_SIZE)
		err = verify_raw(text, signature, &anchors, signer, error);
	else if (!err)
		err = sign__verify_cms(text, signature, &anchors, signer, error);
	sign__free_anchors(&anchors);
	ERR_clear_error();
	if (err)
		memset(signer, 0, sizeof(*signer));
	return err;
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
	struct sign_anchors anchors = {};
	size_t size;
	u8 *pem;
	int err = sign__read_file(NULL, path, SIGN_PEM_MAX, &pem, &size);

	if (err)
		return sign__fail(error, err, "the trust anchor %s: %s", path, sign__file_error(err));
	ERR_clear_error();
	err = sign__read_anchors((struct sign_bytes){ pem, size }, &anchors, error);
	if (!err && anchor_hash(pem, size, out))
		err = sign__no_memory(error);
	sign__free_anchors(&anchors);
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
		return sign__no_memory(error);
	err = sign__read_file(NULL, anchor, SIGN_PEM_MAX, &pem, &pem_size);
	if (err) {
		sign__fail(error, err, "the trust anchor %s: %s", anchor, sign__file_error(err));
		goto out;
	}
	err = sign__read_file(directory, signature, SIGNATURE_MAX, &bytes, &size);
	if (err == -ENOENT) {
		sign__fail(error, err, "is not signed: there is no %s; sign it with 'tsem-bpf model sign'", signature);
		goto out;
	}
	if (err) {
		sign__fail(error, err, "the signature %s: %s", signature, sign__file_error(err));
		goto out;
	}
	err = sign__verify(text, (struct sign_bytes){ bytes, size }, (struct sign_bytes){ pem, pem_size }, signer,
			   error);
	if (!err && anchor_hash(pem, pem_size, signer->anchor))
		err = sign__no_memory(error);
out:
	free(bytes);
	free(pem);
	free(beside);
	return err;
}
