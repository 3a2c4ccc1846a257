// SPDX-License-Identifier: GPL-2.0
/*
 * Signed models: what is taken, and each reason for which a signature is refused. Keys and certificates are made anew
 * at each run, so that none is ever out of date, and none is in the repository.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "sign.h"

#define DAY 86400
#define TEXT "state aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\nend\n"

static const struct sign_bytes text = { (const u8 *)TEXT, sizeof(TEXT) - 1 };

/* Somebody with a key and a certificate, and the files of both. */
struct party {
	const char *name;
	EVP_PKEY *key;
	X509 *certificate;
	char key_path[64], certificate_path[64];
};

static char directory[] = "/tmp/tsem-test-XXXXXX";
static struct party root, other, coder;

static void extend(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	if (!value)
		return;
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* What a certificate is to be; the zeros are those of a good signer's under `root`. */
struct wish {
	const char *constraints, *usage, *extended; /* "-": no such extension */
	long from, until; /* seconds from now; until 0: tomorrow */
	bool sha1; /* what the issuer signs with; else sha256 */
};

static const char *or_default(const char *wish, const char *value)
{
	return wish ? (strcmp(wish, "-") ? wish : NULL) : value;
}

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	if (key)
		assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	if (certificate)
		assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
}

/* A party whose certificate `issuer` has signed, or itself if that is NULL. Owns `key`. */
static void make(struct party *party, const char *name, EVP_PKEY *key, struct party *issuer, struct wish wish)
{
	static long serial;
	X509 *certificate = X509_new();

	assert_non_null(key);
	party->name = name;
	party->key = key;
	party->certificate = certificate;
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from ?: -DAY);
	X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until ?: DAY);
	if (*name)
		X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const u8 *)name,
					   -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer->certificate : certificate));
	X509_set_pubkey(certificate, key);
	extend(certificate, NID_basic_constraints, or_default(wish.constraints, "critical,CA:FALSE"));
	extend(certificate, NID_key_usage, or_default(wish.usage, "critical,digitalSignature"));
	extend(certificate, NID_ext_key_usage, or_default(wish.extended, "codeSigning"));
	assert_true(X509_sign(certificate, issuer ? issuer->key : key,
			      EVP_PKEY_is_a(issuer ? issuer->key : key, "ED25519") ? NULL
			      : wish.sha1 ? EVP_sha1()
					  : EVP_sha256()) > 0);
	snprintf(party->key_path, sizeof(party->key_path), "%s/%s.key", directory, name);
	snprintf(party->certificate_path, sizeof(party->certificate_path), "%s/%s.crt", directory, name);
	write_pem(party->key_path, key, NULL);
	write_pem(party->certificate_path, NULL, certificate);
}

static void drop(struct party *party)
{
	unlink(party->key_path);
	unlink(party->certificate_path);
	EVP_PKEY_free(party->key);
	X509_free(party->certificate);
}

static EVP_PKEY *ec(void)
{
	return EVP_EC_gen("P-256");
}

