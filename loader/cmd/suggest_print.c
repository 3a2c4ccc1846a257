// SPDX-License-Identifier: GPL-2.0
/* Suggestions as text, as JSON, and as options. Names come from the events and may hold any byte. */
#include "suggest_print.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "event.h"
#include "explain.h"

static const struct {
	const char *word; /* of a model file, and in JSON */
	const char *option; /* of run */
	const char *after; /* the text of a model file's line */
} cures[] = {
	[SUGGEST_PATTERN] = { "pattern", "--pattern", "" },
	[SUGGEST_PATTERN_ANY] = { "pattern", "--pattern-any", " any" },
	[SUGGEST_PSEUDONYM] = { "pseudonym", "--pseudonym", "" },
	[SUGGEST_INSTANCES] = { "instances", "--instances", "" },
	[SUGGEST_FOLLOWS] = { "follows", NULL, "" },
	[SUGGEST_NONE] = { "none", NULL, "" },
};

/* Text that is safe to print. */
static void put_safe(FILE *out, const char *bytes)
{
	char *safe = explain__plain(bytes, strlen(bytes));

	fputs(safe ?: "?", out);
	free(safe);
}

/* One word for a shell. */
static void put_quoted(FILE *out, const char *bytes)
{
	char *safe = explain__plain(bytes, strlen(bytes));

	putc('\'', out);
	for (const char *c = safe ?: "?"; *c; c++) {
		if (*c == '\'')
			fputs("'\\''", out);
		else
			putc(*c, out);
	}
	putc('\'', out);
	free(safe);
}

/* The second name from the word on in which it differs: "-27.log". */
static const char *difference(const char *first, const char *second)
{
	size_t n = 0;

	while (first[n] && first[n] == second[n])
		n++;
	while (n && (isalnum((unsigned char)second[n - 1]) || (unsigned char)second[n - 1] >= 0x80))
		n--;
	return n > 1 && second[n] ? second + n - 1 : second;
}

static void put_examples(FILE *out, const struct suggestion *s)
{
	const char *one = s->old ?: s->new ?: "", *two = s->old && s->new ? s->new : NULL;

	put_safe(out, one);
	if (two && strcmp(one, two)) {
		fputs(", ", out);
		put_safe(out, difference(one, two));
	}
}

void suggest_print__line(FILE *out, const struct suggestion *s)
{
	size_t events = s->events[SUGGEST_OLD] + s->events[SUGGEST_NEW];

	put_examples(out, s);
	fprintf(out, ": %s (", s->cause);
	if (s->cure >= SUGGEST_FOLLOWS)
		fprintf(out, "%s, ", s->type);
	fprintf(out, "%zu event%s): ", events, events == 1 ? "" : "s");
	if (s->text) {
		fprintf(out, "%s ", cures[s->cure].word);
		put_safe(out, s->text);
		fputs(cures[s->cure].after, out);
	} else {
		fprintf(out, "%s%s", s->cure == SUGGEST_NONE ? "no declaration cures it: " : "", s->reason);
	}
	putc('\n', out);
}

static void add_text(struct json_object *object, const char *key, const char *bytes)
{
	char *safe = bytes ? explain__plain(bytes, strlen(bytes)) : NULL;

	if (safe)
		json_object_object_add(object, key, json_object_new_string(safe));
	free(safe);
}

static void add_number(struct json_object *object, const char *key, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	json_object_object_add(object, key, json_object_new_string(text));
}

void suggest_print__json(const struct suggestion *s)
{
	struct json_object *line = json_object_new_object();

	add_text(line, "cure", cures[s->cure].word);
	add_text(line, "text", s->text);
	if (s->cure == SUGGEST_PATTERN_ANY)
		add_text(line, "content", "any");
	add_text(line, "option", s->text ? cures[s->cure].option : NULL);
	add_text(line, "cause", s->cause);
	add_text(line, "reason", s->reason);
	add_text(line, "type", s->type);
	add_text(line, "old", s->old);
	add_text(line, "new", s->new);
	add_number(line, "old_events", s->events[SUGGEST_OLD]);
	add_number(line, "new_events", s->events[SUGGEST_NEW]);
	puts(event__line(line));
	json_object_put(line);
}

void suggest_print__option(FILE *out, const char *before, enum suggest_cure cure, const char *text)
{
	fprintf(out, "%s%s ", before, cures[cure].option);
	put_quoted(out, text);
}

void suggest_print__options(FILE *out, const char *label, const struct suggest *suggest)
{
	bool any = false;

	for (size_t i = 0; i < suggest__count(suggest); i++) {
		const struct suggestion *s = suggest__get(suggest, i);

		if (!s->text)
			continue;
		suggest_print__option(out, any ? " " : label, s->cure, s->text);
		any = true;
	}
	if (any)
		putc('\n', out);
}
