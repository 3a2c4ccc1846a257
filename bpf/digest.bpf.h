/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash functions: SHA-256 (FIPS 180-4), SHA3-256 (FIPS 202) and SM3 (GB/T 32905) over the message in the task's
 * scratch. The functions of kernel-patches/ add the kernel's other hashes.
 *
 * A caller fills message[0 .. message_size) and calls digest_message(), which pads in place and leaves the result in
 * digest. Rounds run in groups inside open-coded loops. This keeps the verifier's work small, since every hook's
 * program has a copy of these functions, and costs a few instructions per group. The verifier follows the body of such
 * a loop several times: the groups of the less common hashes are functions of their own, which it follows once. The
 * working state is in the scratch, since all stack frames together have only 512 bytes.
 */
#ifndef TSEM_DIGEST_BPF_H
#define TSEM_DIGEST_BPF_H

#include "common.bpf.h"
#include "tsem_maps.bpf.h"

static const u32 sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const u64 keccak_rc[24] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
	0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
	0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
	0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static __always_inline u32 rotl32(u32 x, u32 n)
{
	return x << n | x >> (32 - n);
}

static __always_inline u64 rotl64(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

/* Copies the message block at `block` to the schedule, as big-endian words; false if there is no such block. */
static __always_inline bool schedule_load(struct tsem_hashing *s, u32 block)
{
	const u32 *in;

	if (block >= TSEM_MESSAGE_MAX / 64 + 2)
		return false;
	in = (const u32 *)(s->message + block * 64);
#pragma unroll
	for (int i = 0; i < 16; i++)
		s->schedule[i] = __builtin_bswap32(in[i]);
	return true;
}

#define SHA256_ROUND(a, b, c, d, e, f, g, h, i)                                                                  \
	do {                                                                                                     \
		u32 t1 = h + (rotl32(e, 26) ^ rotl32(e, 21) ^ rotl32(e, 7)) + (g ^ (e & (f ^ g))) + k[i] + w[i]; \
		d += t1;                                                                                         \
		h = t1 + (rotl32(a, 30) ^ rotl32(a, 19) ^ rotl32(a, 10)) + ((a & b) | (c & (a | b)));            \
	} while (0)

__noinline int sha256_block(struct tsem_hashing *s __arg_nonnull, u32 block)
{
	u32 *state = (u32 *)s->state;
	u32 a, b, c, d, e, f, g, h;
	u32 j;

	if (!schedule_load(s, block))
		return -EINVAL;
	bpf_for(j, 1, 4) {
		u32 *w;

		if (!at_most(j, 3))
			break;
		w = s->schedule + j * 16;

#pragma unroll
		for (int i = 0; i < 16; i++) {
			u32 x = w[i - 15], y = w[i - 2];

			w[i] = w[i - 16] + (rotl32(x, 25) ^ rotl32(x, 14) ^ x >> 3) + w[i - 7] +
			       (rotl32(y, 15) ^ rotl32(y, 13) ^ y >> 10);
		}
	}
	a = state[0], b = state[1], c = state[2], d = state[3];
	e = state[4], f = state[5], g = state[6], h = state[7];
	bpf_for(j, 0, 8) {
		const u32 *w, *k;

		if (!at_most(j, 7))
			break;
		w = s->schedule + j * 8;
		k = sha256_k + j * 8;

		SHA256_ROUND(a, b, c, d, e, f, g, h, 0);
		SHA256_ROUND(h, a, b, c, d, e, f, g, 1);
		SHA256_ROUND(g, h, a, b, c, d, e, f, 2);
		SHA256_ROUND(f, g, h, a, b, c, d, e, 3);
		SHA256_ROUND(e, f, g, h, a, b, c, d, 4);
		SHA256_ROUND(d, e, f, g, h, a, b, c, 5);
		SHA256_ROUND(c, d, e, f, g, h, a, b, 6);
		SHA256_ROUND(b, c, d, e, f, g, h, a, 7);
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
	return 0;
}

#define SM3_P0(x) ((x) ^ rotl32(x, 9) ^ rotl32(x, 17))
#define SM3_P1(x) ((x) ^ rotl32(x, 15) ^ rotl32(x, 23))
#define SM3_FF0(x, y, z) ((x) ^ (y) ^ (z))
#define SM3_FF1(x, y, z) (((x) & (y)) | ((x) & (z)) | ((y) & (z)))
#define SM3_GG1(x, y, z) (((x) & (y)) | (~(x) & (z)))
/* `k` is the round constant, rotated by the number of the round; this rotates it by one more. */
#define SM3_ROUND(a, b, c, d, e, f, g, h, i, ff, gg)                         \
	do {                                                                 \
		u32 a12 = rotl32(a, 12);                                     \
		u32 ss1 = rotl32(a12 + e + k, 7);                            \
		u32 tt1 = ff(a, b, c) + d + (ss1 ^ a12) + (w[i] ^ w[i + 4]); \
		u32 tt2 = gg(e, f, g) + h + ss1 + w[i];                      \
		b = rotl32(b, 9);                                            \
		f = rotl32(f, 19);                                           \
		d = tt1;                                                     \
		h = SM3_P0(tt2);                                             \
		k = rotl32(k, 1);                                            \
	} while (0)

/* Rounds 4j to 4j + 3, on the working variables behind the state. */
__noinline int sm3_rounds(struct tsem_hashing *s __arg_nonnull, u32 j)
{
	u32 *v = (u32 *)s->state + 8, n = 4 * j & 31, k = j < 4 ? 0x79cc4519 : 0x7a879d8a;
	u32 a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
	const u32 *w;

	if (!at_most(j, 15))
		return -EINVAL;
	w = s->schedule + j * 4;
	k = k << n | k >> (-n & 31);
	if (j < 4) {
		SM3_ROUND(a, b, c, d, e, f, g, h, 0, SM3_FF0, SM3_FF0);
		SM3_ROUND(d, a, b, c, h, e, f, g, 1, SM3_FF0, SM3_FF0);
		SM3_ROUND(c, d, a, b, g, h, e, f, 2, SM3_FF0, SM3_FF0);
		SM3_ROUND(b, c, d, a, f, g, h, e, 3, SM3_FF0, SM3_FF0);
	} else {
		SM3_ROUND(a, b, c, d, e, f, g, h, 0, SM3_FF1, SM3_GG1);
		SM3_ROUND(d, a, b, c, h, e, f, g, 1, SM3_FF1, SM3_GG1);
		SM3_ROUND(c, d, a, b, g, h, e, f, 2, SM3_FF1, SM3_GG1);
		SM3_ROUND(b, c, d, a, f, g, h, e, 3, SM3_FF1, SM3_GG1);
	}
	v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = f, v[6] = g, v[7] = h;
	return 0;
}

__noinline int sm3_block(struct tsem_hashing *s __arg_nonnull, u32 block)
{
	u32 *state = (u32 *)s->state;
	u32 j;

	if (!schedule_load(s, block))
		return -EINVAL;
	bpf_for(j, 4, 17) {
		u32 *w;

		if (!at_most(j, 16))
			break;
		w = s->schedule + j * 4;

#pragma unroll
		for (int i = 0; i < 4; i++) {
			u32 x = w[i - 16] ^ w[i - 9] ^ rotl32(w[i - 3], 15);

			w[i] = SM3_P1(x) ^ rotl32(w[i - 13], 7) ^ w[i - 6];
		}
	}
#pragma unroll
	for (int i = 0; i < 8; i++)
		state[8 + i] = state[i];
	bpf_for(j, 0, 16)
		sm3_rounds(s, j);
#pragma unroll
	for (int i = 0; i < 8; i++)
		state[i] ^= state[8 + i];
	return 0;
}

/* A round of the permutation. The schedule is the second state of rho and pi. */
__noinline int keccak_round(struct tsem_hashing *s __arg_nonnull, u32 j)
{
	u64 *a = s->state, *b = (u64 *)s->schedule;
	u64 c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
	u64 c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];
	u64 c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];
	u64 c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];
	u64 c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];
	u64 d0 = c4 ^ rotl64(c1, 1), d1 = c0 ^ rotl64(c2, 1), d2 = c1 ^ rotl64(c3, 1);
	u64 d3 = c2 ^ rotl64(c4, 1), d4 = c3 ^ rotl64(c0, 1);

	barrier(); /* keeps lanes in memory and off the small stack */
	/*
	 * rho and pi: lane x + 5y goes to y + 5((2x + 3y) mod 5), rotated by the offsets of FIPS 202, table 2.
	 */
	b[0] = a[0] ^ d0;
	b[10] = rotl64(a[1] ^ d1, 1);
	b[20] = rotl64(a[2] ^ d2, 62);
	b[5] = rotl64(a[3] ^ d3, 28);
	b[15] = rotl64(a[4] ^ d4, 27);
	barrier();
	b[16] = rotl64(a[5] ^ d0, 36);
	b[1] = rotl64(a[6] ^ d1, 44);
	b[11] = rotl64(a[7] ^ d2, 6);
	b[21] = rotl64(a[8] ^ d3, 55);
	b[6] = rotl64(a[9] ^ d4, 20);
	barrier();
	b[7] = rotl64(a[10] ^ d0, 3);
	b[17] = rotl64(a[11] ^ d1, 10);
	b[2] = rotl64(a[12] ^ d2, 43);
	b[12] = rotl64(a[13] ^ d3, 25);
	b[22] = rotl64(a[14] ^ d4, 39);
	barrier();
	b[23] = rotl64(a[15] ^ d0, 41);
	b[8] = rotl64(a[16] ^ d1, 45);
	b[18] = rotl64(a[17] ^ d2, 15);
	b[3] = rotl64(a[18] ^ d3, 21);
	b[13] = rotl64(a[19] ^ d4, 8);
	barrier();
	b[14] = rotl64(a[20] ^ d0, 18);
	b[24] = rotl64(a[21] ^ d1, 2);
	b[9] = rotl64(a[22] ^ d2, 61);
	b[19] = rotl64(a[23] ^ d3, 56);
	b[4] = rotl64(a[24] ^ d4, 14);
