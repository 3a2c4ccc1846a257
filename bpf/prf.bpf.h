/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SipHash-1-3 with 128 bits of output (Aumasson, Bernstein 2012): the keyed function that makes memo keys.
 *
 * The key is drawn at random for every load, so that a workload that chooses paths and addresses cannot make two events
 * share a memo entry. A subject (who) is hashed with the key of the load; an event (what) with its subject as the key.
 * Every word absorbed comes from the same building block that writes the description, so the two cannot differ.
 */
#ifndef TSEM_PRF_BPF_H
#define TSEM_PRF_BPF_H

#include "common.bpf.h"

/* Random, set by `tsem-bpf load` before the programs are loaded. */
const volatile u64 tsem_memo_secret[2] = {};

#define PRF_ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define PRF_ROUND(v0, v1, v2, v3)      \
	do {                           \
		v0 += v1;              \
		v1 = PRF_ROTL(v1, 13); \
		v1 ^= v0;              \
		v0 = PRF_ROTL(v0, 32); \
		v2 += v3;              \
		v3 = PRF_ROTL(v3, 16); \
		v3 ^= v2;              \
		v0 += v3;              \
		v3 = PRF_ROTL(v3, 21); \
		v3 ^= v0;              \
		v2 += v1;              \
		v1 = PRF_ROTL(v1, 17); \
		v1 ^= v2;              \
		v2 = PRF_ROTL(v2, 32); \
	} while (0)

static __always_inline void prf_init(struct tsem_task *t, u64 key0, u64 key1)
{
	t->prf[0] = key0 ^ 0x736f6d6570736575ULL;
	t->prf[1] = key1 ^ 0x646f72616e646f6dULL ^ 0xee;
	t->prf[2] = key0 ^ 0x6c7967656e657261ULL;
	t->prf[3] = key1 ^ 0x7465646279746573ULL;
}

static __always_inline void prf_word(struct tsem_task *t, u64 word)
{
	u64 v0 = t->prf[0], v1 = t->prf[1], v2 = t->prf[2], v3 = t->prf[3] ^ word;

	PRF_ROUND(v0, v1, v2, v3);
	t->prf[0] = v0 ^ word;
	t->prf[1] = v1;
	t->prf[2] = v2;
	t->prf[3] = v3;
}

static __always_inline void prf_digest(struct tsem_task *t, const u8 *digest)
{
	const u64 *words = (const u64 *)digest;

#pragma unroll
	for (int i = 0; i < TSEM_DIGEST_SIZE / 8; i++)
		prf_word(t, words[i]);
}

static __always_inline void prf_final(struct tsem_task *t, u64 *out)
{
	u64 v0 = t->prf[0], v1 = t->prf[1], v2 = t->prf[2] ^ 0xee, v3 = t->prf[3];

	PRF_ROUND(v0, v1, v2, v3);
	PRF_ROUND(v0, v1, v2, v3);
	PRF_ROUND(v0, v1, v2, v3);
	out[0] = v0 ^ v1 ^ v2 ^ v3;
	v1 ^= 0xdd;
	PRF_ROUND(v0, v1, v2, v3);
	PRF_ROUND(v0, v1, v2, v3);
	PRF_ROUND(v0, v1, v2, v3);
	out[1] = v0 ^ v1 ^ v2 ^ v3;
}

#endif
