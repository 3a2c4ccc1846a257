/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guardian of a workload: a process outside of every namespace that sleeps until the collector ends. If the
 * collector was killed, the guardian continues collecting, seals the namespace if it was still learning, and removes it
 * when its last task has ended. So no namespace stays free without a collector.
 */
#ifndef TSEM_GUARDIAN_H
#define TSEM_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "workload.h"

struct guardian {
	pid_t pid; /* 0: there is none */
	int end; /* of a pipe: carries orders to it; its closing says that we have ended */
};

/*
 * Forks the guardian of `workload`, whose namespace exists and has no task yet. `command` is our name in the log;
 * `keep`: the guardian must not remove the namespace. 0 or -errno.
 */
int guardian__start(struct guardian *guardian, struct workload *workload, const char *command, bool keep);

/* Ends the guardian and waits for its end. Does nothing if there is none. */
void guardian__dismiss(struct guardian *guardian);

/* Lets the guardian take over the namespace, as if we were killed; `keep` as above. */
void guardian__take_over(struct guardian *guardian, bool keep);

#endif
