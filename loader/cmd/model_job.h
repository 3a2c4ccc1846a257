/* SPDX-License-Identifier: GPL-2.0 */
/* The actions of `tsem-bpf model`, one file each, and what they share: their options and the functions of model.c. */
#ifndef TSEM_MODEL_JOB_H
#define TSEM_MODEL_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

/* What the command line says; strings are borrowed. */
struct job {
	const char *action; /* its name, for messages */
	u32 digest; /* as named; 0: not */
	const char *name, *version; /* to sign a model with */
	const char *output;
	const char *key, *certificate, *trust_anchor, *signature;
	const char *select; /* numbers of deviations */
	const char *root, *package; /* where the new files are */
	bool json, tree, all, bare;
	char **files;
	size_t count;
	struct model *models;
	size_t width; /* bytes of the models' values; 0: they have none */
};

/* Each action returns an exit code, after a message if it is not EXIT_DONE. */
int model_add(struct job *job);
int model_diff(struct job *job);
int model_lint(struct job *job);
int model_rebase(struct job *job);
int model_show(struct job *job);
int model_sign(struct job *job);
int model_stale(struct job *job);
int model_verify(struct job *job);

/* Reads the model `path` into *model, which the caller frees. 0, or the exit code after a message. */
int job__read_model(struct job *job, const char *path, struct model *model);
/* Writes a model, without its events if the job is bare. 0, or the exit code after a message. */
int job__write_model(struct job *job, const char *path, struct model *model);
/*
 * Gives a changed model its next version, writes it to the output of the job, or over `path`, and says so. Removes the
 * signature of the text that was replaced. `what`: what was changed, in words. 0, or the exit code after a message.
 */
int job__write_next(struct job *job, const char *path, struct model *model, const char *what);
/* The message for an error of the functions of model_events.h and those above them; returns the exit code. */
int job__fail(struct job *job, const char *path, int err);

#endif
