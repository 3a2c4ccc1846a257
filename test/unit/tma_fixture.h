/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the agent's core share: an agent in this process, a collector that talks to it, and the records of
 * test/vectors.
 */
#ifndef TMA_FIXTURE_H
#define TMA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "event.h"
#include "tma_agent.h"

/* What the agent has sent, and what the collector has read of it. */
struct wire {
	u8 bytes[1 << 20];
	size_t size;
	size_t read;
	bool broken; /* sending fails */
	bool no_random;
	u32 random; /* numbers drawn so far */
	u32 score;
};

struct pair {
	struct tma_platform platform;
	struct tma_agent agent;
	struct tma_session session; /* the collector's */
	struct tma_reader reader;
	struct wire wire;
	u8 key[TMA_KEY_SIZE];
	u8 frame[TMA_FRAME_MAX]; /* that the collector has read */
	u8 out[TMA_FRAME_MAX]; /* that it sends */
	u64 memory[1 << 16];
	size_t memory_size;
	u32 limit;
};

static inline bool wire_random(void *data, u8 *out, size_t size)
{
	struct wire *wire = data;

	if (wire->no_random)
		return false;
	for (size_t i = 0; i < size; i++)
		out[i] = (u8)(2654435761U * ++wire->random >> 24);
	return true;
}

static inline bool wire_send(void *data, const u8 *bytes, size_t size)
{
	struct wire *wire = data;

	if (wire->broken || size > sizeof(wire->bytes) - wire->size)
		return false;
	memcpy(wire->bytes + wire->size, bytes, size);
	wire->size += size;
	return true;
}

static inline u32 wire_score(void *data, const u8 *record, u32 size, u32 trust)
{
	struct wire *wire = data;

	assert_int_equal(TMA_RECORD_U32(record, size), size);
	return trust == TMA_UNTRUSTED ? wire->score : 0;
}

static inline struct pair *pair_new(enum tma_framing framing)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	pair->platform = (struct tma_platform){
		.identity = "test agent",
		.random = wire_random,
		.send = wire_send,
		.score = wire_score,
		.data = &pair->wire,
	};
	pair->memory_size = sizeof(pair->memory);
	pair->limit = ~0U;
	memset(pair->key, 0x5a, sizeof(pair->key));
	tma_reader__init(&pair->reader, framing, pair->frame);
	assert_int_equal(tma_agent__start(&pair->agent, &pair->platform, framing, pair->key, pair->memory,
					  pair->memory_size, pair->limit),
			 TMA_OK);
	return pair;
}

static inline enum tma_status pair_feed(struct pair *pair, const u8 *bytes, size_t size)
{
	return tma_agent__feed(&pair->agent, bytes, size);
}

/* The next frame of the agent. */
static inline enum tma_read pair_read(struct pair *pair)
{
	size_t taken;
	enum tma_read read = tma_reader__feed(&pair->reader, pair->wire.bytes + pair->wire.read,
					      pair->wire.size - pair->wire.read, &taken);

	pair->wire.read += taken;
	return read;
}

/* The next frame of the agent has to be of this type. */
static inline struct tma_message pair_expect(struct pair *pair, enum tma_type type)
{
	struct tma_message message;

	assert_int_equal(pair_read(pair), TMA_READ_FRAME);
	assert_int_equal(tma_session__open(&pair->session, pair->frame, pair->reader.used, &message), TMA_OK);
	assert_int_equal(message.type, type);
	return message;
}

/* There is no more from the agent. */
static inline void pair_expect_silence(struct pair *pair)
{
	assert_int_equal(pair_read(pair), TMA_READ_MORE);
	assert_int_equal(pair->reader.complete ? 0 : pair->reader.used, 0);
}

static inline void pair_expect_error(struct pair *pair, enum tma_error code)
{
	struct tma_message message = pair_expect(pair, TMA_ERROR);
	struct tma_fault fault;

	assert_int_equal(tma_fault__get(message.payload, message.size, &fault), TMA_OK);
	assert_int_equal(fault.code, code);
	assert_int_equal(fault.size, strlen(tma_error__text(code)));
	assert_memory_equal(fault.text, tma_error__text(code), fault.size);
}

/* Sends the payload of `size` bytes at out + TMA_FRAME_HEADER. */
static inline enum tma_status pair_send(struct pair *pair, enum tma_type type, u32 size)
{
	u32 total = tma_session__seal(&pair->session, type, pair->out, size);

	return pair_feed(pair, pair->out, total);
}

static inline enum tma_status pair_send_bytes(struct pair *pair, enum tma_type type, const void *bytes, u32 size)
{
	memcpy(pair->out + TMA_FRAME_HEADER, bytes, size);
	return pair_send(pair, type, size);
}

