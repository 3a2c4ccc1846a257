// SPDX-License-Identifier: GPL-2.0
/* Frames cut out of byte streams, plain and COBS; sessions of collector and agent, and who is not let in. */
#include "tma_fixture.h"

/* A frame of `size` bytes of payload that both framings take; without a MAC. */
static u32 plain_frame(u8 *frame, u32 size, u8 byte)
{
	tma_put32(frame, TMA_FRAME_HEADER - 4 + size);
	tma_put16(frame + 4, TMA_STATE);
	tma_put16(frame + 6, 0);
	tma_put64(frame + 8, 1);
	for (u32 i = 0; i < size; i++)
		frame[TMA_FRAME_HEADER + i] = byte ? byte : (u8)(i * 7);
	return TMA_FRAME_HEADER + size;
}

struct bytes {
	u8 bytes[3 * TMA_FRAME_MAX];
	size_t size;
};

static bool collect(void *data, const u8 *bytes, size_t size)
{
	struct bytes *all = data;

	memcpy(all->bytes + all->size, bytes, size);
	all->size += size;
	return true;
}

/* Feeds all bytes in pieces of `piece`, and expects `count` frames that are `frame`. */
static void feed_in_pieces(enum tma_framing framing, const struct bytes *all, size_t piece, const u8 *frame, u32 size,
			   int count)
{
	static u8 buffer[TMA_FRAME_MAX];
	struct tma_reader reader;

	tma_reader__init(&reader, framing, buffer);
	for (size_t at = 0; at < all->size;) {
		size_t left = all->size - at, taken;

		switch (tma_reader__feed(&reader, all->bytes + at, left < piece ? left : piece, &taken)) {
		case TMA_READ_FRAME:
			assert_int_equal(reader.used, size);
			assert_memory_equal(buffer, frame, size);
			count--;
			break;
		case TMA_READ_BAD:
			fail_msg("a good frame of %u bytes is bad in pieces of %zu", size, piece);
			break;
		case TMA_READ_MORE:
			assert_int_equal(taken, left < piece ? left : piece);
		}
		at += taken;
	}
	assert_int_equal(count, 0);
}

static void frames_are_cut_from_pieces_of_any_size(void **state)
{
	static const u32 sizes[] = { 0, 1, 253, 254, 255, 508, 509, 1000, TMA_LENGTH_MAX - 12 };
	static u8 frame[TMA_FRAME_MAX];
	static struct bytes plain, cobs;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int byte = 0; byte < 2; byte++) {
			u32 size = plain_frame(frame, sizes[i], byte);

			plain.size = cobs.size = 0;
			for (int j = 0; j < 2; j++) {
				collect(&plain, frame, size);
				assert_true(tma_cobs__write(frame, size, collect, &cobs));
			}
			assert_true(cobs.size <= 2 * (size + size / 254 + 2));
			for (size_t piece = 1; piece < 20; piece++) {
				feed_in_pieces(TMA_FRAMING_PLAIN, &plain, piece, frame, size, 2);
				feed_in_pieces(TMA_FRAMING_COBS, &cobs, piece, frame, size, 2);
			}
			feed_in_pieces(TMA_FRAMING_PLAIN, &plain, plain.size, frame, size, 2);
			feed_in_pieces(TMA_FRAMING_COBS, &cobs, cobs.size, frame, size, 2);
		}
	}
}

/* Every size around the runs of COBS, with zero bytes in every place of a period. */
static void cobs_has_no_zero_byte_and_is_undone(void **state)
{
	static u8 frame[TMA_FRAME_MAX];
	static struct bytes cobs;

	(void)state;
	for (u32 size = 0; size < 800; size++) {
		for (u32 period = 1; period < 300; period += 1 + period / 4) {
			u32 total = plain_frame(frame, size, 3);

			for (u32 i = period - 1; i < size; i += period)
				frame[TMA_FRAME_HEADER + i] = 0;
			cobs.size = 0;
			assert_true(tma_cobs__write(frame, total, collect, &cobs));
			assert_ptr_equal(memchr(cobs.bytes, 0, cobs.size), cobs.bytes + cobs.size - 1);
			feed_in_pieces(TMA_FRAMING_COBS, &cobs, cobs.size, frame, total, 1);
		}
	}
}

