/* SPDX-License-Identifier: GPL-2.0 */
/* Evidence for the tests of what makes and reads it. A key of the test's own signs what a TPM would. */
#ifndef ATTEST_FIXTURE_H
#define ATTEST_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "attest.h"
#include "digest.h"
#include "event.h"
#include "root.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

#define LOG 5
#define DESCRIBED 4
/* The one that is described as unknown. */
#define SILENT 2

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static EVP_PKEY *ec, *rsa, *other;
static u8 log_of[LOG + 1][TSEM_DIGEST_MAX];
static struct tsem_record records[LOG + 1];
static struct model model;

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(o, key, &value));
	return value;
}

/* Events whose coefficients are known. */
static void take_vectors(void)
{
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0, n = 0;
	const char *fault;

	assert_non_null(file);
	while (n <= LOG && getline(&line, &size, file) > 0) {
		struct json_object *o = json_tokener_parse(line);
		const char *hex = json_object_get_string(member(o, "coefficient"));

		if (!strcmp(json_object_get_string(member(o, "digest")), "sha256") &&
		    !strcmp(json_object_get_string(member(o, "encoding")), "host")) {
			assert_int_equal(event__from_json(member(o, "event"), TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST,
							  &records[n], &fault),
					 0);
			assert_int_equal(digest__from_hex(hex, strlen(hex), log_of[n++], 32), 0);
		}
		json_object_put(o);
	}
	free(line);
	fclose(file);
	assert_int_equal(n, LOG + 1);
}

static int make_keys(void **state)
{
	(void)state;
	ec = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	rsa = EVP_RSA_gen(2048);
	take_vectors();
	for (int i = 0; i < LOG; i++)
		assert_int_equal(digests__add(&model.states, log_of[i]), 0);
	model.width = 32;
	return ec && other && rsa ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other);
	EVP_PKEY_free(rsa);
	model__free(&model);
	return 0;
}

/* What is signed, with what may be wrong about it. */
struct forged {
	u32 magic, type, banks, bank, selected;
	u8 extra[ATTEST_SIZE], digest[ATTEST_SIZE];
	size_t extra_size, trailing;
};

static u8 *put(u8 *p, u64 value, size_t size)
{
	while (size--)
		*p++ = value >> 8 * size;
	return p;
}

static void put_attest(const struct forged *f, struct tpm2_quote *quote)
{
	u8 *p = quote->attest;

	p = put(p, f->magic, 4);
	p = put(p, f->type, 2);
	p = put(p, 34, 2);
	p = memset(p, 0x0b, 34) + 34;
	p = put(p, f->extra_size, 2);
	p = mempcpy(p, f->extra, f->extra_size);
	p = put(p, 123456, 8); /* clock, resets, restarts, safe, firmware */
	p = put(p, 7, 4);
	p = put(p, 0, 4);
	p = put(p, 1, 1);
	p = put(p, 0x20240101, 8);
	p = put(p, f->banks, 4);
	for (u32 i = 0; i < f->banks; i++) {
		p = put(p, f->bank, 2);
		p = put(p, 3, 1);
		p = put(p, f->selected, 1);
		p = put(p, f->selected >> 8, 1);
		p = put(p, f->selected >> 16, 1);
	}
	p = put(p, ATTEST_SIZE, 2);
	p = mempcpy(p, f->digest, ATTEST_SIZE);
	p = memset(p, 0, f->trailing) + f->trailing;
	quote->attest_size = p - quote->attest;
}

static void sign(EVP_PKEY *key, struct tpm2_quote *quote)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	u8 signature[512], *p = quote->signature;
	size_t size = sizeof(signature);
	const u8 *der = signature;
	ECDSA_SIG *pair;

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &size, quote->attest, quote->attest_size), 1);
	EVP_MD_CTX_free(context);
	p = put(p, EVP_PKEY_is_a(key, "EC") ? 0x0018 : 0x0014, 2);
	p = put(p, 0x000b, 2);
	if (EVP_PKEY_is_a(key, "EC")) {
		pair = d2i_ECDSA_SIG(NULL, &der, size);
		assert_non_null(pair);
		p = put(p, 32, 2);
		p += BN_bn2binpad(ECDSA_SIG_get0_r(pair), p, 32);
		p = put(p, 32, 2);
		p += BN_bn2binpad(ECDSA_SIG_get0_s(pair), p, 32);
		ECDSA_SIG_free(pair);
	} else {
		p = put(p, size, 2);
		p = mempcpy(p, signature, size);
	}
	quote->signature_size = p - quote->signature;
}

