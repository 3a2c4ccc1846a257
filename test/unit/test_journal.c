// SPDX-License-Identifier: GPL-2.0
/* Journals: what a namespace's own records say is found among whatever else is in the file, which is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "event.h"
#include "journal.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

#define LOAD 0x1234567812345678ULL
#define RECORDS 4

static struct tsem_record records[RECORDS];
static struct namespace_coefficients all;
static const struct tsem_namespace ns = { .id = 5,
					  .digest = TSEM_DIGEST_SHA256,
					  .content = TSEM_DIGEST_SHA256,
					  .encoding = TSEM_ENCODING_HOST };

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(o, key, &value));
	return value;
}

static int take_vectors(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0, n = 0;
	const char *fault;

	(void)state;
	assert_non_null(file);
	all.entry = calloc(RECORDS, sizeof(*all.entry));
	while (n < RECORDS && getline(&line, &size, file) > 0) {
		struct json_object *o = json_tokener_parse(line);
		struct tsem_record *r = &records[n];
		struct event_digests digests;

		assert_int_equal(event__from_json(member(o, "event"), ns.digest, ns.encoding, r, &fault), 0);
		json_object_put(o);
		if (r->flags & TSEM_RECORD_GENERIC)
			continue;
		r->load = LOAD;
		r->ns = ns.id;
		r->number = n + 1;
		assert_int_equal(event__coefficient(r, &digests), 0);
		memcpy(all.entry[n++].coefficient, digests.coefficient, TSEM_DIGEST_MAX);
	}
	all.count = n;
	free(line);
	fclose(file);
	return n == RECORDS ? 0 : -1;
}

static int drop_vectors(void **state)
{
	(void)state;
	free(all.entry);
	return 0;
}

/* A file that grows. */
struct text {
	char *bytes;
	size_t size;
};