static EVP_PKEY *ed25519(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

#define CA .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign"

static const struct wish authority = { CA, .extended = "-" };

/* The PEM of a certificate or, without one, of a public key; to be freed. */
static struct sign_bytes pem(X509 *certificate, EVP_PKEY *key)
{
	char *data;
	size_t size;
	FILE *file = open_memstream(&data, &size);

	assert_non_null(file);
	if (certificate)
		PEM_write_X509(file, certificate);
	else
		PEM_write_PUBKEY(file, key);
	fclose(file);
	return (struct sign_bytes){ (u8 *)data, size };
}

/* Verifies against one anchor; NULL: taken, else the reason, which the next call overwrites. */
static const char *refusal(struct sign_bytes what, struct sign_bytes signature, X509 *anchor, EVP_PKEY *key)
{
	static struct sign_error error;
	struct sign_bytes anchors = pem(anchor, key);
	struct sign_signer signer;
	int err = sign__verify(what, signature, anchors, &signer, &error);

	free((void *)anchors.data);
	if (!err)
		assert_true(*signer.name && strlen(signer.fingerprint) == 64 && signer.x509 == !!anchor);
	else
		assert_true(err == -EKEYREJECTED && !*signer.name && !*signer.fingerprint);
	return err ? error.text : NULL;
}

static void assert_refused(const char *said, const char *wanted)
{
	if (!said)
		fail_msg("taken, not refused with '%s'", wanted);
	if (!strstr(said, wanted))
		fail_msg("'%s' is not in '%s'", wanted, said);
}

static struct sign_bytes sign_ours(struct party *party, bool raw)
{
	struct sign_bytes out;
	struct sign_error error;

	if (sign__sign(text, party->key_path, raw ? NULL : party->certificate_path, (u8 **)&out.data, &out.size,
		       &error))
		fail_msg("cannot sign: %s", error.text);
	return out;
}

/* As others make it, who do not look at the certificate first. */
static struct sign_bytes sign_theirs(struct party *party, STACK_OF(X509) * more, const EVP_MD *digest,
				     unsigned int flags)
{
	BIO *content = BIO_new_mem_buf(text.data, text.size);
	CMS_ContentInfo *cms;
	u8 *der = NULL;
	int size;

	flags |= CMS_BINARY | CMS_PARTIAL;
	cms = CMS_sign(NULL, NULL, more, NULL, flags);
	assert_non_null(CMS_add1_signer(cms, party->certificate, party->key, digest, flags));
	assert_int_equal(CMS_final(cms, content, NULL, flags), 1);
	size = i2d_CMS_ContentInfo(cms, &der);
	assert_true(size > 0);
	BIO_free(content);
	CMS_ContentInfo_free(cms);
	return (struct sign_bytes){ der, size };
}

/* Each byte of the text and of the signature counts, and each end of it. */
static void check_bytes(struct sign_bytes signature, X509 *anchor, EVP_PKEY *key)
{
	u8 *copy = malloc(text.size + 1), *bad = malloc(signature.size + 1);
	size_t taken = 0;

	assert_null(refusal(text, signature, anchor, key));
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\n';
	for (size_t i = 0; i < text.size; i++) {
		copy[i] ^= 1;
		assert_refused(refusal((struct sign_bytes){ copy, text.size }, signature, anchor, key),
			       "does not match");
		copy[i] ^= 1;
	}
	assert_refused(refusal((struct sign_bytes){ copy, text.size - 1 }, signature, anchor, key), "does not match");
	assert_refused(refusal((struct sign_bytes){ copy, text.size + 1 }, signature, anchor, key), "does not match");
	memcpy(bad, signature.data, signature.size);
	bad[signature.size] = 0;
	for (size_t i = 0; i < signature.size; i++) {
		bad[i] ^= 1;
		taken += !refusal(text, (struct sign_bytes){ bad, signature.size }, anchor, key);
		bad[i] ^= 1;
		assert_non_null(refusal(text, (struct sign_bytes){ bad, i }, anchor, key));
	}
	/* CMS has bytes that say nothing, such as versions. */
	assert_true(anchor ? taken < signature.size / 20 : !taken);
	assert_non_null(refusal(text, (struct sign_bytes){ bad, signature.size + 1 }, anchor, key));
	free(bad);
	free(copy);
}

static void a_certificate_under_the_anchor_signs(void **state)
{
	struct sign_bytes signature = sign_ours(&coder, false);
	EVP_PKEY *raw = ed25519();

	(void)state;
	check_bytes(signature, root.certificate, NULL);
	/* The signer's own certificate may be the anchor; the system's, or another, is none. */
	assert_null(refusal(text, signature, coder.certificate, NULL));
	assert_refused(refusal(text, signature, other.certificate, NULL), "does not lead to the trust anchor");
	assert_refused(refusal(text, signature, NULL, raw), "not a public key");
	EVP_PKEY_free(raw);
	free((void *)signature.data);
}

static void a_certificate_of_ed25519_signs(void **state)
{
	struct sign_bytes signature;
	struct party party;

	(void)state;
	make(&party, "ed", ed25519(), &root, (struct wish){});
	signature = sign_ours(&party, false);
	check_bytes(signature, root.certificate, NULL);
	assert_refused(refusal(text, signature, other.certificate, NULL), "does not lead to the trust anchor");
	free((void *)signature.data);
	drop(&party);
}

static void a_raw_key_signs(void **state)
{
	EVP_PKEY *stranger = ed25519();
	struct sign_bytes signature;
	struct party party;

	(void)state;
	make(&party, "raw", ed25519(), NULL, (struct wish){});
	signature = sign_ours(&party, true);
	assert_int_equal(signature.size, 64);
	check_bytes(signature, NULL, party.key);
	assert_refused(refusal(text, signature, NULL, stranger), "does not match");
	assert_refused(refusal(text, signature, party.certificate, NULL), "not a certificate");
	assert_refused(refusal(text, signature, NULL, coder.key), "none of Ed25519");
	free((void *)signature.data);
	EVP_PKEY_free(stranger);
	drop(&party);
}

static void what_a_certificate_lacks_is_said(void **state)
{
	static const struct {
		struct wish wish;
		const char *wanted;
	} cases[] = {
		{ { .from = -2 * DAY, .until = -60 }, "has expired" },
		{ { .from = 60 }, "not valid yet" },
		{ { .extended = "serverAuth" }, "lacks codeSigning" },
		{ { .extended = "anyExtendedKeyUsage" }, "lacks codeSigning" },
		{ { .extended = "-" }, "lacks codeSigning" },
		{ { .usage = "keyEncipherment" }, "lacks digitalSignature" },
		{ { .constraints = "critical,CA:TRUE", .usage = "digitalSignature,keyCertSign" }, "an authority" },
		{ { .constraints = "-", .usage = "-" }, NULL },
		{ { .extended = "serverAuth,codeSigning" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sign_bytes signature;
		struct sign_error error;
		struct party party;
		u8 *none;
		size_t size;

		make(&party, "case", ec(), &root, cases[i].wish);
		signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
		if (cases[i].wanted) {
			assert_refused(refusal(text, signature, root.certificate, NULL), cases[i].wanted);
			/* As the anchor itself it is no better. */
			assert_refused(refusal(text, signature, party.certificate, NULL), cases[i].wanted);
			if (!cases[i].wish.from || cases[i].wish.from < 0)
				assert_int_equal(sign__sign(text, party.key_path, party.certificate_path, &none, &size,
							    &error),
						 -EINVAL);
		} else {
			assert_null(refusal(text, signature, root.certificate, NULL));
		}
		OPENSSL_free((void *)signature.data);
		drop(&party);
	}
}

static void an_authority_between_has_to_be_one(void **state)
{
	static const struct {
		struct wish wish;
		const char *wanted;
	} cases[] = {
		{ { CA, .extended = "-" }, NULL },
		{ { CA, .extended = "anyExtendedKeyUsage" }, NULL },
		{ { CA, .extended = "serverAuth" }, "lacks codeSigning" },
		{ { CA, .extended = "-", .until = -60 }, "'CN=between' has expired" },
		{ { CA, .extended = "-", .sha1 = true }, "'CN=between' is refused" },
		{ { .extended = "-" }, "is refused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STACK_OF(X509) *more = sk_X509_new_null();
		struct sign_bytes signature;
		struct party between, party;

		make(&between, "between", ec(), &root, cases[i].wish);
		make(&party, "party", ec(), &between, (struct wish){});
		sk_X509_push(more, between.certificate);
		signature = sign_theirs(&party, more, NULL, CMS_DETACHED);
		if (cases[i].wanted)
			assert_refused(refusal(text, signature, root.certificate, NULL), cases[i].wanted);
		else
			assert_null(refusal(text, signature, root.certificate, NULL));
		OPENSSL_free((void *)signature.data);
		/* Without the certificate between there is no way to the anchor. */
		signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
		assert_refused(refusal(text, signature, root.certificate, NULL), "does not lead to the trust anchor");
		OPENSSL_free((void *)signature.data);
		sk_X509_free(more);
		drop(&party);
		drop(&between);
	}
}

/* A whole chain of its own, with the anchor's name, changes nothing. */
static void a_key_in_the_signature_is_not_trusted(void **state)
{
	STACK_OF(X509) *more = sk_X509_new_null();
	struct sign_bytes signature;
	struct party false_root, party;

	(void)state;
	make(&false_root, "root2", ec(), NULL, authority);
	X509_set_subject_name(false_root.certificate, X509_get_subject_name(root.certificate));
	X509_set_issuer_name(false_root.certificate, X509_get_subject_name(root.certificate));
	assert_true(X509_sign(false_root.certificate, false_root.key, EVP_sha256()) > 0);
	make(&party, "party", ec(), &false_root, (struct wish){});
	sk_X509_push(more, false_root.certificate);
	signature = sign_theirs(&party, more, NULL, CMS_DETACHED);
	assert_non_null(refusal(text, signature, root.certificate, NULL));
	assert_null(refusal(text, signature, false_root.certificate, NULL));
	OPENSSL_free((void *)signature.data);
	sk_X509_free(more);
	drop(&party);
	/* Nor does a self-signed one. */
	make(&party, "party", ec(), NULL, (struct wish){});
	signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
	assert_refused(refusal(text, signature, root.certificate, NULL), "does not lead to the trust anchor");
	assert_null(refusal(text, signature, party.certificate, NULL));
	OPENSSL_free((void *)signature.data);
	drop(&party);
	drop(&false_root);
}

static void weak_and_odd_signatures_are_refused(void **state)
{
	struct sign_bytes signature;
	struct sign_error error;
	struct party party;
	size_t size;
	u8 *none;

	(void)state;
	signature = sign_theirs(&coder, NULL, EVP_sha1(), CMS_DETACHED);
	assert_refused(refusal(text, signature, root.certificate, NULL), "weak hash");
	OPENSSL_free((void *)signature.data);
	signature = sign_theirs(&coder, NULL, NULL, 0);
	assert_refused(refusal(text, signature, root.certificate, NULL), "not detached");
	OPENSSL_free((void *)signature.data);
	signature = sign_theirs(&coder, NULL, NULL, CMS_DETACHED | CMS_NOATTR);
	assert_refused(refusal(text, signature, root.certificate, NULL), "no signed attributes");
	OPENSSL_free((void *)signature.data);
	signature = sign_theirs(&coder, NULL, NULL, CMS_DETACHED | CMS_NOCERTS);
	assert_refused(refusal(text, signature, root.certificate, NULL), "lacks the certificate");
	assert_null(refusal(text, signature, coder.certificate, NULL));
	OPENSSL_free((void *)signature.data);
	make(&party, "weak", EVP_RSA_gen(1024), &root, (struct wish){});
	signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
	assert_refused(refusal(text, signature, root.certificate, NULL), "too weak");
	assert_refused(refusal(text, signature, party.certificate, NULL), "too weak");
	assert_int_equal(sign__sign(text, party.key_path, party.certificate_path, &none, &size, &error), -EINVAL);
	OPENSSL_free((void *)signature.data);
	drop(&party);
	assert_refused(refusal(text, (struct sign_bytes){ (const u8 *)"", 0 }, root.certificate, NULL), "is empty");
	assert_refused(refusal(text, text, root.certificate, NULL), "cannot be read");
}

static void an_anchor_has_to_be_one(void **state)
{
	struct sign_bytes signature = sign_ours(&coder, false), good = pem(root.certificate, NULL);
	struct sign_signer signer;
	struct sign_error error;
	char *broken = malloc(good.size);

	(void)state;
	assert_int_equal(sign__verify(text, signature, text, &signer, &error), -EKEYREJECTED);
	assert_refused(error.text, "no certificate and no public key");
	assert_int_equal(sign__verify(text, signature, (struct sign_bytes){ good.data, good.size / 2 }, &signer,
				      &error),
			 -EKEYREJECTED);
	assert_refused(error.text, "trust anchor: cannot be read");
	memcpy(broken, good.data, good.size);
	memcpy(broken + 40, "AAAA", 4);
	assert_int_equal(sign__verify(text, signature, (struct sign_bytes){ (u8 *)broken, good.size }, &signer, &error),
			 -EKEYREJECTED);
	free(broken);
	free((void *)good.data);
	free((void *)signature.data);
}

static void write_bytes(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

static void the_files_are_found_and_bounded(void **state)
{
	struct sign_bytes signature = sign_ours(&coder, false);
	char model[64], *beside;
	struct sign_signer signer;
	struct sign_error error;
	u8 *large = calloc(1, 1 << 17);

	(void)state;
	snprintf(model, sizeof(model), "%s/m", directory);
	beside = sign__name(model);
	assert_int_equal(sign__verify_file(text, model, NULL, NULL, root.certificate_path, &signer, &error), -ENOENT);
	assert_refused(error.text, "is not signed");
	write_bytes(beside, signature.data, signature.size);
	assert_int_equal(sign__verify_file(text, model, NULL, NULL, root.certificate_path, &signer, &error), 0);
	assert_string_equal(signer.name, "CN=coder");
	assert_int_equal(sign__verify_file(text, "other", beside, NULL, root.certificate_path, &signer, &error), 0);
	assert_int_equal(sign__verify_file(text, model, NULL, NULL, "/nowhere", &signer, &error), -ENOENT);
	assert_refused(error.text, "trust anchor /nowhere");
	write_bytes(beside, large, 1 << 17);
	assert_int_equal(sign__verify_file(text, model, NULL, NULL, root.certificate_path, &signer, &error), -EFBIG);
	unlink(beside);
	free(large);
	free(beside);
	free((void *)signature.data);
}

static void a_name_cannot_write_to_the_terminal(void **state)
{
	struct sign_bytes signature, anchors = pem(root.certificate, NULL);
	struct sign_signer signer;
	struct sign_error error;
	struct party party;

	(void)state;
	make(&party, "a\033[2J\nb", ec(), &root, (struct wish){});
	signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
	assert_int_equal(sign__verify(text, signature, anchors, &signer, &error), 0);
	assert_null(strchr(signer.name, '\033'));
	assert_null(strchr(signer.name, '\n'));
	OPENSSL_free((void *)signature.data);
	drop(&party);
	/* Whoever has no name is known by the key. */
	make(&party, "", ec(), &root, (struct wish){});
	signature = sign_theirs(&party, NULL, NULL, CMS_DETACHED);
	assert_int_equal(sign__verify(text, signature, anchors, &signer, &error), 0);
	assert_non_null(strstr(signer.name, signer.fingerprint));
	OPENSSL_free((void *)signature.data);
	free((void *)anchors.data);
	drop(&party);
}

static int make_parties(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	make(&root, "root", ec(), NULL, authority);
	make(&other, "other", ec(), NULL, authority);
	make(&coder, "coder", ec(), &root, (struct wish){});
	return 0;
}

static int drop_parties(void **state)
{
	(void)state;
	drop(&coder);
	drop(&other);
	drop(&root);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_under_the_anchor_signs),
		cmocka_unit_test(a_certificate_of_ed25519_signs),
		cmocka_unit_test(a_raw_key_signs),
		cmocka_unit_test(what_a_certificate_lacks_is_said),
		cmocka_unit_test(an_authority_between_has_to_be_one),
		cmocka_unit_test(a_key_in_the_signature_is_not_trusted),
		cmocka_unit_test(weak_and_odd_signatures_are_refused),
		cmocka_unit_test(an_anchor_has_to_be_one),
		cmocka_unit_test(the_files_are_found_and_bounded),
		cmocka_unit_test(a_name_cannot_write_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, make_parties, drop_parties);
}
