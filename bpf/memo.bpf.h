/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memo: a cache from an event to its coefficient. A repeated event needs no hashing.
 *
 * The tag of an event has two words. Each is the sum of an NH hash and a word of the subject. NH (Black, Halevi,
 * Krawczyk, Krovetz, Rogaway: UMAC, 1999) is a universal hash; it covers the hashed bytes of the description, the
 * second time with a shifted key. The subject is a SipHash of who acts. In BPF, which cannot rotate, NH costs a third
 * of SipHash. NH leaves out the bytes that are told but not hashed, so an event on a random name hits the memo.
 *
 * An entry with an owner also answers for the decide step: its coefficient is valid in the owner's namespace. So a
 * repeated event costs one look-up.
 *
 * The bucket of a tag is a SipHash of the sum of its words, under a separate key. So the time that an event takes says
 * nothing about the key of NH, unless two tags have the same sum. Two descriptions have the same tag with a probability
 * of 2^-64, whatever a workload chooses. The memo keeps only coefficients that were found valid, and the TASK_IDs of
 * valid execs. Each load draws all keys at random. No task of a namespace can load a program that reads them.
 *
 * The table is an array of small buckets. A sequence count guards each bucket. A reader that meets a writer treats this
 * as a miss.
 */
#ifndef TSEM_MEMO_BPF_H
#define TSEM_MEMO_BPF_H

#include "common.bpf.h"
#include "prf.bpf.h"
#include "tsem_maps.bpf.h"

/* Bytes of a description that memo_key() hashes in one turn of its loop. */
#define MEMO_PIECE 32
#define MEMO_HEADER 2
#define MEMO_WORDS (TSEM_CELL_MAX / 8 + MEMO_HEADER + MEMO_PIECE / 8 + 1)

/* Random, set by `tsem-bpf load` before the programs are loaded. */
const volatile u64 tsem_memo_secret[MEMO_WORDS] = {};
const volatile u64 tsem_bucket_secret[4] = {};

/*
 * Adds one word to both sums: adds each half of the word to a half of a key word, and multiplies the two results. With
 * the barriers the compiler finishes one word before it begins the next. Else it needs more registers than BPF has.
 */
#define NH(word, key)                                                   \
	do {                                                            \
		u64 both = (word);                                      \
		u32 low = (u32)both, high = both >> 32;                 \
		sum0 += (u64)(low + (key)[0]) * (u32)(high + (key)[1]); \
		sum1 += (u64)(low + (key)[2]) * (u32)(high + (key)[3]); \
		barrier_var(sum0);                                      \
		barrier_var(sum1);                                      \
	} while (0)

/*
 * Computes the tag of the current event from what is described so far, into memo[], and its bucket. `kind`: see
 * memo_kind().
 */
static __always_inline void memo_key(struct tsem_scratch *e, u32 kind)
{
	const u32 *secret = (const u32 *)tsem_memo_secret;
	u32 size = e->record.hashed_size, at = *(volatile u32 *)&e->zero;
	u64 sum0 = e->subject[0], sum1 = e->subject[1];

	/* The cast drops `volatile`. Without this the compiler would use the zeros of the initializer as the key. */
	barrier_var(secret);
	NH(size | (u64)kind << 32, secret);
	NH((u64)e->record.shape, secret + 2);
	/* Pads the last piece with zeros. */
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

/*
 * MEMO_NOBODYS is the owner of an entry that is not known to be valid in any namespace. MEMO_NOBODY is the memo_owner
 * of a task that may use no namespace's entry. The two differ, so such a task matches no owner.
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
 * Begins to read an entry with the tag memo[]: the one of the task's namespace if `owned`, else any. NULL: there is
 * none. The caller may use what it has read only if memo_read_end() then returns true.
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

/* The entry that says that the event memo[] is valid in its namespace, or NULL. Sets *uses to the entry's counter. */
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
 * Is the event memo[] known to be valid in its namespace? If so, counts it. A writer that replaces the entry changes
 * `uses`, so this only counts for the entry that it has compared. It also fails if another task counts at the same
 * time: the event then takes the slow way.
 */
static __always_inline bool memo_use(struct tsem_scratch *e)
{
	u64 uses;
	struct tsem_memo_entry *known = memo_owned(e, &uses);

	return known && __sync_val_compare_and_swap(&known->uses, uses, uses + 1) == uses;
}

/* Copies the coefficient of the event memo[] to `out`, which has room for the widest digest. False: not known. */
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

/* Adds the uses of an entry that is being replaced to the count of its coefficient. */
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
 * Stores the coefficient of the current event under the tag memo[]; with `exec`, stores next_task_id instead. Stores
 * nothing if another task writes to that bucket. `owner`: see struct tsem_memo_entry.
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
