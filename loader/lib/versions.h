/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Versions of signed models: the newest that was used, by the model's name, so that an older one is not used again.
 *
 * Each name has a file of its own in a directory that is root's alone. A file takes its name when it is complete.
 */
#ifndef TSEM_VERSIONS_H
#define TSEM_VERSIONS_H

#include "tsem_types.h"

#define VERSIONS_DIRECTORY "/var/lib/tsem-bpf/versions"

/*
 * The newest version of the model `name` that was used, in `directory`, which has to belong to this user alone: -EPERM.
 * 0; -ENOENT: none was; -EBADMSG: its file is damaged; or another -errno.
 */
int versions__newest(const char *directory, const char *name, u64 *version);

/* Notes that `version` is used; the directory is made. 0; -ESTALE: a newer one was used; or as above. */
int versions__use(const char *directory, const char *name, u64 version);

#endif
