// SPDX-License-Identifier: GPL-2.0
/* The coefficient of a record: hashes its bytes as they are, without knowing what the fields mean (coefficients.md). */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "event.h"

/* H(CELL) */
static int hash_cell(const struct tsem_record *record, const char *name, u8 *out)
{
	u32 digest = record->digest, shape = htole32(record->shape);
	struct digest_stream stream;
	u8 empty[TSEM_DIGEST_MAX];
	int err;

	if (record->flags & TSEM_RECORD_GENERIC) {
		err = digest__hash(digest, "", 0, empty);
		if (err)
			return err;
		digest__init(&stream, digest);
		digest__update(&stream, name, strlen(name));
		digest__update(&stream, empty, record->digest_size);
	} else {
		digest__init(&stream, digest);
		digest__update(&stream, &shape, sizeof(shape));
		digest__update(&stream, record->cell, record->hashed_size);
	}
	return digest__final(&stream, out);
}

int event__coefficient(const struct tsem_record *record, struct event_digests *out)
{
	const char *name = event__name(record->event);
	u32 size = record->digest_size;
	struct digest_stream stream;
	int err;

	memset(out, 0, sizeof(*out));
	if (record->kind != TSEM_RECORD_EVENT || !event__plausible(record, record->size))
		return -EINVAL;
	err = hash_cell(record, name, out->cell);
	err = err ?: digest__hash(record->digest, &record->coe, sizeof(record->coe), out->coe);
	if (err)
		return err;
	digest__init(&stream, record->digest);
	digest__update(&stream, name, strlen(name));
	digest__update(&stream, record->parent_task_id, size);
	digest__update(&stream, record->task_id, size);
	digest__update(&stream, out->coe, size);
	digest__update(&stream, out->cell, size);
	return digest__final(&stream, out->coefficient);
}
