/* SPDX-License-Identifier: GPL-2.0 */
/* The control capability: who may change a namespace. */
#ifndef TSEM_CAPS_H
#define TSEM_CAPS_H

#include <stdbool.h>

/* Its number: that of CAP_ML on a kernel with kernel-patches/, else of CAP_MAC_ADMIN. And its name; static. */
unsigned int caps__control(void);
const char *caps__control_name(void);
/* Does this process hold it effectively? */
bool caps__holds_control(void);
/*
 * Drops it from this process and all that it will execute: bounding, permitted, effective, inheritable and ambient.
 * 0, or -errno, then the process must not go on.
 */
int caps__drop_control(void);

#endif
