// SPDX-License-Identifier: GPL-2.0
/*
 * Events against the known answers in test/vectors: every line's coefficient, H(COE) and H(CELL), the way from JSON to
 * a record and back, and records that nobody honest wrote.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "event.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

static struct json_object *lines[512];
static int line_count;

static int load_vectors(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0;

	(void)state;
	if (!file)
		return -1;
	while (getline(&line, &size, file) > 0)
		lines[line_count++] = json_tokener_parse(line);
	free(line);
	fclose(file);
	return line_count > 100 ? 0 : -1;
}

static int drop_vectors(void **state)
{
	(void)state;
	while (line_count)
		json_object_put(lines[--line_count]);
	return 0;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

static struct json_object *event_of(int line)
{
	struct json_object *event;

	assert_true(json_object_object_get_ex(lines[line], "event", &event));
	return event;
}

static void read_line(int line, struct tsem_record *record)
{
	const char *fault;
	int err = event__from_json(event_of(line), record, &fault);

	if (err)
		fail_msg("line %d: %s: %s", line + 1, fault, strerror(-err));
}

static void check_hex(int line, const char *what, const u8 *digest)
{
	char hex[65];

	digest__to_hex(digest, 32, hex);
	if (strcmp(hex, text(lines[line], what)))
		fail_msg("line %d: %s is %s, not %s", line + 1, what, hex, text(lines[line], what));
}

static void every_vector_has_its_coefficient(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (int i = 0; i < line_count; i++) {
		int digest = digest__parse(text(lines[i], "digest")),
		    model = digest__parse_model(text(lines[i], "model"));
		struct event_digests out;

		assert_true(digest > 0 && model > 0);
		read_line(i, record);
		assert_int_equal(event__coefficient(record, digest, model, &out), 0);
		check_hex(i, "coe", out.coe);
		check_hex(i, "cell", out.cell);
		check_hex(i, "coefficient", out.coefficient);
	}
	free(record);
}

static void json_and_back_is_the_same_record(void **state)
{
	struct tsem_record *first = malloc(sizeof(*first)), *second = malloc(sizeof(*second));

	(void)state;
	for (int i = 0; i < line_count; i++) {
		struct json_object *json, *again;
		const char *fault;

		read_line(i, first);
		json = event__to_json(first, true);
		if (!json)
			fail_msg("line %d does not decode", i + 1);
		again = json_tokener_parse(event__line(json));
		assert_non_null(again);
		assert_int_equal(event__from_json(again, second, &fault), 0);
		assert_memory_equal(first, second, sizeof(*first));
		json_object_put(json);
		json_object_put(again);
	}
	free(first);
	free(second);
}

static void a_description_that_is_cut_is_refused(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	struct event_digests out;

	(void)state;
	for (int i = 0; i < line_count; i++) {
		read_line(i, record);
		if (!record->cell_size || record->shape & TSEM_SHAPE_ADDR_MASK)
			continue;
		record->cell_size--;
		record->size--;
		assert_null(event__to_json(record, false));
		assert_int_not_equal(event__coefficient(record, TSEM_DIGEST_SHA256, TSEM_MODEL_MODEL0, &out), 0);
		record->cell_size += 2;
		record->size += 2;
		assert_null(event__to_json(record, false));
	}
	free(record);
}

static void no_record_of_noise_does_harm(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	struct event_digests out;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct json_object *json, *again;

		for (size_t k = 0; k < sizeof(*record); k += 4)
			*(int *)((char *)record + k) = rand() & (i % 3 ? 0x7f7f7f7f : 0x010f0103);
		record->event = rand() % (TSEM_EVENT_END + 2);
		record->kind = TSEM_RECORD_EVENT;
		record->shape = rand() & 0xffff;
		record->cell_size = rand() % (TSEM_CELL_MAX + 8);
		record->size = TSEM_RECORD_HEADER_SIZE + record->cell_size;
		event__coefficient(record, TSEM_DIGEST_SHA256, TSEM_MODEL_PORTABLE, &out);
		json = event__to_json(record, true);
		if (!json)
			continue;
		again = json_tokener_parse(event__line(json));
		assert_non_null(again);
		json_object_put(again);
		json_object_put(json);
	}
	free(record);
}

/* A path of any bytes is valid JSON, and the bytes come back. */
static void any_bytes_of_a_path_survive(void **state)
{
	static const u8 bytes[] = "/a\\b/\xff\xfe/\xc3\xa9/\xed\xa0\x80/\"\n\t\x01/\xf4\x90\x80\x80/x";
	struct tsem_record *first = malloc(sizeof(*first)), *second = malloc(sizeof(*second));
	struct json_object *json, *again;
	u32 size = sizeof(bytes); /* with the NUL */
	const char *fault;

	(void)state;
	read_line(0, first);
	first->event = TSEM_EVENT_kernel_module_request;
	first->shape = 0;
	memcpy(first->cell, &size, 4);
	memcpy(first->cell + 4, bytes, size);
	memset(first->cell + 4 + size, 0, TSEM_CELL_MAX - 4 - size);
	first->cell_size = 4 + size;
	first->size = TSEM_RECORD_HEADER_SIZE + first->cell_size;
	json = event__to_json(first, true);
	assert_non_null(json);
	again = json_tokener_parse(event__line(json));
	assert_non_null(again);
	assert_non_null(strstr(event__line(json), "/a\\\\\\\\b/\\\\xff\\\\xfe/\xc3\xa9/\\\\xed\\\\xa0\\\\x80/"));
	assert_int_equal(event__from_json(again, second, &fault), 0);
	assert_memory_equal(first, second, sizeof(*first));
	json_object_put(json);
	json_object_put(again);
	free(first);
	free(second);
}

static void a_wrong_value_is_named(void **state)
{
	static const struct {
		const char *from, *to, *fault;
	} cases[] = {
		{ "\"uid\":\"", "\"uid\":\"x", "uid" },
		{ "\"capeff\":\"0x", "\"capeff\":\"0y", "capeff" },
		{ "\"task_id\":\"", "\"task_id\":\"0", "task_id" },
		{ "\"ttd\"", "\"tdt\"", "ttd" },
		{ "\"pathname\":\"", "\"pathname\":\"\\\\q", "pathname" },
		{ "\"digest\":\"", "\"digest\":\"g", "digest" },
		{ "bprm_committing_creds", "no_such_event", "no_such_event" },
	};
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = event__line(event_of(0)), *at = strstr(line, cases[i].from), *fault;
		char *changed = malloc(strlen(line) + 32);
		struct json_object *json;

		assert_non_null(at);
		sprintf(changed, "%.*s%s%s", (int)(at - line), line, cases[i].to, at + strlen(cases[i].from));
		json = json_tokener_parse(changed);
		assert_non_null(json);
		assert_int_equal(event__from_json(json, record, &fault), -EINVAL);
		assert_string_equal(fault, cases[i].fault);
		json_object_put(json);
		free(changed);
	}
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_has_its_coefficient),
		cmocka_unit_test(json_and_back_is_the_same_record),
		cmocka_unit_test(a_description_that_is_cut_is_refused),
		cmocka_unit_test(no_record_of_noise_does_harm),
		cmocka_unit_test(any_bytes_of_a_path_survive),
		cmocka_unit_test(a_wrong_value_is_named),
	};

	return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
