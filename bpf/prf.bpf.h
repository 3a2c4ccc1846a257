/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SipHash-1-3 (Aumasson, Bernstein 2012), a pseudorandom function. Its keys are drawn at random for every load: one for
 * who acts, with 128 bits of output, and one for the buckets of the memo, with 64 bits.
 */
#ifndef TSEM_PRF_BPF_H
#define TSEM_PRF_BPF_H

#include "common.bpf.h"

/* Random, set by `tsem-bpf load` before the programs are loaded. */
const volatile u64 tsem_subject_secret[2] = {};

struct prf {
	u64 v0, v1, v2, v3;
};

static __always_inline u64 prf_rotate(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

static __always_inline void prf_round(struct prf *p)
{
	p->v0 += p->v1;
	p->v1 = prf_rotate(p->v1, 13) ^ p->v0;
	p->v0 = prf_rotate(p->v0, 32);
	p->v2 += p->v3;
	p->v3 = prf_rotate(p->v3, 16) ^ p->v2;
	p->v0 += p->v3;
	p->v3 = prf_rotate(p->v3, 21) ^ p->v0;
	p->v2 += p->v1;
	p->v1 = prf_rotate(p->v1, 17) ^ p->v2;
	p->v2 = prf_rotate(p->v2, 32);
}

static __always_inline void prf_init(struct prf *p, u64 key0, u64 key1)
{
	p->v0 = key0 ^ 0x736f6d6570736575ULL;
	p->v1 = key1 ^ 0x646f72616e646f6dULL ^ 0xee;
	p->v2 = key0 ^ 0x6c7967656e657261ULL;
	p->v3 = key1 ^ 0x7465646279746573ULL;
}

static __always_inline void prf_word(struct prf *p, u64 word)
{
	p->v3 ^= word;
	prf_round(p);
	p->v0 ^= word;
}

static __always_inline void prf_words(struct prf *p, const u64 *words, u32 count)
{
	for (u32 i = 0; i < count; i++)
		prf_word(p, words[i]);
}

static __always_inline void prf_final(struct prf *p, u64 *out)
{
	p->v2 ^= 0xee;
	prf_round(p);
	prf_round(p);
	prf_round(p);
	out[0] = p->v0 ^ p->v1 ^ p->v2 ^ p->v3;
	p->v1 ^= 0xdd;
	prf_round(p);
	prf_round(p);
	prf_round(p);
	out[1] = p->v0 ^ p->v1 ^ p->v2 ^ p->v3;
}

/*
 * The same of one word with 64 bits of output, from a random state: the key has been absorbed, and the half of the
 * first round that does not depend on the word.
 */
static __always_inline u64 prf_of_word(const volatile u64 *state, u64 word)
{
	struct prf p = { state[0], state[1], state[2], state[3] ^ word };

	p.v2 += p.v3;
	p.v3 = prf_rotate(p.v3, 16) ^ p.v2;
	p.v0 += p.v3;
	p.v3 = prf_rotate(p.v3, 21) ^ p.v0;
	p.v2 += p.v1;
	p.v1 = prf_rotate(p.v1, 17) ^ p.v2;
	p.v2 = prf_rotate(p.v2, 32);
	p.v0 ^= word;
	p.v2 ^= 0xff;
	prf_round(&p);
	prf_round(&p);
	prf_round(&p);
	return p.v0 ^ p.v1 ^ p.v2 ^ p.v3;
}

#endif
