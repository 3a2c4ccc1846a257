/* SPDX-License-Identifier: GPL-2.0 */
/* Says every ten seconds on standard error what a command waits for. */
#ifndef TSEM_PATIENCE_H
#define TSEM_PATIENCE_H

/*
 * Starts a thread that says every ten seconds that the command waits for `what`, a string that has to stay valid. A
 * timer signal would not do: it makes the kernel abort the verification of a program. Without memory for the thread,
 * nothing is said.
 */
void patience__begin(const char *what);

/* Ends the thread. */
void patience__end(void);

#endif
