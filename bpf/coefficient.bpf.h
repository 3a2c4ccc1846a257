/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an event to its coefficient: the building blocks that write a description, and the map step.
 *
 * A hook program describes its event with the cell_*() functions. Each appends to the description in record.cell, the
 * very bytes that are hashed and that go into the ring. coefficient_map() looks the whole of it up in the memo: a
 * repeated event is not hashed. Only on a miss it is, as H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)).
 */
#ifndef TSEM_COEFFICIENT_BPF_H
#define TSEM_COEFFICIENT_BPF_H

#include "digest.bpf.h"
#include "memo.bpf.h"
#include "namespace.bpf.h"
#include "prf.bpf.h"

#define TSEM_NAME_ENTRY(number, name) [number] = #name,
static const char event_names[TSEM_EVENT_END][TSEM_EVENT_NAME_MAX] = { TSEM_EVENTS(TSEM_NAME_ENTRY) };
#define TSEM_NAME_SIZE_ENTRY(number, name) [number] = sizeof(#name) - 1,
static const u8 event_name_sizes[TSEM_EVENT_END] = { TSEM_EVENTS(TSEM_NAME_SIZE_ENTRY) };

static const u64 digest_none[TSEM_DIGEST_MAX / 8];
static const u64 digest_ones[TSEM_DIGEST_MAX / 8] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL };

/* A copy from the kernel is done in pieces of this size, so that one may end close to the end of the cell. */
#define CELL_PIECE 256

/* The event can be in no model, since it could not be described in full; the first reason counts. */
static __always_inline void event_unmodeled(struct tsem_task *t, enum tsem_loss why)
{
	if (!t->unmodeled)
		t->unmodeled = why + 1;
}

/* Room for `size` (a constant) bytes at the end of the description, or NULL. */
static __always_inline void *cell_room(struct tsem_task *t, u32 size)
{
	u32 offset = t->record.cell_size;

	if (offset > TSEM_CELL_MAX - size) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return NULL;
	}
	t->record.cell_size = offset + size;
	return t->record.cell + offset;
}

static __always_inline void cell_u16(struct tsem_task *t, u16 value)
{
	u16 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
}

static __always_inline void cell_u32(struct tsem_task *t, u32 value)
{
	u32 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
}

/* Two values that stand together. */
static __always_inline void cell_u32_pair(struct tsem_task *t, u32 first, u32 second)
{
	u32 *p = cell_room(t, 2 * sizeof(*p));

	if (p) {
		p[0] = first;
		p[1] = second;
	}
}

static __always_inline void cell_u64(struct tsem_task *t, u64 value)
{
	u64 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
}

/* The last `size` bytes are told, but not hashed. */
static __always_inline void cell_unhashed(struct tsem_task *t, u32 size)
{
	u32 n = t->skips;

	if (n >= TSEM_SKIPS_MAX) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return;
	}
	t->skip[n].offset = t->record.cell_size - size;
	t->skip[n].size = size;
	t->skips = n + 1;
}

static __always_inline void cell_u32_unhashed(struct tsem_task *t, u32 value)
{
	u32 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
	cell_unhashed(t, sizeof(*p));
}

static __always_inline void cell_u64_unhashed(struct tsem_task *t, u64 value)
{
	u64 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
	cell_unhashed(t, sizeof(*p));
}

/* The last `size` bytes of the description are bound to this machine: `portable` leaves them out. */
static __always_inline void cell_local(struct tsem_task *t, u32 size)
{
	if (t->model == TSEM_MODEL_PORTABLE)
		cell_unhashed(t, size);
}

/* `count` words, a constant. */
static __always_inline void cell_words(struct tsem_task *t, const u64 *words, u32 count)
{
	u64 *p = cell_room(t, count * sizeof(*p));

	if (!p)
		return;
#pragma unroll
	for (u32 i = 0; i < count; i++)
		p[i] = words[i];
}

