/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an event to its coefficient: the building blocks that write a description, and the map step.
 *
 * A hook program describes its event with the cell_*() functions. Each appends to the description in record.cell, the
 * very bytes that are hashed and that go into the ring, and absorbs the same information into the memo key. What is
 * dear to fetch and never changes (the superblock's name and UUID, the digest of the content) goes into the memo key as
 * the number of a record that stands for it, and is written into the description late, when it is really needed.
 *
 * coefficient_map() looks the memo key up: a repeated event hashes nothing. Only on a miss is the description completed
 * and hashed, as H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)).
 */
#ifndef TSEM_COEFFICIENT_BPF_H
#define TSEM_COEFFICIENT_BPF_H

#include "digest.bpf.h"
#include "namespace.bpf.h"
#include "prf.bpf.h"

#define TSEM_NAME_ENTRY(number, name) [number] = #name,
static const char event_names[TSEM_EVENT_END][TSEM_EVENT_NAME_MAX] = { TSEM_EVENTS(TSEM_NAME_ENTRY) };
#define TSEM_NAME_SIZE_ENTRY(number, name) [number] = sizeof(#name) - 1,
static const u8 event_name_sizes[TSEM_EVENT_END] = { TSEM_EVENTS(TSEM_NAME_SIZE_ENTRY) };

static const u64 digest_none[TSEM_DIGEST_SIZE / 8];

/* Z = H(""), by enum tsem_digest_type. */
static const u64 digest_empty[4][TSEM_DIGEST_SIZE / 8] = {
	[TSEM_DIGEST_SHA256] = { 0x141cfc9842c4b0e3, 0x24b96f99c8f4fb9a, 0x4c939b64e441ae27, 0x55b852781b9995a4 },
	[TSEM_DIGEST_SHA3_256] = { 0x66d71ebff8c6ffa7, 0x62d661a05647c151, 0xfa493be44dff80f5, 0x4a43f8804b0ad882 },
	[TSEM_DIGEST_SM3] = { 0x7fa1cf55831db21a, 0x8f1ae8314819618e, 0x74fbfe28c7c8be22, 0x2baa8250eb35d07e },
};

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

static __always_inline void cell_u32(struct tsem_task *t, u32 value)
{
	u32 *p = cell_room(t, sizeof(*p));

	if (p)
		*p = value;
	prf_word(t, value);
}

/* Two values that stand together: one word of the memo key instead of two. */
static __always_inline void cell_u32_pair(struct tsem_task *t, u32 first, u32 second)
{
	u32 *p = cell_room(t, 2 * sizeof(*p));

	if (p) {
		p[0] = first;
		p[1] = second;
	}
	prf_word(t, first | (u64)second << 32);
}

/* The last `size` bytes of the description are bound to this machine: `portable` leaves them out. */
static __always_inline void cell_local(struct tsem_task *t, u32 size)
{
	u32 n = t->skips;

	if (t->model != TSEM_MODEL_PORTABLE)
		return;
	if (n >= TSEM_SKIPS_MAX) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return;
	}
	t->skip[n].offset = t->record.cell_size - size;
	t->skip[n].size = size;
	t->skips = n + 1;
}

static __always_inline void cell_digest(struct tsem_task *t, const u8 *digest)
{
	u64 *p = cell_room(t, TSEM_DIGEST_SIZE);
	const u64 *words = (const u64 *)digest;

	if (!p)
		return;
#pragma unroll
	for (int i = 0; i < TSEM_DIGEST_SIZE / 8; i++)
		p[i] = words[i];
}

