// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of signatures (loader/lib/sign*.c). An input is taken as a signature, as a trust anchor, and as changes
 * to a good signature, which come further: three bytes each, where and what.
 *
 * Whatever is refused must say why and name nobody; and no input is a signature of a text that nobody has signed.
 */
#include <errno.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "fuzz_main.h"
#include "sign.h"

static const struct sign_bytes signed_text = { (const u8 *)"end\n", 4 }, other_text = { (const u8 *)"seal\nend\n", 9 };
static struct sign_bytes good, anchor;

static X509 *certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_EXTENSION *purpose = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "codeSigning");

	FUZZ_CHECK(key && x && purpose);
	X509_set_version(x, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400 * 365);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const u8 *)"fuzz", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509_add_ext(x, purpose, -1);
	X509_EXTENSION_free(purpose);
	FUZZ_CHECK(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

/* A signature, and its anchor. */
static void prepare(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = certificate(key);
	BIO *content = BIO_new_mem_buf(signed_text.data, signed_text.size);
	CMS_ContentInfo *cms = CMS_sign(x, key, NULL, content, CMS_BINARY | CMS_DETACHED);
	struct sign_signer signer;
	struct sign_error error;
	u8 *der = NULL;
	char *pem;
	FILE *file = open_memstream(&pem, &anchor.size);

	FUZZ_CHECK(cms && file && PEM_write_X509(file, x));
	fclose(file);
	anchor.data = (u8 *)pem;
	good.size = i2d_CMS_ContentInfo(cms, &der);
	good.data = der;
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	X509_free(x);
	EVP_PKEY_free(key);
	FUZZ_CHECK(!sign__verify(signed_text, good, anchor, &signer, &error));
}

static int check(struct sign_bytes text, struct sign_bytes signature, struct sign_bytes anchors)
{
	struct sign_signer signer;
	struct sign_error error;
	int err;

	memset(&error, 0xff, sizeof(error));
	err = sign__verify(text, signature, anchors, &signer, &error);
	if (err) {
		FUZZ_CHECK(err == -EKEYREJECTED || err == -EFBIG);
		FUZZ_CHECK(error.text[0] && memchr(error.text, 0, sizeof(error.text)));
	}
	FUZZ_CHECK(!err == !!*signer.name && !err == (strlen(signer.fingerprint) == 64));
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In memory of exactly its size, so that a sanitizer sees a read of the first byte behind it. */
	u8 *input = malloc(size ?: 1), *changed;
	struct sign_bytes bytes = { input, size };

	if (!good.data)
		prepare();
	changed = malloc(good.size);
	FUZZ_CHECK(input && changed);
	if (size)
		memcpy(input, data, size);
	memcpy(changed, good.data, good.size);
	for (size_t i = 0; i + 3 <= size; i += 3)
		changed[(input[i] << 8 | input[i + 1]) % good.size] = input[i + 2];
	FUZZ_CHECK(check(signed_text, bytes, anchor));
	FUZZ_CHECK(check(other_text, good, bytes));
	check(signed_text, (struct sign_bytes){ changed, good.size }, anchor);
	FUZZ_CHECK(check(other_text, (struct sign_bytes){ changed, good.size }, anchor));
	free(changed);
	free(input);
	return 0;
}
