// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf learn: a model from as many runs as it takes.
 *
 * Each run has a namespace of its own that begins with the same settings and nothing learned. Its model is compared
 * with those of the runs before (learn_compare.c), then merged with them. A run that adds nothing ends it. With
 * --accept, what the comparison suggests is declared for the next run, and what was learned without it is dropped: its
 * coefficients are others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cmd.h"
#include "duration.h"
#include "learn.h"
#include "model_merge.h"
#include "stream.h"
#include "suggest_print.h"

/* Limit of runs, unless -n or --until-quiet is given; the largest that -n takes. */
#define RUNS 10
#define RUNS_MAX 10000

/* ---- options ---- */

static int take_duration(const char *option, const char *text, u64 *seconds)
{
	const char *why = duration__parse(text, seconds);

	return why ? cmd__fail(EXIT_USAGE, "learn: --%s: '%s' %s", option, text, why) : 0;
}

/* The duration of --until-quiet is the next word, if it begins with a digit. */
static int take_quiet(struct learn *l, int argc, char **argv)
{
	const char *text = optarg;

	l->until_quiet = true;
	if (!text && optind < argc && argv[optind][0] >= '0' && argv[optind][0] <= '9')
		text = argv[optind++];
	return text ? take_duration("until-quiet", text, &l->quiet) : 0;
}

static int take_option(struct learn *l, int option, int argc, char **argv)
{
	switch (option) {
	case 'n':
		l->target = optarg;
		return 0;
	case 'N':
		return run_options__name(&l->options, "--name", optarg);
	case 'f':
		return take_duration("for", optarg, &l->whole);
	case 'Q':
		return take_quiet(l, argc, argv);
	case 'k':
		l->accept = true;
		return 0;
	case 'R':
		l->prepare = optarg;
		return 0;
	case 'D':
		l->drive = optarg;
		return 0;
	default:
		return run_options__take(&l->options, option, argv);
	}
}

/* The options of `learn -- COMMAND`. */
static int check_command(struct learn *l)
{
	l->limit = l->until_quiet ? 0 : RUNS;
	if (l->whole)
		return cmd__fail(
			EXIT_USAGE,
			"learn: --for waits for a namespace: give it with -n, and no command; a command is run "
			"until nothing new comes");
	if (l->quiet)
		return cmd__fail(EXIT_USAGE, "learn: --until-quiet takes a duration only with -n NAMESPACE");
	return l->target ? cmd__number("learn", "-n", l->target, 1, RUNS_MAX, &l->limit) : 0;
}

/* The options of `learn -n NAMESPACE`. */
static int check_live(struct learn *l)
{
	if (!l->target)
		return cmd__fail(EXIT_USAGE, "learn: give a command after --, or a namespace with -n");
	if (!l->whole && !l->quiet)
		return cmd__fail(EXIT_USAGE,
				 "learn: -n %s: say how long with --for or --until-quiet and a duration, or give a "
				 "command after --",
				 l->target);
	if (l->accept)
		return cmd__fail(EXIT_USAGE, "learn: --accept needs a command, which is run again");
	if (l->prepare || l->drive)
		return cmd__fail(EXIT_USAGE, "learn: --%s needs a command, which is run again",
				 l->prepare ? "prepare" : "drive");
	if (l->options.model || l->options.base || l->options.patterns.count || l->options.pseudonym_count ||
	    l->launch.workload.named || l->launch.workload.spec.settings.named)
		return cmd__fail(EXIT_USAGE,
				 "learn: -n %s: the namespace has its settings already; leave out the options that set "
				 "them",
				 l->target);
	return 0;
}

