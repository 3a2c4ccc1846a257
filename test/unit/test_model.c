// SPDX-License-Identifier: GPL-2.0
/* Models: the file in both directions, what is refused, and the formulas of measurement and state. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "digest.h"
#include "model.h"
#include "stream.h"
#include "tpm.h"

#define A "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B "0b112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int parse(const char *text, struct model *model, struct model_error *error)
{
	FILE *file = fmemopen((void *)text, strlen(text) + !*text, "r");
	int err;

	assert_non_null(file);
	err = model__read(file, model, error);
	fclose(file);
	return err;
}

static void a_model_is_read_and_written(void **state)
{
	static const char text[] = "aggregate " A "\nbase " B "\npseudonym " A "\nstate " A "\nstate " B
				   "\nseal\nend\n";
	struct model_error error;
	struct model model;
	char *out;
	size_t size;
	FILE *file;

	(void)state;
	assert_int_equal(parse(text, &model, &error), 0);
	assert_int_equal(model.states.count, 2);
	assert_int_equal(model.states.digest[0][0], 0xaa);
	assert_true(model.sealed && model.has_base && model.has_aggregate);
	file = open_memstream(&out, &size);
	assert_int_equal(model__write(file, &model), 0);
	fclose(file);
	assert_string_equal(out, text);
	free(out);
	model__free(&model);
}

static void write_back(const struct model *model, const char *want)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	assert_int_equal(model__write(file, model), 0);
	fclose(file);
	assert_string_equal(out, want);
	free(out);
}

static void settings_and_events_are_read_and_written(void **state)
{
	static const char text[] = "name web server\nversion 18446744073709551615\ndigest sha256\nencoding portable\n"
				   "content sm3\nscope files\ninstances 5\npattern /tmp/*.log any\n"
				   "strict /srv/up\npattern /a\\x20b/**\nstrict /\nstate " A
				   "\nevent {\"event\": {}}\nstate " B "\nseal\nend\n";
	struct model_error error;
	struct model model;

	(void)state;
	assert_int_equal(parse(text, &model, &error), 0);
	assert_string_equal(model.name, "web server");
	assert_true(model.has_version && model.version == ~0ULL);
	assert_int_equal(model.digest, TSEM_DIGEST_SHA256);
	assert_int_equal(model.encoding, TSEM_ENCODING_PORTABLE);
	assert_int_equal(model.content, TSEM_DIGEST_SM3);
	assert_int_equal(model.scope, TSEM_SCOPE_FILES);
	assert_true(model.has_instances && model.instances == 5);
	assert_int_equal(model.patterns.count, 4);
	assert_int_equal(model.patterns.pattern[0].flags, TSEM_PATTERN_ANY);
	assert_int_equal(model.patterns.pattern[1].flags, TSEM_PATTERN_STRICT);
	assert_memory_equal(model.patterns.pattern[1].text, "/srv/up/", 9);
	assert_int_equal(model.patterns.pattern[2].flags, TSEM_PATTERN_DEEP);
	assert_memory_equal(model.patterns.pattern[2].text, "/a b/**", 8);
	assert_memory_equal(model.patterns.pattern[3].text, "/", 2);
	assert_memory_equal(model.events[0].json, "{\"event\": {}}", 13);
	assert_null(model.events[1].json);
	write_back(&model, text);
	model__free(&model);
}

static void an_event_stays_with_its_state(void **state)
{
	u8 digest[TSEM_DIGEST_MAX];
	struct model_error error;
	struct model model;

	(void)state;
	assert_int_equal(parse("state " B "\nstate " B "\nevent {2}\nstate " A "\nevent {3}\nend\n", &model, &error),
			 0);
	/* A repeated one counts at its first place, with the first event that it has. */
	write_back(&model, "state " B "\nevent {2}\nstate " A "\nevent {3}\nend\n");
	model__free(&model);
	assert_int_equal(parse("state " B "\nstate " A "\nevent {3}\nend\n", &model, &error), 0);
	/* What was there before the first event has none; what is added has its own. */
	memset(digest, 0xcc, sizeof(digest));
	assert_int_equal(model__add(&model, digest, (struct model_event){ "{4}", 3 }), 0);
	assert_int_equal(model__add(&model, digest, (struct model_event){ "{5}", 3 }), 0);
	assert_int_equal(model__unique(&model), 0);
	assert_int_equal(model.states.count, 3);
	assert_memory_equal(model.events[1].json, "{3}", 3);
	assert_memory_equal(model.events[2].json, "{4}", 3);
	model__free(&model);
	assert_int_equal(parse("state " B "\nend\n", &model, &error), 0);
	assert_int_equal(model__add(&model, digest, (struct model_event){}), 0);
	assert_null(model.events);
	model__free(&model);
	/* Many, of which the first alone is described. */
	assert_int_equal(parse("state " B "\nevent {1}\nstate " A "\nend\n", &model, &error), 0);
	assert_null(model.events[1].json);
	model__free(&model);
}

