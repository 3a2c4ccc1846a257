/* SPDX-License-Identifier: GPL-2.0 */
/* Files by name: plain, or compressed with zstd where the name ends in `.zst`. */
#ifndef TSEM_STREAM_H
#define TSEM_STREAM_H

#include <stdio.h>

/* Opens `path` to be read; "-" is the standard input. NULL with errno. */
FILE *stream__read(const char *path);

/*
 * The same in a directory that others may write to: `directory`, which `path` begins with. No link is followed below
 * it, and the file has to be a regular one that this user owns and nobody else may write to: -EPERM, -ELOOP. With NULL
 * the same as above. stream__open() gives the descriptor of the file as it is, or -errno.
 */
FILE *stream__read_in(const char *directory, const char *path);
int stream__open(const char *directory, const char *path);

/* Is there a directory for `path`, reached without a link below `directory`? 0; -ENOENT; -ELOOP; or another -errno. */
int stream__reach(const char *directory, const char *path);

/* A file being written. */
struct stream;

/*
 * Opens `path` to be written; "-" is the standard output. A regular file is written beside its name and takes it at
 * stream__commit(), so that no half file is ever seen under that name. NULL with errno.
 */
struct stream *stream__create(const char *path);
/* The same in a directory that others may write to, as stream__read_in(). Whatever has the name is replaced. */
struct stream *stream__create_in(const char *directory, const char *path);
/* Can stream__create_in() do so? 0, or the -errno with which it would fail. What has the name stays. */
int stream__check(const char *directory, const char *path);
FILE *stream__file(struct stream *stream);
/* Flushes, gives the file its name and frees the stream. 0 or -errno; on an error nothing is left under the name. */
int stream__commit(struct stream *stream);
/* Gives up: frees the stream and removes what was written. Takes NULL. */
void stream__drop(struct stream *stream);

#endif
