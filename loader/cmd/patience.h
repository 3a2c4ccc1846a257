/* SPDX-License-Identifier: GPL-2.0 */
/* What a command waits for, on the standard error every ten seconds. */
#ifndef TSEM_PATIENCE_H
#define TSEM_PATIENCE_H

/*
 * From now on a thread says every ten seconds that the command waits for `what`, a string that stays valid. A timer's
 * signal would do harm: it makes the kernel give up the verification of a program. If there is no memory for the
 * thread, nothing is said.
 */
void patience__begin(const char *what);

/* Says nothing more. The thread is gone afterwards. */
void patience__end(void);

#endif
