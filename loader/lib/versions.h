/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Versions of signed models: the newest version used of each name, so that an older one is refused.
 *
 * Each name has its own file in a directory that belongs to root alone. A file gets its name when it is complete.
 *
 * There are two such directories. VERSIONS_DIRECTORY lasts, but a free namespace of root can write there. The directory
 * of the journals (journal.h) lasts until `unload` or the next boot, and no namespace can touch it.
 */
#ifndef TSEM_VERSIONS_H
#define TSEM_VERSIONS_H

#include <stdbool.h>

#include "tsem_types.h"

#define VERSIONS_DIRECTORY "/var/lib/tsem-bpf/versions"
#define VERSIONS_FILE_SIZE 65 /* bytes of the name of a file, with its NUL */

/* The name of the file of the model `name`, into `out` of VERSIONS_FILE_SIZE bytes. 0 or -EIO. */
int versions__file(const char *name, char *out);
/* Is this the name of such a file, or of one that was not completed? */
bool versions__is_file(const char *name);
/* The words for an error of the functions below; valid until the next call of strerror(). */
const char *versions__error(int err);

/*
 * The newest version of the model `name` that was used. 0; -ENOENT: none was; -EPERM: `directory` does not belong to
 * this user alone; -EBADMSG: its file is damaged; or another -errno.
 */
int versions__newest(const char *directory, const char *name, u64 *version);

/* Records that `version` is used; makes the directory if need be. 0; -ESTALE: a newer one was used; or as above. */
int versions__use(const char *directory, const char *name, u64 version);

#endif
