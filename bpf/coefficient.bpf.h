/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an event to its coefficient: the building blocks that write a description, and the map step.
 *
 * A hook program describes its event with the cell_*() functions. Each appends to the hashed bytes of the description,
 * in record.cell. The told_*() functions put aside what is told and not hashed, at the end of record.cell.
 * coefficient_map() looks the hashed bytes up in the memo: a repeated event is not hashed. Only on a miss it is, as
 * H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)).
 */
#ifndef TSEM_COEFFICIENT_BPF_H
#define TSEM_COEFFICIENT_BPF_H

#include "digest.bpf.h"
#include "memo.bpf.h"
#include "namespace.bpf.h"

#define TSEM_NAME_ENTRY(number, name) [number] = #name,
static const char event_names[TSEM_EVENT_END][TSEM_EVENT_NAME_MAX] = { TSEM_EVENTS(TSEM_NAME_ENTRY) };
#define TSEM_NAME_SIZE_ENTRY(number, name) [number] = sizeof(#name) - 1,
static const u8 event_name_sizes[TSEM_EVENT_END] = { TSEM_EVENTS(TSEM_NAME_SIZE_ENTRY) };

static const u64 digest_none[TSEM_DIGEST_MAX / 8];
static const u64 digest_ones[TSEM_DIGEST_MAX / 8] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL };

/* A copy from the kernel is done in pieces of this size, so that one may end close to the end of the cell. */
#define CELL_PIECE 256

/* The event can be in no model, since it could not be described in full; the first reason counts. */
static __always_inline void event_unmodeled(struct tsem_scratch *e, enum tsem_loss why)
{
	if (!e->unmodeled)
		e->unmodeled = why + 1;
}

/* Nothing is described yet. */
static __always_inline void cell_clear(struct tsem_scratch *e)
{
	e->unmodeled = 0;
	e->in_tail = 0;
	e->told_floor = TSEM_CELL_MAX;
	e->cell_limit = TSEM_CELL_MAX;
	e->told_count = 0;
	e->pattern = 0;
	e->record.flags = 0;
	e->record.action = 0;
	e->record.shape = 0;
	e->record.forms = 0;
	e->record.hashed_size = 0;
}

/* Room for `size` (a constant) bytes at the end of the description, or NULL. */
static __always_inline void *cell_room(struct tsem_scratch *e, u32 size)
{
	u32 offset = e->record.hashed_size;

	if (offset > TSEM_CELL_MAX - size || offset + size > e->cell_limit) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return NULL;
	}
	e->record.hashed_size = offset + size;
	return e->record.cell + offset;
}

static __always_inline void cell_u16(struct tsem_scratch *e, u16 value)
{
	u16 *p = cell_room(e, sizeof(*p));

	if (p)
		*p = value;
}

static __always_inline void cell_u32(struct tsem_scratch *e, u32 value)
{
	u32 *p = cell_room(e, sizeof(*p));

	if (p)
		*p = value;
}

/* Two values that stand together. */
static __always_inline void cell_u32_pair(struct tsem_scratch *e, u32 first, u32 second)
{
	u32 *p = cell_room(e, 2 * sizeof(*p));

	if (p) {
		p[0] = first;
		p[1] = second;
	}
}

static __always_inline void cell_u64(struct tsem_scratch *e, u64 value)
{
	u64 *p = cell_room(e, sizeof(*p));

	if (p)
		*p = value;
}

/* Bytes that may lie between the hashed and the told ones: the memo and the word-wise copies write behind their end. */
#define TOLD_GAP 40

/* The bytes cell[floor .. floor + size), which lie below all that is told so far, are told next. */
static __always_inline void told_piece(struct tsem_scratch *e, u32 floor, u32 size)
{
	u32 n = e->told_count;

	if (!at_most(n, TSEM_TOLD_MAX - 1) || floor < e->record.hashed_size + TOLD_GAP) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return;
	}
	e->told[n].offset = floor;
	e->told[n].size = size;
	e->told_count = n + 1;
	e->told_floor = floor;
	e->cell_limit = floor - TOLD_GAP;
}