/* HELLO and its answer. */
static inline void pair_greet(struct pair *pair)
{
	static u8 nonce[TMA_NONCE_SIZE];
	struct tma_message refusal;
	const u8 *identity;
	u32 size;

	nonce[0]++;
	size = tma_session__hello(&pair->session, nonce, pair->out);
	assert_int_equal(size, TMA_HELLO_SIZE);
	assert_int_equal(pair_feed(pair, pair->out, size), TMA_STATUS_GOING);
	assert_int_equal(pair_read(pair), TMA_READ_FRAME);
	assert_int_equal(tma_session__accept(&pair->session, pair->key, pair->frame, pair->reader.used, &identity,
					     &size, &refusal),
			 TMA_OK);
	assert_int_equal(size, 10);
	assert_memory_equal(identity, "test agent", size);
}

static inline struct tma_setup setup_of(u32 digest, u32 encoding)
{
	return (struct tma_setup){
		.ns = 7,
		.digest = digest,
		.content = TSEM_DIGEST_SHA256,
		.encoding = encoding,
		.nsref = TSEM_NSREF_INITIAL,
		.digest_size = digest__size(digest),
		.name = (const u8 *)"web",
		.name_size = 3,
	};
}

static inline enum tma_status pair_setup(struct pair *pair, const struct tma_setup *setup)
{
	return pair_send(pair, TMA_SETUP, tma_setup__put(setup, pair->out + TMA_FRAME_HEADER));
}

static inline struct tma_ready pair_mode(struct pair *pair, u32 mode)
{
	struct tma_message message;
	struct tma_ready ready;

	assert_int_equal(pair_send(pair, TMA_MODE, tma_mode__put(mode, pair->out + TMA_FRAME_HEADER)),
			 TMA_STATUS_GOING);
	message = pair_expect(pair, TMA_READY);
	assert_int_equal(tma_ready__get(message.payload, message.size, &ready), TMA_OK);
	return ready;
}

/* A session up to READY, for events that hash with SHA-256 and `host`. */
static inline void pair_begin(struct pair *pair, u32 mode)
{
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);

	pair_greet(pair);
	assert_int_equal(pair_setup(pair, &setup), TMA_STATUS_GOING);
	pair_mode(pair, mode);
}

/* The kernel asks for a module of this name: a record for the namespace of setup_of(). */
static inline void make_event(struct tsem_record *record, const char *name, u64 number)
{
	u32 size = strlen(name);

	memset(record, 0, sizeof(*record));
	*record = (struct tsem_record){
		.magic = TSEM_RECORD_MAGIC,
		.version = TSEM_RECORD_VERSION,
		.kind = TSEM_RECORD_EVENT,
		.size = TSEM_RECORD_HEADER_SIZE + 4 + size,
		.event = TSEM_EVENT_kernel_module_request,
		.number = number,
		.ns = 7,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.encoding = TSEM_ENCODING_HOST,
		.digest_size = 32,
		.hashed_size = 4 + size,
		.cell_size = 4 + size,
	};
	memcpy(record->cell, &size, 4);
	memcpy(record->cell + 4, name, size);
}

/* The answer to an event. */
static inline struct tma_verdict pair_verdict(struct pair *pair)
{
	struct tma_message message = pair_expect(pair, TMA_VERDICT);
	struct tma_verdict verdict;

	assert_int_equal(tma_verdict__get(message.payload, message.size, &verdict), TMA_OK);
	return verdict;
}

/* Asks about an event; the enum tma_trust that the agent answers. */
static inline u32 pair_ask(struct pair *pair, const char *name)
{
	static struct tsem_record record;
	static u64 number;
	struct tma_verdict verdict;

	make_event(&record, name, ++number);
	assert_int_equal(pair_send_bytes(pair, TMA_EVENT, &record, record.size), TMA_STATUS_GOING);
	verdict = pair_verdict(pair);
	assert_int_equal(verdict.number, number);
	return verdict.trust;
}

/* All bytes that answer a query, in memory that stays until the next one. */
static inline const u8 *pair_query(struct pair *pair, u32 what, u32 *size)
{
	static u8 all[1 << 18];
	struct tma_value value;

	*size = 0;
	assert_int_equal(pair_send(pair, TMA_QUERY, tma_query__put(what, pair->out + TMA_FRAME_HEADER)),
			 TMA_STATUS_GOING);
	do {
		struct tma_message message = pair_expect(pair, TMA_VALUE);

		assert_int_equal(tma_value__get(message.payload, message.size, &value), TMA_OK);
		assert_int_equal(value.what, what);
		memcpy(all + *size, value.bytes, value.size);
		*size += value.size;
	} while (value.more);
	return all;
}

/* An agent on a stream. */
static inline struct pair *fresh(void)
{
	return pair_new(TMA_FRAMING_PLAIN);
}

/* The last frame ended the session with this ERROR, and nothing after it. */
static inline void ended(struct pair *pair, enum tma_status status, enum tma_error code)
{
	assert_int_equal(status, TMA_STATUS_FAILED);
	assert_int_equal(pair->agent.error, code);
	assert_int_equal(pair->agent.phase, TMA_PHASE_IDLE);
	assert_false(pair->agent.session.open);
	pair_expect_error(pair, code);
	pair_expect_silence(pair);
	free(pair);
}

#endif
