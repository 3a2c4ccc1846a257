/* SPDX-License-Identifier: GPL-2.0 */
/* Files by name: plain, or compressed with zstd where the name ends in `.zst`. */
#ifndef TSEM_STREAM_H
#define TSEM_STREAM_H

#include <stdio.h>

/* Opens `path` to be read; "-" is the standard input. NULL with errno. */
FILE *stream__read(const char *path);

/* A file being written. */
struct stream;

/*
 * Opens `path` to be written; "-" is the standard output. A regular file is written beside its name and takes it at
 * stream__commit(), so that no half file is ever seen under that name. NULL with errno.
 */
struct stream *stream__create(const char *path);
FILE *stream__file(struct stream *stream);
/* Flushes, gives the file its name and frees the stream. 0 or -errno; on an error nothing is left under the name. */
int stream__commit(struct stream *stream);
/* Gives up: frees the stream and removes what was written. Takes NULL. */
void stream__drop(struct stream *stream);

#endif
