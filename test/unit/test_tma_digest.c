// SPDX-License-Identifier: GPL-2.0
/* The hash functions of the agent's core: known answers, against libcrypto at every length, and HMAC (RFC 4231). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/hmac.h>

#include "digest.h"
#include "tma_digest.h"

static void check(const u8 *digest, size_t size, const char *expected)
{
	char hex[2 * TSEM_DIGEST_MAX + 1];

	digest__to_hex(digest, size, hex);
	assert_string_equal(hex, expected);
}

static void hash(const struct tma_digest *digest, const char *text, u8 *out)
{
	struct tma_hash hash;

	tma_hash__init(&hash, digest);
	tma_hash__update(&hash, text, strlen(text));
	assert_true(tma_hash__final(&hash, out));
}

/* FIPS 180-4 and FIPS 202 (examples of NIST), GB/T 32905-2016. */
static void hashes_have_their_known_answers(void **state)
{
	static const char longer[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	u8 out[TSEM_DIGEST_MAX];

	(void)state;
	hash(&tma_sha256, "", out);
	check(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash(&tma_sha256, "abc", out);
	check(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash(&tma_sha256, longer, out);
	check(out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	hash(&tma_sha3_256, "", out);
	check(out, 32, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
	hash(&tma_sha3_256, "abc", out);
	check(out, 32, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
	hash(&tma_sha3_256, longer, out);
	check(out, 32, "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376");
	hash(&tma_sm3, "abc", out);
	check(out, 32, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
	hash(&tma_sm3, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", out);
	check(out, 32, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* Every length up to three blocks, in two pieces that meet anywhere. */
static void hashes_agree_with_libcrypto_at_every_length(void **state)
{
	u8 message[450], ours[TSEM_DIGEST_MAX], theirs[TSEM_DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = 7 * i + (i >> 3);
	for (const struct tma_digest *const *digest = tma_digests; *digest; digest++) {
		assert_string_equal((*digest)->name, digest__name((*digest)->type));
		assert_int_equal((*digest)->size, digest__size((*digest)->type));
		assert_ptr_equal(tma_digest__find(tma_digests, (*digest)->type), *digest);
		for (size_t size = 0; size <= sizeof(message); size++) {
			struct tma_hash hash;
			size_t first = size * 5 % (size + 1);

			tma_hash__init(&hash, *digest);
			tma_hash__update(&hash, message, first);
			tma_hash__update(&hash, message + first, size - first);
			assert_true(tma_hash__final(&hash, ours));
			assert_int_equal(digest__hash((*digest)->type, message, size, theirs), 0);
			assert_memory_equal(ours, theirs, (*digest)->size);
		}
	}
	assert_null(tma_digest__find(tma_digests, TSEM_DIGEST_SHA512));
}

static void check_hmac(const char *key, size_t key_size, const char *data, const char *expected)
{
	struct tma_hmac_key hmac;
	u8 out[TMA_SHA256_SIZE];

	tma_hmac__key(&hmac, (const u8 *)key, key_size);
	tma_hmac__compute(&hmac, (const u8 *)data, strlen(data), out);
	check(out, sizeof(out), expected);
}

/* RFC 4231, test cases 1, 2, 6 and 7. */
static void hmac_has_its_known_answers(void **state)
{
	char key[131];

	(void)state;
	memset(key, 0x0b, 20);
	check_hmac(key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	check_hmac("Jefe", 4, "what do ya want for nothing?",
		   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	check_hmac(key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First",
		   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	check_hmac(key, sizeof(key),
		   "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
		   "to be hashed before being used by the HMAC algorithm.",
		   "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void hmac_agrees_with_libcrypto(void **state)
{
	u8 key[100], data[300], ours[TMA_SHA256_SIZE], theirs[EVP_MAX_MD_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = 31 * i;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = 17 * i;
	for (size_t size = 0; size <= sizeof(data); size++) {
		size_t key_size = size % (sizeof(key) + 1);
		struct tma_hmac_key hmac;

		tma_hmac__key(&hmac, key, key_size);
		tma_hmac__compute(&hmac, data, size, ours);
		assert_non_null(HMAC(EVP_sha256(), key, key_size, data, size, theirs, NULL));
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

static void comparison_looks_at_every_byte(void **state)
{
	u8 a[TMA_SHA256_SIZE] = {}, b[TMA_SHA256_SIZE] = {};

	(void)state;
	assert_true(tma_same(a, b, sizeof(a)));
	for (size_t i = 0; i < 8 * sizeof(a); i++) {
		b[i / 8] ^= 1 << i % 8;
		assert_false(tma_same(a, b, sizeof(a)));
		b[i / 8] = 0;
	}
	memset(a, 0xff, sizeof(a));
	tma_erase(a, sizeof(a));
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_have_their_known_answers),
		cmocka_unit_test(hashes_agree_with_libcrypto_at_every_length),
		cmocka_unit_test(hmac_has_its_known_answers),
		cmocka_unit_test(hmac_agrees_with_libcrypto),
		cmocka_unit_test(comparison_looks_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
