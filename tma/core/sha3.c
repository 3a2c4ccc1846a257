// SPDX-License-Identifier: GPL-2.0
/* SHA3-256 (FIPS 202): Keccak-f[1600] with a rate of 136 bytes. */
#include "tma_digest.h"

#define RATE 136

struct sha3 {
	u64 state[25];
	u32 used; /* bytes of the rate that the message has taken */
};

_Static_assert(sizeof(struct sha3) <= TMA_HASH_CONTEXT, "the context of a hash is too small");

static inline u64 rotate(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

static void theta(u64 *a)
{
	u64 c[5];

	for (int x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (int x = 0; x < 5; x++) {
		u64 d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);

		for (int y = 0; y < 25; y += 5)
			a[x + y] ^= d;
	}
}

/* The steps rho and pi: a lane moves to the next place of the cycle, rotated. */
static void rho_pi(u64 *a)
{
	static const u8 place[24] = { 10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
				      15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1 };
	static const u8 offset[24] = { 1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
				       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44 };
	u64 lane = a[1];

	for (int i = 0; i < 24; i++) {
		u64 next = a[place[i]];

		a[place[i]] = rotate(lane, offset[i]);
		lane = next;
	}
}

static void chi(u64 *a)
{
	for (int y = 0; y < 25; y += 5) {
		u64 row[5];

		memcpy(row, a + y, sizeof(row));
		for (int x = 0; x < 5; x++)
			a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
	}
}

static void permute(u64 *a)
{
	static const u64 constants[24] = {
		0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
		0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
		0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
		0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
		0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
	};

	for (int i = 0; i < 24; i++) {
		theta(a);
		rho_pi(a);
		chi(a);
		a[0] ^= constants[i];
	}
}

static void take(struct sha3 *sha3, u8 byte)
{
	sha3->state[sha3->used / 8] ^= (u64)byte << 8 * (sha3->used % 8);
	sha3->used++;
}

static void init(void *context)
{
	memset(context, 0, sizeof(struct sha3));
}

static void update(void *context, const u8 *data, size_t size)
{
	struct sha3 *sha3 = context;

	for (; size; data++, size--) {
		take(sha3, *data);
		if (sha3->used == RATE) {
			permute(sha3->state);
			sha3->used = 0;
		}
	}
}

static bool final(void *context, u8 *out)
{
	struct sha3 *sha3 = context;

	take(sha3, 0x06);
	sha3->used = RATE - 1;
	take(sha3, 0x80);
	permute(sha3->state);
	for (int i = 0; i < 32; i++)
		out[i] = (u8)(sha3->state[i / 8] >> 8 * (i % 8));
	return true;
}

const struct tma_digest tma_sha3_256 = {
	.type = TSEM_DIGEST_SHA3_256,
	.size = 32,
	.name = "sha3-256",
	.init = init,
	.update = update,
	.final = final,
};
