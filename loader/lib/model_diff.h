/* SPDX-License-Identifier: GPL-2.0 */
/* What one model has and another has not. */
#ifndef TSEM_MODEL_DIFF_H
#define TSEM_MODEL_DIFF_H

#include <json-c/json.h>

#include "model.h"

/*
 * *out is a new array with an object for each difference of `b` from `a`; it is empty if they are the same:
 *
 *	change    "lacks" or "adds"
 *	kind      "setting", "pattern", "strict", "aggregate", "base", "pseudonym", "coefficient" or "seal"
 *	text      in words, or the line of the model file; safe to print
 *	value     the coefficient, only for a coefficient
 *	differs   array of words, only for what is added where another coefficient with the same text is lacking
 *
 * Name and version are not compared; the order of patterns is. 0; -EINVAL: the values of a model do not have the width
 * of its digest; -ENOMEM; -EIO.
 */
int model_diff__make(const struct model *a, const struct model *b, struct json_object **out);

#endif