static int parse(struct learn *l, int argc, char **argv)
{
	static const struct option options[] = {
		RUN_OPTIONS,
		{ "name", required_argument, NULL, 'N' },
		{ "for", required_argument, NULL, 'f' },
		{ "until-quiet", optional_argument, NULL, 'Q' },
		{ "accept", no_argument, NULL, 'k' },
		{ "prepare", required_argument, NULL, 'R' },
		{ "drive", required_argument, NULL, 'D' },
		{},
	};
	int option, err = run_options__begin(&l->options, "learn", &l->launch.workload, argc);

	while (!err && (option = cmd__option(argc, argv, "+:n:m:o:q", options)) != -1)
		err = take_option(l, option, argc, argv);
	l->launch.command = argv + optind;
	if (!err && !l->launch.workload.output)
		err = cmd__fail(EXIT_USAGE, "learn: -o is missing: the file for the model");
	err = err ?: *l->launch.command ? check_command(l) : check_live(l);
	err = err ?: run_options__apply(&l->options);
	run_options__end(&l->options);
	return err;
}

/* ---- runs ---- */

static void tick(struct launch *launch, void *data)
{
	struct learn *l = data;
	const struct tsem_namespace *ns = &launch->workload.ns;
	char time[DURATION_TEXT_SIZE];

	learn__drive_step(l);
	if (!progress__due(&l->progress))
		return;
	progress__show(&l->progress, "tsem-bpf: learn: run %zu, %s: %llu coefficients, %llu tasks%s", l->runs + 1,
		       duration__text(l->progress.last - l->progress.started, time),
		       (unsigned long long)ns->coefficients, (unsigned long long)ns->live_tasks,
		       l->drive && !launch->driver && ns->live_tasks ? "; --drive has ended, and the command goes on"
								     : "");
}

/* The result of a run whose last task has ended: its model. 0, or the exit code after a message. */
static int result(struct learn *l, struct model *model)
{
	struct launch *launch = &l->launch;
	struct workload_error error;
	int failed = launch__exec_error(launch);

	if (failed)
		return cmd__fail(EXIT_FAILED, "learn: cannot execute '%s': %s", launch->command[0], strerror(-failed));
	failed = learn__driven(l);
	if (failed)
		return failed;
	if (workload__learned(&launch->workload, model, &error))
		return cmd__fail(EXIT_FAILED, "learn: %s", error.text);
	return 0;
}

/* Runs the command once, in a new namespace. */
static int run_once(struct learn *l, struct model *model)
{
	struct launch *launch = &l->launch;
	struct workload *w = &launch->workload;
	const char *output = w->output;
	int err = learn__prepare(l);

	if (err)
		return err;
	/* Only the end writes it. */
	w->output = NULL;
	w->lost = 0;
	memset(&w->ns, 0, sizeof(w->ns));
	err = launch__create(launch);
	w->output = output;
	if (err)
		return err;
	progress__begin(&l->progress, l->options.quiet);
	err = launch__start(launch) ?: learn__drive(l) ?: launch__collect(launch);
	learn__drive_wait(l);
	progress__clear(&l->progress);
	err = err ?: result(l, model);
	launch__finish(launch);
	return err;
}

