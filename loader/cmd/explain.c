// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf explain: events as sentences, how each differs from the events of a trajectory, and the causes of that. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "event.h"
#include "explain.h"
#include "journal.h"
#include "namespace.h"
#include "stream.h"
#include "tsem.h"

struct output {
	bool json;
	bool each; /* one event after the other, not by cause */
	bool own; /* the trajectory is of a living namespace: its model may have more events than those that occurred */
	/* For the commands that allow an event. */
	const char *model;
	const char *forensics;
	const char *word; /* the namespace whose forensics they are; NULL: they are in a file */
};

static void print_json(const struct explanation *e)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "sentence", json_object_new_string(e->sentence));
	json_object_object_add(line, "nearest", e->nearest ? json_object_new_string(e->nearest) : NULL);
	json_object_object_add(line, "differs", e->differs ? json_object_get(e->differs) : json_object_new_array());
	puts(event__line(line));
	json_object_put(line);
}

static void print_text(const struct explanation *e, bool own)
{
	size_t count = e->differs ? json_object_array_length(e->differs) : 0;

	puts(e->sentence);
	if (e->missing && own)
		printf("    nearest in the model: unknown, the namespace has no event %s in its model yet; "
		       "give a file with --trajectory\n",
		       e->missing);
	else if (e->missing)
		printf("    nearest in the model: none, it has no event %s\n", e->missing);
	else if (count)
		printf("    nearest in the model: %s; differs in: ", e->nearest);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", json_object_get_string(json_object_array_get_idx(e->differs, i)),
		       i + 1 < count ? ", " : "\n");
}

/* ---- by cause ---- */

/* The longest list of lines that a command gets; a longer one would not be read by anybody. */
#define SELECT_MAX 400

static void print_command(const char *label, const struct output *output, const char *lines)
{
	char *command = strlen(lines) <= SELECT_MAX ? explain__allow(output->model, output->forensics, lines) : NULL;

	if (command)
		printf("    %s: %s\n", label, command);
	else
		printf("    %s: too many lines for a command; --json lists them\n", label);
	free(command);
}

static void print_counts(const struct explain_cause *cause)
{
	static const char *const words[] = {
		[EXPLAIN_ALIKE] = "more of the same cause",
		[EXPLAIN_FOLLOWS] = "more that follow from it, because their program has another TASK_ID by it",
		[EXPLAIN_LATER] = "more of the same task, later",
	};
	static const char *const why[] = { "; they may follow from it if it was denied", "; they may follow from it" };

	for (int i = EXPLAIN_ALIKE; i < EXPLAIN_RELATIONS; i++) {
		if (!cause->counts[i])
			continue;
		printf("    %zu %s%s\n", cause->counts[i], words[i],
		       i == EXPLAIN_LATER ? why[!!(cause->verdict & EXPLAIN_DENIED)] : "");
		for (size_t k = 0; k < cause->shown_count; k++) {
			if (cause->shown[k].relation == (enum explain_relation)i)
				printf("        line %" PRIu64 ": %s\n", cause->shown[k].line,
				       cause->shown[k].sentence);
		}
	}
}

static void print_allow(const struct explain_cause *cause, const struct output *output)
{
	if (cause->why == EXPLAIN_UNDESCRIBED) {
		puts("    to allow it is not possible: an event without a description has no coefficient");
		return;
	}
	print_command("to allow it", output, cause->lines);
	if (cause->later && !(cause->verdict & EXPLAIN_DENIED))
		print_command("to allow the later ones", output, cause->later);
	else if (cause->later)
		puts("    the later ones: allow the first, run it again, and look whether they still occur");
	if (cause->why == EXPLAIN_CONTENT)
		puts("    before that: make sure that you know who changed the file, an upgrade for example");
	if (cause->unwise)
		printf("    to allow it is unwise: %s\n", cause->unwise);
}

