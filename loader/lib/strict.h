/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How events name a directory with strict names.
 *
 * A hook that gets a path names a file in the mount namespace, a hook that gets only a dentry in the file's own
 * filesystem: a file that is made in /srv/up, where /srv is a mount, is /up/x to inode_create and /srv/up/x to
 * file_open. Both are below DIR, so both spellings have to be declared.
 */
#ifndef TSEM_STRICT_H
#define TSEM_STRICT_H

#include <stddef.h>
#include <stdio.h>

#include "pattern.h"

/*
 * Is the directory reached by a symbolic link in the mount namespace of the caller? Events have the name behind it.
 * Only the part of the path that exists is looked at. 0: it is not; -ELOOP, with its real name, NUL terminated and cut
 * to `size` bytes, in `real`; or another -errno.
 */
int strict__linked(const struct tsem_pattern *directory, char *real, size_t size);

/*
 * The directory in its own filesystem. `mounts`: /proc/PID/mountinfo of a process in the mount namespace; `root`: where
 * the workload's root is in it, "" if it is the same. 0, with *other, which may equal *directory; -EXDEV: it is the
 * root of its filesystem, in which it has no name of its own; -ENAMETOOLONG; -ENOENT: `mounts` has no mount above it.
 */
int strict__in_filesystem(const struct tsem_pattern *directory, FILE *mounts, const char *root,
			  struct tsem_pattern *other);

/*
 * Appends the directory, and what it is in its own filesystem, to the list. `mountinfo` is the name of such a file. 0;
 * an error of strict__in_filesystem() or patterns__add(); or the -errno of opening the file.
 */
int strict__add(struct patterns *list, const struct tsem_pattern *directory, const char *mountinfo, const char *root);

/* What is wrong with the directory, as the end of a sentence. */
const char *strict__error(int err);

#endif
