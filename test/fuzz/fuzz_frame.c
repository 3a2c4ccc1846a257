// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of an agent's frames (tma/core). An input is taken in four ways: as the bytes of a stream and of a line,
 * before and in a session; as a frame that is written in COBS; as the payload of each type; and as frames with a good
 * MAC, each a byte of type, two of size, and the payload, as a collector that has the key could send them.
 *
 * An agent answers with well-formed frames only, and has no session after an error.
 */
#include <string.h>

#include "fuzz_main.h"
#include "tma_agent.h"

#define MEMORY 4096

static struct tma_session collector;
static u8 key[TMA_KEY_SIZE], out[TMA_FRAME_MAX];
static struct tma_agent agent;
static u64 memory[MEMORY / 8];

/* What the agent sends is read by a collector. */
struct answers {
	struct tma_reader reader;
	u8 frame[TMA_FRAME_MAX];
	bool greeted;
	u32 count;
};

static struct answers answers;

static bool draw(void *data, u8 *bytes, size_t size)
{
	static u8 next;

	(void)data;
	while (size--)
		*bytes++ = next++;
	return true;
}

static void check_answer(void)
{
	struct tma_message message;
	const u8 *identity;
	enum tma_error error;
	u32 size;

	answers.count++;
	if (answers.greeted) {
		FUZZ_CHECK(!tma_session__open(&collector, answers.frame, answers.reader.used, &message));
		return;
	}
	error = tma_session__accept(&collector, key, answers.frame, answers.reader.used, &identity, &size, &message);
	/* A HELLO of the input is not that of the collector. */
	FUZZ_CHECK(!error || error == TMA_ERROR_PEER || error == TMA_ERROR_MAC);
	answers.greeted = !error;
}

static bool take(void *data, const u8 *bytes, size_t size)
{
	size_t taken;

	(void)data;
	while (size) {
		enum tma_read read = tma_reader__feed(&answers.reader, bytes, size, &taken);

		FUZZ_CHECK(read != TMA_READ_BAD);
		if (read == TMA_READ_FRAME)
			check_answer();
		bytes += taken;
		size -= taken;
	}
	return true;
}

static const struct tma_platform platform = { .identity = "fuzz", .random = draw, .send = take };

static void start(enum tma_framing framing)
{
	tma_reader__init(&answers.reader, framing, answers.frame);
	answers.greeted = false;
	tma_session__close(&collector);
	FUZZ_CHECK(!tma_agent__start(&agent, &platform, framing, key, memory, sizeof(memory), ~0U));
}

static bool feed(void *data, const u8 *bytes, size_t size)
{
	enum tma_status status = tma_agent__feed(&agent, bytes, size);

	(void)data;
	FUZZ_CHECK(agent.session.open == (agent.phase != TMA_PHASE_IDLE));
	FUZZ_CHECK(status == TMA_STATUS_GOING || !agent.session.open);
	return status == TMA_STATUS_GOING;
}

/* Sends a frame with a MAC. */
static bool send_sealed(enum tma_type type, u32 size)
{
	u32 total = tma_session__seal(&collector, type, out, size);

	if (agent.reader.framing == TMA_FRAMING_COBS)
		return tma_cobs__write(out, total, feed, NULL);
	return feed(NULL, out, total);
}

static void greet(void)
{
	static const u8 nonce[TMA_NONCE_SIZE] = { 1 };
	u32 size = tma_session__hello(&collector, nonce, out);

	if (agent.reader.framing == TMA_FRAMING_COBS)
		FUZZ_CHECK(tma_cobs__write(out, size, feed, NULL));
	else
		FUZZ_CHECK(feed(NULL, out, size));
	FUZZ_CHECK(answers.greeted);
}

static void set_up(void)
{
	const struct tma_setup setup = {
		.ns = 0x01010101,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.encoding = TSEM_ENCODING_HOST,
		.nsref = TSEM_NSREF_INITIAL,
		.digest_size = 32,
		.name = (const u8 *)"fuzz",
		.name_size = 4,
	};

	greet();
	FUZZ_CHECK(send_sealed(TMA_SETUP, tma_setup__put(&setup, out + TMA_FRAME_HEADER)));
}

/* In pieces, so that frames begin and end anywhere. */
static void feed_pieces(const u8 *data, size_t size)
{
	for (size_t at = 0, piece = 1; at < size; at += piece, piece = piece * 3 % 97) {
		if (piece > size - at)
			piece = size - at;
		if (!feed(NULL, data + at, piece))
			return;
	}
}

static void fuzz_stream(enum tma_framing framing, const u8 *data, size_t size)
{
	start(framing);
	feed_pieces(data, size);
	start(framing);
	greet();
	feed_pieces(data, size);
}