/* Room for the next `size` (a constant) bytes that are told, or NULL. */
static __always_inline void *told_room(struct tsem_scratch *e, u32 size)
{
	u32 floor = e->told_floor - size;

	if (!at_most(floor, TSEM_CELL_MAX - size)) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return NULL;
	}
	told_piece(e, floor, size);
	return e->record.cell + floor;
}

static __always_inline void told_u32(struct tsem_scratch *e, u32 value)
{
	u32 *p = told_room(e, sizeof(*p));

	if (p)
		*p = value;
}

static __always_inline void told_u64(struct tsem_scratch *e, u64 value)
{
	u64 *p = told_room(e, sizeof(*p));

	if (p)
		*p = value;
}

/* Room for bytes that are bound to this machine: `portable` tells them and does not hash them. */
static __always_inline void *local_room(struct tsem_scratch *e, u32 size)
{
	return e->record.encoding == TSEM_ENCODING_PORTABLE ? told_room(e, size) : cell_room(e, size);
}

/* `count` words, a constant. */
static __always_inline void cell_words(struct tsem_scratch *e, const u64 *words, u32 count)
{
	u64 *p = cell_room(e, count * sizeof(*p));

	if (!p)
		return;
#pragma unroll
	for (u32 i = 0; i < count; i++)
		p[i] = words[i];
}

/* Appends `size` bytes at the kernel address `from`. */
__noinline int cell_bytes(struct tsem_scratch *e __arg_nonnull, u64 from, u32 size)
{
	u32 offset = e->record.hashed_size, i;

	if (size > TSEM_CELL_MAX || offset > TSEM_CELL_MAX - size || offset + size > e->cell_limit) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	e->record.hashed_size = offset + size;
	bpf_for(i, 0, TSEM_CELL_MAX / CELL_PIECE) {
		u32 done = i * CELL_PIECE, at = offset + done, piece;

		if (done >= size || !at_most(at, TSEM_CELL_MAX))
			break;
		piece = size - done;
		if (!at_most(piece, CELL_PIECE))
			piece = CELL_PIECE;
		if (bpf_probe_read_kernel(e->record.cell + at, piece, (const void *)(from + done))) {
			event_unmodeled(e, TSEM_LOSS_CELL);
			return -EINVAL;
		}
	}
	return 0;
}

/* A digest of the namespace's hash. That of 32 bytes is the common one. */
static __always_inline void cell_digest(struct tsem_scratch *e, const u8 *digest)
{
	if (e->record.digest_size == TSEM_KEY_SIZE)
		cell_words(e, (const u64 *)digest, TSEM_KEY_SIZE / 8);
	else
		cell_bytes(e, address_of(e, digest), e->record.digest_size);
}

/* A digest padded with zeros, as it is kept, to 64 bytes. */
static __always_inline void cell_digest64(struct tsem_scratch *e, const u8 *digest)
{
	cell_words(e, (const u64 *)digest, TSEM_DIGEST_MAX / 8);
}

/* STR of a kernel string that ends with a NUL. */
__noinline int cell_string(struct tsem_scratch *e __arg_nonnull, u64 from)
{
	u32 offset = e->record.hashed_size + 4, size = 0, i;

	bpf_for(i, 0, TSEM_CELL_MAX / (CELL_PIECE - 1)) {
		u32 at = offset + i * (CELL_PIECE - 1);
		long got;

		if (!at_most(at, TSEM_CELL_MAX) || at > e->cell_limit) {
			event_unmodeled(e, TSEM_LOSS_CELL);
			return -E2BIG;
		}
		got = bpf_probe_read_kernel_str(e->record.cell + at, CELL_PIECE, (void *)(from + i * (CELL_PIECE - 1)));
		if (got <= 0) {
			event_unmodeled(e, TSEM_LOSS_CELL);
			return -EINVAL;
		}
		size = i * (CELL_PIECE - 1) + got - 1;
		if (got < CELL_PIECE)
			break;
	}
	offset -= 4;
	if (!at_most(offset, TSEM_CELL_MAX) || size > TSEM_CELL_MAX - 4 || offset + 4 + size > e->cell_limit) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	*(u32 *)(e->record.cell + offset) = size;
	e->record.hashed_size = offset + 4 + size;
	return 0;
}