static void an_impossible_length_is_refused(void **state)
{
	static const u32 lengths[] = { 0, 1, 11, TMA_LENGTH_MAX + 1, 1 << 16, 1U << 31, ~0U };
	static u8 buffer[TMA_FRAME_MAX];
	u8 bytes[TMA_FRAME_HEADER] = { 0 };
	struct tma_reader reader;
	size_t taken;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		tma_reader__init(&reader, TMA_FRAMING_PLAIN, buffer);
		tma_put32(bytes, lengths[i]);
		assert_int_equal(tma_reader__feed(&reader, bytes, sizeof(bytes), &taken), TMA_READ_BAD);
		assert_int_equal(taken, 4);
		/* Nothing says where the next frame begins. */
		assert_int_equal(tma_reader__feed(&reader, bytes, sizeof(bytes), &taken), TMA_READ_BAD);
		assert_int_equal(taken, 0);
	}
}

/* The frames that a COBS reader finds in `all`. *bad counts those that are none. */
static int count_frames(const struct bytes *all, int *bad)
{
	static u8 buffer[TMA_FRAME_MAX];
	struct tma_reader reader;
	int good = 0;

	*bad = 0;
	tma_reader__init(&reader, TMA_FRAMING_COBS, buffer);
	for (size_t at = 0; at < all->size;) {
		size_t taken;
		enum tma_read read = tma_reader__feed(&reader, all->bytes + at, all->size - at, &taken);

		at += taken;
		good += read == TMA_READ_FRAME;
		*bad += read == TMA_READ_BAD;
	}
	return good;
}

static void a_line_that_loses_a_byte_loses_no_second_frame(void **state)
{
	static struct bytes one, all;
	static u8 frame[TMA_FRAME_MAX];
	u32 size = plain_frame(frame, 600, 0);
	int bad;

	(void)state;
	one.size = 0;
	tma_cobs__write(frame, size, collect, &one);
	for (size_t lost = 0; lost < one.size; lost++) {
		int good;

		all.size = 0;
		collect(&all, one.bytes, lost);
		collect(&all, one.bytes + lost + 1, one.size - lost - 1);
		collect(&all, one.bytes, one.size);
		collect(&all, one.bytes, one.size);
		good = count_frames(&all, &bad);
		/* If the zero byte is lost, two frames are one that is none. */
		assert_int_equal(good, lost == one.size - 1 ? 1 : 2);
		assert_int_equal(bad, 1);
	}
}

static void a_frame_that_never_ends_is_bad_once(void **state)
{
	static struct bytes all, one;
	static u8 frame[TMA_FRAME_MAX];
	int bad;

	(void)state;
	all.size = one.size = 0;
	memset(all.bytes, 0x11, 2 * TMA_FRAME_MAX);
	all.size = 2 * TMA_FRAME_MAX;
	collect(&all, (const u8 *)"", 1);
	/* Empty frames are none. */
	collect(&all, (const u8 *)"\0\0", 3);
	tma_cobs__write(frame, plain_frame(frame, 10, 0), collect, &one);
	collect(&all, one.bytes, one.size);
	assert_int_equal(count_frames(&all, &bad), 1);
	assert_int_equal(bad, 1);
}

static bool no_put(void *data, const u8 *bytes, size_t size)
{
	int *left = data;

	(void)bytes;
	(void)size;
	return (*left)--;
}

static void writing_ends_with_the_first_failure(void **state)
{
	u8 frame[TMA_FRAME_HEADER + 10];
	u32 size = plain_frame(frame, 10, 0);

	(void)state;
	for (int calls = 0; calls < 4; calls++) {
		int left = calls;

		assert_false(tma_cobs__write(frame, size, no_put, &left));
		assert_int_equal(left, -1);
	}
}

/* Both sides of a session. */
struct both {
	struct tma_session collector, agent;
	u8 key[TMA_KEY_SIZE], collector_nonce[TMA_NONCE_SIZE], agent_nonce[TMA_NONCE_SIZE];
	u8 hello[TMA_FRAME_MAX], reply[TMA_FRAME_MAX], frame[TMA_FRAME_MAX];
	u32 hello_size, reply_size;
};

static void begin(struct both *both)
{
	memset(both, 0, sizeof(*both));
	memset(both->key, 1, sizeof(both->key));
	memset(both->collector_nonce, 2, sizeof(both->collector_nonce));
	memset(both->agent_nonce, 3, sizeof(both->agent_nonce));
	both->hello_size = tma_session__hello(&both->collector, both->collector_nonce, both->hello);
}

static enum tma_error answer(struct both *both)
{
	return tma_session__answer(&both->agent, both->key, both->agent_nonce, "me", both->hello, both->hello_size,
				   both->reply, &both->reply_size);
}

