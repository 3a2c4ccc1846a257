// SPDX-License-Identifier: GPL-2.0
/* The words of a cause: its headline, its first events, the numbers of all, and the digests of a changed file. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "explain_causes.h"

size_t explain__causes(const struct explain *explain)
{
	return explain->causes->count;
}

size_t explain__inside(const struct explain *explain)
{
	return explain->causes->inside;
}

size_t explain__repeats(const struct explain *explain)
{
	return explain->causes->repeats;
}

static void write_stream(FILE *out, const struct cause *cause)
{
	static const char *const kinds[] = {
		[EXPLAIN_TERMINAL] = "a terminal", [EXPLAIN_NULL] = "/dev/null",      [EXPLAIN_PIPE] = "a pipe",
		[EXPLAIN_SOCKET] = "a socket",     [EXPLAIN_INHERITED] = "inherited",
	};
	static const char *const names[] = { "standard input", "standard output", "standard error",
					     "inherited descriptor" };

	fprintf(out, "its %s %s %s now, and was not in the model; run it as it was learned, or allow it",
		names[cause->descriptor < 3 ? cause->descriptor : 3],
		cause->classes & FEATURE_STREAM ? "is" : "seems to be", kinds[cause->stream]);
}

/* The program as its executable, or else by the task's name. */
static void write_program(FILE *out, struct json_object *event, const struct explain *explain)
{
	const char *id = json_object_get_string(event__lookup(event, "event.task_id"));

	words__string(out, event__member(explain->programs, id) ?: event__lookup(event, "event.process"), explain);
}

static void write_headline(FILE *out, const struct cause *cause, struct json_object *event,
			   const struct explain *explain)
{
	const char *type = json_object_get_string(event__lookup(event, "event.type"));
	struct json_object *cell = event__member(event, type);

	switch (cause->why) {
	case EXPLAIN_CONTENT:
		words__path(out, event__member(cell, "file"), explain);
		fputs(" has another content than in the model", out);
		break;
	case EXPLAIN_STREAM:
		write_program(out, event, explain);
		fputs(": ", out);
		write_stream(out, cause);
		break;
	case EXPLAIN_NEW_PROGRAM:
		words__path(out, event__member(cell, "file"), explain);
		fputs(" was started, which is no program of the model", out);
		break;
	case EXPLAIN_UNKNOWN_PROGRAM:
		fputs("the model has no event of this program, ", out);
		write_program(out, event, explain);
		break;
	case EXPLAIN_CREDENTIALS:
		write_program(out, event, explain);
		fputs(" runs as another user or with other capabilities", out);
		break;
	case EXPLAIN_PARENT:
		write_program(out, event, explain);
		fputs(" was started by another program", out);
		break;
	case EXPLAIN_NEW:
		write_program(out, event, explain);
		fprintf(out, " did something new: it %s", explain__bare(event__parse(type)));
		break;
	default:
		fputs("an event could not be described", out);
	}
}

static int take_headline(const struct cause *cause, struct json_object *event, const struct explain *explain,
			 char **headline)
{
	size_t size;
	FILE *out = open_memstream(headline, &size);

	if (!out)
		return -ENOMEM;
	write_headline(out, cause, event, explain);
	return fclose(out) ? -ENOMEM : 0;
}

/* Digests of the file in the event and in the nearest one. */
static int take_digests(struct explain *explain, const struct cause *cause, struct json_object *event,
			struct explain_cause *out)
{
	struct json_object *nearest, *one, *two;
	char path[64];
	int err = 0;

	snprintf(path, sizeof(path), "%s.file.digest", json_object_get_string(event__lookup(event, "event.type")));
	index__record(explain->index, cause->nearest.number, &explain->scratch);
	nearest = event__to_json(&explain->scratch, true);
	one = event__lookup(nearest, path);
	two = event__lookup(event, path);
	if (one && two) {
		out->before = strdup(json_object_get_string(one));
		out->now = strdup(json_object_get_string(two));
		err = out->before && out->now ? 0 : -ENOMEM;
	}
	json_object_put(nearest);
	return err;
}

