/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The journal of a namespace: the records of its ring, kept in a file, so that any number of readers see every
 * description and none takes it from another.
 *
 * One process at a time, the collector, empties a ring: it appends each record to the journal before the ring forgets
 * it. `run` is the collector while it lives; a reader that finds none becomes it for a moment. The file lies where a
 * modeled workload may write too and is trusted for nothing: a description counts only if its coefficient, computed
 * again, is in the namespace's map.
 */
#ifndef TSEM_JOURNAL_H
#define TSEM_JOURNAL_H

#include <stddef.h>

#include "namespace.h"
#include "tsem.h"

#define JOURNAL_DIRECTORY "/run/tsem-bpf"

/*
 * Bytes that a journal may grow to, unless journal__limit() sets others: it lies in memory. Log records, which one task
 * after the other can cause without end, leave half of it to descriptions. What has no room is dropped, and counted.
 */
#define JOURNAL_LIMIT (64ULL << 20)

struct journal;

/*
 * Opens JOURNAL_DIRECTORY, which is made and must be root's alone: -EPERM. It stays as long as tsem-bpf is loaded: the
 * guards know it by its inode. A descriptor or -errno.
 */
int journal__directory(void);
/* Becomes the collector of a namespace. 0 and *journal; -EBUSY: another process is; another -errno. */
int journal__collect(struct tsem *tsem, u32 id, struct journal **journal);
void journal__limit(struct journal *journal, u64 bytes);
/* A descriptor that polls readable while the ring has records; owned by the journal. */
int journal__pollable(const struct journal *journal);
/* Moves what the ring has into the file. The number of records, or -errno. */
int journal__drain(struct journal *journal);
/* Ends collecting; the file stays. Takes NULL. */
void journal__close(struct journal *journal);
/* Records of a namespace that were dropped, by every collector that it had. */
u64 journal__dropped(u32 id);
/* Removes the files. */
void journal__remove(u32 id);

/* What the journal says of a namespace. */
struct journal_view {
	const struct tsem_record **description; /* by index of the coefficient; NULL: none is known */
	const struct tsem_record **log; /* records of untrusted tasks, in order */
	size_t logs;
	size_t missing; /* coefficients that occurred and have no description */
	size_t skipped; /* records, and pieces of the file between them, that are not those of this namespace */
	char *text; /* the file */
};

/*
 * Reads the journal against the coefficients `all` of `ns`, after draining the ring if nobody collects. Where the
 * description of a coefficient that occurred is missing, the kernel is asked to send it with the next occurrence.
 * 0 or -errno; free with journal__free_view().
 */
int journal__view(struct tsem *tsem, const struct tsem_namespace *ns, const struct namespace_coefficients *all,
		  struct journal_view *view);
void journal__free_view(struct journal_view *view);

/* Is there room for a record of `size` bytes in a journal of `used` bytes that may have `limit`? */
bool journal__has_room(u64 used, u64 limit, const void *record, size_t size);

/* The whole file of a namespace into *text, which the caller frees; an absent one is empty. 0 or -errno. */
int journal__read(u32 id, char **text, size_t *size);

/*
 * Fills a view whose `text` has `size` bytes, against the coefficients `all` of `ns`; `load`: tsem_globals.load. 0 or
 * -ENOMEM; the view is freed then.
 */
int journal__fill(const struct tsem_namespace *ns, u64 load, const struct namespace_coefficients *all, size_t size,
		  struct journal_view *view);

#endif
