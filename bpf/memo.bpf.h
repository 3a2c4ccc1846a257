/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memo: from an event to its coefficient, so that a repeated event is not hashed.
 *
 * The tag of an event is NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999), a universal hash, over the hashed
 * bytes of its description, twice with a shifted key, added to the subject, a SipHash of who acts. NH costs BPF a third
 * of SipHash, since BPF cannot rotate. Bytes that are told and not hashed are left out: an event on a random name hits.
 *
 * An entry that has an owner also answers for the decide step: its coefficient is valid in that namespace. So the
 * repeated case costs one look-up.
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
	e->memo_bucket = prf_of_word(tsem_bucket_secret, sum0 + sum1) & (TSEM_MEMO_BUCKETS - 1);
}

/* The owner of an entry that says nothing of any namespace, and who may take nothing from the memo: no two are equal.
 */
#define MEMO_NOBODYS (~0ULL)
#define MEMO_NOBODY (~0ULL - 1)
#define MEMO_USES_MASK ((1ULL << TSEM_MEMO_USES_BITS) - 1)

static __always_inline struct tsem_memo *memo_bucket(const struct tsem_scratch *e)
{
	u32 i = e->memo_bucket;

	return bpf_map_lookup_elem(&tsem_memo, &i);
}

static __always_inline bool memo_matches(const struct tsem_scratch *e, const struct tsem_memo_entry *known, bool owned)
{
	return known->hash[0] == e->memo[0] && known->hash[1] == e->memo[1] &&
	       (!owned || known->owner == e->memo_owner);
}

/*
 * Begins to read the entry of the event memo[]: that of its namespace, if `owned`, or any. NULL: there is none. What is
 * read from it is good if memo_read_end() says so.
 */
static __always_inline struct tsem_memo_entry *memo_read_begin(struct tsem_scratch *e, struct tsem_memo *m, bool owned,
							       u32 *lock)
{
	*lock = *(volatile u32 *)&m->lock;
	read_fence();
	if (memo_matches(e, &m->entry[0], owned))
		return &m->entry[0];
	return memo_matches(e, &m->entry[1], owned) ? &m->entry[1] : NULL;
}

static __always_inline bool memo_read_end(struct tsem_memo *m, u32 lock)
{
	read_fence();
	return !(lock & 1) && *(volatile u32 *)&m->lock == lock;
}

/* The entry that says that the event memo[] is valid in its namespace, or NULL. `uses`: what it has counted. */
static __always_inline struct tsem_memo_entry *memo_owned(struct tsem_scratch *e, u64 *uses)
{
	struct tsem_memo *m = memo_bucket(e);
	struct tsem_memo_entry *known;
	u32 lock;

	known = m ? memo_read_begin(e, m, true, &lock) : NULL;
	if (!known)
		return NULL;
	*uses = *(volatile u64 *)&known->uses;
	return memo_read_end(m, lock) ? known : NULL;
}

/*
 * Is the event memo[] known to be valid in its namespace? Then it is counted. A writer that replaces the entry changes
 * `uses`: what is counted here belongs to the entry that was compared.
 */
static __always_inline bool memo_use(struct tsem_scratch *e)
{
	u64 uses;
	struct tsem_memo_entry *known = memo_owned(e, &uses);

	return known && __sync_val_compare_and_swap(&known->uses, uses, uses + 1) == uses;
}

/* The coefficient of the event memo[] into `out`, room for the widest; false: not known. */
static __always_inline bool memo_get(struct tsem_scratch *e, u8 *out)
{
	struct tsem_memo *m = memo_bucket(e);
	struct tsem_memo_entry *known;
	u64 *to = (u64 *)out;
	const u64 *from;
	u32 lock;

	known = m ? memo_read_begin(e, m, false, &lock) : NULL;
	if (!known)
		return false;
	from = (const u64 *)known->coefficient;
#pragma unroll
	for (int i = 0; i < TSEM_DIGEST_MAX / 8; i++)
		to[i] = from[i];
	return memo_read_end(m, lock);
}

/* What an entry that goes has counted. */
static __always_inline void memo_settle(struct tsem_memo_entry *known)
{
	u64 uses = *(volatile u64 *)&known->uses;
	struct tsem_coefficient_key key;
	struct tsem_coefficient *c;

	uses = __sync_lock_test_and_set(&known->uses, ((uses >> TSEM_MEMO_USES_BITS) + 1) << TSEM_MEMO_USES_BITS);
	uses &= MEMO_USES_MASK;
	if (!uses)
		return;
	key.ns = (u32)known->owner;
	__builtin_memcpy(key.coefficient, known->coefficient, TSEM_KEY_SIZE);
	c = bpf_map_lookup_elem(&tsem_coefficients, &key);
	if (c)
		__sync_fetch_and_add(&c->count, uses);
}

/*
 * Keeps under the tag memo[] the coefficient of the event at hand, or next_task_id with `exec`, unless another writer
 * is at that bucket. `owner`: of tsem_memo_entry.
 */
__noinline int memo_put(struct tsem_scratch *e __arg_nonnull, u64 owner, u32 exec)
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
	memo_settle(known);
	known->hash[0] = e->memo[0];
	known->hash[1] = e->memo[1];
	known->owner = owner;
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
