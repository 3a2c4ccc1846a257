// SPDX-License-Identifier: GPL-2.0
/* Descriptions in a model: checked against their coefficient, for every event of the vectors; TASK_IDs in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_fixture.h"
#include "model_lint.h"
#include "model_summary.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

/* Calls `check` for each vector. */
static void each_vector(void (*check)(struct json_object *vector, struct model *settings))
{
	FILE *file = fopen(VECTORS, "r");
	size_t room = 0, count = 0;
	char *line = NULL;

	assert_non_null(file);
	while (getline(&line, &room, file) > 0) {
		struct json_object *vector = json_tokener_parse(line);
		struct model settings = { .digest = digest__parse(text_at(vector, "digest")),
					  .encoding = digest__parse_encoding(text_at(vector, "encoding")) };

		check(vector, &settings);
		json_object_put(vector);
		count++;
	}
	assert_true(count > 200);
	free(line);
	fclose(file);
}

static void check_get(struct json_object *vector, struct model *settings)
{
	static struct model_events events;
	const char *line = event__line(json_object_object_get(vector, "event"));
	struct json_object *json = NULL;
	u8 state[TSEM_DIGEST_MAX] = {};

	settings->width = digest__size(settings->digest);
	assert_int_equal(digest__from_hex(text_at(vector, "coefficient"), 2 * settings->width, state, settings->width),
			 0);
	assert_int_equal(model__add(settings, state, (struct model_event){ line, strlen(line) }), 0);
	state[0] ^= 1;
	assert_int_equal(model__add(settings, state, (struct model_event){ line, strlen(line) }), 0);
	assert_int_equal(model__add(settings, state, (struct model_event){ "{}", 2 }), 0);
	assert_int_equal(model__add(settings, state, (struct model_event){}), 0);
	assert_int_equal(model_events__init(&events, settings), 0);
	assert_int_equal(model_events__get(&events, 0, &json), 0);
	json_object_put(json);
	assert_int_equal(model_events__get(&events, 1, &json), -EBADMSG);
	assert_int_equal(model_events__get(&events, 2, &json), -EBADMSG);
	assert_int_equal(model_events__get(&events, 3, &json), -ENOENT);
	model__free(settings);
}

static void a_description_counts_only_with_its_coefficient(void **state)
{
	(void)state;
	each_vector(check_get);
}

static size_t ids;

/* Complements each digit of a TASK_ID: twice gives the first one again. */
static int complement(const char *hex, const char **replace, void *data)
{
	static char other[TASK_ID_HEX];
	size_t i;

	(void)data;
	for (i = 0; hex[i]; i++) {
		u32 digit = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;

		other[i] = "0123456789abcdef"[15 - digit];
	}
	other[i] = 0;
	*replace = other;
	ids++;
	return 0;
}

static void check_ids(struct json_object *vector, struct model *settings)
{
	static struct model_events events;
	struct json_object *json;
	struct event_digests before;
	const char *fault;

	assert_int_equal(model_events__init(&events, settings), 0);
	assert_int_equal(model_events__read(&events, json_object_object_get(vector, "event"), &json, &fault), 0);
	before = events.digests;
	assert_int_equal(model_events__each_id(json, false, complement, NULL), 0);
	assert_int_equal(model_events__read(&events, json, NULL, &fault), 0);
	assert_memory_not_equal(before.coefficient, events.digests.coefficient, events.width);
	assert_int_equal(model_events__each_id(json, false, complement, NULL), 0);
	assert_int_equal(model_events__read(&events, json, NULL, &fault), 0);
	assert_memory_equal(before.coefficient, events.digests.coefficient, events.width);
	json_object_put(json);
}

static void every_id_in_an_event_can_be_replaced(void **state)
{
	(void)state;
	ids = 0;
	each_vector(check_ids);
	/* Those of the task and its parent, and many in the CELLs. */
	assert_true(ids > 2 * 2 * 240 + 100);
}

