/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model after an upgrade: the content digests of new files, and every TASK_ID and coefficient that follows, computed
 * from the descriptions.
 */
#ifndef TSEM_MODEL_REBASE_H
#define TSEM_MODEL_REBASE_H

#include "model_files.h"

struct model_rebase {
	struct model_files files; /* with what became of each */
	size_t programs; /* TASK_IDs that changed */
	size_t coefficients; /* that changed */
	struct model_events events; /* inner state */
	struct model *model;
	char **texts; /* of new descriptions, which the model borrows */
	size_t text_count;
};

/*
 * Changes *model to the new files. Coefficients without a description stay as they are; so do those of files that are
 * not MODEL_FILE_CHANGED. The model borrows new descriptions: call model_rebase__free() after model__free(). 0;
 * -EINVAL: the values of the model do not have the width of its digest, or its content digest is wider; -ENOMEM; -EIO.
 * After an error *model is not to be used, and is still to be freed.
 */
int model_rebase__make(struct model_rebase *rebase, struct model *model, const struct newfiles *newfiles);

void model_rebase__free(struct model_rebase *rebase);

#endif