#pragma unroll
	for (int y = 0; y < 25; y += 5) {
		barrier();
		a[y] = b[y] ^ (~b[y + 1] & b[y + 2]);
		a[y + 1] = b[y + 1] ^ (~b[y + 2] & b[y + 3]);
		a[y + 2] = b[y + 2] ^ (~b[y + 3] & b[y + 4]);
		a[y + 3] = b[y + 3] ^ (~b[y + 4] & b[y]);
		a[y + 4] = b[y + 4] ^ (~b[y] & b[y + 1]);
	}
	if (!at_most(j, 23))
		return -EINVAL;
	a[0] ^= keccak_rc[j];
	return 0;
}

/* Absorbs the 136 bytes of `block` and permutes. */
__noinline int sha3_256_block(struct tsem_hashing *s __arg_nonnull, u32 block)
{
	u64 *a = s->state;
	const u64 *in;
	u32 j;

	if (block >= TSEM_MESSAGE_MAX / 136 + 1)
		return -EINVAL;
	in = (const u64 *)(s->message + block * 136);
#pragma unroll
	for (int i = 0; i < 17; i++)
		a[i] ^= in[i];
	bpf_for(j, 0, 24)
		keccak_round(s, j);
	return 0;
}

static __always_inline void state_init(struct tsem_hashing *s, u32 type)
{
	u32 *state = (u32 *)s->state;

	if (type == TSEM_DIGEST_SHA256) {
		state[0] = 0x6a09e667, state[1] = 0xbb67ae85, state[2] = 0x3c6ef372, state[3] = 0xa54ff53a;
		state[4] = 0x510e527f, state[5] = 0x9b05688c, state[6] = 0x1f83d9ab, state[7] = 0x5be0cd19;
	} else if (type == TSEM_DIGEST_SM3) {
		state[0] = 0x7380166f, state[1] = 0x4914b2b9, state[2] = 0x172442d7, state[3] = 0xda8a0600;
		state[4] = 0xa96f30bc, state[5] = 0x163138aa, state[6] = 0xe38dee4d, state[7] = 0xb0fb0e4e;
	} else {
#pragma unroll
		for (int i = 0; i < 25; i++)
			s->state[i] = 0;
	}
}

