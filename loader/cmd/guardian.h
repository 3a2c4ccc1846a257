/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guardian of a workload: a process beside its collector, outside of every namespace, that sleeps until the
 * collector ends. If that was killed, the guardian goes on collecting, seals the namespace if it was still learning,
 * and removes it when its last task has gone: nothing is left free and forgotten.
 */
#ifndef TSEM_GUARDIAN_H
#define TSEM_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "workload.h"

struct guardian {
	pid_t pid; /* 0: there is none */
	int end; /* of a pipe: a word for it, or by its closing the news that we are gone */
};

/*
 * Forks the guardian of `workload`, which has its namespace and no task in it yet. `command` names us in the log;
 * `keep`: the namespace is not to be removed. 0 or -errno.
 */
int guardian__start(struct guardian *guardian, struct workload *workload, const char *command, bool keep);

/* The namespace needs no guardian any more; waits for its end. Does nothing where there is none. */
void guardian__dismiss(struct guardian *guardian);

/* It takes the namespace over, as it would if we were killed; `keep` as above. */
void guardian__take_over(struct guardian *guardian, bool keep);

#endif
