// SPDX-License-Identifier: GPL-2.0
/* What ends a session with an agent, and what does not begin one. */
#include "tma_fixture.h"

static void what_is_repeated_changed_or_too_long_ends_the_session(void **state)
{
	static struct tsem_record record;
	struct pair *pair;
	u32 size;

	(void)state;
	make_event(&record, "usb", 1);
	/* Repeated. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	pair_send_bytes(pair, TMA_EVENT, &record, record.size);
	pair_verdict(pair);
	ended(pair, pair_feed(pair, pair->out, TMA_FRAME_HEADER + record.size + TMA_MAC_SIZE), TMA_ERROR_COUNTER);
	/* One is missing. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	pair->session.sent++;
	ended(pair, pair_send_bytes(pair, TMA_EVENT, &record, record.size), TMA_ERROR_COUNTER);
	/* Changed. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	memcpy(pair->out + TMA_FRAME_HEADER, &record, record.size);
	size = tma_session__seal(&pair->session, TMA_EVENT, pair->out, record.size);
	pair->out[TMA_FRAME_HEADER + 112] ^= 1;
	ended(pair, pair_feed(pair, pair->out, size), TMA_ERROR_MAC);
	/* Too long, too short. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_feed(pair, (const u8 *)"\x01\x20\0", 4), TMA_ERROR_LENGTH);
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_feed(pair, (const u8 *)"\x0b\0\0", 4), TMA_ERROR_LENGTH);
	/* An unknown type. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_send(pair, TMA_TYPE_END, 0), TMA_ERROR_TYPE);
}

/* Each phase takes the frames that belong to it, and no other. */
static void frames_out_of_order_end_the_session(void **state)
{
	static const u32 greeted = 1 << TMA_SETUP | 1 << TMA_ERROR | 1 << TMA_BYE;
	static const u32 loading = 1 << TMA_STATE | 1 << TMA_MODE | 1 << TMA_QUERY | 1 << TMA_ERROR | 1 << TMA_BYE;
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);

	(void)state;
	for (u32 type = 1; type < TMA_TYPE_END; type++) {
		struct pair *pair = fresh();

		pair_greet(pair);
		if (!(greeted & 1 << type))
			ended(pair, pair_send(pair, type, 0), TMA_ERROR_TYPE);
		else
			free(pair);
		pair = fresh();
		pair_greet(pair);
		pair_setup(pair, &setup);
		if (!(loading & 1 << type))
			ended(pair, pair_send(pair, type, 0), TMA_ERROR_TYPE);
		else
			free(pair);
		pair = fresh();
		pair_begin(pair, TSEM_MODE_FREE);
		if (type == TMA_HELLO || type == TMA_HELLO_REPLY || type == TMA_SETUP || type == TMA_READY ||
		    type == TMA_VERDICT || type == TMA_VALUE)
			ended(pair, pair_send(pair, type, 0), TMA_ERROR_TYPE);
		else
			free(pair);
	}
	/* A HELLO has no MAC, so a session does not even see that it is one. */
	{
		struct pair *pair = fresh();
		struct tma_session other;
		u8 nonce[TMA_NONCE_SIZE] = { 1 }, hello[TMA_FRAME_MAX];

		pair_begin(pair, TSEM_MODE_FREE);
		ended(pair, pair_feed(pair, hello, tma_session__hello(&other, nonce, hello)), TMA_ERROR_MAC);
	}
}

static void setup_with(u32 offset, u32 value, enum tma_error code)
{
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct pair *pair = fresh();
	u32 size;

	pair_greet(pair);
	size = tma_setup__put(&setup, pair->out + TMA_FRAME_HEADER);
	tma_put32(pair->out + TMA_FRAME_HEADER + offset, value);
	ended(pair, pair_send(pair, TMA_SETUP, size), code);
}

static void settings_that_the_agent_cannot_serve_are_refused(void **state)
{
	(void)state;
	setup_with(4, 0, TMA_ERROR_SETTINGS);
	setup_with(4, TSEM_DIGEST_SHA512, TMA_ERROR_SETTINGS);
	setup_with(4, ~0U, TMA_ERROR_SETTINGS);
	setup_with(8, 0, TMA_ERROR_SETTINGS);
	setup_with(8, TSEM_DIGEST_END, TMA_ERROR_SETTINGS);
	setup_with(12, 0, TMA_ERROR_SETTINGS);
	setup_with(12, 3, TMA_ERROR_SETTINGS);
	setup_with(16, 0, TMA_ERROR_SETTINGS);
	setup_with(16, 3, TMA_ERROR_SETTINGS);
	setup_with(20, 48, TMA_ERROR_SETTINGS);
	setup_with(20, 65, TMA_ERROR_PAYLOAD);
	setup_with(24, 4, TMA_ERROR_PAYLOAD);
	setup_with(24, 1, TMA_ERROR_PAYLOAD);
	setup_with(28, 4, TMA_ERROR_PAYLOAD);
}

