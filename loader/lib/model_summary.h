/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of a model do: its described coefficients, grouped. */
#ifndef TSEM_MODEL_SUMMARY_H
#define TSEM_MODEL_SUMMARY_H

#include <json-c/json.h>

#include "model.h"

/*
 * *out is a new object:
 *
 *	coefficients, undescribed, mismatched   numbers; mismatched: descriptions that do not belong to their
 *coefficient programs   array of { program, coefficients, users: [uid], does: { GROUP: [{ what, coefficients }] } }
 *
 * The strings are safe to print. A program is an executable; with `tree` it is a TASK_ID, has `task_id` and `depth`,
 *and stands after the program whose child it is. 0; -EINVAL: the values of the model do not have the width of its
 *digest; -ENOMEM; -EIO.
 */
int model_summary__make(const struct model *model, bool tree, struct json_object **out);

#endif
