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
#include "event_fields.h"
#include "vectors.h"

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
		struct event_digests out;

		read_line(i, record);
		assert_int_equal(event__coefficient(record, &out), 0);
		check_hex(i, "coe", out.coe);
		check_hex(i, "cell", out.cell);
		check_hex(i, "coefficient", out.coefficient);
	}
	free(record);
}

static void the_vectors_have_every_described_event(void **state)
{
	bool seen[TSEM_EVENT_END] = {};

	(void)state;
	for (int i = 0; i < line_count; i++) {
		struct json_object *header;

		assert_true(json_object_object_get_ex(event_of(i), "event", &header));
		seen[event__parse(text(header, "type"))] = true;
	}
	for (u32 i = 1; i < TSEM_EVENT_END; i++) {
		if (event__fields(i)->kind != FIELD_END && !seen[i])
			fail_msg("no vector has the event %s", event__name(i));
	}
}

/* The UUID of a tmpfs is zero in a record, whatever it is in JSON. */
static void forget_tmpfs(struct json_object *o)
{
	if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			forget_tmpfs(json_object_array_get_idx(o, i));
	}
	if (!json_object_is_type(o, json_type_object))
		return;
	if (text(o, "s_magic") && !strcmp(text(o, "s_magic"), "0x1021994"))
		json_object_object_add(o, "s_uuid", json_object_new_string("00000000000000000000000000000000"));
	json_object_object_foreach(o, key, value) {
		(void)key;
		forget_tmpfs(value);
	}
}

/* Says `pathname` alike in two events, which have one. */
static void forget_pathname(struct json_object *o)
{
	json_object_object_foreach(o, key, value) {
		if (!strcmp(key, "pathname"))
			json_object_object_add(o, key, json_object_new_string(""));
		else if (json_object_is_type(value, json_type_object))
			forget_pathname(value);
	}
}

/* Could the record tell no real pathname, since it is too long? A path and its created form are twice as much. */
static bool untold(const struct tsem_record *record)
{
	return record->forms == TSEM_PATH_CREATED && record->hashed_size > TSEM_CELL_MAX / 2 &&
	       record->cell_size == record->hashed_size + 4;
}

static void json_and_back_is_the_same(void **state)
{
	struct tsem_record *first = malloc(sizeof(*first)), *second = malloc(sizeof(*second));

	(void)state;
	for (int i = 0; i < line_count; i++) {
		struct json_object *json, *original = NULL;
		const char *fault;

		read_line(i, first);
		json = event__to_json(first, false);
		if (!json)
			fail_msg("line %d does not decode", i + 1);
		assert_int_equal(json_object_deep_copy(event_of(i), &original, NULL), 0);
		forget_tmpfs(original);
		if (untold(first)) {
			assert_false(json_object_equal(json, original));
			forget_pathname(original);
			forget_pathname(json);
			if (!json_object_equal(json, original))
				fail_msg("line %d became %s", i + 1, event__line(json));
			json_object_put(json);
			json = event__to_json(first, false);
		} else if (!json_object_equal(json, original))
			fail_msg("line %d became %s", i + 1, event__line(json));
		assert_int_equal(event__from_json(json, digest_of(i), encoding_of(i), second, &fault), 0);
		assert_memory_equal(first, second, sizeof(*first));
		json_object_put(json);
		json_object_put(original);
	}
	free(first);
	free(second);
}

/* Every bit of the shape is hashed, those of parts that the event does not have too. */
static void every_bit_of_the_shape_changes_the_coefficient(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	struct event_digests plain, changed;

	(void)state;
	for (int i = 0; i < line_count; i++) {
		read_line(i, record);
		if (record->flags & TSEM_RECORD_GENERIC)
			continue;
		assert_int_equal(event__coefficient(record, &plain), 0);
		for (u32 bit = 0; bit < 32; bit++) {
			record->shape ^= 1U << bit;
			assert_int_equal(event__coefficient(record, &changed), 0);
			assert_memory_equal(changed.coe, plain.coe, TSEM_DIGEST_MAX);
			assert_memory_not_equal(changed.cell, plain.cell, TSEM_DIGEST_MAX);
			assert_memory_not_equal(changed.coefficient, plain.coefficient, TSEM_DIGEST_MAX);
			record->shape ^= 1U << bit;
		}
	}
	free(record);
}

/* What is told is no part of the coefficient, what is hashed is, byte by byte. */
static void hashed_bytes_count_and_told_bytes_do_not(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	struct event_digests plain, changed;

	(void)state;
	for (int i = 0; i < line_count; i++) {
		read_line(i, record);
		assert_int_equal(event__coefficient(record, &plain), 0);
		for (u32 k = 0; k < record->cell_size; k++) {
			record->cell[k] ^= 1;
			assert_int_equal(event__coefficient(record, &changed), 0);
			assert_int_equal(!memcmp(&changed, &plain, sizeof(plain)), k >= record->hashed_size);
			record->cell[k] ^= 1;
		}
	}
	free(record);
}

static void set_sizes(struct tsem_record *record, u32 hashed, u32 cell)
{
	record->hashed_size = hashed;
	record->cell_size = cell;
	record->size = TSEM_RECORD_HEADER_SIZE + cell;
}

