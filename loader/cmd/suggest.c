// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf suggest: what differs between two runs, and the declarations that would make it the same. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "control.h"
#include "model.h"
#include "stream.h"
#include "suggest.h"
#include "suggest_print.h"

/* Prints a message about a line that is no event; returns the exit code. */
static int bad(const char *path, size_t number, int err, const char *fault)
{
	if (err == -E2BIG)
		return cmd__fail(EXIT_FAILED, "suggest: %s: line %zu: the files have more than %u different events",
				 path, number, SUGGEST_EVENTS_MAX);
	if (err != -EINVAL)
		return cmd__fail(EXIT_FAILED, "suggest: %s: line %zu: %s", path, number,
				 err == -EFBIG ? "is too long for an event" : strerror(-err));
	if (!*fault)
		return cmd__fail(EXIT_FAILED, "suggest: %s: line %zu: is no event in JSON", path, number);
	return cmd__fail(EXIT_FAILED, "suggest: %s: line %zu: '%s' is missing or malformed", path, number, fault);
}

/* Adds the events of a trajectory, one on each line. */
static int add_lines(struct suggest *suggest, enum suggest_side side, const char *path, FILE *file)
{
	char fault[SUGGEST_FAULT_SIZE] = "", *line = NULL;
	size_t number = 0, room = 0;
	ssize_t size;
	int err = 0;

	while (!err && (size = stream__line(file, &line, &room, STREAM_EVENT_LINE)) != 0) {
		number++;
		if (size > 0 && line[size - 1] == '\n')
			size--;
		err = size < 0 ? size : suggest__add(suggest, side, line, size, fault);
	}
	free(line);
	return err ? bad(path, number, err, fault) : 0;
}

/* Adds the events of a model file, which has to be a regular file. */
static int add_model(struct suggest *suggest, enum suggest_side side, const char *path)
{
	FILE *file = stream__read_in(NULL, path);
	char fault[SUGGEST_FAULT_SIZE] = "";
	struct model_error error;
	struct model model;
	size_t events = 0;
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "suggest: %s: %s", path, stream__error(errno));
	err = model__read(file, &model, &error);
	fclose(file);
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "suggest: %s: is neither a file of events nor a model: line %zu: '%s' %s",
				 path, error.line, error.word, error.why);
	if (err)
		return cmd__fail(EXIT_FAILED, "suggest: %s: %s", path, stream__error(err));
	for (size_t i = 0; i < model.states.count && model.events && !err; i++) {
		const struct model_event *event = &model.events[i];

		if (!event->json)
			continue;
		events++;
		err = suggest__add(suggest, side, event->json, event->size, fault);
		if (err)
			err = cmd__fail(EXIT_FAILED,
					"suggest: %s: the event of state %zu: '%s' is missing or malformed", path,
					i + 1, fault);
	}
	if (!err && !events && model.states.count)
		err = cmd__fail(EXIT_FAILED,
				"suggest: %s: the model has no events; take one that has them, or trajectories", path);
	model__free(&model);
	return err;
}

/* An event begins with a brace, a line of a model with a letter. */
static int add_file(struct suggest *suggest, enum suggest_side side, const char *path)
{
	FILE *file = stream__read(path);
	int first, err = 0;

	if (!file)
		return cmd__fail(EXIT_FAILED, "suggest: %s: %s", path, stream__error(errno));
	first = getc(file);
	ungetc(first, file);
	if (!isalpha(first))
		err = add_lines(suggest, side, path, file);
	fclose(file);
	return isalpha(first) ? add_model(suggest, side, path) : err;
}

static int print(const struct suggest *suggest, bool json)
{
	size_t count = suggest__count(suggest);

	for (size_t i = 0; i < count; i++) {
		if (json)
			suggest_print__json(suggest__get(suggest, i));
		else
			suggest_print__line(stdout, suggest__get(suggest, i));
	}
	if (json)
		return EXIT_DONE;
	if (!count)
		puts("the two runs have the same events");
	suggest_print__options(stdout, "options of run: ", suggest);
	return EXIT_DONE;
}

static int compare(bool portable, bool json, char **files)
{
	struct suggest *suggest = suggest__new(portable);
	int err;

	if (!suggest)
		return cmd__fail(EXIT_FAILED, "suggest: no memory");
	err = add_file(suggest, SUGGEST_OLD, files[0]) ?: add_file(suggest, SUGGEST_NEW, files[1]);
	if (!err && suggest__solve(suggest))
		err = cmd__fail(EXIT_FAILED, "suggest: no memory");
	err = err ?: print(suggest, json);
	suggest__free(suggest);
	return err;
}

int cmd_suggest(int argc, char **argv)
{
	static const struct option options[] = { { "encoding", required_argument, NULL, 'E' },
						 { "json", no_argument, NULL, 'j' },
						 {} };
	int encoding = TSEM_ENCODING_HOST, option;
	bool json = false;

	while ((option = cmd__option(argc, argv, "+:", options)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 'E')
			encoding = control__value(CONTROL_WORDS_ENCODING, optarg);
		else
			return cmd__bad_option(argv, option);
		if (encoding < 0)
			return cmd__fail(EXIT_USAGE, "suggest: --encoding: '%s' is unknown; there are host, portable",
					 optarg);
	}
	if (argc - optind < 2)
		return cmd__fail(EXIT_USAGE, "suggest: give two files: the events of an earlier and of a later run");
	if (argc - optind > 2)
		return cmd__fail(EXIT_USAGE, "suggest: '%s' is one word too many; options stand before the files",
				 argv[optind + 2]);
	if (!strcmp(argv[optind], "-") && !strcmp(argv[optind + 1], "-"))
		return cmd__fail(EXIT_USAGE, "suggest: '-' can only be one of the two files");
	return compare(encoding == TSEM_ENCODING_PORTABLE, json, argv + optind);
}