static void event_with(void (*change)(struct tsem_record *record), enum tma_error code)
{
	static struct tsem_record record;
	struct pair *pair = fresh();

	make_event(&record, "usb", 1);
	change(&record);
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_send_bytes(pair, TMA_EVENT, &record, TSEM_RECORD_HEADER_SIZE + 7), code);
}

#define CHANGE(name, statement)                 \
	static void name(struct tsem_record *r) \
	{                                       \
		statement;                      \
	}
CHANGE(other_ns, r->ns = 8)
CHANGE(other_content, r->content = TSEM_DIGEST_SHA512)
CHANGE(other_encoding, r->encoding = TSEM_ENCODING_PORTABLE)
CHANGE(other_digest, r->digest = TSEM_DIGEST_SM3)
CHANGE(other_size, r->size++)
CHANGE(no_event, r->kind = TSEM_RECORD_LOG)

static void events_of_other_settings_or_shapes_end_the_session(void **state)
{
	(void)state;
	event_with(other_ns, TMA_ERROR_SETTINGS);
	event_with(other_content, TMA_ERROR_SETTINGS);
	event_with(other_encoding, TMA_ERROR_SETTINGS);
	event_with(other_digest, TMA_ERROR_SETTINGS);
	event_with(other_size, TMA_ERROR_RECORD);
	event_with(no_event, TMA_ERROR_RECORD);
}

static void a_sealed_model_takes_no_states_and_is_not_freed(void **state)
{
	u8 coefficient[32] = { 1 };
	struct pair *pair;

	(void)state;
	for (u32 mode = TSEM_MODE_SEALED; mode <= TSEM_MODE_ENFORCING; mode++) {
		pair = fresh();
		pair_begin(pair, mode);
		ended(pair, pair_send_bytes(pair, TMA_STATE, coefficient, 32), TMA_ERROR_MODE);
		pair = fresh();
		pair_begin(pair, mode);
		ended(pair, pair_send(pair, TMA_MODE, tma_mode__put(TSEM_MODE_FREE, pair->out + TMA_FRAME_HEADER)),
		      TMA_ERROR_MODE);
	}
	/* While it is free, more may come at any time. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	assert_int_equal(pair_send_bytes(pair, TMA_STATE, coefficient, 32), TMA_STATUS_GOING);
	assert_int_equal(pair_mode(pair, TSEM_MODE_SEALED).held, 1);
	free(pair);
	/* Half a coefficient is none. */
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_send_bytes(pair, TMA_STATE, coefficient, 31), TMA_ERROR_PAYLOAD);
	pair = fresh();
	pair_begin(pair, TSEM_MODE_FREE);
	ended(pair, pair_send(pair, TMA_STATE, 0), TMA_ERROR_PAYLOAD);
}

static void unknown_queries_end_the_session(void **state)
{
	struct pair *pair;

	(void)state;
	for (u32 what = TMA_WHAT_END; what; what = what == TMA_WHAT_END ? ~0U : 0) {
		pair = fresh();
		pair_begin(pair, TSEM_MODE_FREE);
		ended(pair, pair_send(pair, TMA_QUERY, tma_query__put(what, pair->out + TMA_FRAME_HEADER)),
		      TMA_ERROR_PAYLOAD);
	}
}

static void bye_and_error_end_the_session_without_an_answer(void **state)
{
	struct pair *pair = fresh();

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	assert_int_equal(pair_send(pair, TMA_BYE, 0), TMA_STATUS_BYE);
	pair_expect_silence(pair);
	assert_int_equal(pair->agent.error, TMA_OK);
	/* The next one begins anew, with nothing of this one. */
	tma_agent__reset(&pair->agent);
	pair_begin(pair, TSEM_MODE_FREE);
	pair_ask(pair, "usb");
	assert_int_equal(pair_send(pair, TMA_ERROR, tma_fault__put(TMA_ERROR_MAC, pair->out + TMA_FRAME_HEADER)),
			 TMA_STATUS_FAILED);
	assert_int_equal(pair->agent.error, TMA_ERROR_PEER);
	pair_expect_silence(pair);
	tma_agent__reset(&pair->agent);
	pair_begin(pair, TSEM_MODE_SEALED);
	assert_int_equal(pair_ask(pair, "usb"), TMA_UNTRUSTED);
	free(pair);
}