/* Appends `size` bytes at the kernel address `from`, and absorbs them with their length. */
__noinline int cell_bytes(struct tsem_task *t __arg_nonnull, u64 from, u32 size)
{
	u32 offset = t->record.cell_size;
	u64 v0, v1, v2, v3;
	u8 *to;
	u32 i;

	if (size > TSEM_PATH_MAX || offset > TSEM_CELL_MAX - TSEM_PATH_MAX - 8) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return -E2BIG;
	}
	to = t->record.cell + offset;
	if (bpf_probe_read_kernel(to, size, (const void *)from)) {
		event_unmodeled(t, TSEM_LOSS_PATH);
		return -EINVAL;
	}
	/* The last word is padded with zeros; the length makes that unambiguous. */
	offset += size;
	if (!at_most(offset, TSEM_CELL_MAX - 8))
		return -E2BIG;
	*(u64 *)(t->record.cell + offset) = 0;
	t->record.cell_size = offset;
	v0 = t->prf[0], v1 = t->prf[1], v2 = t->prf[2], v3 = t->prf[3] ^ size;
	PRF_ROUND(v0, v1, v2, v3);
	v0 ^= size;
	bpf_for(i, 0, (size + 15) / 16) {
		u32 at = offset - size + i * 16;
		u64 word;

		if (!at_most(at, TSEM_CELL_MAX - 16))
			break;
		word = *(u64 *)(t->record.cell + at);
		v3 ^= word;
		PRF_ROUND(v0, v1, v2, v3);
		v0 ^= word;
		if (at + 8 >= offset)
			break;
		word = *(u64 *)(t->record.cell + at + 8);
		v3 ^= word;
		PRF_ROUND(v0, v1, v2, v3);
		v0 ^= word;
	}
	t->prf[0] = v0, t->prf[1] = v1, t->prf[2] = v2, t->prf[3] = v3;
	return 0;
}

/* STR: length and bytes. */
static __always_inline void cell_str(struct tsem_task *t, const void *from, u32 size)
{
	u32 *p = cell_room(t, sizeof(*p));

	if (!p)
		return;
	*p = size;
	cell_bytes(t, address_of(t, from), size);
}

/* Appends `size` bytes at `from` to the message that will be hashed. */
static __always_inline void message_add(struct tsem_task *t, const void *from, u32 size)
{
	u32 at = t->message_size;

	if (size > TSEM_CELL_MAX || at > TSEM_MESSAGE_MAX - TSEM_CELL_MAX)
		return;
	bpf_probe_read_kernel(t->message + at, size, from);
	t->message_size = at + size;
}

static __always_inline void message_add_digest(struct tsem_task *t, const void *digest)
{
	u32 at = t->message_size;
	const u64 *words = digest;

	if (at > TSEM_MESSAGE_MAX - TSEM_DIGEST_SIZE)
		return;
#pragma unroll
	for (int i = 0; i < TSEM_DIGEST_SIZE / 8; i++)
		*(u64 *)(t->message + at + i * 8) = words[i];
	t->message_size = at + TSEM_DIGEST_SIZE;
}

static __always_inline void message_add_name(struct tsem_task *t, u32 event)
{
	u32 at = t->message_size;

	if (event >= TSEM_EVENT_END || at > TSEM_MESSAGE_MAX - TSEM_EVENT_NAME_MAX)
		return;
	bpf_probe_read_kernel(t->message + at, TSEM_EVENT_NAME_MAX, event_names[event]);
	t->message_size = at + event_name_sizes[event];
}

/*
 * Completes a description: the names of the superblock in each INODE, and the digest of an address of a family without
 * an encoding of its own. Done at the latest before the description is hashed or sent.
 */
__noinline int cell_complete(struct tsem_task *t __arg_nonnull)
{
	u32 tail = t->in_tail, size = t->record.cell_size;
	struct super_block *sb = bpf_core_cast((void *)t->sb, struct super_block);
	u32 i;

	bpf_for(i, 0, TSEM_INODES_MAX) {
		u32 at;

		if (i >= t->inodes || !at_most(i, TSEM_INODES_MAX - 1))
			break;
		at = t->inode_at[i];
		if (!at_most(at, TSEM_CELL_MAX - 48))
			break;
		/* What stands behind the name there is the rest of an older one. */
		__builtin_memset(t->record.cell + at, 0, 32);
		bpf_probe_read_kernel_str(t->record.cell + at, 32, sb->s_id);
		/* A tmpfs has another UUID after every boot: it counts as zero bytes. */
		if (sb->s_magic == TMPFS_MAGIC)
			__builtin_memset(t->record.cell + at + 32, 0, 16);
		else
			bpf_probe_read_kernel(t->record.cell + at + 32, 16, &sb->s_uuid);
	}
	t->inodes = 0;
	if (!tail)
		return 0;
	t->in_tail = 0;
	if (tail > size || tail > TSEM_CELL_MAX - TSEM_DIGEST_SIZE)
		return -EINVAL;
	t->message_size = 0;
	message_add(t, t->record.cell + tail, size - tail);
	if (digest_message(t, t->digest))
		return -EINVAL;
	bpf_probe_read_kernel(t->record.cell + tail, TSEM_DIGEST_SIZE, t->digest_out);
	t->record.cell_size = tail + TSEM_DIGEST_SIZE;
	return 0;
}

