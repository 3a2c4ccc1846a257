/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `load` requires of every later run: the bits in tsem_globals, and who may sign models. The latter is kept until
 * `unload` as the sha256 of the trust anchor's file, in a file that belongs to root alone.
 */
#ifndef TSEM_POLICY_H
#define TSEM_POLICY_H

#include "sign.h"
#include "tsem.h"

/* Bytes of a sha256 in hexadecimal, with its NUL. */
#define POLICY_ANCHOR_SIZE 65

/* Keeps the sha256 of the trust anchor, in hexadecimal. 0 or -errno. */
int policy__pin_anchor(const char *anchor);

/* Reads it into `anchor`, POLICY_ANCHOR_SIZE bytes. 0; -ENOENT: none is kept; or another -errno. */
int policy__anchor(char *anchor);

/* Removes it. */
void policy__unpin_anchor(void);

/*
 * May a model that `signer` signed be used under this load? 0; -EKEYREJECTED: it is not signed, and has to be; -EXDEV:
 * it was verified against another trust anchor than the one that was kept, or that one cannot be read.
 */
int policy__check(struct tsem *tsem, const struct sign_signer *signer);

#endif
