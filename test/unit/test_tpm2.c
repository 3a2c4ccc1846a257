// SPDX-License-Identifier: GPL-2.0
/* The TPM: what a register holds after an extension, and the key of quotes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "digest.h"
#include "swtpm.h"
#include "tpm2.h"

static struct swtpm swtpm;

static int start(void **state)
{
	(void)state;
	return swtpm__start(&swtpm);
}

static int stop(void **state)
{
	(void)state;
	swtpm__stop(&swtpm);
	return 0;
}

static void no_tpm_is_an_error_with_words(void **state)
{
	struct tpm2 *tpm;

	(void)state;
	assert_int_equal(tpm2__open("device:/dev/null/none", &tpm), -ENODEV);
	assert_null(tpm);
	assert_true(*tpm2__error());
	assert_int_equal(tpm2__open("no-such-tcti:", &tpm), -ENODEV);
}

/* Every bank is the hash of its old value and the value cut or padded to it. */
static void a_register_is_extended_in_every_bank(void **state)
{
	static const struct {
		u32 bank, digest;
	} banks[] = { { TPM2_BANK_SHA256, TSEM_DIGEST_SHA256 }, { 0x000c, TSEM_DIGEST_SHA384 } };
	static const size_t sizes[] = { 20, 32, 48, 64 };
	u8 value[64], message[128], out[64];
	struct tpm2 *tpm;

	(void)state;
	memset(value, 0xa5, sizeof(value));
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		u8 before[2][64];

		for (int k = 0; k < 2; k++)
			assert_int_equal(tpm2__read(tpm, banks[k].bank, 11, before[k]), 0);
		assert_int_equal(tpm2__extend(tpm, 11, value, sizes[i]), 0);
		for (int k = 0; k < 2; k++) {
			size_t width = digest__size(banks[k].digest);

			memset(message, 0, sizeof(message));
			memcpy(message, before[k], width);
			memcpy(message + width, value, sizes[i] < width ? sizes[i] : width);
			digest__hash(banks[k].digest, message, 2 * width, message);
			assert_int_equal(tpm2__read(tpm, banks[k].bank, 11, out), 0);
			assert_memory_equal(out, message, width);
		}
	}
	assert_int_equal(tpm2__extend(tpm, 24, value, 32), -EINVAL);
	assert_int_equal(tpm2__read(tpm, TPM2_BANK_SHA256, 24, out), -EINVAL);
	/* Register 17 is of another locality. */
	assert_int_equal(tpm2__extend(tpm, 17, value, 32), -EIO);
	assert_non_null(strstr(tpm2__error(), "locality"));
	tpm2__close(tpm);
}

static void the_key_is_the_same_each_time(void **state)
{
	char *first, *second;
	struct tpm2 *tpm;

	(void)state;
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	assert_int_equal(tpm2__key_public(tpm, &first), -ENOKEY);
	assert_int_equal(tpm2__key(tpm, 0, false), 0);
	assert_int_equal(tpm2__key_public(tpm, &first), 0);
	assert_non_null(strstr(first, "BEGIN PUBLIC KEY"));
	tpm2__close(tpm);
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	assert_int_equal(tpm2__key(tpm, 0x81010042, false), -ENOENT);
	assert_int_equal(tpm2__key(tpm, 0x81010042, true), 0);
	assert_int_equal(tpm2__key(tpm, 0x81010042, false), 0);
	assert_int_equal(tpm2__key_public(tpm, &second), 0);
	assert_string_equal(first, second);
	free(first);
	free(second);
	tpm2__close(tpm);
}

static void a_quote_comes_with_its_signature(void **state)
{
	struct tpm2_quote quote;
	struct tpm2 *tpm;
	u8 extra[65] = {};

	(void)state;
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	assert_int_equal(tpm2__quote(tpm, 0xff, extra, 32, &quote), -ENOKEY);
	assert_int_equal(tpm2__key(tpm, 0, false), 0);
	assert_int_equal(tpm2__quote(tpm, 0xff, extra, 65, &quote), -EINVAL);
	assert_int_equal(tpm2__quote(tpm, 0x8ff, extra, 32, &quote), 0);
	assert_memory_equal(quote.attest, "\xffTCG", 4);
	assert_memory_equal(quote.signature, "\x00\x18\x00\x0b", 4);
	tpm2__close(tpm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_tpm_is_an_error_with_words),
		cmocka_unit_test(a_register_is_extended_in_every_bank),
		cmocka_unit_test(the_key_is_the_same_each_time),
		cmocka_unit_test(a_quote_comes_with_its_signature),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
