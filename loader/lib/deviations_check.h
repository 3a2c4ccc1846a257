/* SPDX-License-Identifier: GPL-2.0 */
/* Internal part of deviations: does an event come from a namespace with the settings of the model? */
#ifndef TSEM_DEVIATIONS_CHECK_H
#define TSEM_DEVIATIONS_CHECK_H

#include <stdbool.h>

#include "deviations.h"
#include "model_events.h"

struct deviations_check {
	struct model_events events; /* the event that was read last */
	struct json_object *started; /* the programs of the model, by TASK_ID */
	struct json_object *others; /* TASK_IDs that its execs have in other namespaces: the settings of these */
	bool complete; /* every coefficient of the model is described */
};

/* 0; -EINVAL: the values of the model do not have the width of its digest; -ENOMEM. */
int deviations_check__init(struct deviations_check *check, const struct model *model);
void deviations_check__free(struct deviations_check *check);

/* Notes the TASK_IDs that an exec would have in namespaces with other settings. 0 or -ENOMEM. */
int deviations_check__exec(struct deviations_check *check, struct json_object *json);

/*
 * Do the paths of the event fit the patterns, instances and scope of the model? 0, or -EINVAL with the reason in
 * `text`.
 */
int deviations_check__settings(struct deviations_check *check, struct json_object *event, char *text, size_t size);

/* Why the event can be in no model, as the end of a sentence, static; NULL: it can. */
const char *deviations_check__fault(struct deviations_check *check, struct json_object *event);

/*
 * Where does the TASK_ID of the event come from? 0, and d->fault set if that is unknown; -EINVAL with the reason in
 * `text`: from a namespace with another encoding or digest.
 */
int deviations_check__origin(struct deviations_check *check, struct json_object *event, struct json_object *programs,
			     struct deviation *d, char *text, size_t size);

#endif