static void a_long_model_has_an_event_for_each(void **state)
{
	struct model_error error;
	struct model model;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	for (int i = 0; i < 1000; i++)
		fprintf(file, "state %064x\n%s", i, i == 200 ? "event {200}\n" : "");
	fputs("end\n", file);
	fclose(file);
	assert_int_equal(parse(text, &model, &error), 0);
	assert_int_equal(model.states.count, 1000);
	assert_null(model.events[999].json);
	assert_memory_equal(model.events[200].json, "{200}", 5);
	write_back(&model, text);
	model__free(&model);
	free(text);
}

static void a_coefficient_counts_once(void **state)
{
	struct model_error error;
	struct model model;

	(void)state;
	assert_int_equal(parse("state " B "\nstate " A "\nstate " B "\nend\n", &model, &error), 0);
	assert_int_equal(model.states.count, 2);
	assert_int_equal(model.states.digest[0][0], 0x0b);
	model__free(&model);
}

/* Lines that are refused, where, and which word the error names. */
static const struct {
	const char *text;
	size_t line;
	const char *word;
} bad_lines[] = {
	{ "state " A "\n", 2, "end" },
	{ "state " A "\nend\nstate " B "\n", 3, "state" },
	{ "end\n\n", 2, "" },
	{ "state 12\nend\n", 1, "12" },
	{ "state " A "0\nend\n", 1, "aa11" },
	{ "state  " A "\nend\n", 1, " aa" },
	{ "stat " A "\nend\n", 1, "stat" },
	{ "State " A "\nend\n", 1, "State" },
	{ "\nend\n", 1, "" },
	{ "base " A "\nbase " A "\nend\n", 2, "base" },
	{ "state " A "\r\nend\n", 1, "aa11" },
	{ "seal now\nend\n", 1, "seal now" },
	{ "state " A "\nstate " A A "\nend\n", 2, "aa11" },
	{ "state " A A "\nbase " A "\nend\n", 2, "aa11" },
	{ "state " A A "00\nend\n", 1, "aa11" },
	{ "name a\nname b\nend\n", 2, "name" },
	{ "name \nend\n", 1, "" },
	{ "name a\tb\nend\n", 1, "a" },
	{ "name\nend\n", 1, "name" },
	{ "state " A "\nname a\nend\n", 2, "name" },
	{ "state " A "\npattern /a/*\nend\n", 2, "pattern" },
	{ "state " A "\nstrict /a\nend\n", 2, "strict" },
	{ "strict a\nend\n", 1, "a" },
	{ "strict /a any\nend\n", 1, "/a any" },
	{ "strict /a/*\nend\n", 1, "/a/*" },
	{ "strict \nend\n", 1, "" },
	{ "strict\nend\n", 1, "strict" },
	{ "version 1x\nend\n", 1, "1x" },
	{ "version -1\nend\n", 1, "-1" },
	{ "version 18446744073709551616\nend\n", 1, "1844" },
	{ "instances \nend\n", 1, "" },
	{ "digest md5\nend\n", 1, "md5" },
	{ "digest sha512\nstate " A "\nend\n", 2, "aa11" },
	{ "base " A "\ndigest sha512\nend\n", 2, "sha512" },
	{ "encoding model0\nend\n", 1, "model0" },
	{ "content \nend\n", 1, "" },
	{ "scope everything\nend\n", 1, "everything" },
	{ "pattern /a\nend\n", 1, "/a" },
	{ "pattern /a* none\nend\n", 1, "none" },
	{ "pattern /a* any \nend\n", 1, "any " },
	{ "event {}\nend\n", 1, "event" },
	{ "state " A "\nseal\nevent {}\nend\n", 3, "event" },
	{ "state " A "\nevent {}\nevent {}\nend\n", 3, "event" },
	{ "state " A "\nevent x\nend\n", 2, "x" },
};

