/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The external agent of a workload: who it is, what has become of it, and how another one takes its place.
 *
 * The state of the agent is in N.agent below JOURNAL_DIRECTORY, for `status`. N.attach there is the socket where
 * agent__bring() hands over the stream to a new agent.
 */
#ifndef TSEM_AGENT_H
#define TSEM_AGENT_H

#include "workload.h"

/*
 * Connects to the agent of a workload whose namespace was made, and gives it the model. 0, or -errno with the line in
 * *error.
 */
int agent__start(struct workload *workload, struct workload_error *error);

/*
 * Waits for events and verdicts, for `ms` milliseconds, and carries them. Also takes a new agent that agent__bring()
 * brings. The number of records, or -errno as journal__drain().
 */
int agent__step(struct workload *workload, int ms);

/* The last task has ended: waits up to a second for the verdicts that are still open. */
void agent__settle(struct workload *workload);

/* Ends the session and the offer to bring another agent. The state file stays up to the end of the namespace. */
void agent__stop(struct workload *workload);

/* In a child of this process that goes on collecting: the session stays with the parent; the namespace has no agent. */
void agent__leave(struct workload *workload);

/*
 * Brings the agent `text` with the key in the file `key_file` (or NULL) to the collector of the namespace `id`, another
 * process. 0, or -errno with the line in *error; -ECONNREFUSED or -ENOENT: there is no collector that listens.
 */
int agent__bring(struct tsem *tsem, u32 id, const char *text, const char *key_file, struct workload_error *error);

/* The agent of a namespace, as its collector has noted it. */
struct agent_note {
	bool lives; /* it answers */
	char text[128]; /* what the user called it */
	char identity[TMA_IDENTITY_MAX + 1]; /* who it says it is */
	char why[256]; /* what is the matter, or "" */
};

/* Reads the note. 0; -ENOENT: there is none; or another -errno. */
int agent__note(u32 id, struct agent_note *note);

#endif
