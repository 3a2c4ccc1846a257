// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of records as an agent reads them (tma/core/record.c). A record lies in memory of exactly its own size,
 * so that a sanitizer sees a read of the first byte behind it. The agent accepts what the loader accepts, and computes
 * the same coefficient. The input is also taken as the CELL of a record that is well formed.
 */
#include <string.h>

#include "event.h"
#include "fuzz_main.h"
#include "tma_record.h"

/* At an odd address, as in a frame it may be. */
static void check(const u8 *data, size_t size)
{
	u8 *bytes = malloc(size + 1), ours[TSEM_DIGEST_MAX];
	struct tsem_record *record = malloc(size ? size : 1);
	const struct tma_digest *digest = NULL;
	struct event_digests theirs;

	FUZZ_CHECK(bytes && record);
	if (size) {
		memcpy(bytes + 1, data, size);
		memcpy(record, data, size);
	}
	if (!tma_record__check(bytes + 1, size)) {
		digest = tma_digest__find(tma_digests, record->digest);
		if (digest && digest->size != record->digest_size)
			digest = NULL;
		/* The loader knows more hashes, but the same records. */
		FUZZ_CHECK(!digest || event__plausible(record, size));
	} else {
		FUZZ_CHECK(!event__plausible(record, size) || record->kind != TSEM_RECORD_EVENT ||
			   record->size != size);
	}
	if (digest) {
		FUZZ_CHECK(!tma_record__coefficient(digest, bytes + 1, ours));
		FUZZ_CHECK(!event__coefficient(record, &theirs));
		FUZZ_CHECK(!memcmp(ours, theirs.coefficient, digest->size));
	}
	free(record);
	free(bytes);
}

/* The first bytes say which event it is, the others are its CELL. */
static void check_cell(const u8 *data, size_t size)
{
	static struct tsem_record record;
	u32 cell = size < 5 ? 0 : (u32)(size - 5);

	if (size < 5 || cell > TSEM_CELL_MAX)
		return;
	record = (struct tsem_record){
		.magic = TSEM_RECORD_MAGIC,
		.version = TSEM_RECORD_VERSION,
		.kind = TSEM_RECORD_EVENT,
		.size = TSEM_RECORD_HEADER_SIZE + cell,
		.event = data[0],
		.digest = 1 + data[1] % 3,
		.content = TSEM_DIGEST_SHA256,
		.encoding = 1 + data[2] % 2,
		.digest_size = 32,
		.shape = data[3],
		.hashed_size = cell - data[4] % (cell + 1),
		.cell_size = cell,
	};
	memcpy(record.cell, data + 5, cell);
	check((const u8 *)&record, record.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size);
	check_cell(data, size);
	return 0;
}