static void an_agent_without_randomness_does_not_start(void **state)
{
	struct pair *pair = fresh();

	(void)state;
	pair->wire.no_random = true;
	assert_int_equal(tma_agent__start(&pair->agent, &pair->platform, TMA_FRAMING_PLAIN, pair->key, pair->memory,
					  pair->memory_size, ~0U),
			 TMA_ERROR_RANDOM);
	pair->wire.no_random = false;
	assert_int_equal(tma_agent__start(&pair->agent, &pair->platform, TMA_FRAMING_PLAIN, pair->key, pair->memory, 16,
					  ~0U),
			 TMA_ERROR_MEMORY);
	free(pair);
}

/* An ERROR in place of HELLO_REPLY. */
static void not_greeted(struct pair *pair, u32 size, enum tma_error code)
{
	struct tma_message refusal;
	struct tma_fault fault;
	const u8 *identity;
	u32 length;

	assert_int_equal(pair_feed(pair, pair->out, size), TMA_STATUS_FAILED);
	assert_int_equal(pair_read(pair), TMA_READ_FRAME);
	assert_int_equal(tma_session__accept(&pair->session, pair->key, pair->frame, pair->reader.used, &identity,
					     &length, &refusal),
			 TMA_ERROR_PEER);
	assert_int_equal(tma_fault__get(refusal.payload, refusal.size, &fault), TMA_OK);
	assert_int_equal(fault.code, code);
	pair_expect_silence(pair);
	free(pair);
}

static void a_wrong_hello_is_answered_by_an_error(void **state)
{
	u8 nonce[TMA_NONCE_SIZE] = { 1 };
	struct pair *pair = fresh();
	u32 size = tma_session__hello(&pair->session, nonce, pair->out);

	(void)state;
	tma_put32(pair->out + TMA_FRAME_HEADER, 2);
	not_greeted(pair, size, TMA_ERROR_VERSION);
	pair = fresh();
	size = tma_session__hello(&pair->session, nonce, pair->out);
	tma_put64(pair->out + 8, 2);
	not_greeted(pair, size, TMA_ERROR_COUNTER);
	pair = fresh();
	size = tma_session__hello(&pair->session, nonce, pair->out);
	tma_put16(pair->out + 4, TMA_SETUP);
	not_greeted(pair, size, TMA_ERROR_TYPE);
	pair = fresh();
	size = tma_session__hello(&pair->session, nonce, pair->out);
	tma_put32(pair->out, size - 5);
	not_greeted(pair, size - 1, TMA_ERROR_PAYLOAD);
	pair = fresh();
	size = tma_session__hello(&pair->session, nonce, pair->out);
	pair->wire.no_random = true;
	not_greeted(pair, size, TMA_ERROR_RANDOM);
}

static void who_cannot_be_sent_to_has_no_session(void **state)
{
	static struct tsem_record record;
	struct pair *pair = fresh();

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	pair->wire.broken = true;
	make_event(&record, "usb", 1);
	assert_int_equal(pair_send_bytes(pair, TMA_EVENT, &record, record.size), TMA_STATUS_FAILED);
	assert_int_equal(pair->agent.error, TMA_ERROR_SEND);
	assert_int_equal(pair->agent.phase, TMA_PHASE_IDLE);
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_repeated_changed_or_too_long_ends_the_session),
		cmocka_unit_test(frames_out_of_order_end_the_session),
		cmocka_unit_test(settings_that_the_agent_cannot_serve_are_refused),
		cmocka_unit_test(events_of_other_settings_or_shapes_end_the_session),
		cmocka_unit_test(a_sealed_model_takes_no_states_and_is_not_freed),
		cmocka_unit_test(unknown_queries_end_the_session),
		cmocka_unit_test(bye_and_error_end_the_session_without_an_answer),
		cmocka_unit_test(an_agent_without_randomness_does_not_start),
		cmocka_unit_test(a_wrong_hello_is_answered_by_an_error),
		cmocka_unit_test(who_cannot_be_sent_to_has_no_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
