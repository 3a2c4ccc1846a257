// SPDX-License-Identifier: GPL-2.0
/*
 * learn -n NAMESPACE: a service that runs on in a free namespace. Waits for a time, or until nothing new has come for a
 * time; then seals the namespace and writes its model. Collects the events if nobody else does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "duration.h"
#include "learn.h"

#define POLL_MS 200

/* With --for alone it is steady if nothing new came in the last part of the time: one in so many. */
#define LAST_PART 4

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

struct wait {
	time_t begin, last_new; /* CLOCK_MONOTONIC */
	u64 known; /* valid coefficients */
	const char *why; /* it ended */
};

static u64 valid(const struct tsem_namespace *ns)
{
	return ns->coefficients - ns->forensics;
}

static void show(struct learn *l, const struct wait *wait, time_t now)
{
	char whole[DURATION_TEXT_SIZE], quiet[DURATION_TEXT_SIZE];

	if (!progress__due(&l->progress))
		return;
	progress__show(&l->progress, "tsem-bpf: learn: %s, %s: %llu coefficients, nothing new for %s",
		       l->launch.workload.ns.name, duration__text(now - wait->begin, whole),
		       (unsigned long long)wait->known, duration__text(now - wait->last_new, quiet));
}

/* Has it waited long enough? Then wait->why says so. */
static bool over(const struct learn *l, struct wait *wait, time_t now)
{
	const struct tsem_namespace *ns = &l->launch.workload.ns;

	if (l->quiet && (u64)(now - wait->last_new) >= l->quiet)
		wait->why = "it was quiet";
	else if (l->whole && (u64)(now - wait->begin) >= l->whole)
		wait->why = "the time is over";
	else if (ns->id && !ns->live_tasks)
		wait->why = "its last task has ended";
	return wait->why;
}

/* 0, or the exit code after a message. */
static int wait_for_quiet(struct learn *l, struct wait *wait)
{
	struct workload *w = &l->launch.workload;
	time_t now = progress__now();

	*wait = (struct wait){ .begin = now, .last_new = now, .known = valid(&w->ns) };
	progress__begin(&l->progress, l->options.quiet);
	while (!over(l, wait, now)) {
		int err = workload__step(w, POLL_MS);

		now = progress__now();
		if (err)
			return cmd__fail(EXIT_FAILED, "learn: namespace '%s' has been removed; %s is not written",
					 l->target, w->output);
		if (ending)
			return cmd__fail(EXIT_FAILED,
					 "learn: interrupted; namespace '%s' is not sealed, %s is not written",
					 l->target, w->output);
		if (w->ns.mode != TSEM_MODE_FREE)
			return cmd__fail(EXIT_FAILED,
					 "learn: namespace '%s' has been sealed by another; %s is not written",
					 l->target, w->output);
		if (valid(&w->ns) != wait->known) {
			wait->known = valid(&w->ns);
			wait->last_new = now;
		}
		show(l, wait, now);
	}
	return 0;
}

static int seal_and_write(struct learn *l)
{
	struct workload *w = &l->launch.workload;
	struct workload_summary summary;
	struct workload_error error;
	int err = tsem__control(&w->tsem, TSEM_CONTROL_SEAL, w->ns.id, NULL, NULL);

	if (err && err != -EALREADY)
		return cmd__fail(EXIT_FAILED, "learn: cannot seal namespace '%s': %s", l->target, strerror(-err));
	if (workload__finish(w))
		return cmd__fail(EXIT_FAILED, "learn: namespace '%s' has been removed", l->target);
	if (w->lost)
		cmd__fail(0, "learn: cannot keep descriptions in " JOURNAL_DIRECTORY ": %s", strerror(-w->lost));
	if (workload__write(w, &summary, &error))
		return cmd__fail(EXIT_FAILED, "learn: namespace '%s' is sealed; %s", l->target, error.text);
	if (summary.missing)
		fprintf(stderr, "tsem-bpf: learn: %zu coefficients have no description\n", summary.missing);
	return 0;
}

static int verdict(const struct learn *l, const struct wait *wait)
{
	u64 quiet = progress__now() - wait->last_new;
	bool steady = l->quiet ? quiet >= l->quiet : quiet >= (l->whole + LAST_PART - 1) / LAST_PART;
	char for_so_long[DURATION_TEXT_SIZE];

	fprintf(stderr, "tsem-bpf: learn: %s: sealed, as %s; %s: nothing new for %s; %llu coefficients in %s\n",
		l->launch.workload.ns.name, wait->why, steady ? "steady" : "not steady",
		duration__text(quiet, for_so_long), (unsigned long long)valid(&l->launch.workload.ns),
		l->launch.workload.output);
	return steady ? EXIT_DONE : EXIT_WANDERS;
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction on = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &on, NULL);
}

int learn__live(struct learn *l)
{
	struct workload *w = &l->launch.workload;
	struct workload_error error;
	struct tsem_namespace ns;
	struct wait wait;
	int err;

	err = cmd__namespace(&w->tsem, l->target, &ns);
	if (err)
		return err;
	if (ns.mode != TSEM_MODE_FREE)
		return cmd__fail(EXIT_FAILED, "learn: namespace '%s' is %s: it learns nothing more", l->target,
				 cmd__mode(ns.mode));
	if (workload__observe(w, &ns, &error))
		return cmd__fail(EXIT_FAILED, "learn: %s", error.text);
	if (w->journal && w->journal_limit)
		journal__limit(w->journal, w->journal_limit);
	catch_signals();
	err = wait_for_quiet(l, &wait);
	progress__clear(&l->progress);
	err = err ?: seal_and_write(l);
	return err ?: verdict(l, &wait);
}