/* A reference to the kernel's hash function of this type, or NULL; the caller releases it. */
static __always_inline struct bpf_tsem_hash *kernel_hash_get(u32 type)
{
	struct tsem_kernel_hash *h = bpf_map_lookup_elem(&tsem_hashes, &type);
	struct bpf_tsem_hash *hash = NULL;

	if (!h)
		return NULL;
	bpf_rcu_read_lock();
	if (h->hash)
		hash = bpf_tsem_hash_acquire(h->hash);
	bpf_rcu_read_unlock();
	return hash;
}

/* Hashes the message with the kernel's function. 0 or -EINVAL. */
static __always_inline int digest_message_kernel(struct tsem_hashing *s, u32 type)
{
	struct bpf_tsem_hash *hash;
	u32 size = s->message_size;
	int got = -EINVAL;

	if (!bpf_ksym_exists(bpf_tsem_hash_buffer))
		return -EINVAL;
	hash = kernel_hash_get(type);
	if (!hash)
		return -EINVAL;
	if (at_most(size, TSEM_MESSAGE_MAX))
		got = bpf_tsem_hash_buffer(hash, s->message, size, s->digest, TSEM_DIGEST_MAX);
	bpf_tsem_hash_release(hash);
	return got < 0 ? -EINVAL : 0;
}

