// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a journal. Anybody who may write to the file could have written a record. So a record counts only if it has the
 * number of this load and of this namespace, and its recomputed coefficient is in the namespace's map. Other records
 * are skipped and counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "journal.h"

struct index {
	u32 *slots; /* index + 1 */
	size_t mask;
	const struct namespace_coefficients *all;
};

static size_t slot_of(const struct index *index, const u8 *coefficient)
{
	u64 hash;
	size_t at;

	memcpy(&hash, coefficient, sizeof(hash));
	for (at = hash & index->mask; index->slots[at]; at = (at + 1) & index->mask) {
		if (!memcmp(index->all->entry[index->slots[at] - 1].coefficient, coefficient, TSEM_DIGEST_MAX))
			break;
	}
	return at;
}

static int index_build(struct index *index, const struct namespace_coefficients *all)
{
	size_t size = 64;

	while (size < 2 * (all->count + all->undone))
		size *= 2;
	index->slots = calloc(size, sizeof(*index->slots));
	index->mask = size - 1;
	index->all = all;
	if (!index->slots)
		return -ENOMEM;
	for (size_t i = 0; i < all->count + all->undone; i++)
		index->slots[slot_of(index, all->entry[i].coefficient)] = i + 1;
	return 0;
}

static int log_add(struct journal_view *view, const struct tsem_record *record)
{
	void *grown = realloc(view->log, (view->logs + 1) * sizeof(*view->log));

	if (!grown)
		return -ENOMEM;
	view->log = grown;
	view->log[view->logs++] = record;
	return 0;
}

/* Does the record have the numbers of this load and this namespace? */
static bool belongs(const struct tsem_record *record, const struct tsem_namespace *ns, u64 load)
{
	return record->load == load && record->ns == ns->id && record->digest == ns->digest &&
	       record->content == ns->content && record->encoding == ns->encoding;
}

/* Finds the coefficient of a description. False: there is none. */
static bool describe(const struct tsem_namespace *ns, const struct index *index, const struct tsem_record *record,
		     struct journal_view *view)
{
	struct event_digests digests;
	struct json_object *json;
	u32 slot;

	if (event__coefficient(record, &digests))
		return false;
	slot = index->slots[slot_of(index, digests.coefficient)];
	/* No coefficient: it did not fit the map. */
	if (!slot)
		return ns->lost[TSEM_LOSS_MAP_FULL];
	/*
	 * The last description counts: an earlier one may be of a creation that was none, with the same coefficient.
	 * The parts that the coefficient does not cover have to be well formed, too.
	 */
	json = event__to_json(record, false);
	if (json)
		view->description[slot - 1] = record;
	json_object_put(json);
	return json;
}

/* Bytes from `text` to the next place that may begin a record. */
static size_t to_next(const char *text, size_t size)
{
	static const u32 magic = TSEM_RECORD_MAGIC;
	const char *next = size > 1 ? memmem(text + 1, size - 1, &magic, sizeof(magic)) : NULL;

	return next ? (size_t)(next - text) : size;
}

static int fill(const struct tsem_namespace *ns, u64 load, const struct index *index, size_t size,
		struct journal_view *view)
{
	bool garbage = false, fits, whole;
	int err = 0;

	for (size_t at = 0; at < size && !err;) {
		/* Records may be unaligned; the supported machines can read them. */
		const struct tsem_record *record = (void *)(view->text + at);

		whole = event__plausible(record, size - at);
		fits = whole && belongs(record, ns, load);
		if (fits && record->kind == TSEM_RECORD_LOG)
			err = log_add(view, record);
		else
			fits = fits && describe(ns, index, record, view);
		/*
		 * A bad record may be a write that was cut, and a whole record may follow within its size. A run of
		 * bytes that are no record counts once.
		 */
		view->skipped += !fits && (whole || !garbage);
		garbage = !fits;
		at += fits ? record->size : to_next(view->text + at, size - at);
	}
	return err;
}

int journal__fill(const struct tsem_namespace *ns, u64 load, const struct namespace_coefficients *all, size_t size,
		  struct journal_view *view)
{
	struct index index = {};
	int err;

	view->description = calloc(all->count + all->undone ?: 1, sizeof(*view->description));
	err = view->description ? index_build(&index, all) : -ENOMEM;
	err = err ?: fill(ns, load, &index, size, view);
	free(index.slots);
	if (err)
		journal__free_view(view);
	return err;
}

/* Asks the kernel for missing descriptions. */
static void ask(struct tsem *tsem, const struct tsem_namespace *ns, const struct namespace_coefficients *all,
		struct journal_view *view)
{
	for (size_t i = 0; i < all->count; i++) {
		if (!all->entry[i].info.count || view->description[i])
			continue;
		view->missing++;
		/* A caller that may not change the namespace just reads the file. */
		if (all->entry[i].info.described)
			tsem__control(tsem, TSEM_CONTROL_FORGET, ns->id, all->entry[i].coefficient, NULL);
	}
}

int journal__view(struct tsem *tsem, const struct tsem_namespace *ns, const struct namespace_coefficients *all,
		  struct journal_view *view)
{
	struct journal *journal = NULL;
	struct tsem_globals globals;
	size_t size;
	int err;

	memset(view, 0, sizeof(*view));
	err = journal__collect(tsem, ns->id, &journal);
	if (!err)
		journal__drain(journal);
	journal__close(journal);
	err = tsem__globals(tsem, &globals);
	err = err ?: journal__read(ns->id, &view->text, &size);
	err = err ?: journal__fill(ns, globals.load, all, size, view);
	if (err)
		journal__free_view(view);
	else
		ask(tsem, ns, all, view);
	return err;
}

void journal__free_view(struct journal_view *view)
{
	free(view->description);
	free(view->log);
	free(view->text);
	memset(view, 0, sizeof(*view));
}
