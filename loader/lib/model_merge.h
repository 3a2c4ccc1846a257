/* SPDX-License-Identifier: GPL-2.0 */
/* Merging of models: one model that allows what any of them allows. */
#ifndef TSEM_MODEL_MERGE_H
#define TSEM_MODEL_MERGE_H

#include "model.h"

/* The lines of model__write_settings(); the caller frees them. NULL: no memory. */
char *model__settings_text(const struct model *model);

/*
 * Why two models cannot be merged, as the end of a sentence that begins with the two, static: they have different
 * settings, aggregates, bases, or sizes of values. NULL: they can.
 */
const char *model__merge_fault(const struct model *a, const struct model *b);

/*
 * Adds the states, events and pseudonyms of `m` to *into. model__merge_fault() has no objection to them. *into loses
 * its version, and its name if `m` has another one. The events point into the text of `m`, which has to outlive *into.
 * Call model__unique() after the last one. 0 or -ENOMEM.
 */
int model__merge(struct model *into, const struct model *m);

#endif
