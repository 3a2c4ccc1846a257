// SPDX-License-Identifier: GPL-2.0
/* Control verbs: what is taken, and that each bad line is refused with the word at fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static struct control_request request;
static struct control_error error;

static void good_lines_are_taken(void **state)
{
	(void)state;
	assert_int_equal(control__parse("seal", &request, &error), 0);
	assert_int_equal(request.verb, CONTROL_SEAL);
	assert_int_equal(control__parse("enforce", &request, &error), 0);
	assert_int_equal(control__parse("state value=" HEX, &request, &error), 0);
	assert_int_equal(request.value[1], 0x11);
	assert_int_equal(request.value[31], 0xff);
	assert_int_equal(control__parse("trusted pid=7 tnum=18446744073709551615 key=" HEX, &request, &error), 0);
	assert_int_equal(request.pid, 7);
	assert_true(request.tnum == ~0ULL);
	assert_int_equal(control__parse("internal", &request, &error), 0);
	assert_int_equal(request.namespace.cache, CONTROL_CACHE_INTERNAL);
	assert_int_equal(request.namespace.digest, TSEM_DIGEST_SHA256);
	assert_int_equal(control__parse("internal nsref=current digest=sm3 content=sha256 cache=5 model=portable",
					&request, &error),
			 0);
	assert_int_equal(request.namespace.nsref, TSEM_NSREF_CURRENT);
	assert_int_equal(request.namespace.digest, TSEM_DIGEST_SM3);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SHA256);
	assert_int_equal(request.namespace.cache, 5);
	assert_int_equal(request.namespace.model, TSEM_MODEL_PORTABLE);
	/* The content's hash is the digest unless named, in any order. */
	assert_int_equal(control__parse("internal content=sha256 digest=sm3", &request, &error), 0);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SHA256);
	assert_int_equal(control__parse("internal digest=sm3", &request, &error), 0);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SM3);
	assert_int_equal(control__parse("external key=" HEX, &request, &error), 0);
	assert_int_equal(request.namespace.cache, CONTROL_CACHE_EXTERNAL);
}

static void bad_lines_name_the_word(void **state)
{
	static const struct {
		const char *line, *word;
	} cases[] = {
		{ "", "''" },
		{ " seal", "''" },
		{ "sea", "'sea'" },
		{ "seals", "'seals'" },
		{ "Seal", "'Seal'" },
		{ "seal now", "'now'" },
		{ "seal ", "blank" },
		{ "seal a=b", "'a'" },
		{ "enforce\n", "'enforce\n'" },
		{ "state", "'value='" },
		{ "state value", "'value'" },
		{ "state val=" HEX, "'val'" },
		{ "state value=", "value=" },
		{ "state value=0x" HEX, "value=0x" },
		{ "state value=" HEX "0", "65 characters" },
		{ "state value=g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "hexadecimal" },
		{ "state value=" HEX " value=" HEX, "'value'" },
		{ "state value=" HEX " more", "'more'" },
		{ "base", "'value='" },
		{ "pseudonym value=12", "value=12" },
		{ "internal digest=md5", "'md5'" },
		{ "internal digest=", "''" },
		{ "internal digest", "'digest'" },
		{ "internal colour=red", "'colour'" },
		{ "internal cache=0", "cache=0" },
		{ "internal cache=-1", "cache=-1" },
		{ "internal cache=1x", "'1x'" },
		{ "internal cache=99999999999999999999", "cache=99999999999999999999" },
		{ "internal nsref=other", "'other'" },
		{ "internal model=model1", "'model1'" },
		{ "internal digest=sm3 digest=sm3", "'digest'" },
		{ "internal key=" HEX, "'key'" },
		{ "external", "'key='" },
		{ "external key=00", "key=00" },
		{ "trusted pid=1 tnum=2", "'key='" },
		{ "trusted pid=0 tnum=2 key=" HEX, "pid=0" },
		{ "trusted pid=1 tnum=99999999999999999999 key=" HEX, "tnum=9" },
		{ "untrusted pid= tnum=2 key=" HEX, "pid=" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&error, 0, sizeof(error));
		if (!control__parse(cases[i].line, &request, &error))
			fail_msg("'%s' was taken", cases[i].line);
		if (!strstr(error.text, cases[i].word))
			fail_msg("'%s': '%s' does not name %s", cases[i].line, error.text, cases[i].word);
		if (strchr(error.text, '\n') && !strchr(cases[i].line, '\n'))
			fail_msg("'%s': more than one line", cases[i].line);
	}
}

static void a_bad_setting_changes_nothing(void **state)
{
	struct control_namespace ns, before;

	(void)state;
	control__namespace_defaults(&ns, CONTROL_INTERNAL);
	before = ns;
	assert_int_not_equal(control__namespace_option(&ns, "digest", "md5", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "cache", "0", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "key", "12", &error), 0);
	assert_memory_equal(&ns, &before, sizeof(ns));
}

static void a_ring_holds_its_events(void **state)
{
	(void)state;
	assert_int_equal(control__ring_size(1), 8192);
	assert_int_equal(control__ring_size(2), 16384);
	assert_true(control__ring_size(CONTROL_CACHE_MAX) >= (u64)CONTROL_CACHE_MAX * sizeof(struct tsem_record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_are_taken),
		cmocka_unit_test(bad_lines_name_the_word),
		cmocka_unit_test(a_bad_setting_changes_nothing),
		cmocka_unit_test(a_ring_holds_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
