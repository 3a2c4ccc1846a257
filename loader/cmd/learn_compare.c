// SPDX-License-Identifier: GPL-2.0
/* What a run of `learn` adds to the runs before it, and the declarations that are accepted for the next one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "learn.h"
#include "pattern.h"
#include "suggest_print.h"

/* Lines about one run at most. */
#define LINES_MAX 20

static int add_events(struct suggest *suggest, enum suggest_side side, const struct model *model)
{
	char fault[SUGGEST_FAULT_SIZE];
	int err = 0;

	for (size_t i = 0; i < model->states.count && model->events && !err; i++) {
		if (model->events[i].json)
			err = suggest__add(suggest, side, model->events[i].json, model->events[i].size, fault);
	}
	return err;
}

int learn__compare(struct learn *l, const struct model *model)
{
	int err = -ENOMEM;

	suggest__free(l->suggest);
	l->suggest = suggest__new(model->encoding == TSEM_ENCODING_PORTABLE);
	if (l->suggest) {
		err = add_events(l->suggest, SUGGEST_OLD, &l->models[0]);
		err = err ?: add_events(l->suggest, SUGGEST_NEW, model);
		err = err ?: suggest__solve(l->suggest);
	}
	return err ? cmd__fail(EXIT_FAILED, "learn: cannot compare the runs: %s", strerror(-err)) : 0;
}

void learn__explain(const struct learn *l, const char *indent)
{
	size_t lines = 0, more = 0;

	for (size_t i = 0; l->suggest && i < suggest__count(l->suggest); i++) {
		const struct suggestion *s = suggest__get(l->suggest, i);

		/* What an earlier run did and this one did not is no news. */
		if (!s->events[SUGGEST_NEW])
			continue;
		if (lines++ >= LINES_MAX) {
			more++;
			continue;
		}
		fputs(indent, stderr);
		suggest_print__line(stderr, s);
	}
	if (more)
		fprintf(stderr, "%sand %zu more\n", indent, more);
}

/* Remembers a declaration. 1; 0: it was accepted before; -ENOMEM. */
static int remember(struct learn *l, const struct suggestion *s)
{
	struct declaration *more;

	for (size_t i = 0; i < l->accepts; i++) {
		if (l->accepted[i].cure == s->cure && !strcmp(l->accepted[i].text, s->text))
			return 0;
	}
	more = realloc(l->accepted, (l->accepts + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->accepted = more;
	more[l->accepts] = (struct declaration){ s->cure, strdup(s->text) };
	if (!more[l->accepts].text)
		return -ENOMEM;
	l->accepts++;
	return 1;
}

static int accept_pattern(struct learn *l, const struct suggestion *s)
{
	struct workload *w = &l->launch.workload;
	struct tsem_pattern pattern;
	int err;

	if (pattern__parse(s->text, strlen(s->text), s->cure == SUGGEST_PATTERN_ANY, &pattern))
		return cmd__fail(EXIT_FAILED, "learn: --accept: '%s' is no pattern", s->text);
	/* The first pattern that matches counts: one of the same text is changed. */
	for (size_t i = 0; i < w->model.patterns.count; i++) {
		struct tsem_pattern *other = &w->model.patterns.pattern[i];

		if (pattern__is_strict(other) || other->size != pattern.size ||
		    memcmp(other->text, pattern.text, pattern.size))
			continue;
		other->flags |= pattern.flags;
		return 0;
	}
	err = workload__pattern(w, &pattern);
	if (!err)
		return 0;
	return cmd__fail(EXIT_FAILED, "learn: --accept: '%s': %s", s->text,
			 err == -E2BIG ? "is one pattern too many; declare wider ones with --pattern" : strerror(-err));
}

static int accept_one(struct learn *l, const struct suggestion *s)
{
	struct control_namespace *settings = &l->launch.workload.spec.settings;
	u64 instances;

	switch (s->cure) {
	case SUGGEST_PATTERN:
	case SUGGEST_PATTERN_ANY:
		return accept_pattern(l, s);
	case SUGGEST_PSEUDONYM:
		return run_options__pseudonym(&l->options, s->text);
	case SUGGEST_INSTANCES:
		instances = strtoull(s->text, NULL, 10);
		if (!settings->instances || instances < settings->instances)
			settings->instances = instances;
		settings->named |= CONTROL_NAMED_INSTANCES;
		return 0;
	default:
		return 0;
	}
}

/*
 * The second run finds what the first one has made: so it makes fewer files, and reads other content. A third run shows
 * whether that goes on.
 */
static bool may_pass(const struct learn *l, const struct suggestion *s)
{
	return l->runs < 3 && (s->cure == SUGGEST_INSTANCES || s->cure == SUGGEST_PSEUDONYM);
}

int learn__accept(struct learn *l)
{
	int count = 0, made, err;

	for (size_t i = 0; i < suggest__count(l->suggest); i++) {
		const struct suggestion *s = suggest__get(l->suggest, i);

		if (!s->text || !s->events[SUGGEST_NEW] || may_pass(l, s))
			continue;
		made = remember(l, s);
		if (made < 0)
			return -cmd__fail(EXIT_FAILED, "learn: no memory");
		if (!made)
			continue;
		err = accept_one(l, s);
		if (err)
			return -err;
		count++;
	}
	return count;
}
