// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf explain: events as sentences, and how each differs from the events of a trajectory. */
#include <errno.h>
#include <getopt.h>
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
	bool own; /* the trajectory is of a living namespace: its model may have more events than those that occurred */
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

static int explain_event(struct explain *explain, struct json_object *event, u32 verdict, const struct output *output,
			 const char **fault)
{
	struct explanation explanation;
	int err = explain__event(explain, event, verdict, &explanation, fault);

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

/*
 * Reads every line of a file: adds it to the trajectory if `learn`, else explains it. 0, or the exit code after a
 * message.
 */
static int each_line(struct explain *explain, const char *path, bool learn, const struct output *output)
{
	FILE *file = stream__read(path);
	size_t number = 0, room = 0;
	char *line = NULL;
	ssize_t size = 0;
	int err = 0;

	if (!file)
		return cmd__fail(EXIT_FAILED, "explain: %s: %s", path, strerror(errno));
	while (!err && (size = stream__line(file, &line, &room, STREAM_EVENT_LINE)) > 0) {
		struct json_object *event;
		const char *fault = NULL;

		number++;
		if (line[size - 1] == '\n')
			line[--size] = 0;
		event = event__from_line(line, size);
		if (!event) {
			err = bad(path, number, line, size, "is no JSON");
			break;
		}
		err = learn ? explain__learn(explain, event, &fault)
			    : explain_event(explain, event, EXPLAIN_UNKNOWN, output, &fault);
		if (err && !fault)
			err = cmd__fail(EXIT_FAILED, "explain: %s: line %zu: %s", path, number, strerror(-err));
		else if (err)
			err = bad(path, number, fault, strlen(fault),
				  err == -E2BIG ? "makes the event too large" : "is missing or malformed");
		json_object_put(event);
	}
	if (!err && size < 0)
		err = cmd__fail(EXIT_FAILED, "explain: %s: line %zu: %s", path, number + 1,
				size == -EFBIG ? "is too long for an event" : strerror(-size));
	free(line);
	fclose(file);
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
	int err = 0;

	for (size_t i = 0; i < all->count && !err; i++) {
		struct json_object *event;
		const char *fault;

		if (!view->description[i] || all->entry[i].info.valid != learn)
			continue;
		event = event__to_json(view->description[i], true);
		err = !event  ? -EINVAL
		      : learn ? explain__learn(explain, event, &fault)
			      : explain_event(explain, event, verdict_of(view->description[i]), output, &fault);
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

int cmd_explain(int argc, char **argv)
{
	static const struct option options[] = { { "trajectory", required_argument, NULL, 't' },
						 { "namespace", required_argument, NULL, 'n' },
						 { "json", no_argument, NULL, 'j' },
						 {} };
	const char *path = "-", *trajectory = NULL, *word = NULL;
	struct explain *explain;
	struct output output = {};
	int option, err = 0;

	while ((option = cmd__option(argc, argv, "+:n:", options)) != -1) {
		if (option == 't')
			trajectory = optarg;
		else if (option == 'n')
			word = optarg;
		else if (option == 'j')
			output.json = true;
		else
			return cmd__bad_option(argv, option);
	}
	if (word && optind < argc)
		return cmd__fail(EXIT_USAGE, "explain: '%s': give a file or -n, not both", argv[optind]);
	if (optind < argc)
		path = argv[optind++];
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "explain: '%s' is one word too many; options stand before the file",
				 argv[optind]);
	if (trajectory && !word && !strcmp(trajectory, "-") && !strcmp(path, "-"))
		return cmd__fail(EXIT_USAGE, "explain: --trajectory: '-' is the file as well; name one of the two");
	explain = explain__new();
	if (!explain)
		return cmd__fail(EXIT_FAILED, "explain: %s", strerror(ENOMEM));
	if (trajectory) {
		explain__compare(explain);
		err = each_line(explain, trajectory, true, &output);
	}
	output.own = word && !trajectory;
	if (!err)
		err = word ? explain_namespace(explain, word, &output) : each_line(explain, path, false, &output);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = cmd__fail(EXIT_FAILED, "explain: the output cannot be written: %s", strerror(errno));
	explain__free(explain);
	return err;
}
