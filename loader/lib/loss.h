/* SPDX-License-Identifier: GPL-2.0 */
/* Names of losses (enum tsem_loss) in status, evidence and messages. */
#ifndef TSEM_LOSS_H
#define TSEM_LOSS_H

#include "tsem_types.h"

/* The name of an enum tsem_loss, or NULL; static. And back, or -EINVAL. */
const char *loss__name(u32 loss);
int loss__parse(const char *name);

#endif
