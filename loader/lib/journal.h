/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The journal of a namespace: a file that keeps the records of its ring. So any number of readers see every
 * description, and no reader takes one from another.
 *
 * One process at a time, the collector, empties a ring: it appends each record to the journal before the ring drops it.
 * `run` is the collector while it lives. A reader that finds no collector becomes it for a moment. The file is not
 * trusted: a description counts only if its recomputed coefficient is in the namespace's map.
 */
#ifndef TSEM_JOURNAL_H
#define TSEM_JOURNAL_H

#include <stddef.h>

#include "namespace.h"
#include "tsem.h"

#define JOURNAL_DIRECTORY "/run/tsem-bpf"

/*
 * Maximum bytes of a journal, unless journal__limit() sets another: the file is in memory. Tasks can cause any number
 * of log records, so these may only use half of it. Records that do not fit are dropped and counted.
 */
#define JOURNAL_LIMIT (64ULL << 20)

struct journal;

/*
 * Opens JOURNAL_DIRECTORY; makes it if need be. Returns a descriptor or -errno; -EPERM: it does not belong to root
 * alone. The directory must exist as long as tsem-bpf is loaded: the guards know it by its inode.
 */
int journal__directory(void);
/*
 * Becomes the collector of a namespace. 0 and *journal, for journal__close(); -EBUSY: another process is the collector;
 * or another -errno.
 */
int journal__collect(struct tsem *tsem, u32 id, struct journal **journal);
/* Sets the limit, in bytes. */
void journal__limit(struct journal *journal, u64 bytes);
/* A descriptor that polls readable while the ring has records; owned by the journal. */
int journal__pollable(const struct journal *journal);
/* Calls `watch` with each record of the ring before it is kept. */
void journal__watch(struct journal *journal, void (*watch)(const struct tsem_record *record, void *data), void *data);

/* Keeps a record that does not come from the ring: what is known now about an event that the ring has had. */
void journal__keep(struct journal *journal, const struct tsem_record *record);

/* Moves the records of the ring into the file. Returns their number, or -errno. */
int journal__drain(struct journal *journal);
/* Stops collecting; the file stays. Takes NULL. */
void journal__close(struct journal *journal);
/* Number of a namespace's records that all its collectors together have dropped. */
u64 journal__dropped(u32 id);
/*
 * Opens a file of the namespace `id` below JOURNAL_DIRECTORY: `kind` is its extension, `flags` as of open(2). A
 * descriptor or -errno.
 */
int journal__file(u32 id, const char *kind, int flags);

/* Removes the files of the namespace `id`. */
void journal__remove(u32 id);

/* What the journal has about a namespace. */
struct journal_view {
	const struct tsem_record **description; /* by index of the coefficient; NULL: the journal has none */
	const struct tsem_record **log; /* records of untrusted tasks, in order */
	size_t logs;
	size_t missing; /* coefficients that occurred and have no description */
	size_t skipped; /* records that are not of this namespace, and pieces of the file that are no records */
	char *text; /* the file */
};

/*
 * Reads the journal for the coefficients `all` of `ns`. Drains the ring first if there is no collector. If the
 * description of a coefficient that occurred is missing, asks the kernel to send it with the next occurrence. 0 or
 * -errno; free with journal__free_view().
 */
int journal__view(struct tsem *tsem, const struct tsem_namespace *ns, const struct namespace_coefficients *all,
		  struct journal_view *view);
void journal__free_view(struct journal_view *view);

/* Is there room for a record of `size` bytes in a journal that has `used` bytes and may have `limit`? */
bool journal__has_room(u64 used, u64 limit, const void *record, size_t size);

/*
 * Reads the whole file of a namespace into *text, which the caller frees. A missing file counts as empty. 0 or -errno.
 */
int journal__read(u32 id, char **text, size_t *size);

/*
 * Fills a view from its `text` of `size` bytes, for the coefficients `all` of `ns`; `load`: tsem_globals.load. 0, or
 * -ENOMEM; then the view is freed.
 */
int journal__fill(const struct tsem_namespace *ns, u64 load, const struct namespace_coefficients *all, size_t size,
		  struct journal_view *view);

#endif
