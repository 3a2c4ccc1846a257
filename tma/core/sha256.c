// SPDX-License-Identifier: GPL-2.0
/*
 * SHA-256 (FIPS 180-4). Eight rounds are written out, so that the eight variables stay where they are: about 2,000
 * instructions a block on a Cortex-M4.
 */
#include "tma_digest.h"

static const u32 constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline u32 rotate(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

static inline u32 load(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

#define ROUND(a, b, c, d, e, f, g, h, i)                                                                          \
	do {                                                                                                      \
		u32 t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) + constants[i] + \
			w[i];                                                                                     \
		d += t;                                                                                           \
		h = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));               \
	} while (0)

static void compress(u32 *state, const u8 *block)
{
	u32 a = state[0], b = state[1], c = state[2], d = state[3];
	u32 e = state[4], f = state[5], g = state[6], h = state[7];
	u32 w[64];

	for (int i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (int i = 16; i < 64; i++) {
		u32 x = w[i - 15], y = w[i - 2];

		w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] +
		       (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
	}
	for (int i = 0; i < 64; i += 8) {
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void tma_sha256__init(struct tma_sha256 *sha)
{
	static const u32 start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, start, sizeof(start));
	sha->used = 0;
	sha->size = 0;
}

void tma_sha256__update(struct tma_sha256 *sha, const u8 *data, size_t size)
{
	sha->size += size;
	if (sha->used) {
		size_t piece = TMA_SHA256_BLOCK - sha->used;

		if (piece > size)
			piece = size;
		memcpy(sha->block + sha->used, data, piece);
		sha->used += (u32)piece;
		data += piece;
		size -= piece;
		if (sha->used < TMA_SHA256_BLOCK)
			return;
		compress(sha->state, sha->block);
	}
	for (; size >= TMA_SHA256_BLOCK; data += TMA_SHA256_BLOCK, size -= TMA_SHA256_BLOCK)
		compress(sha->state, data);
	sha->used = (u32)size;
	if (size)
		memcpy(sha->block, data, size);
}

void tma_sha256__final(struct tma_sha256 *sha, u8 *out)
{
	u64 bits = sha->size * 8;

	sha->block[sha->used++] = 0x80;
	if (sha->used > TMA_SHA256_BLOCK - 8) {
		memset(sha->block + sha->used, 0, TMA_SHA256_BLOCK - sha->used);
		compress(sha->state, sha->block);
		sha->used = 0;
	}
	memset(sha->block + sha->used, 0, TMA_SHA256_BLOCK - 8 - sha->used);
	for (int i = 0; i < 8; i++)
		sha->block[TMA_SHA256_BLOCK - 1 - i] = (u8)(bits >> 8 * i);
	compress(sha->state, sha->block);
	for (int i = 0; i < 32; i++)
		out[i] = (u8)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

static void init(void *context)
{
	tma_sha256__init(context);
}

static void update(void *context, const u8 *data, size_t size)
{
	tma_sha256__update(context, data, size);
}

static bool final(void *context, u8 *out)
{
	tma_sha256__final(context, out);
	return true;
}

_Static_assert(sizeof(struct tma_sha256) <= TMA_HASH_CONTEXT, "the context of a hash is too small");

const struct tma_digest tma_sha256 = {
	.type = TSEM_DIGEST_SHA256,
	.size = 32,
	.name = "sha256",
	.init = init,
	.update = update,
	.final = final,
};
