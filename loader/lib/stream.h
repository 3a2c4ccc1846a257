/* SPDX-License-Identifier: GPL-2.0 */
/* Files by name: plain, or compressed with zstd where the name ends in `.zst`. */
#ifndef TSEM_STREAM_H
#define TSEM_STREAM_H

#include <stdio.h>
#include <sys/types.h>

#include "tsem_types.h"

/* Bytes that a compressed input may expand to, unless stream__limit() sets others. What is more is read as EFBIG. */
#define STREAM_EXPANDED (64ULL << 20)
void stream__limit(u64 bytes);

/* Opens `path` to be read, whatever it is; "-" is the standard input. NULL with errno. */
FILE *stream__read(const char *path);

/* Bytes of a line of events at most; the widest that tsem-bpf writes has less than 100,000. */
#define STREAM_EVENT_LINE (1U << 20)

/*
 * Reads the next line into *line, which has room for *room bytes and grows (both 0 and NULL at first; the caller frees
 * it), and ends it with a NUL. Its length with the newline; 0: the end of the file; -EFBIG: it is longer than `limit`
 * bytes; -ENOMEM; -EIO.
 */
ssize_t stream__line(FILE *file, char **line, size_t *room, size_t limit);

/*
 * The same for what has to be a regular file, of which nothing else is opened for longer than to see that:
 * -EMEDIUMTYPE. `directory`, if there is one, is a directory that others may write to, which `path` begins with: no
 * link is followed below it, and the file has to be one that this user owns and nobody else may write to: -EPERM,
 * -ELOOP. stream__open() gives the descriptor of the file as it is, or -errno.
 */
FILE *stream__read_in(const char *directory, const char *path);
int stream__open(const char *directory, const char *path);

/* Is there a directory for `path`, reached without a link below `directory`? 0; -ENOENT; -ELOOP; or another -errno. */
int stream__reach(const char *directory, const char *path);

/* What an error of these functions means, as the end of a sentence. Static. */
const char *stream__error(int err);

/* A file being written. */
struct stream;

/*
 * Opens `path` to be written; "-" is the standard output. A file is written beside its name, from now on and in the
 * directory as it is now, and takes the name at stream__commit(): no half file is ever seen under that name, and no
 * link that is put there leads elsewhere. On the way there no link is followed in a directory that others than root and
 * this user may write to: ELOOP. What has the name has to be a regular file, or a link, which is replaced: EMEDIUMTYPE.
 * NULL with errno.
 */
struct stream *stream__create(const char *path);
/* The same below a directory that others may write to, as stream__read_in(). */
struct stream *stream__create_in(const char *directory, const char *path);
FILE *stream__file(struct stream *stream);
/* Flushes, gives the file its name and frees the stream. 0 or -errno; on an error nothing is left under the name. */
int stream__commit(struct stream *stream);
/* Gives up: frees the stream and removes what was written. Takes NULL. */
void stream__drop(struct stream *stream);

#endif