/* Appends `size` bytes at the kernel address `from`. */
__noinline int cell_bytes(struct tsem_task *t __arg_nonnull, u64 from, u32 size)
{
	u32 offset = t->record.cell_size, i;

	if (size > TSEM_CELL_MAX || offset > TSEM_CELL_MAX - size) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	t->record.cell_size = offset + size;
	bpf_for(i, 0, TSEM_CELL_MAX / CELL_PIECE) {
		u32 done = i * CELL_PIECE, at = offset + done, piece;

		if (done >= size || !at_most(at, TSEM_CELL_MAX))
			break;
		piece = size - done;
		if (!at_most(piece, CELL_PIECE))
			piece = CELL_PIECE;
		if (bpf_probe_read_kernel(t->record.cell + at, piece, (const void *)(from + done))) {
			event_unmodeled(t, TSEM_LOSS_CELL);
			return -EINVAL;
		}
	}
	return 0;
}

/* A digest of the namespace's hash. That of 32 bytes is the common one. */
static __always_inline void cell_digest(struct tsem_task *t, const u8 *digest)
{
	if (t->digest_size == TSEM_KEY_SIZE)
		cell_words(t, (const u64 *)digest, TSEM_KEY_SIZE / 8);
	else
		cell_bytes(t, address_of(t, digest), t->digest_size);
}

/* A digest padded with zeros, as it is kept, to 64 bytes. */
static __always_inline void cell_digest64(struct tsem_task *t, const u8 *digest)
{
	cell_words(t, (const u64 *)digest, TSEM_DIGEST_MAX / 8);
}

/* STR of a kernel string that ends with a NUL. */
__noinline int cell_string(struct tsem_task *t __arg_nonnull, u64 from)
{
	u32 offset = t->record.cell_size + 4, size = 0, i;

	bpf_for(i, 0, TSEM_CELL_MAX / (CELL_PIECE - 1)) {
		u32 at = offset + i * (CELL_PIECE - 1);
		long got;

		if (!at_most(at, TSEM_CELL_MAX)) {
			event_unmodeled(t, TSEM_LOSS_CELL);
			return -E2BIG;
		}
		got = bpf_probe_read_kernel_str(t->record.cell + at, CELL_PIECE, (void *)(from + i * (CELL_PIECE - 1)));
		if (got <= 0) {
			event_unmodeled(t, TSEM_LOSS_CELL);
			return -EINVAL;
		}
		size = i * (CELL_PIECE - 1) + got - 1;
		if (got < CELL_PIECE)
			break;
	}
	offset -= 4;
	if (!at_most(offset, TSEM_CELL_MAX) || size > TSEM_CELL_MAX - 4 || offset > TSEM_CELL_MAX - 4 - size) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	*(u32 *)(t->record.cell + offset) = size;
	t->record.cell_size = offset + 4 + size;
	return 0;
}

/* STR of cell[from .. from + size), bytes that lie at least 32 behind the description. */
__noinline int cell_move(struct tsem_task *t __arg_nonnull, u32 from, u32 size)
{
	u32 to = t->record.cell_size, end = from + size;

	if (!at_most(to, TSEM_CELL_MAX) || to + 32 > from || end > TSEM_CELL_MAX) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	*(u32 *)(t->record.cell + to) = size;
	to += 4;
	t->record.cell_size = to + size;
	while (can_loop) {
		u64 *in, *out;

		if (from >= end || !at_most(from, TSEM_CELL_MAX) || !at_most(to, TSEM_CELL_MAX))
			break;
		in = (u64 *)(t->record.cell + from);
		out = (u64 *)(t->record.cell + to);
		out[0] = in[0];
		out[1] = in[1];
		from += 16;
		to += 16;
	}
	return 0;
}

