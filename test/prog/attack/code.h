/* SPDX-License-Identifier: GPL-2.0 */
/* What programs and code in memory have in common: the status that tells whose code ran. */
#ifndef TEST_ATTACK_CODE_H
#define TEST_ATTACK_CODE_H

#include "attack.h"

#define KNOWN 41
#define OTHER 42

/* Inside: the status of the code that is tried: OTHER, or KNOWN while it is learned. */
int status_now(void);
/* Inside: says with what a program has ended, or a function returned. */
int tell_status(int status);
/* Outside: did code run that returns OTHER? */
bool other_ran(const struct attempt *a);

#endif