/* Frames that have a MAC. */
static void fuzz_sealed(enum tma_framing framing, bool ready, const u8 *data, size_t size)
{
	start(framing);
	if (ready)
		set_up();
	else
		greet();
	while (size >= 3 && agent.session.open) {
		u32 length = tma_get16(data + 1);

		if (length > size - 3)
			length = (u32)(size - 3);
		if (length > TMA_PAYLOAD_MAX)
			length = TMA_PAYLOAD_MAX;
		memcpy(out + TMA_FRAME_HEADER, data + 3, length);
		send_sealed((enum tma_type)(data[0] % (TMA_TYPE_END + 1)), length);
		data += 3 + length;
		size -= 3 + length;
	}
}

/* Each get() of the payloads, on memory of exactly their size. What one accepts, its put() writes again. */
static void fuzz_payloads(const u8 *data, size_t size)
{
	u8 *payload = malloc(size ? size : 1), again[TMA_SETUP_MAX + TMA_FAULT_MAX];
	struct tma_verdict verdict;
	struct tma_ready ready;
	struct tma_setup setup;
	struct tma_fault fault;
	struct tma_value value;
	struct tma_log log;
	u32 number;

	FUZZ_CHECK(payload);
	if (size)
		memcpy(payload, data, size);
	if (!tma_setup__get(payload, size, &setup))
		FUZZ_CHECK(tma_setup__put(&setup, again) == size && !memcmp(again, payload, size));
	if (!tma_verdict__get(payload, size, &verdict))
		FUZZ_CHECK(tma_verdict__put(&verdict, again) == size && !memcmp(again, payload, size));
	if (!tma_ready__get(payload, size, &ready))
		FUZZ_CHECK(tma_ready__put(&ready, again) == size && !memcmp(again, payload, size));
	if (!tma_log__get(payload, size, &log))
		FUZZ_CHECK(tma_log__put(&log, again) == size && !memcmp(again, payload, size));
	if (!tma_mode__get(payload, size, &number))
		FUZZ_CHECK(tma_mode__put(number, again) == size && !memcmp(again, payload, size));
	if (!tma_query__get(payload, size, &number))
		FUZZ_CHECK(tma_query__put(number, again) == size && !memcmp(again, payload, size));
	if (!tma_value__get(payload, size, &value))
		FUZZ_CHECK(value.size == size - TMA_VALUE_HEADER);
	if (!tma_fault__get(payload, size, &fault))
		FUZZ_CHECK(fault.size == size - 8 && tma_error__text((enum tma_error)fault.code));
	free(payload);
}

struct written {
	u8 bytes[2 * TMA_FRAME_MAX];
	size_t size;
};

static bool write_down(void *data, const u8 *bytes, size_t size)
{
	struct written *written = data;

	memcpy(written->bytes + written->size, bytes, size);
	written->size += size;
	return true;
}

/* The input in COBS is the input again. */
static void fuzz_cobs(const u8 *data, size_t size)
{
	static struct written written;
	static u8 frame[TMA_FRAME_MAX];
	struct tma_reader reader;
	size_t taken;

	if (size > TMA_FRAME_MAX - TMA_FRAME_HEADER)
		size = TMA_FRAME_MAX - TMA_FRAME_HEADER;
	tma_put32(out, (u32)(TMA_FRAME_HEADER - 4 + size));
	memset(out + 4, 0, TMA_FRAME_HEADER - 4);
	if (size)
		memcpy(out + TMA_FRAME_HEADER, data, size);
	written.size = 0;
	FUZZ_CHECK(tma_cobs__write(out, TMA_FRAME_HEADER + size, write_down, &written));
	FUZZ_CHECK(memchr(written.bytes, 0, written.size) == written.bytes + written.size - 1);
	tma_reader__init(&reader, TMA_FRAMING_COBS, frame);
	FUZZ_CHECK(tma_reader__feed(&reader, written.bytes, written.size, &taken) == TMA_READ_FRAME);
	FUZZ_CHECK(taken == written.size && reader.used == TMA_FRAME_HEADER + size);
	FUZZ_CHECK(!memcmp(frame, out, reader.used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_stream(TMA_FRAMING_PLAIN, data, size);
	fuzz_stream(TMA_FRAMING_COBS, data, size);
	fuzz_sealed(TMA_FRAMING_PLAIN, false, data, size);
	fuzz_sealed(TMA_FRAMING_PLAIN, true, data, size);
	fuzz_sealed(TMA_FRAMING_COBS, true, data, size);
	fuzz_payloads(data, size);
	fuzz_cobs(data, size);
	return 0;
}
