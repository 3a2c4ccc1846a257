/* SPDX-License-Identifier: GPL-2.0 */
/* Internal to names.c: the table of ioctl commands is in a file of its own because its headers clash with others. */
#ifndef TSEM_NAMES_IOCTL_H
#define TSEM_NAMES_IOCTL_H

#include "tsem_types.h"

/* The name of an ioctl command; static. NULL: it has none. */
const char *names__ioctl(u64 command);

#endif
