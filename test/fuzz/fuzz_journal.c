// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of journals (loader/lib/journal_view.c). An input is the file of a namespace whose settings are those
 * that the first record in it claims, and which has that record's coefficient. Whatever stands around it, a description
 * that is found is one of that coefficient and has a JSON form, and nothing is read outside of the file.
 */
#include <string.h>

#include "digest.h"
#include "event.h"
#include "fuzz_main.h"
#include "journal.h"

/* The first record of the file that has a coefficient which can be computed everywhere. */
static const struct tsem_record *first_record(const char *text, size_t size, struct event_digests *digests)
{
	for (size_t at = 0; at + TSEM_RECORD_HEADER_SIZE <= size; at++) {
		const struct tsem_record *record = (const void *)(text + at);

		if (event__plausible(record, size - at) && record->digest < TSEM_DIGEST_BPF_END &&
		    !event__coefficient(record, digests))
			return record;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct namespace_coefficients all = { .entry = calloc(1, sizeof(*all.entry)), .count = 1 };
	struct journal_view view = { .text = malloc(size ?: 1) };
	struct tsem_namespace ns = { .digest = TSEM_DIGEST_SHA256, .content = TSEM_DIGEST_SHA256 };
	struct event_digests digests = {}, found;
	const struct tsem_record *record;
	u64 load = 0;

	FUZZ_CHECK(all.entry && view.text);
	if (size)
		memcpy(view.text, data, size);
	record = first_record(view.text, size, &digests);
	if (record) {
		ns.id = record->ns;
		ns.digest = record->digest;
		ns.content = record->content;
		ns.encoding = record->encoding;
		load = record->load;
		memcpy(all.entry[0].coefficient, digests.coefficient, TSEM_DIGEST_MAX);
	}
	FUZZ_CHECK(!journal__fill(&ns, load, &all, size, &view));
	FUZZ_CHECK(view.logs * TSEM_RECORD_HEADER_SIZE <= size && view.skipped <= size);
	for (size_t i = 0; i < view.logs; i++) {
		struct json_object *json = event__to_json(view.log[i], false);

		FUZZ_CHECK(json && view.log[i]->load == load && view.log[i]->ns == ns.id);
		json_object_put(json);
	}
	if (view.description[0]) {
		struct json_object *json = event__to_json(view.description[0], false);

		FUZZ_CHECK(json && !event__coefficient(view.description[0], &found));
		FUZZ_CHECK(!memcmp(found.coefficient, digests.coefficient, TSEM_DIGEST_MAX));
		json_object_put(json);
	}
	journal__free_view(&view);
	free(all.entry);
	return 0;
}
