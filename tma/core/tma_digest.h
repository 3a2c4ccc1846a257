/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash functions as a table of operations, and HMAC-SHA256.
 *
 * The core has SHA-256, SHA3-256 and SM3. A platform may have others, or faster ones: it gives its own table to
 * tma_agent__start(). HMAC always uses the core's SHA-256, since it keeps the states after both pads.
 */
#ifndef TMA_DIGEST_H
#define TMA_DIGEST_H

#include "tma_bytes.h"

/* Bytes that the operations may keep between their calls. */
#define TMA_HASH_CONTEXT 256

struct tma_digest {
	u32 type; /* enum tsem_digest_type */
	u32 size; /* bytes of a digest, TSEM_DIGEST_MIN to TSEM_DIGEST_MAX */
	const char *name; /* as in model files */
	/* `context` has TMA_HASH_CONTEXT bytes, aligned for u64. */
	void (*init)(void *context);
	void (*update)(void *context, const u8 *data, size_t size);
	/* Writes `size` bytes to `out`. false: the platform could not hash; the core then gives no verdict. */
	bool (*final)(void *context, u8 *out);
};

extern const struct tma_digest tma_sha256;
extern const struct tma_digest tma_sha3_256;
extern const struct tma_digest tma_sm3;

/* The three above, and NULL at the end. */
extern const struct tma_digest *const tma_digests[];

/* The function of this enum tsem_digest_type in a table that ends in NULL, or NULL. */
const struct tma_digest *tma_digest__find(const struct tma_digest *const *table, u32 type);

/* A hash in pieces: init, any number of updates, final. It holds nothing that has to be freed. */
struct tma_hash {
	const struct tma_digest *digest;
	u64 context[TMA_HASH_CONTEXT / 8];
};

void tma_hash__init(struct tma_hash *hash, const struct tma_digest *digest);
void tma_hash__update(struct tma_hash *hash, const void *data, size_t size);
/* Writes digest->size bytes to `out`. false: the platform could not hash. */
bool tma_hash__final(struct tma_hash *hash, u8 *out);

#define TMA_SHA256_SIZE 32
#define TMA_SHA256_BLOCK 64

/* SHA-256 in the open, for HMAC. */
struct tma_sha256 {
	u32 state[8];
	u32 used; /* bytes in `block` */
	u64 size; /* bytes of the message so far */
	u8 block[TMA_SHA256_BLOCK];
};

void tma_sha256__init(struct tma_sha256 *sha);
void tma_sha256__update(struct tma_sha256 *sha, const u8 *data, size_t size);
void tma_sha256__final(struct tma_sha256 *sha, u8 *out);

/* A key of HMAC-SHA256: the states after the inner and the outer pad (RFC 2104). It is as secret as the key. */
struct tma_hmac_key {
	u32 inner[8];
	u32 outer[8];
};

/* `key` has `size` bytes, of which there may be any number. */
void tma_hmac__key(struct tma_hmac_key *hmac, const u8 *key, size_t size);
/* Writes the TMA_SHA256_SIZE bytes of HMAC-SHA256(key, data) to `out`, which may not overlap `data`. */
void tma_hmac__compute(const struct tma_hmac_key *hmac, const u8 *data, size_t size, u8 *out);

#endif
