/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The deviations in a forensics file, to choose from and to add to a model.
 *
 *	deviations__read()     reads the file, and checks that it belongs to the model
 *	deviations__choose()   or deviations__choose_all()
 *	deviations__complete() chooses the execs that the others follow from
 *	deviations__apply()    adds them to the model
 */
#ifndef TSEM_DEVIATIONS_H
#define TSEM_DEVIATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <json-c/json.h>

#include "model.h"

/* One coefficient outside of the model. */
struct deviation {
	size_t line; /* of its first record in the file, from 1: its number */
	u8 coefficient[TSEM_DIGEST_MAX];
	char *json; /* the event, as one line */
	char *sentence; /* safe to print */
	const char *fault; /* why it can be in no model, as the end of a sentence, static; NULL: it can */
	bool chosen;
	size_t needed_by; /* the line of a chosen one that follows from this exec; 0: it was chosen itself */
};

struct deviations {
	const struct model *model; /* borrowed */
	struct deviation *entry; /* in the order of the file */
	size_t count, room;
	size_t lines; /* of the file */
	size_t known; /* records of events that the model has */
	size_t logs; /* records of a log, which have no description */
	struct json_object *programs; /* of the file, by TASK_ID: see model_events__programs(); `state` is an index here
				       */
};

/* What is wrong with the file, or with a choice. */
struct deviations_error {
	size_t line; /* of the file, from 1; 0: none */
	char text[512]; /* the word at fault, why, and what to do */
};

/*
 * Reads the forensics of a namespace that had the model. 0; -EINVAL with *error filled: the file is malformed, or is of
 * a namespace with another digest, encoding, scope, instances or patterns; -ENOMEM; -EIO. After an error nothing is
 * left to free.
 */
int deviations__read(struct deviations *list, const struct model *model, FILE *file, struct deviations_error *error);

/* Chooses all that can be in a model. Returns their number. */
size_t deviations__choose_all(struct deviations *list);
/*
 * Chooses by numbers and ranges, such as `3,7-9`. A range chooses what is in it. 0; -EINVAL with *error filled: a word
 * is no number of the list. Then nothing is chosen.
 */
int deviations__choose(struct deviations *list, const char *text, struct deviations_error *error);

/*
 * Chooses also the execs that give the TASK_IDs of what is chosen, of its parents, and of the owners of what it uses,
 * if the model has no such exec. 0, -ENOMEM or -EIO.
 */
int deviations__complete(struct deviations *list);

/* Adds what is chosen behind the states of the model; it borrows the events. 0 or -ENOMEM. */
int deviations__apply(const struct deviations *list, struct model *model);

/* Frees what the list holds, but not *list itself. */
void deviations__free(struct deviations *list);

#endif
