// SPDX-License-Identifier: GPL-2.0
/* Control verbs: what is taken, and that each bad line is refused with the word at fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control.h"
#include "pattern.h"

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
	assert_int_equal(control__parse("internal nsref=current digest=sm3 content=sha256 cache=5 model=set "
					"encoding=portable instances=7 scope=files on_violation=kill",
					&request, &error),
			 0);
	assert_int_equal(request.namespace.nsref, TSEM_NSREF_CURRENT);
	assert_int_equal(request.namespace.digest, TSEM_DIGEST_SM3);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SHA256);
	assert_int_equal(request.namespace.cache, 5);
	assert_int_equal(request.namespace.model, TSEM_MODEL_SET);
	assert_int_equal(request.namespace.encoding, TSEM_ENCODING_PORTABLE);
	assert_int_equal(request.namespace.instances, 7);
	assert_int_equal(request.namespace.scope, TSEM_SCOPE_FILES);
	assert_int_equal(control__action_of(&request.namespace, TSEM_EVENT_file_open), TSEM_ACTION_KILL);
	assert_int_equal(control__parse("internal model=model0", &request, &error), 0);
	assert_int_equal(request.namespace.model, TSEM_MODEL_SET);
	assert_int_equal(request.namespace.encoding, TSEM_ENCODING_HOST);
	assert_int_equal(request.namespace.scope, TSEM_SCOPE_ALL);
	assert_int_equal(control__action_of(&request.namespace, TSEM_EVENT_file_open), TSEM_ACTION_DENY);
	/* The content's hash is the digest unless named, in any order. */
	assert_int_equal(control__parse("internal content=sha256 digest=sm3", &request, &error), 0);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SHA256);
	assert_int_equal(control__parse("internal digest=sm3", &request, &error), 0);
	assert_int_equal(request.namespace.content, TSEM_DIGEST_SM3);
	assert_int_equal(control__parse("external key=" HEX, &request, &error), 0);
	assert_int_equal(request.namespace.cache, CONTROL_CACHE_EXTERNAL);
}