/* The numbers of the lines as "3,5-9": those that follow or are alike, or else the later ones. */
static int take_lines(const struct causes *c, const struct cause *cause, bool later, char **lines)
{
	u64 from = 0, to = 0;
	size_t size;
	FILE *out = open_memstream(lines, &size);

	if (!out)
		return -ENOMEM;
	for (u32 i = cause->first;; i = c->deviation[i].next) {
		const struct deviation *d = i == NO_CAUSE ? NULL : &c->deviation[i];

		if (d && (d->relation == EXPLAIN_LATER) != later)
			continue;
		if (d && from && d->line == to + 1) {
			to++;
			continue;
		}
		if (from && from < to)
			fprintf(out, "%" PRIu64 "-%" PRIu64 "%s", from, to, d ? "," : "");
		else if (from)
			fprintf(out, "%" PRIu64 "%s", from, d ? "," : "");
		if (!d)
			break;
		from = to = d->line;
	}
	return fclose(out) ? -ENOMEM : 0;
}

/* The sentence of a packed event. */
static int take_shown(struct explain *explain, const struct shown *shown, char **sentence)
{
	const struct nearest none = {};
	struct explanation text = {};
	struct json_object *event;
	int err;

	index__unpack(shown->packed, &explain->record);
	event = event__to_json(&explain->record, true);
	err = event ? explain__text(explain, event, shown->verdict, &none, &text) : -ENOMEM;
	*sentence = text.sentence;
	text.sentence = NULL;
	explain__free_text(&text);
	json_object_put(event);
	return err;
}

static int take_first(struct explain *explain, const struct cause *cause, struct explain_cause *out)
{
	struct json_object *event;
	int err;

	index__unpack(cause->packed, &explain->record);
	event = event__to_json(&explain->record, true);
	err = event ? take_headline(cause, event, explain, &out->headline) : -ENOMEM;
	err = err ?: explain__text(explain, event, cause->verdict, &cause->nearest, &out->first);
	if (!err && cause->classes & FEATURE_CONTENT)
		err = take_digests(explain, cause, event, out);
	json_object_put(event);
	return err;
}

static int take_log(const struct cause *cause, struct explain_cause *out)
{
	out->headline = strdup("events that could not be described");
	out->first.sentence = strdup(cause->log);
	return out->headline && out->first.sentence ? 0 : -ENOMEM;
}

int explain__cause(struct explain *explain, size_t number, struct explain_cause *out)
{
	const struct causes *c = explain->causes;
	const struct cause *cause = &c->cause[number];
	int err;

	*out = (struct explain_cause){ .why = cause->why, .verdict = cause->verdict, .unwise = cause->unwise };
	out->line = c->deviation[cause->first].line;
	for (int i = 0; i < EXPLAIN_RELATIONS; i++)
		out->counts[i] = cause->counts[i];
	err = cause->packed ? take_first(explain, cause, out) : take_log(cause, out);
	for (u32 i = 0; i < cause->shown_count && !err; i++) {
		const struct deviation *d = &c->deviation[cause->shown[i].deviation];

		out->shown[i].line = d->line;
		out->shown[i].relation = d->relation;
		err = take_shown(explain, &cause->shown[i], &out->shown[i].sentence);
		out->shown_count++;
	}
	err = err ?: take_lines(c, cause, false, &out->lines);
	if (!err && cause->counts[EXPLAIN_LATER])
		err = take_lines(c, cause, true, &out->later);
	if (err)
		explain__free_cause(out);
	return err;
}

void explain__free_cause(struct explain_cause *cause)
{
	free(cause->headline);
	explain__free_text(&cause->first);
	free(cause->before);
	free(cause->now);
	for (size_t i = 0; i < cause->shown_count; i++)
		free(cause->shown[i].sentence);
	free(cause->lines);
	free(cause->later);
	*cause = (struct explain_cause){};
}

/*
 * Writes a word of a command line, in quotes where a shell needs them; or `other` if there is no word, or one that
 * could control a terminal.
 */
static void write_shell_word(FILE *out, const char *word, const char *other)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:%=,";
	char *safe = word ? explain__plain(word, strlen(word)) : NULL;
	bool harmless = safe && !strcmp(safe, word);

	free(safe);
	if (!harmless) {
		fputs(other, out);
		return;
	}
	if (*word && *word != '-' && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	/* A word that begins with a dash would be an option. */
	fputs(*word == '-' ? "./'" : "'", out);
	for (const char *p = word; *p; p++) {
		if (*p == '\'')
			fputs("'\\'", out);
		putc(*p, out);
	}
	putc('\'', out);
}

char *explain__allow(const char *model, const char *forensics, const char *lines)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("tsem-bpf model add ", out);
	write_shell_word(out, model, "MODEL");
	putc(' ', out);
	write_shell_word(out, forensics, "FORENSICS");
	fprintf(out, " --select %s", lines);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}