static void print_cause(const struct explain_cause *cause, size_t number, size_t count, const struct output *output)
{
	printf("%scause %zu of %zu: %s\n    line %" PRIu64 ": ", number > 1 ? "\n" : "", number, count, cause->headline,
	       cause->line);
	print_text(&cause->first, output->own);
	if (cause->before)
		printf("    content in the model: %s\n    content now:          %s\n", cause->before, cause->now);
	print_counts(cause);
	print_allow(cause, output);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void print_json_cause(const struct explain_cause *cause, const struct output *output)
{
	static const char *const keys[] = {
		[EXPLAIN_ALIKE] = "alike", [EXPLAIN_FOLLOWS] = "follow", [EXPLAIN_LATER] = "later"
	};
	const struct explanation *e = &cause->first;
	struct json_object *o = json_object_new_object();
	char *allow = cause->why == EXPLAIN_UNDESCRIBED
			      ? NULL
			      : explain__allow(output->model, output->forensics, cause->lines);

	add_text(o, "cause", cause->headline);
	json_object_object_add(o, "line", json_object_new_int64(cause->line));
	add_text(o, "sentence", e->sentence);
	add_text(o, "nearest", e->nearest);
	json_object_object_add(o, "differs", e->differs ? json_object_get(e->differs) : json_object_new_array());
	add_text(o, "content_before", cause->before);
	add_text(o, "content_now", cause->now);
	for (int i = EXPLAIN_ALIKE; i < EXPLAIN_RELATIONS; i++)
		json_object_object_add(o, keys[i], json_object_new_int64(cause->counts[i]));
	add_text(o, "lines", cause->lines);
	add_text(o, "later_lines", cause->later);
	add_text(o, "allow", allow);
	add_text(o, "unwise", cause->unwise);
	puts(event__line(o));
	json_object_put(o);
	free(allow);
}

/* 0 or -errno */
static int print_causes(struct explain *explain, const struct output *output)
{
	size_t count = explain__causes(explain), inside = explain__inside(explain), repeats = explain__repeats(explain);
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		struct explain_cause cause;

		err = explain__cause(explain, i, &cause);
		if (err)
			break;
		if (output->json)
			print_json_cause(&cause, output);
		else
			print_cause(&cause, i + 1, count, output);
		explain__free_cause(&cause);
	}
	if (err || output->json)
		return err;
	if (count && (inside || repeats || output->word))
		putchar('\n');
	if (inside)
		printf("in the model: %zu more\n", inside);
	if (repeats)
		printf("the same again: %zu more\n", repeats);
	if (count && output->word)
		printf("FORENSICS is what `tsem-bpf show -n %s forensics` prints\n", output->word);
	return 0;
}

/* ---- reading ---- */

static int explain_event(struct explain *explain, struct json_object *event, u64 line, u32 verdict,
			 const struct output *output, const char **fault)
{
	struct explanation explanation;
	int err;

	if (!output->each)
		return explain__add(explain, event, line, verdict, fault);
	err = explain__event(explain, event, verdict, &explanation, fault);
	if (err)
		return err;
	if (output->json)
		print_json(&explanation);
	else
		print_text(&explanation, output->own);
	explain__free_text(&explanation);
	return 0;
}

/* Prints a message about a bad line; returns the exit code. The word may come from the file. */
static int bad(const char *path, size_t number, const char *word, size_t size, const char *why)
{
	char *safe = explain__safe(word, size < 80 ? size : 80);
	int err = cmd__fail(EXIT_FAILED, "explain: %s: line %zu: '%s' %s", path, number, safe ?: "?", why);

	free(safe);
	return err;
}

/* What a file has, and what to do with its events. */
enum purpose { LEARN, LEARN_MODEL, EXPLAIN };

/*
 * The JSON of a line: all of it, or what follows "event" in a model file; then *size is reduced. NULL: the line has no
 * event.
 */
static const char *json_of(const char *line, size_t *size, enum purpose purpose)
{
	static const char word[] = "event ";

	if (purpose != LEARN_MODEL)
		return line;
	if (strncmp(line, word, strlen(word)))
		return NULL;
	*size -= strlen(word);
	return line + strlen(word);
}

