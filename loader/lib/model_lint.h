/* SPDX-License-Identifier: GPL-2.0 */
/* What in a model will not hold elsewhere, not hold tomorrow, or permits too much. */
#ifndef TSEM_MODEL_LINT_H
#define TSEM_MODEL_LINT_H

#include <json-c/json.h>

#include "model.h"

/*
 * *out is a new array of findings, empty if there are none:
 *
 *	kind           "machine-bound", "wanders", "too-broad" or "opaque"
 *	text           what and why; safe to print
 *	cure           what to do
 *	coefficients   how many it concerns; 0: it is a setting
 *
 * 0; -EINVAL: the values of the model do not have the width of its digest; -ENOMEM; -EIO.
 */
int model_lint__make(const struct model *model, struct json_object **out);

/*
 * Does a file name look like one of this run: with a date, or with the number of a process or random letters at its
 * end? What it has, static; NULL: it does not.
 */
const char *model_lint__date(const char *name, size_t size);
const char *model_lint__random(const char *name, size_t size);

#endif
