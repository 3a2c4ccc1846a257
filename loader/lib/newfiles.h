/* SPDX-License-Identifier: GPL-2.0 */
/* The files of an upgrade: below a directory, or in a Debian package. */
#ifndef TSEM_NEWFILES_H
#define TSEM_NEWFILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "tsem_types.h"

struct newfiles {
	int directory; /* descriptor */
	char *unpacked; /* a directory of our own that has the files of a package; else NULL */
};

/* The files below a directory, as they are under / of a machine. 0 or -errno. newfiles__close() may follow at once. */
int newfiles__open(struct newfiles *files, const char *directory);

/*
 * The files of a .deb, unpacked by dpkg-deb and tar into a directory that only this user can enter. 0; -ENOPKG:
 * dpkg-deb or tar is missing, *fault is which; -EBADMSG: one of them, *fault, refused the package; or another -errno.
 */
int newfiles__package(struct newfiles *files, const char *package, const char **fault);

/*
 * Hashes the file with this absolute pathname into `digest`, of TSEM_DIGEST_MAX bytes, padded with zeros; `type`: enum
 * tsem_digest_type. An empty file has the digest of no bytes. *st is its state. Symbolic links are not followed: events
 * have the names behind them. 0; -ENOENT: there is none; -ELOOP: a link is on the way; -EINVAL: the pathname has . or
 * .. or an empty name; -EMEDIUMTYPE: it is no regular file; or another -errno.
 */
int newfiles__hash(const struct newfiles *files, const char *path, u32 type, u8 *digest, struct stat *st);

/* Removes what was unpacked. */
void newfiles__close(struct newfiles *files);

#endif