/*
 * Digest of message[0 .. message_size) with the hash `type` (enum tsem_digest_type) into digest. May overwrite the
 * bytes after the message. 0, or -EINVAL for a missing type or a message over TSEM_MESSAGE_MAX.
 */
__noinline int digest_message(struct tsem_hashing *s __arg_nonnull, u32 type)
{
	u32 size = s->message_size;
	u64 *out = (u64 *)s->digest;
	u32 blocks, last;
	u32 j;

	if (size > TSEM_MESSAGE_MAX || type < TSEM_DIGEST_SHA256)
		return -EINVAL;
	if (type >= TSEM_DIGEST_BPF_END)
		return digest_message_kernel(s, type);
	state_init(s, type);
	/* Zeros after the message up to the end of the largest last block. */
#pragma unroll
	for (int i = 0; i < 18; i++)
		*(u64 *)(s->message + size + i * 8) = 0;
	if (type == TSEM_DIGEST_SHA3_256) {
		s->message[size] = 0x06;
		blocks = size / 136 + 1;
		last = blocks * 136 - 1;
		if (!at_most(last, TSEM_MESSAGE_MAX + TSEM_MESSAGE_SLACK - 1))
			return -EINVAL;
		s->message[last] |= 0x80;
		bpf_for(j, 0, blocks)
			sha3_256_block(s, j);
#pragma unroll
		for (int i = 0; i < 4; i++)
			out[i] = s->state[i];
		return 0;
	}
	s->message[size] = 0x80;
	blocks = (size + 8) / 64 + 1;
	last = blocks * 64 - 8;
	if (!at_most(last, TSEM_MESSAGE_MAX + TSEM_MESSAGE_SLACK - 8))
		return -EINVAL;
	*(u64 *)(s->message + last) = __builtin_bswap64((u64)size * 8);
	bpf_for(j, 0, blocks) {
		if (type == TSEM_DIGEST_SHA256)
			sha256_block(s, j);
		else
			sm3_block(s, j);
	}
#pragma unroll
	for (int i = 0; i < 8; i++)
		((u32 *)out)[i] = __builtin_bswap32(((u32 *)s->state)[i]);
	return 0;
}

#endif
