/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of workload: workload.c makes and follows the namespace, workload_model.c reads the model,
 * workload_write.c writes the outputs.
 */
#ifndef TSEM_WORKLOAD_PARTS_H
#define TSEM_WORKLOAD_PARTS_H

#include "workload.h"

/* Writes the line for the user into *error, unless it has one, and returns `err`. */
int workload__fail(struct workload_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Records the version of a signed model as used. 0, or -errno with the line in *error; -ESTALE: a newer one was. */
int workload__use_version(struct workload *workload, struct workload_error *error);

#endif
