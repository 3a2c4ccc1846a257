// SPDX-License-Identifier: GPL-2.0
/* Events in JSON that nobody honest wrote: which value is at fault, and paths whose form is not that of the path. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "event_fields.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

static void expect_fault(const char *line, const char *from, const char *to, const char *fault)
{
	const char *at = strstr(line, from), *found = NULL;
	struct tsem_record *record = malloc(sizeof(*record));
	char *changed = malloc(strlen(line) + strlen(to) + 1);
	struct json_object *json;
	int err;

	if (!at)
		fail_msg("'%s' is not in %s", from, line);
	sprintf(changed, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
	json = json_tokener_parse(changed);
	assert_non_null(json);
	err = event__from_json(json, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST, record, &found);
	if (err != -EINVAL || strcmp(found, fault))
		fail_msg("%s: %s at fault, error %d", changed, found ?: "nothing", err);
	json_object_put(json);
	free(changed);
	free(record);
}

/* The event of the first line of the vectors, an exec. */
static char *first_vector(void)
{
	FILE *file = fopen(VECTORS, "r");
	struct json_object *json, *event;
	char *line = NULL, *text;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getline(&line, &size, file) > 0);
	fclose(file);
	json = json_tokener_parse(line);
	assert_true(json_object_object_get_ex(json, "event", &event));
	text = strdup(event__line(event));
	assert_non_null(text);
	json_object_put(json);
	free(line);
	return text;
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
		{ "\"pathname\":\"", "\"pathname\":\"\\\\x00", "pathname" },
		{ "\"digest\":\"", "\"digest\":\"g", "digest" },
		{ "\"inode\"", "\"onide\"", "inode" },
		{ "\"flags\"", "\"inherited\":\"1\",\"flags\"", "inherited" },
		{ "bprm_committing_creds", "no_such_event", "no_such_event" },
	};

	char *line = first_vector();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_fault(line, cases[i].from, cases[i].to, cases[i].fault);
	free(line);
}

/* A line that opens `path`, the members of a PATH. */
static char *open_of(const char *path)
{
	char *line = NULL, id[65];

	memset(id, '0', 64);
	id[64] = 0;
	assert_true(
		asprintf(&line,
			 "{\"event\":{\"process\":\"a\",\"type\":\"path_notify\",\"ttd\":\"1\",\"p_ttd\":\"0\","
			 "\"task_id\":\"%s\",\"p_task_id\":\"%s\",\"ts\":\"0\"},\"COE\":{\"uid\":\"0\",\"euid\":\"0\","
			 "\"suid\":\"0\",\"gid\":\"0\",\"egid\":\"0\",\"sgid\":\"0\",\"fsuid\":\"0\",\"fsgid\":\"0\","
			 "\"capeff\":\"0x0\"},\"path_notify\":{\"path\":{%s},\"mask\":\"0x1\",\"obj_type\":\"0\"}}",
			 id, id, path) > 0);
	return line;
}

#define OWNER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CREATED(component) "{\"component\":\"" #component "\",\"instance\":\"1\",\"owner\":\"" OWNER "\"}"

