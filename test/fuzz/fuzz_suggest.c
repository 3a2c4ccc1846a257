// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of suggestions (loader/lib/suggest*.c): the lines of the input are, in turn, events of the earlier and of
 * the later run. A run of the same lines on both sides has no difference.
 *
 * Each suggestion has a declaration or a reason. A pattern is one that `run` takes, and it does not begin in the root.
 */
#include <errno.h>
#include <string.h>

#include "fuzz_main.h"
#include "pattern.h"
#include "suggest.h"

static void check(const struct suggestion *s)
{
	struct tsem_pattern pattern;

	FUZZ_CHECK(s->cause[0] && memchr(s->cause, 0, sizeof(s->cause)));
	FUZZ_CHECK((s->text != NULL) == (s->cure < SUGGEST_FOLLOWS));
	FUZZ_CHECK((s->text == NULL) == (s->reason != NULL));
	FUZZ_CHECK(s->events[SUGGEST_OLD] + s->events[SUGGEST_NEW] > 0);
	/* The pattern of a file that is in a pattern already comes from the event. */
	if (s->cure != SUGGEST_PATTERN)
		return;
	FUZZ_CHECK(!pattern__parse(s->text, strlen(s->text), false, &pattern));
	FUZZ_CHECK(memchr(pattern.text + 1, '/', pattern.prefix_size - 1));
}

static size_t compare(const char *text, size_t size, bool same)
{
	struct suggest *suggest = suggest__new(false);
	char fault[SUGGEST_FAULT_SIZE];
	int side = SUGGEST_OLD, err;
	size_t found;

	FUZZ_CHECK(suggest);
	for (size_t at = 0, length; at < size; at += length + 1, side = !side) {
		const char *end = memchr(text + at, '\n', size - at);

		length = end ? (size_t)(end - text) - at : size - at;
		err = suggest__add(suggest, side, text + at, length, fault);
		FUZZ_CHECK(!err || err == -EINVAL);
		FUZZ_CHECK(!err || memchr(fault, 0, sizeof(fault)));
		if (same && !err)
			FUZZ_CHECK(!suggest__add(suggest, !side, text + at, length, fault));
	}
	FUZZ_CHECK(!suggest__solve(suggest));
	found = suggest__count(suggest);
	for (size_t i = 0; i < found; i++)
		check(suggest__get(suggest, i));
	suggest__free(suggest);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compare((const char *)data, size, false);
	FUZZ_CHECK(!compare((const char *)data, size, true));
	return 0;
}
