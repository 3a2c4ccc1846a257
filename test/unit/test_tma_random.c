// SPDX-License-Identifier: GPL-2.0
/* A hundred thousand frames with random bytes. None of them does more than to end its session. */
#include "tma_fixture.h"

#define FRAMES 100000

static u64 seed = 0x9e3779b97f4a7c15;

/* xorshift64*: the same numbers in each run. */
static u32 number(u32 below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (u32)(seed * 0x2545f4914f6cdd1d >> 32) % below;
}

static void fill(u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = number(256);
}

/* What the agent has sent is well formed, and ends with ERROR if and only if the session has ended so. */
static void check_answers(struct pair *pair, enum tma_status status)
{
	struct tma_message message = { 0 };

	while (pair->wire.read < pair->wire.size) {
		assert_int_equal(pair_read(pair), TMA_READ_FRAME);
		assert_int_equal(tma_session__open(&pair->session, pair->frame, pair->reader.used, &message), TMA_OK);
	}
	pair->wire.read = pair->wire.size = 0;
	assert_int_equal(pair->agent.phase == TMA_PHASE_IDLE, status != TMA_STATUS_GOING);
	if (status == TMA_STATUS_FAILED && pair->agent.error != TMA_ERROR_PEER)
		assert_int_equal(message.type, TMA_ERROR);
}

static void begin_again(struct pair *pair)
{
	tma_agent__reset(&pair->agent);
	tma_reader__init(&pair->reader, TMA_FRAMING_PLAIN, pair->frame);
	pair_begin(pair, TSEM_MODE_FREE);
	assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
	pair->wire.read = pair->wire.size = 0;
}

static void random_bytes_are_never_a_frame(void **state)
{
	struct pair *pair = fresh();
	static u8 bytes[600];

	(void)state;
	for (int i = 0; i < FRAMES; i++) {
		u32 size = 1 + number(sizeof(bytes) - 1), pieces = 1 + number(3);
		enum tma_status status = TMA_STATUS_GOING;

		/* Most have a good length, so that more than the length is looked at. */
		fill(bytes, size);
		if (size > 60 && number(8))
			tma_put32(bytes, size - 4);
		if (!pair->agent.session.open)
			begin_again(pair);
		for (u32 at = 0; at < size && status == TMA_STATUS_GOING; at += size / pieces + 1) {
			u32 piece = size - at < size / pieces + 1 ? size - at : size / pieces + 1;

			status = pair_feed(pair, bytes + at, piece);
		}
		if (status == TMA_STATUS_GOING) {
			/* It waits for more of a frame. */
			assert_int_equal(pair->agent.verdicts, 1);
			tma_agent__reset(&pair->agent);
			continue;
		}
		assert_true(pair->agent.error == TMA_ERROR_MAC || pair->agent.error == TMA_ERROR_LENGTH);
		check_answers(pair, status);
	}
	begin_again(pair);
	free(pair);
}

/* The collector has the key, and has gone mad. */
static void random_payloads_do_nothing_but_end_the_session(void **state)
{
	struct pair *pair = fresh();
	static struct tsem_record record;
	u32 going = 0;

	(void)state;
	pair->agent.limit = 100;
	for (int i = 0; i < FRAMES; i++) {
		u32 size = number(number(4) ? 40 : 500), type = number(TMA_TYPE_END + 2);
		enum tma_status status;

		if (!pair->agent.session.open)
			begin_again(pair);
		fill(pair->out + TMA_FRAME_HEADER, size);
		/* Some are almost an event, a mode, or a query. */
		if (!number(4)) {
			type = TMA_EVENT;
			make_event(&record, "usb", i);
			size = record.size;
			((u8 *)&record)[number(size)] ^= 1 << number(8);
			memcpy(pair->out + TMA_FRAME_HEADER, &record, size);
		} else if (!number(3)) {
			type = number(2) ? TMA_MODE : TMA_QUERY;
			size = 4;
			tma_put32(pair->out + TMA_FRAME_HEADER, number(9));
		}
		status = pair_send(pair, type, size);
		check_answers(pair, status);
		going += status == TMA_STATUS_GOING;
		assert_true(pair->agent.model.count <= 100);
	}
	/* Some of it was meaningful. */
	assert_true(going > FRAMES / 10 && going < FRAMES);
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_are_never_a_frame),
		cmocka_unit_test(random_payloads_do_nothing_but_end_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
