// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf run: a workload in its own namespace, and the files that are written about it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cmd.h"
#include "launch.h"
#include "run_options.h"

struct run {
	struct launch launch;
	struct run_options options;
	bool strict, audit;
};

static int take_option(struct run *run, int option, char **argv)
{
	struct workload *w = &run->launch.workload;

	switch (option) {
	case 'n':
		return run_options__name(&run->options, "-n", optarg);
	case 's':
		if (w->spec.mode < TSEM_MODE_SEALED)
			w->spec.mode = TSEM_MODE_SEALED;
		break;
	case 'e':
		w->spec.mode = TSEM_MODE_ENFORCING;
		break;
	case 'u':
		run->audit = true;
		break;
	case 'T':
		w->trajectory = optarg;
		break;
	case 'F':
		w->forensics = optarg;
		break;
	case 'B':
		w->bare = true;
		break;
	case 'k':
		run->launch.keep = true;
		break;
	case 'x':
		run->strict = true;
		break;
	default:
		return run_options__take(&run->options, option, argv);
	}
	return 0;
}

/* Do the options fit together? */
static int check_options(struct run *run)
{
	struct workload *w = &run->launch.workload;

	if (!*run->launch.command)
		return cmd__fail(EXIT_USAGE, "run: the command is missing; write it after --");
	if (w->bare && !w->output)
		return cmd__fail(EXIT_USAGE, "run: --bare goes with a model that is written: give -o");
	if (!run->audit)
		return 0;
	if (w->spec.mode == TSEM_MODE_ENFORCING)
		return cmd__fail(EXIT_USAGE, "run: --audit denies nothing, --enforce does; give one of them");
	if (w->spec.settings.named & CONTROL_NAMED_ACTION)
		return cmd__fail(
			EXIT_USAGE,
			"run: --audit is the action log for every event; leave out --on-violation and --action");
	w->spec.mode = TSEM_MODE_SEALED;
	w->spec.settings.on_violation = TSEM_ACTION_LOG;
	return 0;
}

static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		RUN_OPTIONS,
		{ "name", required_argument, NULL, 'n' },
		{ "seal", no_argument, NULL, 's' },
		{ "enforce", no_argument, NULL, 'e' },
		{ "audit", no_argument, NULL, 'u' },
		{ "strict", no_argument, NULL, 'x' },
		{ "bare", no_argument, NULL, 'B' },
		{ "trajectory", required_argument, NULL, 'T' },
		{ "forensics", required_argument, NULL, 'F' },
		{ "keep", no_argument, NULL, 'k' },
		{},
	};
	int option, err = run_options__begin(&run->options, "run", &run->launch.workload, argc);

	while (!err && (option = cmd__option(argc, argv, "+:n:m:o:q", options)) != -1)
		err = take_option(run, option, argv);
	run->launch.command = argv + optind;
	err = err ?: check_options(run) ?: run_options__apply(&run->options);
	run_options__end(&run->options);
	return err;
}

static void print_summary(const struct run *run, const struct workload_summary *summary, bool succeeded)
{
	const struct tsem_namespace *ns = &run->launch.workload.ns;

	fprintf(stderr,
		"tsem-bpf: %s: %" PRIu64 " events, %zu coefficients, %" PRIu64 " outside of the model, %" PRIu64
		" denied%s\n",
		ns->name, summary->events, summary->coefficients, ns->forensics, ns->denied,
		succeeded && ns->denied ? " although the command ended with 0" : "");
	if (summary->missing)
		fprintf(stderr, "tsem-bpf: %s: %zu coefficients have no description; a larger --cache keeps them\n",
			ns->name, summary->missing);
	if (summary->dropped)
		fprintf(stderr,
			"tsem-bpf: %s: %" PRIu64
			" descriptions had no room in the journal; a larger --journal keeps them\n",
			ns->name, summary->dropped);
	for (u32 i = 0; i < TSEM_LOSS_END; i++) {
		if (ns->lost[i] && i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG)
			fprintf(stderr, "tsem-bpf: %s: lost %s: %" PRIu64 " (see tsem-bpf(8), LOSSES)\n", ns->name,
				cmd__loss(i), ns->lost[i]);
	}
}

static int write_outputs(struct run *run)
{
	struct workload_summary summary;
	struct workload_error error;
	int err = workload__write(&run->launch.workload, &summary, &error);

	if (err)
		cmd__fail(EXIT_FAILED, "run: %s", error.text);
	if (!run->options.quiet && (!err || summary.coefficients))
		print_summary(run, &summary, launch__succeeded(&run->launch));
	return err ? EXIT_FAILED : 0;
}

/* The exit code for the result of the command. */
static int verdict(struct run *run)
{
	int failed = launch__exec_error(&run->launch), status = run->launch.status;

	if (failed && !(run->launch.workload.ns.denied && failed == -EPERM))
		cmd__fail(0, "run: cannot execute '%s': %s", run->launch.command[0], strerror(-failed));
	if (launch__succeeded(&run->launch))
		return run->strict && run->launch.workload.ns.denied ? EXIT_DENIED : EXIT_DONE;
	if (run->launch.workload.ns.denied)
		return EXIT_DENIED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int cmd_run(int argc, char **argv)
{
	struct run run = { .launch.name = "run" };
	struct launch *launch = &run.launch;
	struct workload *w = &launch->workload;
	int code;

	workload__init(w);
	code = parse(&run, argc, argv) ?: cmd__need_control("run") ?: cmd__open(&w->tsem) ?: launch__create(launch);
	if (code)
		goto out;
	launch__signals();
	code = launch__start(launch) ?: launch__collect(launch);
	if (!code) {
		code = verdict(&run);
		if (write_outputs(&run)) {
			cmd__fail(0,
				  "run: namespace %u is kept; see 'tsem-bpf show -n %u', then 'tsem-bpf delete -n %u'",
				  w->ns.id, w->ns.id, w->ns.id);
			launch->keep = true;
			code = EXIT_FAILED;
		}
	}
	launch__finish(launch);
out:
	workload__free(w);
	return code;
}
