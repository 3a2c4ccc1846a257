/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Versions of signed models: the newest version used of each name, so that an older one is refused.
 *
 * Each name has its own file in a directory that belongs to root alone. A file gets its name when it is complete.
 */
#ifndef TSEM_VERSIONS_H
#define TSEM_VERSIONS_H

#include "tsem_types.h"

#define VERSIONS_DIRECTORY "/var/lib/tsem-bpf/versions"

/*
 * The newest version of the model `name` that was used. 0; -ENOENT: none was; -EPERM: `directory` does not belong to
 * this user alone; -EBADMSG: its file is damaged; or another -errno.
 */
int versions__newest(const char *directory, const char *name, u64 *version);

/* Records that `version` is used; makes the directory if need be. 0; -ESTALE: a newer one was used; or as above. */
int versions__use(const char *directory, const char *name, u64 version);

#endif
