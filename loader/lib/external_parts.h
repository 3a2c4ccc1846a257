/* SPDX-License-Identifier: GPL-2.0 */
/* What the files about external agents share: external.c has the session, external_stream.c the streams, agent.c the
 * rest. */
#ifndef TSEM_EXTERNAL_PARTS_H
#define TSEM_EXTERNAL_PARTS_H

#include "external.h"

/* Writes the line for the user into *error, and returns `err`. */
int external__fail(struct external_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Milliseconds of CLOCK_MONOTONIC. */
u64 external__now(void);

#endif