static enum tma_error accept(struct both *both)
{
	struct tma_message refusal;
	const u8 *identity;
	enum tma_error error;
	u32 size;

	error = tma_session__accept(&both->collector, both->key, both->reply, both->reply_size, &identity, &size,
				    &refusal);
	if (!error)
		assert_true(size == 2 && !memcmp(identity, "me", 2));
	else
		assert_false(both->collector.open);
	return error;
}

static void greet(struct both *both)
{
	begin(both);
	assert_int_equal(answer(both), TMA_OK);
	assert_int_equal(accept(both), TMA_OK);
}

/* The MACs by the formulas of the specification, computed with the loader's hash function. */
static void hmac(const u8 *key, const void *a, size_t a_size, const void *b, size_t b_size, u8 *out)
{
	u8 pad[64], inner[32];
	struct digest_stream stream;

	for (int i = 0; i < 64; i++)
		pad[i] = (i < 32 ? key[i] : 0) ^ 0x36;
	digest__init(&stream, TSEM_DIGEST_SHA256);
	digest__update(&stream, pad, 64);
	digest__update(&stream, a, a_size);
	digest__update(&stream, b, b_size);
	assert_int_equal(digest__final(&stream, inner), 0);
	for (int i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	digest__init(&stream, TSEM_DIGEST_SHA256);
	digest__update(&stream, pad, 64);
	digest__update(&stream, inner, 32);
	assert_int_equal(digest__final(&stream, out), 0);
}

static void keys_and_macs_are_those_of_the_specification(void **state)
{
	u8 nonces[2 * TMA_NONCE_SIZE], session[32], to_agent[32], to_host[32], mac[32];
	struct both both;
	u32 size;

	(void)state;
	greet(&both);
	memcpy(nonces, both.collector_nonce, TMA_NONCE_SIZE);
	memcpy(nonces + TMA_NONCE_SIZE, both.agent_nonce, TMA_NONCE_SIZE);
	hmac(both.key, "tsem-tma 1", 10, nonces, sizeof(nonces), session);
	hmac(session, "to agent", 8, "", 0, to_agent);
	hmac(session, "to host", 7, "", 0, to_host);
	size = both.reply_size - TMA_MAC_SIZE;
	hmac(to_host, both.reply, size, "", 0, mac);
	assert_memory_equal(both.reply + size, mac, sizeof(mac));
	memcpy(both.frame + TMA_FRAME_HEADER, "hello", 5);
	size = tma_session__seal(&both.collector, TMA_SETUP, both.frame, 5);
	assert_int_equal(size, TMA_FRAME_HEADER + 5 + TMA_MAC_SIZE);
	assert_int_equal(tma_get32(both.frame), size - 4);
	assert_int_equal(tma_get16(both.frame + 4), TMA_SETUP);
	assert_int_equal(tma_get64(both.frame + 8), 2);
	hmac(to_agent, both.frame, size - TMA_MAC_SIZE, "", 0, mac);
	assert_memory_equal(both.frame + size - TMA_MAC_SIZE, mac, sizeof(mac));
}

static void both_sides_read_what_the_other_has_sealed(void **state)
{
	struct tma_message message;
	struct both both;

	(void)state;
	greet(&both);
	for (u32 i = 0; i < 100; i++) {
		struct tma_session *from = i % 3 ? &both.collector : &both.agent;
		struct tma_session *to = i % 3 ? &both.agent : &both.collector;
		u32 size;

		memset(both.frame + TMA_FRAME_HEADER, i, i);
		size = tma_session__seal(from, TMA_STATE, both.frame, i);
		assert_int_equal(tma_session__open(to, both.frame, size, &message), TMA_OK);
		assert_int_equal(message.type, TMA_STATE);
		assert_int_equal(message.size, i);
		assert_ptr_equal(message.payload, both.frame + TMA_FRAME_HEADER);
	}
}

static void every_bit_of_a_frame_is_authenticated(void **state)
{
	struct tma_message message;
	struct both both;
	u32 size;

	(void)state;
	greet(&both);
	memcpy(both.frame + TMA_FRAME_HEADER, "payload", 7);
	size = tma_session__seal(&both.collector, TMA_STATE, both.frame, 7);
	for (u32 bit = 0; bit < 8 * size; bit++) {
		both.frame[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(tma_session__open(&both.agent, both.frame, size, &message),
				 bit < 32 ? TMA_ERROR_LENGTH : TMA_ERROR_MAC);
		both.frame[bit / 8] ^= 1 << bit % 8;
	}
	for (u32 less = 0; less < size; less++)
		assert_int_equal(tma_session__open(&both.agent, both.frame, less, &message), TMA_ERROR_LENGTH);
	assert_int_equal(tma_session__open(&both.agent, both.frame, size + 1, &message), TMA_ERROR_LENGTH);
	assert_int_equal(tma_session__open(&both.agent, both.frame, size, &message), TMA_OK);
}

static void every_bit_of_the_greeting_is_authenticated(void **state)
{
	struct both both;

	(void)state;
	for (u32 bit = 0; bit < 8 * TMA_HELLO_SIZE; bit++) {
		begin(&both);
		both.hello[bit / 8] ^= 1 << bit % 8;
		/* Another nonce is a HELLO too, but not that of this collector. */
		if (!answer(&both))
			assert_int_equal(accept(&both), TMA_ERROR_MAC);
		else
			assert_true(bit < 8 * (TMA_FRAME_HEADER + 4));
	}
	begin(&both);
	assert_int_equal(answer(&both), TMA_OK);
	for (u32 bit = 0; bit < 8 * both.reply_size; bit++) {
		struct both copy = both;

		copy.reply[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(accept(&copy), TMA_OK);
	}
	assert_int_equal(accept(&both), TMA_OK);
}

static void repeated_lost_and_exchanged_frames_are_refused(void **state)
{
	u8 first[100], second[100], mine[100];
	u32 first_size, second_size, mine_size;
	struct tma_message message;
	struct both both;

	(void)state;
	greet(&both);
	first_size = tma_session__seal(&both.collector, TMA_STATE, first, 32);
	second_size = tma_session__seal(&both.collector, TMA_STATE, second, 32);
	assert_int_equal(tma_session__open(&both.agent, second, second_size, &message), TMA_ERROR_COUNTER);
	assert_int_equal(tma_session__open(&both.agent, first, first_size, &message), TMA_OK);
	assert_int_equal(tma_session__open(&both.agent, first, first_size, &message), TMA_ERROR_COUNTER);
	assert_int_equal(tma_session__open(&both.agent, second, second_size, &message), TMA_OK);
	assert_int_equal(tma_session__open(&both.agent, first, first_size, &message), TMA_ERROR_COUNTER);
	/* One's own frame does not come back as that of the other side. */
	mine_size = tma_session__seal(&both.agent, TMA_STATE, mine, 32);
	assert_int_equal(tma_session__open(&both.agent, mine, mine_size, &message), TMA_ERROR_MAC);
	/* Nor does a frame of an earlier session. */
	greet(&both);
	assert_int_equal(tma_session__open(&both.agent, first, first_size, &message), TMA_OK);
	begin(&both);
	both.agent_nonce[0]++;
	assert_int_equal(answer(&both), TMA_OK);
	assert_int_equal(accept(&both), TMA_OK);
	assert_int_equal(tma_session__open(&both.agent, first, first_size, &message), TMA_ERROR_MAC);
}

/* A sealed frame with this type or these flags. */
static enum tma_error open_as(u16 type, u16 flags)
{
	struct tma_message message;
	struct both both;
	u32 size;

	greet(&both);
	size = tma_session__seal(&both.collector, type, both.frame, 0);
	tma_put16(both.frame + 6, flags);
	tma_hmac__compute(&both.collector.out, both.frame, size - TMA_MAC_SIZE, both.frame + size - TMA_MAC_SIZE);
	return tma_session__open(&both.agent, both.frame, size, &message);
}

static void unknown_types_and_flags_are_refused(void **state)
{
	(void)state;
	for (u16 type = 1; type < TMA_TYPE_END; type++)
		assert_int_equal(open_as(type, 0), TMA_OK);
	assert_int_equal(open_as(0, 0), TMA_ERROR_TYPE);
	assert_int_equal(open_as(TMA_TYPE_END, 0), TMA_ERROR_TYPE);
	assert_int_equal(open_as(0xffff, 0), TMA_ERROR_TYPE);
	for (int bit = 0; bit < 16; bit++)
		assert_int_equal(open_as(TMA_STATE, 1 << bit), TMA_ERROR_TYPE);
}

static void who_has_another_key_is_refused(void **state)
{
	struct both both;

	(void)state;
	for (int bit = 0; bit < 8 * TMA_KEY_SIZE; bit++) {
		begin(&both);
		assert_int_equal(answer(&both), TMA_OK);
		both.key[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(accept(&both), TMA_ERROR_MAC);
	}
}

static void a_refusal_has_no_mac_and_is_no_reply(void **state)
{
	struct tma_message refusal;
	struct tma_fault fault;
	const u8 *identity;
	struct both both;
	u32 size;

	(void)state;
	begin(&both);
	tma_put32(both.hello + TMA_FRAME_HEADER, 2);
	assert_int_equal(answer(&both), TMA_ERROR_VERSION);
	assert_false(both.agent.open);
	size = tma_session__seal(&both.agent, TMA_ERROR, both.frame,
				 tma_fault__put(TMA_ERROR_VERSION, both.frame + TMA_FRAME_HEADER));
	assert_int_equal(tma_session__accept(&both.collector, both.key, both.frame, size, &identity, &size, &refusal),
			 TMA_ERROR_PEER);
	assert_int_equal(tma_fault__get(refusal.payload, refusal.size, &fault), TMA_OK);
	assert_int_equal(fault.code, TMA_ERROR_VERSION);
	/* In a session it has to have one. */
	greet(&both);
	size = tma_session__seal(&(struct tma_session){ .sent = 1 }, TMA_ERROR, both.frame,
				 tma_fault__put(TMA_ERROR_FULL, both.frame + TMA_FRAME_HEADER));
	assert_int_equal(tma_session__open(&both.collector, both.frame, size, &refusal), TMA_ERROR_MAC);
}

static void closed_sessions_open_nothing(void **state)
{
	static const struct tma_session nothing;
	struct tma_message message;
	struct both both;
	u32 size;

	(void)state;
	greet(&both);
	tma_session__close(&both.agent);
	assert_memory_equal(&both.agent, &nothing, sizeof(nothing));
	/* Not even a frame that was made with the keys of a session that has none. */
	both.collector = nothing;
	both.collector.open = true;
	size = tma_session__seal(&both.collector, TMA_STATE, both.frame, 32);
	assert_int_equal(tma_session__open(&both.agent, both.frame, size, &message), TMA_ERROR_MAC);
}

/* Every get refuses each size but its own. */
static void payloads_have_one_size(void **state)
{
	struct tma_setup in = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_PORTABLE), setup;
	struct tma_verdict verdict = { 1, TMA_UNTRUSTED, TMA_SCORE_MAX };
	struct tma_log log = { 5, TSEM_EVENT_capget, TSEM_ACTION_DENY };
	struct tma_ready ready = { 2, 3 };
	u8 payload[2 * TMA_SETUP_MAX], digest[32] = { 9 };
	struct tma_fault fault;
	u32 size, number;

	(void)state;
	in.base = digest;
	in.aggregate = digest;
	size = tma_setup__put(&in, payload);
	for (u32 i = 0; i < sizeof(payload); i++)
		assert_int_equal(tma_setup__get(payload, i, &setup), i == size ? TMA_OK : TMA_ERROR_PAYLOAD);
	assert_int_equal(tma_setup__get(payload, size, &setup), TMA_OK);
	assert_int_equal(setup.encoding, TSEM_ENCODING_PORTABLE);
	assert_memory_equal(setup.aggregate, digest, 32);
	assert_memory_equal(setup.name, "web", setup.name_size);
	for (u32 i = 0; i < 40; i++) {
		tma_verdict__put(&verdict, payload);
		assert_int_equal(tma_verdict__get(payload, i, &verdict), i == 16 ? TMA_OK : TMA_ERROR_PAYLOAD);
		tma_log__put(&log, payload);
		assert_int_equal(tma_log__get(payload, i, &log), i == 16 ? TMA_OK : TMA_ERROR_PAYLOAD);
		tma_ready__put(&ready, payload);
		assert_int_equal(tma_ready__get(payload, i, &ready), i == 8 ? TMA_OK : TMA_ERROR_PAYLOAD);
		tma_mode__put(TSEM_MODE_SEALED, payload);
		assert_int_equal(tma_mode__get(payload, i, &number), i == 4 ? TMA_OK : TMA_ERROR_PAYLOAD);
	}
	size = tma_fault__put(TMA_ERROR_FULL, payload);
	for (u32 i = 0; i < sizeof(payload); i++)
		assert_int_equal(tma_fault__get(payload, i, &fault), i == size ? TMA_OK : TMA_ERROR_PAYLOAD);
}

static void payloads_with_impossible_values_are_refused(void **state)
{
	struct tma_setup setup, in = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct tma_verdict verdict;
	u8 payload[TMA_SETUP_MAX];
	struct tma_ready ready;
	struct tma_log log;
	u32 mode;

	(void)state;
	in.digest_size = TSEM_DIGEST_MAX + 1;
	assert_int_equal(tma_setup__get(payload, tma_setup__put(&in, payload), &setup), TMA_ERROR_PAYLOAD);
	in.digest_size = TSEM_DIGEST_MIN - 1;
	assert_int_equal(tma_setup__get(payload, tma_setup__put(&in, payload), &setup), TMA_ERROR_PAYLOAD);
	in.digest_size = 32;
	in.name = (const u8 *)"a name that is too long for this";
	in.name_size = TSEM_NAME_SIZE;
	assert_int_equal(tma_setup__get(payload, tma_setup__put(&in, payload), &setup), TMA_ERROR_PAYLOAD);
	in.name_size--;
	assert_int_equal(tma_setup__get(payload, tma_setup__put(&in, payload), &setup), TMA_OK);
	payload[24] |= 4;
	assert_int_equal(tma_setup__get(payload, tma_setup__put(&in, payload + 0), &setup), TMA_OK);
	payload[24] |= 4;
	assert_int_equal(tma_setup__get(payload, 28 + 4 + in.name_size, &setup), TMA_ERROR_PAYLOAD);
	for (u32 trust = 0; trust < 5; trust++) {
		tma_verdict__put(&(struct tma_verdict){ 1, trust, 0 }, payload);
		assert_int_equal(tma_verdict__get(payload, 16, &verdict),
				 trust == 1 || trust == 2 ? TMA_OK : TMA_ERROR_PAYLOAD);
	}
	tma_verdict__put(&(struct tma_verdict){ 1, 1, TMA_SCORE_MAX + 1 }, payload);
	assert_int_equal(tma_verdict__get(payload, 16, &verdict), TMA_ERROR_PAYLOAD);
	tma_mode__put(3, payload);
	assert_int_equal(tma_mode__get(payload, 4, &mode), TMA_ERROR_PAYLOAD);
	tma_ready__put(&(struct tma_ready){ 4, 3 }, payload);
	assert_int_equal(tma_ready__get(payload, 8, &ready), TMA_ERROR_PAYLOAD);
	tma_log__put(&(struct tma_log){ 1, TSEM_EVENT_END, TSEM_ACTION_LOG }, payload);
	assert_int_equal(tma_log__get(payload, 16, &log), TMA_ERROR_PAYLOAD);
	tma_log__put(&(struct tma_log){ 1, 1, TSEM_ACTION_KILL }, payload);
	assert_int_equal(tma_log__get(payload, 16, &log), TMA_ERROR_PAYLOAD);
}

static void every_error_has_a_text(void **state)
{
	(void)state;
	for (int error = 0; error < TMA_ERROR_END; error++)
		assert_true(strlen(tma_error__text(error)) > 4 && strlen(tma_error__text(error)) < TMA_FAULT_MAX - 8);
	assert_string_equal(tma_error__text(TMA_ERROR_END), "an unknown error");
	assert_string_equal(tma_error__text(-1), "an unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_cut_from_pieces_of_any_size),
		cmocka_unit_test(cobs_has_no_zero_byte_and_is_undone),
		cmocka_unit_test(an_impossible_length_is_refused),
		cmocka_unit_test(a_line_that_loses_a_byte_loses_no_second_frame),
		cmocka_unit_test(a_frame_that_never_ends_is_bad_once),
		cmocka_unit_test(writing_ends_with_the_first_failure),
		cmocka_unit_test(keys_and_macs_are_those_of_the_specification),
		cmocka_unit_test(both_sides_read_what_the_other_has_sealed),
		cmocka_unit_test(every_bit_of_a_frame_is_authenticated),
		cmocka_unit_test(every_bit_of_the_greeting_is_authenticated),
		cmocka_unit_test(repeated_lost_and_exchanged_frames_are_refused),
		cmocka_unit_test(unknown_types_and_flags_are_refused),
		cmocka_unit_test(who_has_another_key_is_refused),
		cmocka_unit_test(a_refusal_has_no_mac_and_is_no_reply),
		cmocka_unit_test(closed_sessions_open_nothing),
		cmocka_unit_test(payloads_have_one_size),
		cmocka_unit_test(payloads_with_impossible_values_are_refused),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
