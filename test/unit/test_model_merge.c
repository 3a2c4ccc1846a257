// SPDX-License-Identifier: GPL-2.0
/* Merging of models: what may be merged, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_merge.h"

#define A "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B "0b112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define C "0c112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SETTINGS "digest sha256\nencoding host\ninstances 0\n"

/* The text has to outlive the model. */
static struct model parsed(const char *text)
{
	struct model_error error;
	struct model model;

	assert_int_equal(model__parse(text, strlen(text), &model, &error), 0);
	return model;
}

static void written(const struct model *model, const char *want)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	assert_non_null(file);
	assert_int_equal(model__write(file, model), 0);
	fclose(file);
	assert_string_equal(out, want);
	free(out);
}

static void both_models_are_in_the_result_with_their_events(void **state)
{
	struct model a = parsed("name app\nversion 3\n" SETTINGS "pseudonym " A "\nstate " A
				"\nevent {\"a\":1}\nend\n"),
		     b = parsed("name app\n" SETTINGS "pseudonym " B "\nstate " B "\nevent {\"b\":1}\nstate " A
				"\nevent {\"c\":1}\nstate " C "\nseal\nend\n");

	(void)state;
	assert_null(model__merge_fault(&a, &b));
	assert_int_equal(model__merge(&a, &b), 0);
	assert_int_equal(model__unique(&a), 0);
	written(&a, "name app\n" SETTINGS "pseudonym " A "\npseudonym " B "\nstate " A "\nevent {\"a\":1}\nstate " B
		    "\nevent {\"b\":1}\nstate " C "\nend\n");
	model__free(&a);
	model__free(&b);
}

static void a_name_and_a_seal_stay_only_if_both_have_them(void **state)
{
	struct model a = parsed("name app\nstate " A "\nseal\nend\n"),
		     b = parsed("name other\nstate " B "\nseal\nend\n");

	(void)state;
	assert_int_equal(model__merge(&a, &b), 0);
	written(&a, "state " A "\nstate " B "\nseal\nend\n");
	model__free(&a);
	model__free(&b);
}

static void models_that_mean_different_things_are_not_merged(void **state)
{
	static const struct {
		const char *a, *b, *fault;
	} pairs[] = {
		{ "instances 1\nend\n", "instances 2\nend\n", "different settings" },
		{ "pattern /a/b*\nend\n", "pattern /a/c*\nend\n", "different settings" },
		{ "pattern /a/b*\nend\n", "pattern /a/b* any\nend\n", "different settings" },
		{ "strict /a\nend\n", "strict /b\nend\n", "different settings" },
		{ "strict /a\nend\n", "end\n", "different settings" },
		{ "aggregate " A "\nstate " A "\nend\n", "aggregate " B "\nstate " A "\nend\n",
		  "different aggregates" },
		{ "aggregate " A "\nstate " A "\nend\n", "state " A "\nend\n", "different aggregates" },
		{ "base " A "\nstate " A "\nend\n", "base " B "\nstate " A "\nend\n", "different bases" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct model a = parsed(pairs[i].a), b = parsed(pairs[i].b);
		const char *fault = model__merge_fault(&a, &b);

		assert_non_null(fault);
		assert_non_null(strstr(fault, pairs[i].fault));
		assert_null(model__merge_fault(&a, &a));
		model__free(&a);
		model__free(&b);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_models_are_in_the_result_with_their_events),
		cmocka_unit_test(a_name_and_a_seal_stay_only_if_both_have_them),
		cmocka_unit_test(models_that_mean_different_things_are_not_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
