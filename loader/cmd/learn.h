/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of `learn`. */
#ifndef TSEM_LEARN_H
#define TSEM_LEARN_H

#include <stdbool.h>

#include "launch.h"
#include "progress.h"
#include "run_options.h"
#include "suggest.h"

/* What --accept declared. */
struct declaration {
	enum suggest_cure cure;
	char *text; /* as in struct suggestion */
};

struct learn {
	struct launch launch;
	struct run_options options;
	struct progress progress;

	/* The request. */
	const char *target; /* the value of -n: RUNS or NAMESPACE; or NULL */
	u32 limit; /* of runs; 0: none */
	bool until_quiet, accept;
	const char *prepare, *drive; /* lines for the shell, or NULL */
	u64 quiet, whole; /* seconds of --until-quiet and --for; 0: not given */

	/* The state of `learn -- COMMAND`. */
	struct stream *output;
	struct model *models; /* of the runs since the last declaration; the first one is merged with the others */
	size_t run; /* models */
	size_t runs; /* in all */
	size_t added; /* coefficients, by the last run */
	struct suggest *suggest; /* about the last run, or NULL */
	struct declaration *accepted;
	size_t accepts;
};

/* `learn -n NAMESPACE`: waits, seals the namespace and writes its model. Returns the exit code. */
int learn__live(struct learn *learn);

/* Compares the last run with those before, into learn->suggest. 0, or the exit code after a message. */
int learn__compare(struct learn *learn, const struct model *model);

/*
 * Takes what is suggested into the settings of the next run. Returns the number of declarations that are new, or minus
 * the exit code after a message.
 */
int learn__accept(struct learn *learn);

/*
 * --prepare and --drive. learn__prepare() before a run; learn__drive() once its command was started, with
 * learn__drive_step() after each step of collecting; learn__drive_wait() until the driver has ended. learn__driven():
 * neither the driver failed nor a signal asked to end. 0, or the exit code after a message.
 */
int learn__prepare(struct learn *learn);
int learn__drive(struct learn *learn);
void learn__drive_step(struct learn *learn);
void learn__drive_wait(struct learn *learn);
int learn__driven(const struct learn *learn);

/* Prints what the last run added and why, each line after `indent`. */
void learn__explain(const struct learn *learn, const char *indent);

#endif
