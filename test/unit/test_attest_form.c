// SPDX-License-Identifier: GPL-2.0
/* Evidence as a text: one form, of which each bit counts. Keys: only strong ones. A real quote comes from swtpm. */
#include "attest_fixture.h"

#include <openssl/pem.h>

#include "swtpm.h"

/* The text with the first `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return out;
}

/* Changes of evidence, after which it is not read, and what is said to be at fault. */
static const struct {
	const char *from, *to, *fault; /* NULL: not in its form */
} changes[] = {
	{ "{\"version\":\"2\",", "{\"version\":\"1\",", "version" },
	{ "{\"version\":\"2\",", "{", "version" },
	{ "{\"version\":\"2\",", "{\"version\":2,", "version" },
	{ "{\"version\":\"2\",", "{ \"version\":\"2\",", NULL },
	{ "{\"version\":\"2\",", "{\"version\":\"2\",\"version\":\"2\",", NULL },
	{ "{\"version\":\"2\",", "{\"version\":\"2\",\"more\":\"1\",", NULL },
	{ "{\"version\":\"2\",", "{\"version\":\"2\",\"version\":\"2\",", NULL },
	{ "{\"version\":\"2\",", "/**/{\"version\":\"2\",", NULL },
	{ "{\"version\":\"2\",", "[\"version\",", NULL },
	{ "\"nonce\":\"0001", "\"nonce\":\"001", "nonce" },
	{ "\"nonce\":\"0001", "\"nonce\":\"0x01", "nonce" },
	{ "0a0b0c", "0A0b0c", NULL },
	{ "\"pcr\":\"11\"", "\"pcr\":\"7\"", "pcr" },
	{ "\"pcr\":\"11\"", "\"pcr\":\"16\"", "pcr" },
	{ "\"pcr\":\"11\"", "\"pcr\":\"23\"", "pcr" },
	{ "\"pcr\":\"11\"", "\"pcr\":\"011\"", NULL },
	{ "\"pcr\":\"11\"", "\"pcr\":\"12\"", "pcrs" },
	{ "\"pcr\":\"11\"", "\"pcr\":\"-1\"", "pcr" },
	{ "\"pcr\":\"11\"", "\"pcr\":\"4294967307\"", NULL },
	{ "\"pcr\":\"11\"", "\"pcr\":11", "pcr" },
	{ "\"encoding\":\"host\"", "\"encoding\":\"hots\"", "encoding" },
	{ "\"lost\":\"0\"", "\"lost\":\"x\"", "lost" },
	{ "\"losses\":{", "\"losses\":{\"more\":\"1\",", NULL },
	{ "\"hash\":\"0\"}", "\"hash\":\"-\"}", "hash" },
	{ "\"digest\":\"sha256\"", "\"digest\":\"sha224\"", "base" },
	{ "\"digest\":\"sha256\"", "\"digest\":\"md5\"", "digest" },
	{ "\"initial\":\"00", "\"initial\":\"", "initial" },
	{ "\"mode\":\"sealed\"", "\"mode\":\"SEALED\"", "mode" },
	{ "\"name\":\"ns4\"", "\"name\":\"ns4\\u0000\"", NULL },
	{ "\"name\":\"ns4\"", "\"name\":\"\\u006es4\"", NULL },
	{ "\"name\":\"ns4\"", "\"name\":\"0123456789012345678901234567890123456789\"", "name" },
	{ ",null,", ",1,", "events" },
	{ "\"log\":[", "\"log\":[null,", "log" },
	{ "\"log\":[", "\"log\":[\"\",", "log" },
	{ "\"log\":[", "\"log\":{},\"lag\":[", "log" },
	{ "\"quote\":\"ff", "\"quote\":\"f", "quote" },
	{ "\"signature\":\"", "\"signature\":\"zz", "signature" },
	{ "}\n", "}", NULL },
	{ "}\n", "}\n\n", NULL },
	{ "}\n", "} \n", NULL },
	{ "}\n", "}}\n", NULL },
	{ "}\n", "\n", NULL },
};

static void only_one_form_is_read(void **state)
{
	struct attest a, back;
	const char *fault;
	size_t size;
	char *text;

	(void)state;
	make(&a, ec);
	to_text(&a, &text, &size);
	for (size_t i = 0; i < LENGTH(changes); i++) {
		char *changed = replaced(text, changes[i].from, changes[i].to);

		if (read_text(changed, strlen(changed), &back, &fault) != -EINVAL)
			fail_msg("case %zu was taken", i);
		if (!fault != !changes[i].fault || (fault && strcmp(fault, changes[i].fault)))
			fail_msg("case %zu: %s, not %s", i, fault, changes[i].fault);
		free(changed);
	}
	/* A NUL, and a file that ends anywhere. */
	text[size - 1] = 0;
	assert_int_equal(read_text(text, size, &back, &fault), -EINVAL);
	text[size - 1] = '\n';
	for (size_t i = 1; i < size; i += 7)
		assert_int_equal(read_text(text, i, &back, &fault), -EINVAL);
	assert_int_equal(read_text("\n", 1, &back, &fault), -EINVAL);
	free(text);
	attest__free(&a);
}

