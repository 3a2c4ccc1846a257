/* SPDX-License-Identifier: GPL-2.0 */
/* Records of the ring (struct tsem_record in maps/tsem_abi.h), as bytes that somebody else wrote, at any address. */
#ifndef TMA_RECORD_H
#define TMA_RECORD_H

#include "tma_digest.h"
#include "tma_frame.h"

/* A field of a record, by its name in struct tsem_record. */
#define TMA_RECORD_AT(record, field) ((record) + offsetof(struct tsem_record, field))
#define TMA_RECORD_U16(record, field) tma_get16(TMA_RECORD_AT(record, field))
#define TMA_RECORD_U32(record, field) tma_get32(TMA_RECORD_AT(record, field))
#define TMA_RECORD_U64(record, field) tma_get64(TMA_RECORD_AT(record, field))

/* Is this a whole record of an event of our version, with sizes that agree? TMA_OK or TMA_ERROR_RECORD. */
enum tma_error tma_record__check(const u8 *record, size_t size);

/*
 * The coefficient of a record that tma_record__check() accepts, and whose namespace hashes with `digest`:
 *
 *	H(NAME || parent_task_id || task_id || H(coe) || H(shape || cell[0 .. hashed_size)))
 *
 * Writes digest->size bytes to `out`. TMA_OK; TMA_ERROR_SETTINGS: the record has another digest; TMA_ERROR_HASH.
 */
enum tma_error tma_record__coefficient(const struct tma_digest *digest, const u8 *record, u8 *out);

#endif
