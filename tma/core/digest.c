// SPDX-License-Identifier: GPL-2.0
/* The table of hash functions, hashing through it, and HMAC-SHA256. */
#include "tma_digest.h"

const struct tma_digest *const tma_digests[] = { &tma_sha256, &tma_sha3_256, &tma_sm3, NULL };

const struct tma_digest *tma_digest__find(const struct tma_digest *const *table, u32 type)
{
	for (; *table; table++) {
		if ((*table)->type == type)
			return *table;
	}
	return NULL;
}

void tma_hash__init(struct tma_hash *hash, const struct tma_digest *digest)
{
	hash->digest = digest;
	digest->init(hash->context);
}

void tma_hash__update(struct tma_hash *hash, const void *data, size_t size)
{
	hash->digest->update(hash->context, data, size);
}

bool tma_hash__final(struct tma_hash *hash, u8 *out)
{
	return hash->digest->final(hash->context, out);
}

/* The state after one block of the key and a pad. */
static void pad_state(const u8 *key, u8 pad, u32 *state)
{
	u8 block[TMA_SHA256_BLOCK];
	struct tma_sha256 sha;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	tma_sha256__init(&sha);
	tma_sha256__update(&sha, block, sizeof(block));
	memcpy(state, sha.state, sizeof(sha.state));
	tma_erase(block, sizeof(block));
	tma_erase(&sha, sizeof(sha));
}

void tma_hmac__key(struct tma_hmac_key *hmac, const u8 *key, size_t size)
{
	u8 block[TMA_SHA256_BLOCK] = { 0 };
	struct tma_sha256 sha;

	if (size > sizeof(block)) {
		tma_sha256__init(&sha);
		tma_sha256__update(&sha, key, size);
		tma_sha256__final(&sha, block);
		tma_erase(&sha, sizeof(sha));
	} else if (size) {
		memcpy(block, key, size);
	}
	pad_state(block, 0x36, hmac->inner);
	pad_state(block, 0x5c, hmac->outer);
	tma_erase(block, sizeof(block));
}

/* Begins after the block of a pad. */
static void resume(struct tma_sha256 *sha, const u32 *state)
{
	memcpy(sha->state, state, sizeof(sha->state));
	sha->used = 0;
	sha->size = TMA_SHA256_BLOCK;
}

void tma_hmac__compute(const struct tma_hmac_key *hmac, const u8 *data, size_t size, u8 *out)
{
	u8 inner[TMA_SHA256_SIZE];
	struct tma_sha256 sha;

	resume(&sha, hmac->inner);
	tma_sha256__update(&sha, data, size);
	tma_sha256__final(&sha, inner);
	resume(&sha, hmac->outer);
	tma_sha256__update(&sha, inner, sizeof(inner));
	tma_sha256__final(&sha, out);
	tma_erase(&sha, sizeof(sha));
	tma_erase(inner, sizeof(inner));
}
