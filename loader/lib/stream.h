/* SPDX-License-Identifier: GPL-2.0 */
/* Files by name: plain, or compressed with zstd if the name ends in `.zst`. */
#ifndef TSEM_STREAM_H
#define TSEM_STREAM_H

#include <stdio.h>
#include <sys/types.h>

#include "tsem_types.h"

/*
 * Maximum bytes that a compressed input may expand to, unless stream__limit() sets another. Reading more fails with
 * EFBIG.
 */
#define STREAM_EXPANDED (64ULL << 20)
void stream__limit(u64 bytes);

/*
 * Opens `path` for reading, whatever kind of file it is; "-" is the standard input. NULL with errno. The caller closes
 * it.
 */
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
 * The same for a regular file; anything else is refused: EMEDIUMTYPE. `directory`, unless NULL, is a directory that
 * others may write to, and `path` begins with it. Then no link below it is followed (ELOOP), and this user has to own
 * the file and nobody else may write to it (EPERM). stream__open() returns a descriptor of the file, which is not
 * expanded, or -errno.
 */
FILE *stream__read_in(const char *directory, const char *path);
int stream__open(const char *directory, const char *path);

/*
 * Does the directory of `path` exist, without a link on the way from `directory`? 0; -ENOENT; -ELOOP; or another
 * -errno.
 */
int stream__reach(const char *directory, const char *path);

/* The meaning of an error of these functions, as the end of a sentence. Static. */
const char *stream__error(int err);

/* A file being written. */
struct stream;

/*
 * Opens `path` for writing; "-" is the standard output. The data goes to a temporary file in the same directory, which
 * gets its name at stream__commit(). So nobody sees a half file under that name, and a link that somebody puts there
 * later is not followed. In directories that others than root and this user may write to, no link on the way is
 * followed: ELOOP. An existing file of that name has to be a regular file, or a link, which is replaced: EMEDIUMTYPE.
 * NULL with errno.
 */
struct stream *stream__create(const char *path);
/* The same below a directory that others may write to; see stream__read_in(). */
struct stream *stream__create_in(const char *directory, const char *path);
/* The open file; owned by the stream. */
FILE *stream__file(struct stream *stream);
/* Flushes, gives the file its name and frees the stream. 0 or -errno; after an error nothing new is under the name. */
int stream__commit(struct stream *stream);
/* Removes what was written, and frees the stream. Takes NULL. */
void stream__drop(struct stream *stream);

#endif