static void bad_lines_are_named(void **state)
{
	struct model_error error;
	struct model model;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		if (parse(bad_lines[i].text, &model, &error) != -EINVAL)
			fail_msg("case %zu was taken", i);
		assert_int_equal(error.line, bad_lines[i].line);
		assert_non_null(strstr(error.word, bad_lines[i].word));
		assert_null(model.states.digest);
	}
}

/* FIPS 180-4 and FIPS 202 for "abc"; the kernel's names of all types lead back to them. */
static void hashes_have_their_known_answers(void **state)
{
	static const struct {
		const char *name, *hex;
	} known[] = {
		{ "sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			    "8086072ba1e7cc2358baeca134c825a7" },
		{ "sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
		{ "sha3-224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
		{ "rmd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc" },
	};
	u8 out[TSEM_DIGEST_MAX];
	char hex[2 * TSEM_DIGEST_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int type = digest__parse(known[i].name);

		assert_int_equal(digest__hash(type, "abc", 3, out), 0);
		digest__to_hex(out, digest__size(type), hex);
		assert_string_equal(hex, known[i].hex);
	}
	for (u32 type = TSEM_DIGEST_SHA256; type < TSEM_DIGEST_END; type++) {
		assert_int_equal(digest__parse(digest__name(type)), type);
		assert_in_range(digest__size(type), TSEM_DIGEST_MIN, TSEM_DIGEST_MAX);
	}
	assert_int_equal(digest__parse("md5"), -EINVAL);
	assert_int_equal(digest__size(TSEM_DIGEST_END), 0);
}

static void wide_values_come_back(void **state)
{
	struct model_error error;
	struct model model;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(parse("base " A B "\npseudonym " B B "\nstate " A A "\nstate " A B "\nend\n", &model, &error),
			 0);
	assert_int_equal(model.width, 64);
	assert_int_equal(model.states.count, 2);
	assert_int_equal(model__write(file, &model), 0);
	fclose(file);
	assert_string_equal(text, "base " A B "\npseudonym " B B "\nstate " A A "\nstate " A B "\nend\n");
	free(text);
	model__free(&model);
}

/* The formulas, written out. */
static void measurement_and_state_are_the_formulas(void **state)
{
	u8 c[2][TSEM_DIGEST_MAX] = { { 0xaa }, { 0x0b } }, base[TSEM_DIGEST_MAX] = { 1 };
	u8 buffer[64], m[TSEM_DIGEST_MAX] = {}, out[TSEM_DIGEST_MAX], zero[TSEM_DIGEST_MAX] = {};
	const u8 *order[] = { zero, c[0], c[1] };
	u32 digest = TSEM_DIGEST_SHA256;

	(void)state;
	for (int i = 0; i < 3; i++) {
		memcpy(buffer, base, 32);
		memcpy(buffer + 32, order[i], 32);
		digest__hash(digest, buffer, 64, buffer + 32);
		memcpy(buffer, m, 32);
		digest__hash(digest, buffer, 64, m);
	}
	assert_int_equal(model__measurement(digest, NULL, base, c, 2, out), 0);
	assert_memory_equal(out, m, 32);
	/* Sorted, 0b comes first. */
	assert_int_equal(model__state(digest, NULL, base, c, 2, out), 0);
	assert_memory_not_equal(out, m, 32);
	assert_int_equal(c[0][0], 0x0b);
	assert_int_equal(model__measurement(digest, NULL, base, c, 2, m), 0);
	assert_memory_equal(out, m, 32);
}

static void compressed_files_come_back(void **state)
{
	char path[] = "/tmp/tsem-test-XXXXXX.zst", line[64];
	struct stream *stream;
	FILE *file;
	int fd = mkstemps(path, 4);

	(void)state;
	close(fd);
	stream = stream__create(path);
	assert_non_null(stream);
	for (int i = 0; i < 50000; i++)
		fprintf(stream__file(stream), "line %d\n", i);
	assert_int_equal(stream__commit(stream), 0);
	file = stream__read(path);
	for (int i = 0; i < 50000; i++) {
		char want[64];

		snprintf(want, sizeof(want), "line %d\n", i);
		assert_non_null(fgets(line, sizeof(line), file));
		assert_string_equal(line, want);
	}
	assert_null(fgets(line, sizeof(line), file));
	assert_false(ferror(file));
	fclose(file);
	/* A file that was cut is an error, not a shorter file. */
	assert_int_equal(truncate(path, 200), 0);
	file = stream__read(path);
	while (fgets(line, sizeof(line), file))
		;
	assert_true(ferror(file));
	fclose(file);
	unlink(path);
}

static void a_dropped_file_leaves_nothing(void **state)
{
	char directory[] = "/tmp/tsem-test-XXXXXX", path[64];
	struct stream *stream;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/out", directory);
	stream = stream__create(path);
	assert_non_null(stream);
	fputs("half", stream__file(stream));
	stream__drop(stream);
	assert_int_equal(rmdir(directory), 0);
	assert_null(stream__create("/tmp/no/such/directory"));
}

static void the_aggregate_is_over_eight_registers(void **state)
{
	char directory[] = "/tmp/tsem-test-XXXXXX", path[64];
	u8 pcrs[8][32], out[TSEM_DIGEST_MAX], want[32];

	(void)state;
	assert_int_equal(tpm__aggregate("/tmp/no-such-tpm", TSEM_DIGEST_SHA256, out), 0);
	memset(want, 0, sizeof(want));
	assert_memory_equal(out, want, 32);
	assert_non_null(mkdtemp(directory));
	for (int i = 0; i < 8; i++) {
		char hex[65];
		FILE *file;

		memset(pcrs[i], i + 1, 32);
		digest__to_hex(pcrs[i], 32, hex);
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		file = fopen(path, "w");
		fprintf(file, "%s\n", hex);
		fclose(file);
	}
	digest__hash(TSEM_DIGEST_SM3, pcrs, sizeof(pcrs), want);
	assert_int_equal(tpm__aggregate(directory, TSEM_DIGEST_SM3, out), 1);
	assert_memory_equal(out, want, 32);
	unlink(path);
	assert_int_equal(tpm__aggregate(directory, TSEM_DIGEST_SM3, out), -EIO);
	for (int i = 0; i < 7; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		unlink(path);
	}
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_is_read_and_written),
		cmocka_unit_test(settings_and_events_are_read_and_written),
		cmocka_unit_test(an_event_stays_with_its_state),
		cmocka_unit_test(a_long_model_has_an_event_for_each),
		cmocka_unit_test(a_coefficient_counts_once),
		cmocka_unit_test(bad_lines_are_named),
		cmocka_unit_test(hashes_have_their_known_answers),
		cmocka_unit_test(wide_values_come_back),
		cmocka_unit_test(measurement_and_state_are_the_formulas),
		cmocka_unit_test(compressed_files_come_back),
		cmocka_unit_test(a_dropped_file_leaves_nothing),
		cmocka_unit_test(the_aggregate_is_over_eight_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