static void append(struct text *text, const void *bytes, size_t size)
{
	text->bytes = realloc(text->bytes, text->size + size);
	assert_non_null(text->bytes);
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static void append_record(struct text *text, const struct tsem_record *record)
{
	append(text, record, record->size);
}

static struct journal_view view_of(struct text *text)
{
	struct journal_view view = { .text = text->bytes };

	assert_int_equal(journal__fill(&ns, LOAD, &all, text->size, &view), 0);
	return view;
}

static void each_description_is_found(void **state)
{
	struct journal_view view;
	struct text text = {};

	(void)state;
	for (int i = RECORDS - 1; i >= 0; i--)
		append_record(&text, &records[i]);
	/* One that comes again is no stranger. */
	append_record(&text, &records[0]);
	view = view_of(&text);
	for (int i = 0; i < RECORDS; i++) {
		assert_non_null(view.description[i]);
		assert_memory_equal(view.description[i], &records[i], records[i].size);
	}
	assert_int_equal(view.skipped, 0);
	assert_int_equal(view.logs, 0);
	journal__free_view(&view);
}

static void bytes_of_somebody_else_are_counted_and_passed(void **state)
{
	static const u32 magic = TSEM_RECORD_MAGIC;
	struct journal_view view;
	struct text text = {};

	(void)state;
	append(&text, "garbage", 7);
	append_record(&text, &records[0]);
	append(&text, &magic, sizeof(magic));
	append(&text, "TSEMTSEMTSEM", 12);
	append_record(&text, &records[1]);
	/* A write that was cut, and the record behind it. */
	append(&text, &records[2], records[2].size / 2);
	append_record(&text, &records[3]);
	append(&text, &records[2], TSEM_RECORD_HEADER_SIZE - 1);
	view = view_of(&text);
	assert_non_null(view.description[0]);
	assert_non_null(view.description[1]);
	assert_null(view.description[2]);
	assert_non_null(view.description[3]);
	assert_int_equal(view.skipped, 4);
	journal__free_view(&view);
}

/* Each of these is a record that was written for something else, or that says another thing than it did. */
static void a_record_that_does_not_check_is_counted_and_skipped(void **state)
{
	static const struct {
		size_t offset, size;
		u64 value;
	} cases[] = {
#define CASE(member, value) { offsetof(struct tsem_record, member), sizeof(((struct tsem_record *)0)->member), value }
		CASE(magic, 0),
		CASE(version, 1),
		CASE(load, LOAD + 1),
		CASE(ns, 6),
		CASE(encoding, TSEM_ENCODING_PORTABLE),
		CASE(digest, TSEM_DIGEST_SM3),
		CASE(content, TSEM_DIGEST_SM3),
		CASE(coe.uid, 77),
		CASE(shape, ~0U),
		CASE(cell[0], 99),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tsem_record changed = records[0];
		struct journal_view view;
		struct text text = {};

		memcpy((u8 *)&changed + cases[i].offset, &cases[i].value,
		       cases[i].size > sizeof(u64) ? sizeof(u64) : cases[i].size);
		append_record(&text, &changed);
		append_record(&text, &records[1]);
		view = view_of(&text);
		if (view.description[0] || view.skipped != 1)
			fail_msg("case %zu: %zu skipped", i, view.skipped);
		assert_non_null(view.description[1]);
		journal__free_view(&view);
	}
}

/* What a coefficient does not cover is in the record and cannot be false. */
static void a_told_part_that_is_false_is_skipped(void **state)
{
	struct tsem_record longer = records[0];
	struct journal_view view;
	struct text text = {};

	(void)state;
	longer.cell[longer.cell_size++] = 1;
	longer.size++;
	append_record(&text, &longer);
	view = view_of(&text);
	assert_null(view.description[0]);
	assert_int_equal(view.skipped, 1);
	journal__free_view(&view);
}

static void log_records_are_kept_in_order(void **state)
{
	struct tsem_record log = { .magic = TSEM_RECORD_MAGIC,
				   .version = TSEM_RECORD_VERSION,
				   .kind = TSEM_RECORD_LOG,
				   .size = TSEM_RECORD_HEADER_SIZE,
				   .event = TSEM_EVENT_file_open,
				   .load = LOAD,
				   .ns = ns.id,
				   .digest = ns.digest,
				   .content = ns.content,
				   .encoding = ns.encoding,
				   .digest_size = 32 };
	struct journal_view view;
	struct text text = {};

	(void)state;
	for (int i = 0; i < 3; i++) {
		log.number = i;
		append_record(&text, &log);
		append_record(&text, &records[i]);
	}
	log.load++;
	append_record(&text, &log);
	view = view_of(&text);
	assert_int_equal(view.logs, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(view.log[i]->number, i);
	assert_int_equal(view.skipped, 1);
	journal__free_view(&view);
}

static void any_end_of_the_file_is_safe(void **state)
{
	struct text whole = {};

	(void)state;
	for (int i = 0; i < RECORDS; i++)
		append_record(&whole, &records[i]);
	for (size_t size = 0; size <= whole.size; size++) {
		struct text text = {};
		struct journal_view view;
		size_t full = 0, at = 0;

		append(&text, whole.bytes, size);
		while (full < RECORDS && at + records[full].size <= size)
			at += records[full++].size;
		view = view_of(&text);
		for (size_t i = 0; i < RECORDS; i++)
			assert_int_equal(!!view.description[i], i < full);
		assert_int_equal(view.skipped, at != size);
		journal__free_view(&view);
	}
	free(whole.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_description_is_found),
		cmocka_unit_test(bytes_of_somebody_else_are_counted_and_passed),
		cmocka_unit_test(a_record_that_does_not_check_is_counted_and_skipped),
		cmocka_unit_test(a_told_part_that_is_false_is_skipped),
		cmocka_unit_test(log_records_are_kept_in_order),
		cmocka_unit_test(any_end_of_the_file_is_safe),
	};

	return cmocka_run_group_tests(tests, take_vectors, drop_vectors);
}
