/* SPDX-License-Identifier: GPL-2.0 */
/* The control capability: who may change a namespace. */
#ifndef TSEM_CAPS_H
#define TSEM_CAPS_H

#include <stdbool.h>

/* Its number: CAP_ML on a kernel with kernel-patches/, else CAP_MAC_ADMIN. And its name; static. */
unsigned int caps__control(void);
const char *caps__control_name(void);
/* Is it in the effective set of this process? */
bool caps__holds_control(void);
/*
 * Drops it from this process and all that it executes: from the bounding, permitted, effective, inheritable and ambient
 * sets. 0 or -errno; after an error the process must not continue.
 */
int caps__drop_control(void);

#endif