static void say_run(const struct learn *l, const struct model *model)
{
	int status = l->launch.status;

	if (l->options.quiet)
		return;
	fprintf(stderr, "tsem-bpf: learn: run %zu: %zu coefficients", l->runs, model->states.count);
	if (l->run > 1)
		fprintf(stderr, ", %zu new", l->added);
	if (WIFSIGNALED(status))
		fprintf(stderr, "; the command was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "; the command ended with status %d", WEXITSTATUS(status));
	putc('\n', stderr);
	if (l->run > 1 && l->added)
		learn__explain(l, "    ");
}

/* Adds the model of a run to those before it, which takes it over. */
static int merge(struct learn *l, struct model *model)
{
	struct model *more = realloc(l->models, (l->run + 1) * sizeof(*more));
	const char *fault;
	size_t before;
	int err;

	if (!more) {
		model__free(model);
		return cmd__fail(EXIT_FAILED, "learn: no memory");
	}
	l->models = more;
	l->models[l->run++] = *model;
	if (l->run == 1)
		return 0;
	fault = model__merge_fault(&l->models[0], model);
	if (fault)
		return cmd__fail(EXIT_FAILED, "learn: the models of run %zu and of the runs before it %s", l->runs,
				 fault);
	before = l->models[0].states.count;
	err = model__merge(&l->models[0], model) ?: model__unique(&l->models[0]);
	l->added = l->models[0].states.count - before;
	return err ? cmd__fail(EXIT_FAILED, "learn: cannot merge the models: %s", strerror(-err)) : 0;
}

static void drop_models(struct learn *l)
{
	/* The first one has events of the others. */
	for (size_t i = 0; i < l->run; i++)
		model__free(&l->models[i]);
	l->run = 0;
}

/* One run, and what it adds. *again: another one is needed. */
static int step(struct learn *l, bool *again)
{
	struct model model;
	int err = run_once(l, &model), count;

	if (err)
		return err;
	l->runs++;
	l->added = model.states.count;
	err = l->run ? learn__compare(l, &model) : 0;
	if (err) {
		model__free(&model);
		return err;
	}
	err = merge(l, &model);
	if (err)
		return err;
	say_run(l, &l->models[l->run - 1]);
	*again = (l->run == 1 || l->added) && (!l->limit || l->runs < l->limit);
	if (!*again || !l->accept || l->run == 1)
		return 0;
	count = learn__accept(l);
	if (count < 0)
		return -count;
	if (!count)
		return 0;
	if (!l->options.quiet) {
		fprintf(stderr, "tsem-bpf: learn: accepted %d declaration%s, and begins again with:\n", count,
			count == 1 ? "" : "s");
		for (size_t i = 0; i < l->accepts; i++)
			suggest_print__option(stderr, i ? " " : "    ", l->accepted[i].cure, l->accepted[i].text);
		putc('\n', stderr);
	}
	drop_models(l);
	return 0;
}

/* Says how it ended. Returns the exit code. */
static int verdict(struct learn *l)
{
	const char *output = l->launch.workload.output;
	size_t coefficients = l->models[0].states.count;

	if (l->run > 1 && !l->added) {
		fprintf(stderr,
			"tsem-bpf: learn: steady after %zu run%s: run %zu added nothing; %zu coefficients in %s\n",
			l->runs - 1, l->runs == 2 ? "" : "s", l->runs, coefficients, output);
		return EXIT_DONE;
	}
	if (l->run < 2) {
		fprintf(stderr, "tsem-bpf: learn: not known to be steady: one run only%s; %zu coefficients in %s\n",
			l->accepts ? " since the last declaration" : "", coefficients, output);
		return EXIT_WANDERS;
	}
	fprintf(stderr, "tsem-bpf: learn: not steady after %zu runs: the last one added %zu; %zu coefficients in %s\n",
		l->runs, l->added, coefficients, output);
	learn__explain(l, "    still wanders: ");
	suggest_print__options(stderr, "    what would cure it (or --accept): ", l->suggest);
	return EXIT_WANDERS;
}

static int write_model(struct learn *l)
{
	int err;

	model__write(stream__file(l->output), &l->models[0]);
	err = stream__commit(l->output);
	l->output = NULL;
	if (!err)
		return 0;
	return cmd__fail(EXIT_FAILED, "learn: cannot write %s: %s", l->launch.workload.output, stream__error(err));
}

static int learn_command(struct learn *l)
{
	bool again = true;
	int err = 0;

	/* Opened before the first run, so that it cannot put something else in its place. */
	l->output = stream__create(l->launch.workload.output);
	if (!l->output)
		return cmd__fail(EXIT_FAILED, "learn: cannot write %s: %s", l->launch.workload.output,
				 stream__error(errno));
	launch__signals();
	while (again && !err)
		err = step(l, &again);
	return err ?: write_model(l) ?: verdict(l);
}

int cmd_learn(int argc, char **argv)
{
	struct learn l = { .launch = { .name = "learn", .tick = tick } };
	struct workload *w = &l.launch.workload;
	int code;

	l.launch.data = &l;
	workload__init(w);
	code = parse(&l, argc, argv) ?: cmd__need_control("learn") ?: cmd__open(&w->tsem);
	if (!code)
		code = *l.launch.command ? learn_command(&l) : learn__live(&l);
	stream__drop(l.output);
	drop_models(&l);
	free(l.models);
	suggest__free(l.suggest);
	for (size_t i = 0; i < l.accepts; i++)
		free(l.accepted[i].text);
	free(l.accepted);
	workload__free(w);
	return code;
}