static void the_id_of_a_program_is_that_of_its_exec(void **state)
{
	char shell[TASK_ID_HEX], cat[TASK_ID_HEX];
	struct json_object *programs, *program;
	struct fixture f;

	(void)state;
	fixture_begin(&f, "");
	fixture_state(f.out, &f.events,
		      fixture_event("bprm_committing_creds", NONE, NONE,
				    FIXTURE_FILE("/bin/sh", "0100755", "32800", CONTENT)),
		      shell);
	fixture_state(f.out, &f.events,
		      fixture_event("bprm_committing_creds", shell, shell,
				    FIXTURE_FILE("/bin/cat", "0100755", "32800", CONTENT)),
		      cat);
	fixture_state(f.out, &f.events, fixture_event("capable", cat, shell, "'cap':'1','opts':'0','initial':'1'"),
		      NULL);
	fixture_end(&f);
	/* The first exec has no TASK_ID yet, so its coefficient is the TASK_ID that it gives. */
	programs = model_events__programs(&f.events);
	assert_int_equal(json_object_object_length(programs), 2);
	program = json_object_object_get(programs, cat);
	assert_string_equal(text_at(program, "path"), "/bin/cat");
	assert_string_equal(text_at(program, "parent"), shell);
	assert_int_equal(digest__from_hex(shell, 64, f.model.base, 32), 0);
	assert_memory_equal(f.model.base, f.model.states.digest[0], 32);
	json_object_put(programs);
	fixture_free(&f);
}

/* A chain of programs, each the parent of the next. */
static void a_long_chain_of_programs_is_a_tree(void **state)
{
	static const int LONG = 3000;
	char id[TASK_ID_HEX] = NONE, parent[TASK_ID_HEX];
	struct json_object *summary, *programs;
	struct fixture f;

	(void)state;
	fixture_begin(&f, "");
	for (int i = 0; i < LONG; i++) {
		strcpy(parent, id);
		fixture_state(f.out, &f.events,
			      fixture_event("bprm_committing_creds", parent, parent,
					    FIXTURE_FILE("/bin/sh", "0100755", "32800", CONTENT)),
			      id);
	}
	fixture_state(f.out, &f.events, fixture_event("capable", id, parent, "'cap':'1','opts':'0','initial':'1'"),
		      NULL);
	fixture_end(&f);
	assert_int_equal(model_summary__make(&f.model, true, &summary), 0);
	programs = json_object_object_get(summary, "programs");
	assert_int_equal(json_object_array_length(programs), LONG + 1);
	assert_int_equal(
		json_object_get_int(json_object_object_get(json_object_array_get_idx(programs, LONG), "depth")), LONG);
	json_object_put(summary);
	fixture_free(&f);
}

static void names_of_one_run_are_told(void **state)
{
	static const struct {
		const char *name;
		bool date, random;
	} names[] = {
		{ "app-2026-11-26.log", true, false },
		{ "app.20261126", true, true },
		{ "2026.11.26", true, false },
		{ "app-2026-13-26.log", false, false },
		{ "120261126", false, true },
		{ "x.aB3dE9", false, true },
		{ "tmpAbCdEf12", false, true },
		{ "app.12345", false, true },
		{ "app.12", false, false },
		{ "settings", false, false },
		{ "Makefile", false, false },
		{ "README", false, false },
		{ "libc.so.6", false, false },
		{ "passwd", false, false },
		{ "", false, false },
		{ "2026", false, true },
		{ "2026-11-2", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i].name);

		if (!!model_lint__date(names[i].name, size) != names[i].date)
			fail_msg("date: %s", names[i].name);
		if (!!model_lint__random(names[i].name, size) != names[i].random)
			fail_msg("random: %s", names[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_counts_only_with_its_coefficient),
		cmocka_unit_test(every_id_in_an_event_can_be_replaced),
		cmocka_unit_test(the_id_of_a_program_is_that_of_its_exec),
		cmocka_unit_test(a_long_chain_of_programs_is_a_tree),
		cmocka_unit_test(names_of_one_run_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
