/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `load` requires of every later run: beside the bits in tsem_globals, who may sign models. That is kept as the
 * sha256 of the file of the trust anchor, in a file of root's alone, until `unload`.
 */
#ifndef TSEM_POLICY_H
#define TSEM_POLICY_H

#include "sign.h"
#include "tsem.h"

/* Bytes of a sha256 in hexadecimal, with its NUL. */
#define POLICY_ANCHOR_SIZE 65

/* Keeps the trust anchor that counts. 0 or -errno. */
int policy__pin_anchor(const char *anchor);

/* The trust anchor that counts, into `anchor` of POLICY_ANCHOR_SIZE bytes. 0; -ENOENT: none was pinned; or -errno. */
int policy__anchor(char *anchor);

/* Forgets it. */
void policy__unpin_anchor(void);

/*
 * May a model that `signer` signed be used under this load? 0; -EKEYREJECTED: it is not signed, and has to be; -EXDEV:
 * it is signed, but verified against another trust anchor than the one that counts. Where that cannot be read, none is
 * the one.
 */
int policy__check(struct tsem *tsem, const struct sign_signer *signer);

#endif