/* What is hashed instead of a pathname has to be a form of that pathname. */
static void a_path_and_its_form_must_agree(void **state)
{
	static const struct {
		const char *path, *fault; /* NULL: it is right */
	} cases[] = {
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(1) "]", NULL },
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(0) "," CREATED(1) "]", NULL },
		{ "\"pathname\":\"a/b\",\"created\":[" CREATED(0) "]", NULL },
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(2) "]", "component" },
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(1) "," CREATED(0) "]", "component" },
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(1) "," CREATED(1) "]", "component" },
		{ "\"pathname\":\"/a//b\",\"created\":[" CREATED(1) "]", "component" },
		{ "\"pathname\":\"/a/b\",\"created\":[]", "created" },
		{ "\"pathname\":\"/a/b\",\"created\":[\"1\"]", "created" },
		{ "\"pathname\":\"/a/b\",\"created\":[{\"component\":\"1\",\"instance\":\"1\"}]", "owner" },
		{ "\"pathname\":\"/a/b\",\"created\":[{\"component\":\"1\",\"owner\":\"" OWNER "\"}]", "instance" },
		{ "\"pathname\":\"/a/b\",\"created\":[" CREATED(1) "],\"pattern\":\"/a/*\"", "pattern" },
		{ "\"pathname\":\"/a/b\",\"pattern\":\"/a/*\"", NULL },
		{ "\"pathname\":\"/a/b/c\",\"pattern\":\"/a/**\"", NULL },
		{ "\"pathname\":\"/a/b.log\",\"pattern\":\"/a/*.log\"", NULL },
		{ "\"pathname\":\"/a/b/c\",\"pattern\":\"/a/*\"", "pattern" },
		{ "\"pathname\":\"/a/.log\",\"pattern\":\"/a/*.log\"", "pattern" },
		{ "\"pathname\":\"/a/\",\"pattern\":\"/a/**\"", "pattern" },
		{ "\"pathname\":\"/a/b\",\"pattern\":\"/a/b\"", "pattern" },
		{ "\"pathname\":\"/a/b\",\"pattern\":\"/*/*\"", "pattern" },
		{ "\"pathname\":\"a/b\",\"pattern\":\"a/*\"", "pattern" },
		{ "\"pathname\":\"/proc/7/fd/3\",\"normal\":\"/proc/self/fd/N\"", NULL },
		{ "\"pathname\":\"/proc/7/comm\",\"normal\":\"/proc/" OWNER "/comm\"", NULL },
		{ "\"pathname\":\"/proc/7/comm\",\"normal\":\"/proc/7/comm\"", "normal" },
		{ "\"pathname\":\"/proc/7/comm\",\"normal\":\"/proc/me/comm\"", "normal" },
		{ "\"pathname\":\"/proc/7/comm\",\"normal\":\"/proc/self\"", "normal" },
		{ "\"pathname\":\"/proc/7\",\"normal\":\"/proc/self/comm\"", "normal" },
		{ "\"pathname\":\"/proc/7\",\"normal\":\"/proc/self\",\"pattern\":\"/proc/*\"", "normal" },
	};
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *line = open_of(cases[i].path);
		struct json_object *json = json_tokener_parse(line);
		const char *fault;

		assert_non_null(json);
		if (cases[i].fault) {
			expect_fault(line, "\"path\":", "\"path\":", cases[i].fault);
		} else {
			assert_int_equal(event__from_json(json, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST, record, &fault),
					 0);
		}
		json_object_put(json);
		free(line);
	}
	free(record);
}

/* A record from a file cannot show another path than the one that its coefficient stands for. */
static void a_told_path_must_be_the_hashed_one(void **state)
{
	static const char *const paths[] = {
		"\"pathname\":\"/tmp/bcd/e\",\"created\":[" CREATED(1) "]",
		"\"pathname\":\"/tmp/bcd/e\",\"pattern\":\"/tmp/bc*/e\"",
		"\"pathname\":\"/tmp/7/e\",\"normal\":\"/tmp/self/e\"",
	};
	struct tsem_record *record = malloc(sizeof(*record));

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char *line = open_of(paths[i]);
		struct json_object *json = json_tokener_parse(line), *shown;
		const char *fault;

		assert_int_equal(event__from_json(json, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST, record, &fault), 0);
		shown = event__to_json(record, false);
		assert_non_null(shown);
		assert_true(json_object_equal(json, shown));
		json_object_put(shown);
		/* Behind the length: /tmp becomes /tmq. */
		record->cell[record->hashed_size + 4 + 3]++;
		assert_null(event__to_json(record, false));
		record->cell[record->hashed_size + 4 + 3]--;
		/* A slash more, or a NUL. */
		record->cell[record->cell_size - 1] = '/';
		assert_null(event__to_json(record, false));
		record->cell[record->cell_size - 1] = 0;
		assert_null(event__to_json(record, false));
		json_object_put(json);
		free(line);
	}
	free(record);
}

/* Only a time and a zone can be missing together: that event is described, all others without a CELL are generic. */
static void an_empty_cell_is_generic(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	struct json_object *json, *header, *shown;
	const char *fault;
	char *line;

	(void)state;
	for (u32 i = 1; i < TSEM_EVENT_END; i++) {
		line = open_of("");
		json = json_tokener_parse(line);
		assert_true(json_object_object_get_ex(json, "event", &header));
		json_object_object_add(header, "type", json_object_new_string(event__name(i)));
		json_object_object_del(json, "path_notify");
		json_object_object_add(json, event__name(i), json_object_new_object());
		assert_int_equal(event__from_json(json, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST, record, &fault), 0);
		assert_int_equal(record->flags, i == TSEM_EVENT_settime ? 0 : TSEM_RECORD_GENERIC);
		assert_int_equal(record->cell_size, 0);
		shown = event__to_json(record, false);
		assert_true(json_object_equal(json, shown));
		json_object_put(shown);
		json_object_put(json);
		free(line);
	}
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_value_is_named),
		cmocka_unit_test(a_path_and_its_form_must_agree),
		cmocka_unit_test(a_told_path_must_be_the_hashed_one),
		cmocka_unit_test(an_empty_cell_is_generic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