/* H(CELL) into digest_out. */
static __always_inline int cell_hash(struct tsem_task *t)
{
	u32 from = 0, size = t->record.cell_size;
	u32 i;

	t->message_size = 0;
	if (t->record.shape & TSEM_SHAPE_GENERIC) {
		message_add_name(t, t->record.event);
		if (t->digest > TSEM_DIGEST_SM3)
			return -EINVAL;
		message_add_digest(t, digest_empty[t->digest]);
		return digest_message(t, t->digest);
	}
	bpf_for(i, 0, TSEM_SKIPS_MAX) {
		u32 at, skip;

		if (i >= t->skips || !at_most(i, TSEM_SKIPS_MAX - 1))
			break;
		at = t->skip[i].offset;
		skip = t->skip[i].size;
		if (at < from || at > TSEM_CELL_MAX || from > TSEM_CELL_MAX)
			return -EINVAL;
		message_add(t, t->record.cell + from, at - from);
		from = at + skip;
	}
	if (from > size || from > TSEM_CELL_MAX)
		return -EINVAL;
	message_add(t, t->record.cell + from, size - from);
	return digest_message(t, t->digest);
}

/* H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)) into digest_out; `exec`: with zero bytes for the TASK_ID. */
__noinline int coefficient_hash(struct tsem_task *t __arg_nonnull, u32 exec)
{
	if (cell_complete(t) || cell_hash(t))
		return -EINVAL;
	__builtin_memcpy(t->cell_digest, t->digest_out, TSEM_DIGEST_SIZE);
	t->message_size = 0;
	message_add(t, &t->record.coe, sizeof(t->record.coe));
	if (digest_message(t, t->digest))
		return -EINVAL;
	__builtin_memcpy(t->coe_digest, t->digest_out, TSEM_DIGEST_SIZE);
	t->message_size = 0;
	message_add_name(t, t->record.event);
	message_add_digest(t, t->parent_task_id);
	message_add_digest(t, exec ? (const void *)digest_none : (const void *)t->task_id);
	message_add_digest(t, t->coe_digest);
	message_add_digest(t, t->cell_digest);
	return digest_message(t, t->digest);
}

/*
 * The map step: the coefficient of the event at hand into record.coefficient; with `exec` the TASK_ID that this exec
 * gives into next_task_id. 0, or -EINVAL if the event cannot be hashed.
 */
__noinline int coefficient_map(struct tsem_task *t __arg_nonnull, u32 exec)
{
	u64 saved[4] = { t->prf[0], t->prf[1], t->prf[2], t->prf[3] };
	struct tsem_memo_key key;
	const u64 *known;
	u64 *out;
	int err;

	prf_word(t, (u64)t->record.event << 32 | exec << 16 | t->unmodeled);
	prf_word(t, (u64)t->record.shape << 32 | t->record.cell_size);
	prf_final(t, key.hash);
	t->prf[0] = saved[0], t->prf[1] = saved[1], t->prf[2] = saved[2], t->prf[3] = saved[3];
	out = (u64 *)(exec ? t->next_task_id : t->record.coefficient);
	known = bpf_map_lookup_elem(&tsem_memo, &key);
	if (!known) {
		err = coefficient_hash(t, exec);
		if (err)
			return err;
		bpf_map_update_elem(&tsem_memo, &key, t->digest_out, BPF_ANY);
		known = (const u64 *)t->digest_out;
	}
#pragma unroll
	for (int i = 0; i < TSEM_DIGEST_SIZE / 8; i++)
		out[i] = known[i];
	return 0;
}

#endif
