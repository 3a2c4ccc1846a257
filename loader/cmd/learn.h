/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of `learn`. */
#ifndef TSEM_LEARN_H
#define TSEM_LEARN_H

#include <stdbool.h>

#include "launch.h"
#include "progress.h"
#include "run_options.h"
#include "suggest.h"

struct learn {
	struct launch launch;
	struct run_options options;
	struct progress progress;

	/* The request. */
	const char *target; /* the value of -n: RUNS or NAMESPACE; or NULL */
	u32 limit; /* of runs; 0: none */
	bool until_quiet, accept;
	u64 quiet, whole; /* seconds of --until-quiet and --for; 0: not given */

	/* The state of `learn -- COMMAND`. */
	struct stream *output;
	struct model *models; /* of the runs since the last declaration; the first one is merged with the others */
	size_t run; /* models */
	size_t runs; /* in all */
	size_t added; /* coefficients, by the last run */
	struct suggest *suggest; /* about the last run, or NULL */
	char **accepted; /* declarations */
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

/* Prints what the last run added and why, each line after `indent`. */
void learn__explain(const struct learn *learn, const char *indent);

#endif