static void a_description_that_is_cut_is_refused(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (int i = 0; i < line_count; i++) {
		u32 hashed, cell;

		read_line(i, record);
		hashed = record->hashed_size;
		cell = record->cell_size;
		/* The address of a unix socket is as long as the rest. */
		if (!cell || (record->shape & TSEM_SHAPE_ADDR_MASK) == TSEM_ADDR_UNIX << TSEM_SHAPE_ADDR_SHIFT)
			continue;
		memset(record->cell + cell, 0, TSEM_CELL_MAX - cell);
		set_sizes(record, hashed, cell + 1);
		assert_null(event__to_json(record, false));
		set_sizes(record, hashed - 1, cell);
		assert_null(event__to_json(record, false));
		memmove(record->cell + hashed - 1, record->cell + hashed, cell - hashed);
		set_sizes(record, hashed - 1, cell - 1);
		assert_null(event__to_json(record, false));
	}
	free(record);
}

/* A record of another version, or with sizes that do not agree, is none. */
static void a_header_that_does_not_agree_is_refused(void **state)
{
	static const struct {
		size_t offset, size;
		u32 value;
	} cases[] = {
#define CASE(member, value) { offsetof(struct tsem_record, member), sizeof(((struct tsem_record *)0)->member), value }
		CASE(magic, 0x4d455355),
		CASE(version, 1),
		CASE(version, 3),
		CASE(kind, 0),
		CASE(kind, 3),
		CASE(size, 0),
		CASE(size, ~0U),
		CASE(event, 0),
		CASE(event, TSEM_EVENT_END),
		CASE(digest, 0),
		CASE(digest, TSEM_DIGEST_END),
		CASE(digest, TSEM_DIGEST_SHA512),
		CASE(encoding, 0),
		CASE(encoding, 3),
		CASE(digest_size, 16),
		CASE(flags, TSEM_RECORD_GENERIC),
		CASE(hashed_size, ~0U),
		CASE(cell_size, ~0U),
		CASE(cell_size, 0),
#undef CASE
	};
	struct tsem_record *record = malloc(sizeof(*record));
	struct event_digests out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_line(0, record);
		assert_true(event__plausible(record, record->size));
		assert_false(event__plausible(record, record->size - 1));
		memcpy((u8 *)record + cases[i].offset, &cases[i].value, cases[i].size);
		assert_false(event__plausible(record, sizeof(*record)));
		assert_null(event__to_json(record, false));
		assert_int_equal(event__coefficient(record, &out), -EINVAL);
	}
	free(record);
}

/* A bit of the shape, or a form, of a part that the event does not have is in no record of an honest writer. */
static void a_shape_that_does_not_fit_is_refused(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (int i = 0; i < line_count; i++) {
		read_line(i, record);
		for (u32 bit = 14; bit < 32; bit++) {
			record->shape ^= 1U << bit;
			assert_null(event__to_json(record, false));
			record->shape ^= 1U << bit;
		}
		for (u32 bit = 4; bit < 32; bit++) {
			record->forms ^= 1U << bit;
			assert_null(event__to_json(record, false));
			record->forms ^= 1U << bit;
		}
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
		u32 cell = rand() % (TSEM_CELL_MAX + 8);

		for (size_t k = 0; k < sizeof(*record); k += 4)
			*(int *)((char *)record + k) = rand() & (i % 3 ? 0x7f7f7f7f : 0x010f0103);
		record->magic = TSEM_RECORD_MAGIC;
		record->version = TSEM_RECORD_VERSION;
		record->event = rand() % (TSEM_EVENT_END + 2);
		record->kind = TSEM_RECORD_EVENT;
		record->digest = TSEM_DIGEST_SHA256;
		record->digest_size = digest__size(record->digest);
		record->encoding = TSEM_ENCODING_HOST + rand() % 2;
		record->flags = 0;
		record->shape = rand() & 0x3fff;
		record->forms = rand() & 0xf;
		set_sizes(record, cell - rand() % (cell / 8 + 1), cell);
		assert_int_equal(!event__coefficient(record, &out), event__plausible(record, record->size));
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
	first->forms = 0;
	memcpy(first->cell, &size, 4);
	memcpy(first->cell + 4, bytes, size);
	memset(first->cell + 4 + size, 0, TSEM_CELL_MAX - 4 - size);
	set_sizes(first, 4 + size, 4 + size);
	json = event__to_json(first, true);
	assert_non_null(json);
	again = json_tokener_parse(event__line(json));
	assert_non_null(again);
	assert_non_null(strstr(event__line(json), "/a\\\\\\\\b/\\\\xff\\\\xfe/\xc3\xa9/\\\\xed\\\\xa0\\\\x80/"));
	assert_int_equal(event__from_json(again, digest_of(0), encoding_of(0), second, &fault), 0);
	assert_memory_equal(first, second, sizeof(*first));
	json_object_put(json);
	json_object_put(again);
	free(first);
	free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_has_its_coefficient),
		cmocka_unit_test(the_vectors_have_every_described_event),
		cmocka_unit_test(json_and_back_is_the_same),
		cmocka_unit_test(every_bit_of_the_shape_changes_the_coefficient),
		cmocka_unit_test(hashed_bytes_count_and_told_bytes_do_not),
		cmocka_unit_test(a_description_that_is_cut_is_refused),
		cmocka_unit_test(a_header_that_does_not_agree_is_refused),
		cmocka_unit_test(a_shape_that_does_not_fit_is_refused),
		cmocka_unit_test(no_record_of_noise_does_harm),
		cmocka_unit_test(any_bytes_of_a_path_survive),
	};

	return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