/* Is the text genuine evidence for this policy? */
static bool accepted(const char *text, size_t size, const struct attest_policy *policy)
{
	struct attest_verdict verdict;
	const char *fault;
	struct attest a;
	int err;

	if (read_text(text, size, &a, &fault))
		return false;
	err = attest__verify(&a, policy, &verdict);
	attest__free(&a);
	return !err;
}

static void no_bit_can_be_flipped(void **state)
{
	struct attest_policy policy;
	struct attest a;
	size_t size;
	char *text;

	(void)state;
	make(&a, ec);
	policy = policy_of(&a, ec);
	to_text(&a, &text, &size);
	assert_true(accepted(text, size, &policy));
	for (size_t i = 0; i < 8 * size; i++) {
		text[i / 8] ^= 1 << i % 8;
		if (accepted(text, size, &policy))
			fail_msg("bit %zu of byte %zu does not count", i % 8, i / 8);
		text[i / 8] ^= 1 << i % 8;
	}
	free(text);
	attest__free(&a);
}

static void only_strong_keys_are_taken(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(1024), EVP_EC_gen("P-256"), EVP_RSA_gen(2048) };
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		EVP_PKEY *back;

		file = open_memstream(&text, &size);
		assert_int_equal(PEM_write_PUBKEY(file, keys[i]), 1);
		fclose(file);
		file = fmemopen(text, size, "r");
		back = attest__key(file);
		fclose(file);
		assert_int_equal(!!back, i >= 2);
		EVP_PKEY_free(back);
		EVP_PKEY_free(keys[i]);
		free(text);
	}
	file = fmemopen("no key\n", 7, "r");
	assert_null(attest__key(file));
	fclose(file);
}

/* Evidence of a TPM that was told the log, by its key `handle`. */
static void quote_and_verify(struct tpm2 *tpm, u32 handle)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	u8 challenge[ATTEST_SIZE];
	struct attest a;
	EVP_PKEY *key;
	size_t size;
	char *text;
	FILE *file;

	statements(&a);
	for (u32 i = 0; i < ATTEST_BOOT; i++)
		assert_int_equal(tpm2__read(tpm, TPM2_BANK_SHA256, i, a.boot[i]), 0);
	assert_int_equal(tpm2__key(tpm, handle, false), 0);
	assert_int_equal(tpm2__key_public(tpm, &text), 0);
	file = fmemopen(text, strlen(text), "r");
	key = attest__key(file);
	fclose(file);
	free(text);
	assert_non_null(key);
	assert_int_equal(attest__challenge(&a, challenge), 0);
	assert_int_equal(tpm2__quote(tpm, 0x8ff, challenge, sizeof(challenge), &a.quote), 0);
	assert_int_equal(attest__complete(&a, log_of, LOG + 1), 0);
	assert_int_equal(a.log.count, LOG);
	policy = policy_of(&a, key);
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.outside, 0);
	to_text(&a, &text, &size);
	assert_true(accepted(text, size, &policy));
	for (size_t i = 0; i < size; i++) {
		text[i] ^= 1 << i % 8;
		if (accepted(text, size, &policy))
			fail_msg("byte %zu does not count", i);
		text[i] ^= 1 << i % 8;
	}
	free(text);
	EVP_PKEY_free(key);
	attest__free(&a);
}

static void a_tpm_speaks_for_the_log(void **state)
{
	static const char rsa_key[] = "tpm2_createprimary -Q -C e -G rsa2048:rsassa-sha256:null -c %s/rsa -a "
				      "'%sfixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign' && "
				      "tpm2_evictcontrol -Q -c %s/rsa 0x8101004%d && "
				      "tpm2_flushcontext -Q -t";
	struct attest_root root = {};
	struct swtpm swtpm;
	struct tpm2 *tpm;
	u8 value[64], want[32];

	(void)state;
	assert_int_equal(swtpm__start(&swtpm), 0);
	setenv("TPM2TOOLS_TCTI", swtpm.tcti, 1);
	for (int i = 0; i < 2; i++) {
		char command[512];

		snprintf(command, sizeof(command), rsa_key, swtpm.directory, i ? "" : "restricted|", swtpm.directory,
			 i);
		assert_int_equal(system(command), 0);
	}
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	memset(root.base, 0xba, 32);
	for (int i = 0; i < LOG; i++) {
		memcpy(value, root.base, 32);
		memcpy(value + 32, log_of[i], 32);
		digest__hash(TSEM_DIGEST_SHA256, value, 64, value);
		assert_int_equal(tpm2__extend(tpm, 11, value, 32), 0);
	}
	register_after(&root, LOG, want);
	assert_int_equal(tpm2__read(tpm, TPM2_BANK_SHA256, 11, value), 0);
	assert_memory_equal(value, want, 32);
	quote_and_verify(tpm, 0);
	quote_and_verify(tpm, 0x81010040);
	/* The other is not restricted: it would sign anything. */
	assert_int_equal(tpm2__key(tpm, 0x81010041, false), -ENOKEY);
	tpm2__close(tpm);
	swtpm__stop(&swtpm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_one_form_is_read),
		cmocka_unit_test(no_bit_can_be_flipped),
		cmocka_unit_test(only_strong_keys_are_taken),
		cmocka_unit_test(a_tpm_speaks_for_the_log),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