/* The formulas, written out. */
static void register_after(const struct attest_root *root, size_t count, u8 *pcr)
{
	u8 buffer[64];

	memcpy(pcr, root->initial, 32);
	for (size_t i = 0; i < count; i++) {
		memcpy(buffer, root->base, 32);
		memcpy(buffer + 32, log_of[i], 32);
		digest__hash(TSEM_DIGEST_SHA256, buffer, 64, buffer + 32);
		memcpy(buffer, pcr, 32);
		digest__hash(TSEM_DIGEST_SHA256, buffer, 64, pcr);
	}
}

/* All that comes before the quote. */
static void statements(struct attest *a)
{
	struct tsem_namespace ns = { .id = 3,
				     .mode = TSEM_MODE_SEALED,
				     .digest = TSEM_DIGEST_SHA512,
				     .encoding = TSEM_ENCODING_PORTABLE,
				     .coefficients = 2,
				     .forensics = 1,
				     .name = "web \"\x1b\xff" };
	u8 coefficients[2][TSEM_DIGEST_MAX] = { { 2 }, { 1 } };

	memset(a, 0, sizeof(*a));
	for (int i = 0; i < 24; i++)
		a->nonce[i] = i;
	a->nonce_size = 24;
	for (int i = 0; i < ATTEST_BOOT; i++)
		memset(a->boot[i], 0x10 + i, ATTEST_SIZE);
	a->root = (struct attest_root){
		.pcr = 11, .digest = TSEM_DIGEST_SHA256, .encoding = TSEM_ENCODING_HOST, .logged = DESCRIBED
	};
	memset(a->root.base, 0xba, 32);
	assert_int_equal(attest__add_namespace(a, &ns, coefficients, 2), 0);
	ns = (struct tsem_namespace){
		.id = 4, .digest = TSEM_DIGEST_SHA256, .encoding = TSEM_ENCODING_HOST, .name = "ns4"
	};
	assert_int_equal(attest__add_namespace(a, &ns, coefficients, 0), 0);
	for (int i = 0; i < DESCRIBED; i++)
		assert_int_equal(attest__add_event(a, log_of[i], i == SILENT ? NULL : &records[i]), 0);
}

static struct forged quote_of(struct attest *a)
{
	struct forged f = { .magic = 0xff544347,
			    .type = 0x8018,
			    .banks = 1,
			    .bank = 0x000b,
			    .selected = 0x8ff,
			    .extra_size = ATTEST_SIZE };
	u8 registers[9][32];

	memcpy(registers, a->boot, sizeof(a->boot));
	register_after(&a->root, LOG, registers[8]);
	digest__hash(TSEM_DIGEST_SHA256, registers, sizeof(registers), f.digest);
	assert_int_equal(attest__challenge(a, f.extra), 0);
	return f;
}

static void make(struct attest *a, EVP_PKEY *key)
{
	struct forged f;

	statements(a);
	f = quote_of(a);
	put_attest(&f, &a->quote);
	sign(key, &a->quote);
	assert_int_equal(attest__complete(a, log_of, LOG + 1), 0);
	assert_int_equal(a->log.count, LOG);
}

static struct attest_policy policy_of(const struct attest *a, EVP_PKEY *key)
{
	return (struct attest_policy){
		.key = key, .pcr = 11, .nonce = a->nonce, .nonce_size = a->nonce_size, .model = &model
	};
}

static void to_text(const struct attest *a, char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	assert_int_equal(attest__write(file, a), 0);
	fclose(file);
}

static int read_text(const char *text, size_t size, struct attest *a, const char **fault)
{
	FILE *file = fmemopen((void *)text, size, "r");
	int err;

	assert_non_null(file);
	err = attest__read(file, a, fault);
	fclose(file);
	return err;
}

#endif