static void patterns_are_taken_apart(void **state)
{
	static const struct {
		const char *line, *prefix, *suffix, *text;
		u32 flags;
	} cases[] = {
		{ "pattern value=/a/*.log", "/a/", ".log", "/a/*.log", 0 },
		{ "pattern value=/*", "/", "", "/*", 0 },
		{ "pattern value=/var/**", "/var/", "", "/var/**", TSEM_PATTERN_DEEP },
		{ "pattern value=/a*b content=any", "/a", "b", "/a*b", TSEM_PATTERN_ANY },
		{ "pattern content=any value=/a*b", "/a", "b", "/a*b", TSEM_PATTERN_ANY },
		{ "pattern value=/a=\\\\\\x20\\xff\xc3\xa9*", "/a=\\ \xff\xc3\xa9", "", "/a=\\\\\\x20\\xff\xc3\xa9*",
		  0 },
	};
	char text[PATTERN_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tsem_pattern *p = &request.pattern;

		assert_int_equal(control__parse(cases[i].line, &request, &error), 0);
		assert_int_equal(request.verb, CONTROL_PATTERN);
		assert_int_equal(p->prefix_size, strlen(cases[i].prefix));
		assert_memory_equal(p->text, cases[i].prefix, p->prefix_size);
		assert_int_equal(p->suffix_size, strlen(cases[i].suffix));
		assert_memory_equal(p->suffix, cases[i].suffix, p->suffix_size);
		assert_int_equal(p->flags, cases[i].flags);
		pattern__text(p, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void directories_with_strict_names_are_taken(void **state)
{
	static const struct {
		const char *line, *bytes, *text;
	} cases[] = {
		{ "strict value=/a/b", "/a/b/", "/a/b" },
		{ "strict value=/a/b/", "/a/b/", "/a/b" },
		{ "strict value=/", "/", "/" },
		{ "strict value=/.a/..b/...", "/.a/..b/.../", "/.a/..b/..." },
		{ "strict value=/a\\x20\\x2a\\\\", "/a *\\/", "/a\\x20\\x2a\\\\" },
	};
	char text[PATTERN_TEXT_SIZE], line[PATTERN_LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tsem_pattern *p = &request.pattern;

		assert_int_equal(control__parse(cases[i].line, &request, &error), 0);
		assert_int_equal(request.verb, CONTROL_STRICT);
		assert_int_equal(p->flags, TSEM_PATTERN_STRICT);
		assert_int_equal(p->size, strlen(cases[i].bytes));
		assert_int_equal(p->prefix_size, p->size);
		assert_int_equal(p->suffix_size, 0);
		assert_memory_equal(p->text, cases[i].bytes, p->size);
		pattern__text(p, text);
		assert_string_equal(text, cases[i].text);
		pattern__line(p, line);
		assert_memory_equal(line, "strict ", 7);
		assert_string_equal(line + 7, text);
	}
}

static void verbs_without_a_digest_are_taken(void **state)
{
	(void)state;
	assert_int_equal(control__parse("audit", &request, &error), 0);
	assert_int_equal(request.verb, CONTROL_AUDIT);
	assert_int_equal(control__parse("lock", &request, &error), 0);
	assert_int_equal(request.verb, CONTROL_LOCK);
	assert_int_equal(control__parse("action event=all action=log", &request, &error), 0);
	assert_int_equal(request.action.event, 0);
	assert_int_equal(request.action.action, TSEM_ACTION_LOG);
	assert_int_equal(control__parse("action action=untrust event=task_kill", &request, &error), 0);
	assert_int_equal(request.action.event, TSEM_EVENT_task_kill);
	assert_int_equal(request.action.action, TSEM_ACTION_UNTRUST);
}

static void an_action_is_of_its_event(void **state)
{
	struct control_namespace ns;

	(void)state;
	control__namespace_defaults(&ns, CONTROL_INTERNAL);
	assert_int_equal(control__namespace_action(&ns, "capable=log", &error), 0);
	assert_int_equal(control__action_of(&ns, TSEM_EVENT_capable), TSEM_ACTION_LOG);
	assert_int_equal(control__action_of(&ns, TSEM_EVENT_file_open), TSEM_ACTION_DENY);
	assert_int_equal(control__namespace_option(&ns, "on_violation", "untrust", &error), 0);
	assert_int_equal(control__action_of(&ns, TSEM_EVENT_capable), TSEM_ACTION_LOG);
	assert_int_equal(control__action_of(&ns, TSEM_EVENT_file_open), TSEM_ACTION_UNTRUST);
	assert_int_equal(control__namespace_action(&ns, "all=kill", &error), 0);
	assert_int_equal(control__action_of(&ns, TSEM_EVENT_capable), TSEM_ACTION_KILL);
	assert_int_not_equal(control__namespace_action(&ns, "capable", &error), 0);
	assert_int_not_equal(control__namespace_action(&ns, "capable=", &error), 0);
	assert_non_null(strstr(error.text, "log, deny, untrust, kill"));
	assert_int_not_equal(control__namespace_action(&ns, "capables=log", &error), 0);
	assert_non_null(strstr(error.text, "'capables'"));
}

/* Lines that are refused, and what the error names. */
static const struct {
	const char *line, *word;
} bad_lines[] = {
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
	{ "internal model=sequence", "sequence" },
	{ "internal model=portable", "encoding=portable" },
	{ "internal encoding=", "host, portable" },
	{ "internal encoding=model0", "'model0'" },
	{ "internal scope=file", "'file'" },
	{ "internal instances=", "instances=" },
	{ "internal instances=-1", "'-1'" },
	{ "internal instances=18446744073709551616", "instances=1844" },
	{ "internal on_violation=allow", "'allow'" },
	{ "internal digest=sha256 content=sha512", "sha512" },
	{ "audit now", "'now'" },
	{ "lock a=b", "'a'" },
	{ "action event=all", "'action='" },
	{ "action action=log", "'event='" },
	{ "action event=nothing action=log", "'nothing'" },
	{ "action event=all action=allow", "'allow'" },
	{ "pattern", "'value='" },
	{ "pattern content=any", "'value='" },
	{ "pattern value=/a/* content=none", "'none'" },
	{ "pattern value=", "begin" },
	{ "pattern value=a*", "begin" },
	{ "pattern value=/a", "no *" },
	{ "pattern value=/a*b*", "more than one" },
	{ "pattern value=/a**", "**" },
	{ "pattern value=/**/b", "**" },
	{ "pattern value=/***", "**" },
	{ "pattern value=/a\\b*", "backslash" },
	{ "pattern value=/a\\x00*", "backslash" },
	{ "pattern value=/a\\x4*", "backslash" },
	{ "pattern value=/a\t*", "control character" },
	{ "pattern value=/a* b", "'b'" },
	{ "strict", "'value='" },
	{ "strict value=", "begin" },
	{ "strict value=a", "begin" },
	{ "strict value=/a/*", "has a *" },
	{ "strict value=/a//b", "empty component" },
	{ "strict value=//", "empty component" },
	{ "strict value=/a/../b", ".." },
	{ "strict value=/a/.", ".." },
	{ "strict value=/..", ".." },
	{ "strict value=/a\\b", "backslash" },
	{ "strict value=/a content=any", "'content'" },
	{ "internal digest=sm3 digest=sm3", "'digest'" },
	{ "internal ask=new", "'ask'" },
	{ "external key=" HEX " ask=all", "'all'" },
	{ "external key=" HEX " wait=1001", "1000" },
	{ "external key=" HEX " miss=maybe", "'maybe'" },
	{ "internal key=" HEX, "'key'" },
	{ "external", "'key='" },
	{ "external key=00", "key=00" },
	{ "trusted pid=1 tnum=2", "'key='" },
	{ "trusted pid=0 tnum=2 key=" HEX, "pid=0" },
	{ "trusted pid=1 tnum=99999999999999999999 key=" HEX, "tnum=9" },
	{ "untrusted pid= tnum=2 key=" HEX, "pid=" },
};

static void bad_lines_name_the_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		memset(&error, 0, sizeof(error));
		if (!control__parse(bad_lines[i].line, &request, &error))
			fail_msg("'%s' was taken", bad_lines[i].line);
		if (!strstr(error.text, bad_lines[i].word))
			fail_msg("'%s': '%s' does not name %s", bad_lines[i].line, error.text, bad_lines[i].word);
		if (strchr(error.text, '\n') && !strchr(bad_lines[i].line, '\n'))
			fail_msg("'%s': more than one line", bad_lines[i].line);
	}
}

static void a_bad_setting_changes_nothing(void **state)
{
	struct control_namespace ns, before;

	(void)state;
	memset(&ns, 0, sizeof(ns));
	control__namespace_defaults(&ns, CONTROL_INTERNAL);
	memcpy(&before, &ns, sizeof(ns));
	assert_int_not_equal(control__namespace_option(&ns, "digest", "md5", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "cache", "0", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "key", "12", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "instances", "x", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "scope", "none", &error), 0);
	assert_int_not_equal(control__namespace_option(&ns, "model", "sequence", &error), 0);
	assert_int_not_equal(control__namespace_action(&ns, "file_open=allow", &error), 0);
	assert_memory_equal(&ns, &before, sizeof(ns));
}

static void a_pattern_that_is_too_long_is_refused(void **state)
{
	char text[TSEM_PATTERN_MAX + 2];
	struct tsem_pattern pattern;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[1] = '*';
	assert_null(pattern__parse(text, TSEM_PATTERN_MAX, false, &pattern));
	assert_int_equal(pattern.size, TSEM_PATTERN_MAX);
	assert_int_equal(pattern.suffix_size, TSEM_PATTERN_MAX - 2);
	assert_non_null(pattern__parse(text, TSEM_PATTERN_MAX + 1, false, &pattern));
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
		cmocka_unit_test(patterns_are_taken_apart),
		cmocka_unit_test(directories_with_strict_names_are_taken),
		cmocka_unit_test(verbs_without_a_digest_are_taken),
		cmocka_unit_test(an_action_is_of_its_event),
		cmocka_unit_test(a_pattern_that_is_too_long_is_refused),
		cmocka_unit_test(bad_lines_name_the_word),
		cmocka_unit_test(a_bad_setting_changes_nothing),
		cmocka_unit_test(a_ring_holds_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
