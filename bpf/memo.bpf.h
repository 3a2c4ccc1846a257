/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memo: from an event to its coefficient, so that a repeated event is not hashed.
 *
 * The tag of an event is NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999), a universal hash, over the hashed
 * bytes of its description, twice with a shifted key, added to the subject, a SipHash of who acts. NH costs BPF a third
 * of SipHash, since BPF cannot rotate. Bytes that are told and not hashed are left out: an event on a random name hits.
 *
 * The bucket of a tag is a SipHash of its sum under a key of its own. So the time that an event takes tells nothing of
 * the key of NH: only equal tags meet, which two descriptions have with a probability of 2^-64, whatever a workload
 * chooses. Only coefficients that were found valid are kept. All keys are drawn at random for every load. No task of a
 * namespace may load a program that reads them.
 *
 * The table is an array of small buckets, each guarded by a sequence count. A reader that meets a writer takes it for a
 * miss.
 */
#ifndef TSEM_MEMO_BPF_H
#define TSEM_MEMO_BPF_H

#include "common.bpf.h"
#include "prf.bpf.h"
#include "tsem_maps.bpf.h"

/* Bytes of a description that one turn of the loop takes. */
#define MEMO_PIECE 32
#define MEMO_HEADER 2
#define MEMO_WORDS (TSEM_CELL_MAX / 8 + MEMO_HEADER + MEMO_PIECE / 8 + 1)

/* Random, set by `tsem-bpf load` before the programs are loaded. */
const volatile u64 tsem_memo_secret[MEMO_WORDS] = {};
const volatile u64 tsem_bucket_secret[4] = {};

/* Both sums over one word: each half of it is added to a half of a key word, and the two are multiplied. */
#define NH(word, key)                                                   \
	do {                                                            \
		u32 low = (u32)(word), high = (word) >> 32;             \
		sum0 += (u64)(low + (key)[0]) * (u32)(high + (key)[1]); \
		sum1 += (u64)(low + (key)[2]) * (u32)(high + (key)[3]); \
	} while (0)

/* The tag of the event at hand, as far as it is described, into memo[]. `kind`: what is to be known of it. */
static __always_inline void memo_key(struct tsem_scratch *e, u32 kind)
{
	const u32 *secret = (const u32 *)tsem_memo_secret;
	u32 size = e->record.hashed_size, at = *(volatile u32 *)&e->zero;
	u64 sum0 = e->subject[0], sum1 = e->subject[1];

	/* Without `volatile` the compiler would take the key for the zeros that it is initialized with. */
	barrier_var(secret);
	NH(size | (u64)kind << 32, secret);
	NH((u64)e->record.shape, secret + 2);
	/* The last piece is padded with zeros. */
	if (at_most(size, TSEM_CELL_MAX)) {
		u64 *end = (u64 *)(e->record.cell + size);

		end[0] = 0, end[1] = 0, end[2] = 0, end[3] = 0;
	}
	while (can_loop) {
		const u64 *word;
		const u32 *key;

		if (at >= size || !at_most(at, TSEM_CELL_MAX - MEMO_PIECE))
			break;
		word = (const u64 *)(e->record.cell + at);
		key = (const u32 *)((const u8 *)secret + at) + 2 * MEMO_HEADER;
		NH(word[0], key);
		NH(word[1], key + 2);
		NH(word[2], key + 4);
		NH(word[3], key + 6);
		at += MEMO_PIECE;
	}
	e->memo[0] = sum0;
	e->memo[1] = sum1;
}

static __always_inline struct tsem_memo *memo_bucket(const struct tsem_scratch *e)
{
	u32 i = prf_of_word(tsem_bucket_secret, e->memo[0] + e->memo[1]) & (TSEM_MEMO_BUCKETS - 1);

	return bpf_map_lookup_elem(&tsem_memo, &i);
}

/* The coefficient of the key memo[] into `out`, room for the widest; false: not known. */
static __always_inline bool memo_get(struct tsem_scratch *e, u8 *out)
{
	struct tsem_memo *m = memo_bucket(e);
	u64 hash0 = e->memo[0], hash1 = e->memo[1];
	struct tsem_memo_entry *known;
	u64 *to = (u64 *)out;
	const u64 *from;
	u32 lock;

	if (!m)
		return false;
	lock = *(volatile u32 *)&m->lock;
	read_fence();
	known = &m->entry[0];
	if (known->hash[0] != hash0 || known->hash[1] != hash1) {
		known = &m->entry[1];
		if (known->hash[0] != hash0 || known->hash[1] != hash1)
			return false;
	}
	from = (const u64 *)known->coefficient;
#pragma unroll
	for (int i = 0; i < TSEM_KEY_SIZE / 8; i++)
		to[i] = from[i];
	if (e->record.digest_size > TSEM_KEY_SIZE) {
#pragma unroll
		for (int i = TSEM_KEY_SIZE / 8; i < TSEM_DIGEST_MAX / 8; i++)
			to[i] = from[i];
	}
	read_fence();
	return !(lock & 1) && *(volatile u32 *)&m->lock == lock;
}

/*
 * Keeps under the tag memo[] the coefficient of the event at hand, or next_task_id with `exec`, unless another writer
 * is at that bucket.
 */
__noinline int memo_put(struct tsem_scratch *e __arg_nonnull, u32 exec)
{
	struct tsem_memo *m = memo_bucket(e);
	struct tsem_memo_entry *known;
	u32 lock;

	if (!m)
		return 0;
	lock = *(volatile u32 *)&m->lock;
	if (lock & 1 || __sync_val_compare_and_swap(&m->lock, lock, lock + 1) != lock)
		return 0;
	known = &m->entry[m->next & 1];
	m->next++;
	known->hash[0] = e->memo[0];
	known->hash[1] = e->memo[1];
	if (exec) {
		__builtin_memcpy(known->coefficient, e->next_task_id, TSEM_DIGEST_MAX);
	} else {
		__builtin_memcpy(known->coefficient, e->key.coefficient, TSEM_KEY_SIZE);
		__builtin_memcpy(known->coefficient + TSEM_KEY_SIZE, e->tail.bytes, sizeof(e->tail));
	}
	__sync_fetch_and_add(&m->lock, 1);
	return 0;
}

#endif
