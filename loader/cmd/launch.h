/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Launching a command in a namespace of its own: the common part of `run` and `learn`.
 *
 * The child waits on a pipe, without the control capability, until the parent has put it into the namespace by its
 * pidfd; its first action there is the exec. The parent collects the ring until the last task of the namespace has
 * ended. If the parent is killed, the guardian (guardian.h) does the rest.
 *
 *	launch__create()    makes the namespace of `workload` and its guardian
 *	launch__signals()   from now on passes signals on to the command
 *	launch__start()     starts the command
 *	launch__collect()   until the last task has ended
 *	workload__write(), or what else is done with the result
 *	launch__finish()    removes the namespace
 *
 * These functions print their own messages: they return 0, or the exit code after a message.
 */
#ifndef TSEM_LAUNCH_H
#define TSEM_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "guardian.h"
#include "workload.h"

struct launch {
	/* The request. */
	const char *name; /* of the calling command, for messages */
	struct workload workload; /* initialised, its options taken, tsem open */
	char **command; /* NULL-terminated */
	bool keep; /* the namespace */
	void (*tick)(struct launch *launch, void *data); /* unless NULL: called after each step of collecting */
	void *data;
	pid_t driver; /* another child, whose end launch__collect() notes; 0: there is none, or it has ended */

	/* The state. */
	struct guardian guardian;
	pid_t child;
	int report; /* of a pipe: gives the error of a failed exec */
	bool agent_lost; /* the external agent does not answer any more, which was said */
	int status, driver_status; /* of the command and of the driver, as from waitpid() */
	bool given_up; /* by launch__give_up() */
};

/* Makes the namespace and its guardian. After an error nothing of it is left. */
int launch__create(struct launch *launch);

/* Catches the signals that are passed on. An ignored signal stays ignored, also in the command: nohup(1). */
void launch__signals(void);

/* Starts the command in the namespace. */
int launch__start(struct launch *launch);

/* Collects until the last task has ended, or until a signal asks to stop after the command itself has ended. */
int launch__collect(struct launch *launch);

/* Ends the command by SIGTERM; launch__collect() then waits for it, but not for tasks that it leaves running. */
void launch__give_up(struct launch *launch);

/* Has a signal asked to end, at any time since launch__signals()? */
bool launch__interrupted(void);

/* The error of a failed exec, or 0: the command was executed. Call it once, after launch__collect(). */
int launch__exec_error(struct launch *launch);

/* Removes the namespace, or leaves it to the guardian if it has live tasks. */
void launch__finish(struct launch *launch);

/* Did the command end by itself, with 0? */
bool launch__succeeded(const struct launch *launch);

#endif