/* The scratch of the hash functions; NULL: no memory, which is counted. */
static __always_inline struct tsem_hashing *hashing(struct tsem_task *t)
{
	struct tsem_hashing *s;

	s = bpf_task_storage_get(&tsem_hashing, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (s)
		s->message_size = 0;
	else
		event_unmodeled(t, TSEM_LOSS_STORAGE);
	return s;
}

/* Appends cell[from .. to) to the message that will be hashed. */
__noinline int message_add_cell(struct tsem_hashing *s __arg_nonnull, struct tsem_task *t __arg_nonnull, u32 from,
				u32 to)
{
	u32 at = s->message_size, end;

	if (from > to || to > TSEM_CELL_MAX || at > TSEM_MESSAGE_MAX || to - from > TSEM_MESSAGE_MAX - at)
		return -E2BIG;
	end = at + to - from;
	while (can_loop) {
		if (at >= end || !at_most(at, TSEM_MESSAGE_MAX) || !at_most(from, TSEM_CELL_MAX))
			break;
		*(u64 *)(s->message + at) = *(u64 *)(t->record.cell + from);
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

static __always_inline void message_add_digest(struct tsem_hashing *s, struct tsem_task *t, const void *digest)
{
	u32 size = t->digest_size;

	if (at_most(size, TSEM_DIGEST_MAX))
		message_add(s, digest, size);
}

/* D bytes of 0xff into `to`: what stands for a digest that could not be had, and is in no model. */
static __always_inline void digest_fault(struct tsem_task *t, u8 *to)
{
	u32 size = t->digest_size;

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
__noinline int cell_complete(struct tsem_task *t __arg_nonnull)
{
	u32 tail = t->in_tail, size = t->record.cell_size;
	struct tsem_hashing *s;

	if (!tail)
		return 0;
	t->in_tail = 0;
	s = hashing(t);
	if (!s || tail > TSEM_CELL_MAX - TSEM_DIGEST_MAX)
		return -EINVAL;
	if (message_add_cell(s, t, tail, size) || digest_message(s, t->digest))
		return -EINVAL;
	bpf_probe_read_kernel(t->record.cell + tail, TSEM_DIGEST_MAX, s->digest);
	t->record.cell_size = tail + t->digest_size;
	return 0;
}

/* H(CELL) into s->digest. */
static __always_inline int cell_hash(struct tsem_hashing *s, struct tsem_task *t)
{
	u32 from = 0, i;

	s->message_size = 0;
	if (t->record.shape & TSEM_SHAPE_GENERIC) {
		message_add_name(s, t->record.event);
		message_add_digest(s, t, t->empty);
		return digest_message(s, t->digest);
	}
	bpf_for(i, 0, TSEM_SKIPS_MAX) {
		u32 at;

		if (i >= t->skips || !at_most(i, TSEM_SKIPS_MAX - 1))
			break;
		at = t->skip[i].offset;
		if (message_add_cell(s, t, from, at))
			return -EINVAL;
		from = at + t->skip[i].size;
	}
	if (message_add_cell(s, t, from, t->record.cell_size))
		return -EINVAL;
	return digest_message(s, t->digest);
}

/* H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)) into the memo; `exec`: with zero bytes for the TASK_ID. */
__noinline int coefficient_hash(struct tsem_task *t __arg_nonnull, u32 exec)
{
	struct tsem_hashing *s;

	/* Before the scratch is taken, since it may use it too. */
	if (cell_complete(t))
		return -EINVAL;
	s = hashing(t);
	if (!s || cell_hash(s, t))
		return -EINVAL;
	__builtin_memcpy(s->cell, s->digest, TSEM_DIGEST_MAX);
	s->message_size = 0;
	message_add(s, &t->record.coe, sizeof(t->record.coe));
	if (digest_message(s, t->digest))
		return -EINVAL;
	__builtin_memcpy(s->coe, s->digest, TSEM_DIGEST_MAX);
	message_add_name(s, t->record.event);
	message_add_digest(s, t, t->parent_task_id);
	message_add_digest(s, t, exec ? (const void *)digest_none : (const void *)t->task_id);
	message_add_digest(s, t, s->coe);
	message_add_digest(s, t, s->cell);
	if (digest_message(s, t->digest))
		return -EINVAL;
	memo_put(t, s);
	if (exec) {
		__builtin_memcpy(t->next_task_id, s->digest, TSEM_DIGEST_MAX);
	} else {
		__builtin_memcpy(t->key.coefficient, s->digest, TSEM_KEY_SIZE);
		__builtin_memcpy(t->tail.bytes, s->digest + TSEM_KEY_SIZE, sizeof(t->tail));
	}
	return 0;
}

/*
 * The map step: the coefficient of the event at hand into key.coefficient and tail; with `exec` the TASK_ID that this
 * exec gives into next_task_id. 0, or -EINVAL if the event cannot be hashed.
 */
static __always_inline int coefficient_map(struct tsem_task *t, u32 exec)
{
	memo_key(t, t->record.event | exec << 16 | t->unmodeled << 24);
	if (memo_get(t, exec ? t->next_task_id : t->key.coefficient))
		return 0;
	return coefficient_hash(t, exec);
}

#endif
