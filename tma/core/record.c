// SPDX-License-Identifier: GPL-2.0
/* The coefficient of a record, which needs no knowledge of what the fields of the CELL mean. */
#include "tma_record.h"

/* The names of events, without NUL. */
static const struct {
	const char *text;
	u32 size;
} names[TSEM_EVENT_END] = {
#define EVENT_NAME(number, name) [number] = { #name, sizeof(#name) - 1 },
	TSEM_EVENTS(EVENT_NAME)
};

enum tma_error tma_record__check(const u8 *record, size_t size)
{
	u32 cell, event, encoding, width;

	if (size < TSEM_RECORD_HEADER_SIZE || TMA_RECORD_U32(record, magic) != TSEM_RECORD_MAGIC ||
	    TMA_RECORD_U16(record, version) != TSEM_RECORD_VERSION || TMA_RECORD_U16(record, kind) != TSEM_RECORD_EVENT)
		return TMA_ERROR_RECORD;
	cell = TMA_RECORD_U32(record, cell_size);
	if (cell > TSEM_CELL_MAX || TMA_RECORD_U32(record, hashed_size) > cell ||
	    TMA_RECORD_U32(record, size) != TSEM_RECORD_HEADER_SIZE + cell || size != TSEM_RECORD_HEADER_SIZE + cell)
		return TMA_ERROR_RECORD;
	event = TMA_RECORD_U16(record, event);
	encoding = TMA_RECORD_U16(record, encoding);
	width = TMA_RECORD_U16(record, digest_size);
	if (event >= TSEM_EVENT_END || !names[event].text || width < TSEM_DIGEST_MIN || width > TSEM_DIGEST_MAX ||
	    (encoding != TSEM_ENCODING_HOST && encoding != TSEM_ENCODING_PORTABLE))
		return TMA_ERROR_RECORD;
	if (TMA_RECORD_U32(record, flags) & TSEM_RECORD_GENERIC &&
	    (cell || TMA_RECORD_U32(record, shape) || TMA_RECORD_U32(record, forms)))
		return TMA_ERROR_RECORD;
	return TMA_OK;
}

/* H(CELL); of a generic event H(NAME || Z). */
static bool hash_cell(struct tma_hash *hash, const struct tma_digest *digest, const u8 *record, u32 event, u8 *out)
{
	if (!(TMA_RECORD_U32(record, flags) & TSEM_RECORD_GENERIC)) {
		tma_hash__init(hash, digest);
		tma_hash__update(hash, TMA_RECORD_AT(record, shape), 4);
		tma_hash__update(hash, TMA_RECORD_AT(record, cell), TMA_RECORD_U32(record, hashed_size));
		return tma_hash__final(hash, out);
	}
	tma_hash__init(hash, digest);
	if (!tma_hash__final(hash, out))
		return false;
	tma_hash__init(hash, digest);
	tma_hash__update(hash, names[event].text, names[event].size);
	tma_hash__update(hash, out, digest->size);
	return tma_hash__final(hash, out);
}

enum tma_error tma_record__coefficient(const struct tma_digest *digest, const u8 *record, u8 *out)
{
	u32 event = TMA_RECORD_U16(record, event), size = digest->size;
	u8 coe[TSEM_DIGEST_MAX], cell[TSEM_DIGEST_MAX];
	struct tma_hash hash;

	if (TMA_RECORD_U16(record, digest) != digest->type || TMA_RECORD_U16(record, digest_size) != size)
		return TMA_ERROR_SETTINGS;
	tma_hash__init(&hash, digest);
	tma_hash__update(&hash, TMA_RECORD_AT(record, coe), sizeof(struct tsem_coe));
	if (!tma_hash__final(&hash, coe) || !hash_cell(&hash, digest, record, event, cell))
		return TMA_ERROR_HASH;
	tma_hash__init(&hash, digest);
	tma_hash__update(&hash, names[event].text, names[event].size);
	tma_hash__update(&hash, TMA_RECORD_AT(record, parent_task_id), size);
	tma_hash__update(&hash, TMA_RECORD_AT(record, task_id), size);
	tma_hash__update(&hash, coe, size);
	tma_hash__update(&hash, cell, size);
	return tma_hash__final(&hash, out) ? TMA_OK : TMA_ERROR_HASH;
}