/* Learns or explains one line without its newline. 0, or the exit code after a message. */
static int one_line(struct explain *explain, const char *path, size_t number, const char *line, size_t size,
		    enum purpose purpose, const struct output *output)
{
	const char *text = json_of(line, &size, purpose), *fault = NULL;
	struct json_object *event;
	int err;

	if (!text)
		return 0;
	event = event__from_line(text, size);
	if (!event)
		return bad(path, number, text, size, "is no JSON");
	err = purpose == EXPLAIN ? explain_event(explain, event, number, EXPLAIN_UNKNOWN, output, &fault)
				 : explain__learn(explain, event, &fault);
	if (err && !fault)
		err = cmd__fail(EXIT_FAILED, "explain: %s: line %zu: %s", path, number, strerror(-err));
	else if (err)
		err = bad(path, number, fault, strlen(fault),
			  err == -E2BIG ? "makes the event too large" : "is missing or malformed");
	json_object_put(event);
	return err;
}

/* Reads every line of a file. 0, or the exit code after a message. */
static int each_line(struct explain *explain, const char *path, enum purpose purpose, const struct output *output)
{
	FILE *file = stream__read(path);
	size_t number = 0, room = 0;
	char *line = NULL;
	ssize_t size = 0;
	int err = 0;

	if (!file)
		return cmd__fail(EXIT_FAILED, "explain: %s: %s", path, strerror(errno));
	while (!err && (size = stream__line(file, &line, &room, STREAM_EVENT_LINE)) > 0) {
		if (line[size - 1] == '\n')
			line[--size] = 0;
		err = one_line(explain, path, ++number, line, size, purpose, output);
	}
	if (!err && size < 0)
		err = cmd__fail(EXIT_FAILED, "explain: %s: line %zu: %s", path, number + 1,
				size == -EFBIG ? "is too long for an event" : strerror(-size));
	free(line);
	fclose(file);
	return err;
}

/* Learns the events of a model file. 0, or the exit code after a message. */
static int learn_model(struct explain *explain, const char *path, const struct output *output)
{
	int err = each_line(explain, path, LEARN_MODEL, output);

	if (!err && !explain__learned(explain))
		err = cmd__fail(EXIT_FAILED,
				"explain: %s: has no event lines; give the events of its run with --trajectory", path);
	return err;
}

/* What was done about an event outside of the model, by its record. */
static u32 verdict_of(const struct tsem_record *record)
{
	bool denied = record->flags & TSEM_RECORD_DENIED;
	u32 verdict = denied ? EXPLAIN_DENIED : EXPLAIN_ALLOWED;

	if (record->action == TSEM_ACTION_UNTRUST)
		verdict |= EXPLAIN_UNTRUSTED;
	if (record->action == TSEM_ACTION_KILL && denied)
		verdict |= EXPLAIN_KILLED;
	return verdict;
}

/* The descriptions of a namespace: learns the valid ones, or explains the others. 0 or -errno. */
static int each_description(struct explain *explain, const struct journal_view *view,
			    const struct namespace_coefficients *all, bool learn, const struct output *output)
{
	u64 line = 0;
	int err = 0;

	for (size_t i = 0; i < all->count && !err; i++) {
		struct json_object *event;
		const char *fault;

		if (!view->description[i] || all->entry[i].info.valid != learn)
			continue;
		event = event__to_json(view->description[i], true);
		/* The number of the line in what `show forensics` prints. */
		line++;
		err = !event  ? -EINVAL
		      : learn ? explain__learn(explain, event, &fault)
			      : explain_event(explain, event, line, verdict_of(view->description[i]), output, &fault);
		json_object_put(event);
	}
	return err;
}

