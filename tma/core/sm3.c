// SPDX-License-Identifier: GPL-2.0
/* SM3 (GB/T 32905-2016). */
#include "tma_digest.h"

#define BLOCK 64

struct sm3 {
	u32 state[8];
	u32 used; /* bytes in `block` */
	u64 size; /* bytes of the message so far */
	u8 block[BLOCK];
};

_Static_assert(sizeof(struct sm3) <= TMA_HASH_CONTEXT, "the context of a hash is too small");

static inline u32 rotate(u32 x, int n)
{
	n &= 31;
	return n ? x << n | x >> (32 - n) : x;
}

static inline u32 load(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* The words w[0 .. 68) of a block: section 5.3.2. */
static void expand(const u8 *block, u32 *w)
{
	for (int i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (int i = 16; i < 68; i++) {
		u32 x = w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15);

		w[i] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[i - 13], 7) ^ w[i - 6];
	}
}

static void compress(u32 *state, const u8 *block)
{
	u32 v[8], w[68];

	memcpy(v, state, sizeof(v));
	expand(block, w);
	for (int i = 0; i < 64; i++) {
		u32 a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
		u32 s1 = rotate(rotate(a, 12) + e + rotate(i < 16 ? 0x79cc4519 : 0x7a879d8a, i), 7);
		u32 s2 = s1 ^ rotate(a, 12);
		u32 ff = i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
		u32 gg = i < 16 ? e ^ f ^ g : (e & f) | (~e & g);
		u32 t1 = ff + v[3] + s2 + (w[i] ^ w[i + 4]);
		u32 t2 = gg + v[7] + s1 + w[i];

		v[3] = c;
		v[2] = rotate(b, 9);
		v[1] = a;
		v[0] = t1;
		v[7] = g;
		v[6] = rotate(f, 19);
		v[5] = e;
		v[4] = t2 ^ rotate(t2, 9) ^ rotate(t2, 17);
	}
	for (int i = 0; i < 8; i++)
		state[i] ^= v[i];
}

static void init(void *context)
{
	static const u32 start[8] = { 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
				      0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e };
	struct sm3 *sm3 = context;

	memcpy(sm3->state, start, sizeof(start));
	sm3->used = 0;
	sm3->size = 0;
}

static void update(void *context, const u8 *data, size_t size)
{
	struct sm3 *sm3 = context;

	sm3->size += size;
	while (size) {
		size_t piece = BLOCK - sm3->used;

		if (piece > size)
			piece = size;
		memcpy(sm3->block + sm3->used, data, piece);
		sm3->used += (u32)piece;
		data += piece;
		size -= piece;
		if (sm3->used == BLOCK) {
			compress(sm3->state, sm3->block);
			sm3->used = 0;
		}
	}
}

static bool final(void *context, u8 *out)
{
	struct sm3 *sm3 = context;
	u64 bits = sm3->size * 8;

	sm3->block[sm3->used++] = 0x80;
	if (sm3->used > BLOCK - 8) {
		memset(sm3->block + sm3->used, 0, BLOCK - sm3->used);
		compress(sm3->state, sm3->block);
		sm3->used = 0;
	}
	memset(sm3->block + sm3->used, 0, BLOCK - 8 - sm3->used);
	for (int i = 0; i < 8; i++)
		sm3->block[BLOCK - 1 - i] = (u8)(bits >> 8 * i);
	compress(sm3->state, sm3->block);
	for (int i = 0; i < 32; i++)
		out[i] = (u8)(sm3->state[i / 4] >> (24 - 8 * (i % 4)));
	return true;
}

const struct tma_digest tma_sm3 = {
	.type = TSEM_DIGEST_SM3,
	.size = 32,
	.name = "sm3",
	.init = init,
	.update = update,
	.final = final,
};