/*
 * Appends cell[from .. from + size), bytes that lie at least 32 behind the end of the description. The copy goes in
 * pieces of 16 bytes and may write as many behind its end.
 */
__noinline int cell_append(struct tsem_scratch *e __arg_nonnull, u32 from, u32 size)
{
	u32 to = e->record.hashed_size, end = from + size;

	if (!size)
		return 0;
	if (!at_most(to, TSEM_CELL_MAX) || to + 32 > from || end > TSEM_CELL_MAX || to + size > e->cell_limit) {
		event_unmodeled(e, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	e->record.hashed_size = to + size;
	while (can_loop) {
		u64 *in, *out;

		if (from >= end || !at_most(from, TSEM_CELL_MAX) || !at_most(to, TSEM_CELL_MAX))
			break;
		in = (u64 *)(e->record.cell + from);
		out = (u64 *)(e->record.cell + to);
		out[0] = in[0];
		out[1] = in[1];
		from += 16;
		to += 16;
	}
	return 0;
}

/* STR of such bytes. */
static __always_inline int cell_move(struct tsem_scratch *e, u32 from, u32 size)
{
	cell_u32(e, size);
	return cell_append(e, from, size);
}

/* The scratch of the hash functions; NULL: no memory, which is counted. */
static __always_inline struct tsem_hashing *hashing(struct tsem_scratch *e)
{
	struct tsem_hashing *s;

	s = bpf_task_storage_get(&tsem_hashing, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (s)
		s->message_size = 0;
	else
		event_unmodeled(e, TSEM_LOSS_HASH);
	return s;
}

/* Appends cell[from .. to) to the message that will be hashed. */
__noinline int message_add_cell(struct tsem_hashing *s __arg_nonnull, struct tsem_scratch *e __arg_nonnull, u32 from,
				u32 to)
{
	u32 at = s->message_size, end;

	if (from > to || to > TSEM_CELL_MAX || at > TSEM_MESSAGE_MAX || to - from > TSEM_MESSAGE_MAX - at)
		return -E2BIG;
	end = at + to - from;
	while (can_loop) {
		if (at >= end || !at_most(at, TSEM_MESSAGE_MAX) || !at_most(from, TSEM_CELL_MAX))
			break;
		*(u64 *)(s->message + at) = *(u64 *)(e->record.cell + from);
		at += 8;
		from += 8;
	}
	s->message_size = end;
	return 0;
}

/* For the fixed parts of a coefficient, which is far smaller than a message may be. */
static __always_inline void message_add(struct tsem_hashing *s, const void *from, u32 size)
{
	u32 at = s->message_size;

	if (!at_most(at, 512))
		return;
	bpf_probe_read_kernel(s->message + at, size, from);
	s->message_size = at + size;
}

static __always_inline void message_add_digest(struct tsem_hashing *s, struct tsem_scratch *e, const void *digest)
{
	u32 size = e->record.digest_size;

	if (at_most(size, TSEM_DIGEST_MAX))
		message_add(s, digest, size);
}

/* D bytes of 0xff into `to`: what stands for a digest that could not be had, and is in no model. */
static __always_inline void digest_fault(struct tsem_scratch *e, u8 *to)
{
	u32 size = e->record.digest_size;

	if (at_most(size, TSEM_DIGEST_MAX))
		bpf_probe_read_kernel(to, size, digest_ones);
}

static __always_inline void message_add_name(struct tsem_hashing *s, u32 event)
{
	if (event >= TSEM_EVENT_END)
		return;
	bpf_probe_read_kernel(s->message, TSEM_EVENT_NAME_MAX, event_names[event]);
	s->message_size = event_name_sizes[event];
}

/*
 * Completes a description: an address of a family without an encoding of its own gives way to its digest. Done at the
 * latest before the description is hashed or sent.
 */
__noinline int cell_complete(struct tsem_scratch *e __arg_nonnull)
{
	u32 tail = e->in_tail, size = e->record.hashed_size;
	struct tsem_hashing *s;

	if (!tail)
		return 0;
	e->in_tail = 0;
	s = hashing(e);
	if (!s || tail > TSEM_CELL_MAX - TSEM_DIGEST_MAX)
		return -EINVAL;
	if (message_add_cell(s, e, tail, size) || digest_message(s, e->record.digest))
		return -EINVAL;
	bpf_probe_read_kernel(e->record.cell + tail, TSEM_DIGEST_MAX, s->digest);
	e->record.hashed_size = tail + e->record.digest_size;
	return 0;
}

/*
 * H(CELL) into s->digest. SHAPE stands in front of the hashed bytes, so that a part that is missing gives no other
 * event's bytes.
 */
static __always_inline int cell_hash(struct tsem_hashing *s, struct tsem_scratch *e)
{
	s->message_size = 0;
	if (e->record.flags & TSEM_RECORD_GENERIC) {
		message_add_name(s, e->record.event);
		message_add_digest(s, e, e->empty);
		return digest_message(s, e->record.digest);
	}
	*(u32 *)s->message = e->record.shape;
	s->message_size = sizeof(u32);
	if (message_add_cell(s, e, 0, e->record.hashed_size))
		return -EINVAL;
	return digest_message(s, e->record.digest);
}

/* H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)); `exec`: with zero bytes for the TASK_ID, into next_task_id. */
__noinline int coefficient_hash(struct tsem_scratch *e __arg_nonnull, u32 exec)
{
	struct tsem_hashing *s;

	/* Before the scratch is taken, since it may use it too. */
	if (cell_complete(e))
		return -EINVAL;
	s = hashing(e);
	if (!s || cell_hash(s, e))
		return -EINVAL;
	__builtin_memcpy(s->cell, s->digest, TSEM_DIGEST_MAX);
	s->message_size = 0;
	message_add(s, &e->record.coe, sizeof(e->record.coe));
	if (digest_message(s, e->record.digest))
		return -EINVAL;
	__builtin_memcpy(s->coe, s->digest, TSEM_DIGEST_MAX);
	message_add_name(s, e->record.event);
	message_add_digest(s, e, e->record.parent_task_id);
	message_add_digest(s, e, exec ? (const void *)digest_none : (const void *)e->record.task_id);
	message_add_digest(s, e, s->coe);
	message_add_digest(s, e, s->cell);
	if (digest_message(s, e->record.digest))
		return -EINVAL;
	if (exec) {
		__builtin_memcpy(e->next_task_id, s->digest, TSEM_DIGEST_MAX);
	} else {
		__builtin_memcpy(e->key.coefficient, s->digest, TSEM_KEY_SIZE);
		__builtin_memcpy(e->tail.bytes, s->digest + TSEM_KEY_SIZE, sizeof(e->tail));
	}
	return 0;
}

/* What the memo is asked for the event at hand. */
static __always_inline u32 memo_kind(struct tsem_scratch *e, u32 exec)
{
	return e->record.event | exec << 16 | e->unmodeled << 24;
}

/*
 * The map step: the coefficient of the event at hand, whose memo[] is set, into key.coefficient and tail; with `exec`
 * the TASK_ID that this exec gives into next_task_id. 1: the memo had it; 0: it was hashed; -EINVAL: the event cannot
 * be hashed.
 */
static __always_inline int coefficient_map(struct tsem_scratch *e, u32 exec)
{
	if (memo_get(e, exec ? e->next_task_id : e->key.coefficient))
		return 1;
	return coefficient_hash(e, exec);
}

#endif
