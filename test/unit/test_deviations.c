// SPDX-License-Identifier: GPL-2.0
/* Deviations of a forensics file: their numbers, what each follows from, and what the model is afterwards. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "deviations.h"
#include "model_fixture.h"

#define EXEC(path) FIXTURE_FILE(path, "0100755", "32800", CONTENT)
#define CAPABILITY(n) "'cap':'" n "','opts':'0','initial':'1'"

/* A model of a shell, and forensics in which it starts a chain of programs, each of which does something. */
struct chain {
	struct fixture f;
	char shell[TASK_ID_HEX];
	char id[4][TASK_ID_HEX];
	char *text;
	size_t size;
	FILE *out;
};

static void put(struct chain *c, char *line)
{
	fprintf(c->out, "%s\n", line);
	free(line);
}

static void chain_id(struct chain *c, const char *line, char *id)
{
	struct json_object *json = event__from_line(line, strlen(line));
	const char *fault;

	assert_int_equal(model_events__read(&c->f.events, json, NULL, &fault), 0);
	assert_int_equal(model_events__task_id(&c->f.events, id), 0);
	json_object_put(json);
}

static void chain_begin(struct chain *c)
{
	const char *parent = c->shell;
	char *line;

	memset(c, 0, sizeof(*c));
	fixture_begin(&c->f, "version 9\n");
	fixture_state(c->f.out, &c->f.events, fixture_event("bprm_committing_creds", NONE, NONE, EXEC("/bin/sh")),
		      c->shell);
	fixture_end(&c->f);
	c->out = open_memstream(&c->text, &c->size);
	/* Lines 1 and 2, 3 and 4, ...: an exec and what its program does. */
	for (int i = 0; i < 4; i++) {
		line = fixture_event("bprm_committing_creds", parent, parent, EXEC("/bin/next"));
		chain_id(c, line, c->id[i]);
		put(c, line);
		put(c, fixture_event("capable", c->id[i], parent, CAPABILITY("5")));
		parent = c->id[i];
	}
}

static int chain_read(struct chain *c, struct deviations *list, struct deviations_error *error)
{
	FILE *file;
	int err;

	assert_int_equal(fclose(c->out), 0);
	file = fmemopen(c->text, c->size, "r");
	assert_non_null(file);
	err = deviations__read(list, &c->f.model, file, error);
	fclose(file);
	return err;
}

static void chain_end(struct chain *c)
{
	free(c->text);
	fixture_free(&c->f);
}

static size_t chosen(const struct deviations *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->entry[i].chosen;
	return count;
}

static void a_choice_takes_the_chain_of_execs_that_it_follows_from(void **state)
{
	struct deviations_error error;
	struct deviations list;
	struct chain c;

	(void)state;
	chain_begin(&c);
	assert_int_equal(chain_read(&c, &list, &error), 0);
	assert_int_equal(list.count, 8);
	assert_int_equal(deviations__choose(&list, "6", &error), 0);
	assert_int_equal(chosen(&list), 1);
	assert_int_equal(deviations__complete(&list), 0);
	/* Itself, and the execs on the lines 1, 3 and 5. */
	assert_int_equal(chosen(&list), 4);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.entry[i].line, i + 1);
		assert_int_equal(list.entry[i].chosen, i == 5 || (i < 5 && i % 2 == 0));
		assert_int_equal(list.entry[i].needed_by, i < 5 && i % 2 == 0 ? 6 : 0);
	}
	assert_int_equal(deviations__apply(&list, &c.f.model), 0);
	assert_int_equal(c.f.model.states.count, 5);
	deviations__free(&list);
	chain_end(&c);
}

static void all_of_a_chain_is_added_in_order(void **state)
{
	struct deviations_error error;
	struct deviations list;
	struct chain c;

	(void)state;
	chain_begin(&c);
	assert_int_equal(chain_read(&c, &list, &error), 0);
	assert_int_equal(deviations__choose_all(&list), 8);
	assert_int_equal(deviations__complete(&list), 0);
	assert_int_equal(deviations__apply(&list, &c.f.model), 0);
	assert_int_equal(c.f.model.states.count, 9);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(list.entry[i].needed_by, 0);
		assert_memory_equal(c.f.model.states.digest[i + 1], list.entry[i].coefficient, 32);
	}
	assert_int_equal(model__unique(&c.f.model), 0);
	assert_int_equal(c.f.model.states.count, 9);
	deviations__free(&list);
	chain_end(&c);
}

static void numbers_are_lines_and_wrong_ones_choose_nothing(void **state)
{
	static const char *const wrong[] = { "",     ",",   "x",    "0",     "9",   "3-",
					     "-3",   "4-2", "1,99", "1-2-3", "1;2", "18446744073709551616",
					     "1,0x2" };
	static const struct {
		const char *text;
		size_t count;
	} right[] = { { "1", 1 }, { "1,1", 1 }, { "2-3", 2 }, { " 2 , 4-5 ", 3 }, { "1-8", 8 }, { "7-1000", 2 } };
	struct deviations_error error;
	struct deviations list;
	struct chain c;

	(void)state;
	chain_begin(&c);
	assert_int_equal(chain_read(&c, &list, &error), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!deviations__choose(&list, wrong[i], &error))
			fail_msg("'%s' is taken", wrong[i]);
		assert_true(*error.text);
		assert_int_equal(chosen(&list), 0);
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_int_equal(deviations__choose(&list, right[i].text, &error), 0);
		assert_int_equal(chosen(&list), right[i].count);
		for (size_t k = 0; k < list.count; k++)
			list.entry[k].chosen = false;
	}
	deviations__free(&list);
	chain_end(&c);
}

/* The owner of what an event uses is a program, too. */
static void the_owner_of_a_socket_is_needed(void **state)
{
	char cell[256];
	struct deviations_error error;
	struct deviations list;
	struct chain c;

	(void)state;
	chain_begin(&c);
	snprintf(cell, sizeof(cell), "'sock':{'family':'2','type':'1','protocol':'6','owner':'%s'},'backlog':'1'",
		 c.id[1]);
	put(&c, fixture_event("socket_listen", c.shell, NONE, cell));
	assert_int_equal(chain_read(&c, &list, &error), 0);
	assert_int_equal(deviations__choose(&list, "9", &error), 0);
	assert_int_equal(deviations__complete(&list), 0);
	assert_true(list.entry[0].chosen && list.entry[2].chosen && list.entry[8].chosen);
	assert_int_equal(chosen(&list), 3);
	deviations__free(&list);
	chain_end(&c);
}

static void a_bad_line_is_named(void **state)
{
	static const char *const lines[] = { "{", "[]", "{}", "{\"event\":{}}", "", "{\"export\":{}}" };
	struct deviations_error error;
	struct deviations list;
	struct chain c;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		chain_begin(&c);
		fprintf(c.out, "%s\n", lines[i]);
		assert_int_equal(chain_read(&c, &list, &error), -EINVAL);
		assert_int_equal(error.line, 9);
		assert_true(*error.text);
		assert_int_equal(c.f.model.states.count, 1);
		chain_end(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_choice_takes_the_chain_of_execs_that_it_follows_from),
		cmocka_unit_test(all_of_a_chain_is_added_in_order),
		cmocka_unit_test(numbers_are_lines_and_wrong_ones_choose_nothing),
		cmocka_unit_test(the_owner_of_a_socket_is_needed),
		cmocka_unit_test(a_bad_line_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