/* Explains the forensics of a namespace, compared with its own trajectory unless another was given. */
static int explain_namespace(struct explain *explain, const char *word, const struct output *output)
{
	struct namespace_coefficients all = {};
	struct tsem_namespace ns;
	struct journal_view view;
	struct tsem tsem;
	int err, error;

	err = cmd__open(&tsem);
	if (err)
		return err;
	err = cmd__namespace(&tsem, word, &ns);
	if (err)
		goto out;
	error = namespace__coefficients(&tsem, ns.id, &all);
	error = error ?: journal__view(&tsem, &ns, &all, &view);
	if (error) {
		err = cmd__fail(EXIT_FAILED, "explain: cannot read namespace '%s': %s", word, strerror(-error));
		goto out;
	}
	if (output->own) {
		explain__compare(explain);
		error = each_description(explain, &view, &all, true, output);
	}
	error = error ?: each_description(explain, &view, &all, false, output);
	if (error)
		err = cmd__fail(EXIT_FAILED, "explain: namespace '%s': %s", word, strerror(-error));
	cmd__incomplete("explain", view.missing, view.skipped);
	journal__free_view(&view);
out:
	free(all.entry);
	tsem__close(&tsem);
	return err;
}

struct words {
	const char *path, *trajectory, *model, *namespace;
};

/* 0, or the exit code after a message. */
static int parse(int argc, char **argv, struct words *words, struct output *output)
{
	static const struct option options[] = { { "trajectory", required_argument, NULL, 't' },
						 { "model", required_argument, NULL, 'm' },
						 { "namespace", required_argument, NULL, 'n' },
						 { "max-expanded", required_argument, NULL, 'X' },
						 { "each", no_argument, NULL, 'e' },
						 { "json", no_argument, NULL, 'j' },
						 {} };
	int option, err = 0;

	while (!err && (option = cmd__option(argc, argv, "+:n:m:", options)) != -1) {
		if (option == 't')
			words->trajectory = optarg;
		else if (option == 'm')
			words->model = optarg;
		else if (option == 'n')
			words->namespace = optarg;
		else if (option == 'X')
			err = cmd__max_expanded("explain", optarg);
		else if (option == 'e')
			output->each = true;
		else if (option == 'j')
			output->json = true;
		else
			return cmd__bad_option(argv, option);
	}
	if (err)
		return err;
	if (words->namespace && optind < argc)
		return cmd__fail(EXIT_USAGE, "explain: '%s': give a file or -n, not both", argv[optind]);
	if (optind < argc)
		words->path = argv[optind++];
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "explain: '%s' is one word too many; options stand before the file",
				 argv[optind]);
	if (words->trajectory && !strcmp(words->trajectory, "-") && !words->namespace && !strcmp(words->path, "-"))
		return cmd__fail(EXIT_USAGE, "explain: --trajectory: '-' is the file as well; name one of the two");
	if (words->model && !strcmp(words->model, "-"))
		return cmd__fail(EXIT_USAGE,
				 "explain: --model: '-' is no file that a model could be added to; name it");
	return 0;
}

static int explain_words(struct explain *explain, const struct words *words, struct output *output)
{
	int err = 0;

	output->model = words->model;
	output->forensics = words->namespace || !strcmp(words->path, "-") ? NULL : words->path;
	output->word = words->namespace;
	output->own = words->namespace && !words->trajectory && !words->model;
	/* Without events to compare with, nothing is known about causes. */
	output->each = output->each || (!words->trajectory && !words->model && !words->namespace);
	if (words->trajectory || words->model)
		explain__compare(explain);
	if (words->model)
		err = learn_model(explain, words->model, output);
	if (!err && words->trajectory)
		err = each_line(explain, words->trajectory, LEARN, output);
	if (!err)
		err = words->namespace ? explain_namespace(explain, words->namespace, output)
				       : each_line(explain, words->path, EXPLAIN, output);
	if (!err && !output->each && print_causes(explain, output))
		err = cmd__fail(EXIT_FAILED, "explain: %s", strerror(ENOMEM));
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = cmd__fail(EXIT_FAILED, "explain: the output cannot be written: %s", strerror(errno));
	return err;
}

int cmd_explain(int argc, char **argv)
{
	struct words words = { .path = "-" };
	struct output output = {};
	struct explain *explain;
	int err = parse(argc, argv, &words, &output);

	if (err)
		return err;
	explain = explain__new();
	if (!explain)
		return cmd__fail(EXIT_FAILED, "explain: %s", strerror(ENOMEM));
	err = explain_words(explain, &words, &output);
	explain__free(explain);
	return err;
}
