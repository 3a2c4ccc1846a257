// SPDX-License-Identifier: GPL-2.0
/* The agent's sessions: what it learns, what it answers, lines that lose bytes, and models of its own. */
#include "tma_fixture.h"

#include "model.h"
#include "vectors.h"

static void a_free_namespace_learns_and_a_sealed_one_does_not(void **state)
{
	struct pair *pair = fresh();
	const u8 *counts, *coefficients;
	u32 size;

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
	assert_int_equal(pair_ask(pair, "disk"), TMA_TRUSTED);
	assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
	assert_int_equal(pair_mode(pair, TSEM_MODE_SEALED).held, 2);
	assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
	assert_int_equal(pair_ask(pair, "net"), TMA_UNTRUSTED);
	pair_mode(pair, TSEM_MODE_ENFORCING);
	assert_int_equal(pair_ask(pair, "net"), TMA_UNTRUSTED);
	assert_int_equal(pair_ask(pair, "disk"), TMA_TRUSTED);
	/* The verb `audit`. */
	assert_int_equal(pair_mode(pair, TSEM_MODE_SEALED).held, 3);
	assert_int_equal(pair_ask(pair, "net"), TMA_UNTRUSTED);
	counts = pair_query(pair, TMA_WHAT_COUNTS, &size);
	assert_int_equal(size, 16);
	assert_int_equal(tma_get64(counts), 3);
	assert_int_equal(tma_get64(counts + 8), 2);
	coefficients = pair_query(pair, TMA_WHAT_COEFFICIENTS, &size);
	assert_int_equal(size, 64);
	assert_memory_equal(coefficients, tma_model__coefficient(&pair->agent.model, 0), 32);
	coefficients = pair_query(pair, TMA_WHAT_FORENSICS, &size);
	assert_int_equal(size, 32);
	assert_memory_equal(coefficients, tma_model__coefficient(&pair->agent.model, 2), 32);
	assert_int_equal(pair->agent.verdicts, 8);
	assert_int_equal(pair->agent.untrusted, 3);
	assert_string_equal(pair->agent.name, "web");
	free(pair);
}

static void a_namespace_with_a_model_is_asked_nothing_else(void **state)
{
	static struct tsem_record record;
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct pair *pair = fresh();
	struct event_digests known;
	struct tma_ready ready;

	(void)state;
	make_event(&record, "usb", 1);
	assert_int_equal(event__coefficient(&record, &known), 0);
	pair_greet(pair);
	pair_setup(pair, &setup);
	pair_send_bytes(pair, TMA_STATE, known.coefficient, 32);
	/* A repeated one counts once. */
	pair_send_bytes(pair, TMA_STATE, known.coefficient, 32);
	ready = pair_mode(pair, TSEM_MODE_ENFORCING);
	assert_int_equal(ready.held, 1);
	assert_int_equal(ready.room, (sizeof(pair->memory) - 4) / (40 + 6));
	assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
	assert_int_equal(pair_ask(pair, "disk"), TMA_UNTRUSTED);
	free(pair);
}

static void what_could_not_be_described_is_in_no_model(void **state)
{
	static struct tsem_record record;
	struct pair *pair = fresh();
	u32 size;

	(void)state;
	make_event(&record, "usb", 9);
	record.flags = TSEM_RECORD_UNMODELED;
	pair_begin(pair, TSEM_MODE_FREE);
	pair_send_bytes(pair, TMA_EVENT, &record, record.size);
	assert_int_equal(pair_verdict(pair).trust, TMA_TRUSTED);
	pair_query(pair, TMA_WHAT_FORENSICS, &size);
	assert_int_equal(size, 32);
	assert_int_equal(pair_ask(pair, "disk"), TMA_TRUSTED);
	pair_mode(pair, TSEM_MODE_SEALED);
	make_event(&record, "disk", 10);
	record.flags = TSEM_RECORD_UNMODELED;
	pair_send_bytes(pair, TMA_EVENT, &record, record.size);
	assert_int_equal(pair_verdict(pair).trust, TMA_UNTRUSTED);
	assert_int_equal(pair_ask(pair, "disk"), TMA_TRUSTED);
	free(pair);
}

static void a_verdict_has_the_platforms_score(void **state)
{
	static struct tsem_record record;
	struct pair *pair = fresh();

	(void)state;
	pair->wire.score = 777;
	pair_begin(pair, TSEM_MODE_SEALED);
	make_event(&record, "usb", 1);
	pair_send_bytes(pair, TMA_EVENT, &record, record.size);
	assert_int_equal(pair_verdict(pair).score, 777);
	pair->platform.score = NULL;
	pair_send_bytes(pair, TMA_EVENT, &record, record.size);
	assert_int_equal(pair_verdict(pair).score, 0);
	free(pair);
}

/* All that the agent says about the vectors of one namespace is what the loader computes. */
static void vectors_through_an_agent(u32 digest, u32 encoding, const u8 *base, const u8 *aggregate)
{
	u8(*list)[TSEM_DIGEST_MAX] = calloc(512, sizeof(*list)), value[TSEM_DIGEST_MAX];
	struct tsem_record *record = malloc(sizeof(*record));
	struct tma_setup setup = setup_of(digest, encoding);
	struct pair *pair = fresh();
	struct event_digests out;
	u32 count = 0, size;
	const u8 *answer;

	setup.base = base;
	setup.aggregate = aggregate;
	pair_greet(pair);
	assert_int_equal(pair_setup(pair, &setup), TMA_STATUS_GOING);
	pair_mode(pair, TSEM_MODE_FREE);
	for (int i = 0; i < line_count; i++) {
		if (digest_of(i) != digest || encoding_of(i) != encoding)
			continue;
		read_line(i, record);
		record->ns = setup.ns;
		record->number = i;
		record->content = setup.content;
		assert_int_equal(event__coefficient(record, &out), 0);
		assert_int_equal(pair_send_bytes(pair, TMA_EVENT, record, record->size), TMA_STATUS_GOING);
		assert_int_equal(pair_verdict(pair).number, i);
		for (u32 k = 0; k <= count; k++) {
			if (k == count)
				memcpy(list[count++], out.coefficient, TSEM_DIGEST_MAX);
			if (!memcmp(list[k], out.coefficient, TSEM_DIGEST_MAX))
				break;
		}
	}
	assert_true(count > 10);
	answer = pair_query(pair, TMA_WHAT_COEFFICIENTS, &size);
	assert_int_equal(size, count * setup.digest_size);
	for (u32 i = 0; i < count; i++)
		assert_memory_equal(answer + i * setup.digest_size, list[i], setup.digest_size);
	answer = pair_query(pair, TMA_WHAT_MEASUREMENT, &size);
	assert_int_equal(model__measurement(digest, aggregate, base, list, count, value), 0);
	assert_int_equal(size, setup.digest_size);
	assert_memory_equal(answer, value, size);
	answer = pair_query(pair, TMA_WHAT_STATE, &size);
	assert_int_equal(model__state(digest, aggregate, base, list, count, value), 0);
	assert_memory_equal(answer, value, size);
	free(list);
	free(record);
	free(pair);
}

static void coefficients_state_and_measurement_are_those_of_the_loader(void **state)
{
	u8 base[TSEM_DIGEST_MAX], aggregate[TSEM_DIGEST_MAX];

	(void)state;
	memset(base, 0xba, sizeof(base));
	memset(aggregate, 0xa9, sizeof(aggregate));
	for (u32 digest = TSEM_DIGEST_SHA256; digest <= TSEM_DIGEST_SM3; digest++) {
		vectors_through_an_agent(digest, TSEM_ENCODING_HOST, base, aggregate);
		vectors_through_an_agent(digest, TSEM_ENCODING_PORTABLE, NULL, NULL);
	}
}

static void an_agent_says_who_it_is(void **state)
{
	struct pair *pair = fresh();
	const u8 *answer;
	u32 size;

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	answer = pair_query(pair, TMA_WHAT_IDENTITY, &size);
	assert_int_equal(size, 18);
	assert_int_equal(tma_get32(answer), TMA_VERSION);
	assert_int_equal(tma_get32(answer + 4), 10);
	assert_memory_equal(answer + 8, "test agent", 10);
	free(pair);
}

/* More than a VALUE holds; sent as many STATE frames, and asked about in one go. */
static void many_coefficients_come_and_go_in_pieces(void **state)
{
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct pair *pair = fresh();
	const u32 count = 5000;
	u8(*all)[32] = calloc(count, sizeof(*all));
	const u8 *answer;
	u32 size;

	(void)state;
	pair_greet(pair);
	pair_setup(pair, &setup);
	for (u32 i = 0; i < count; i++)
		assert_int_equal(digest__hash(TSEM_DIGEST_SHA256, &i, sizeof(i), all[i]), 0);
	for (u32 i = 0; i < count;) {
		u32 n = TMA_PAYLOAD_MAX / 32 < count - i ? TMA_PAYLOAD_MAX / 32 : count - i;

		assert_int_equal(pair_send_bytes(pair, TMA_STATE, all[i], 32 * n), TMA_STATUS_GOING);
		i += n;
	}
	assert_int_equal(pair_mode(pair, TSEM_MODE_ENFORCING).held, count);
	answer = pair_query(pair, TMA_WHAT_COEFFICIENTS, &size);
	assert_int_equal(size, 32 * count);
	assert_memory_equal(answer, all, size);
	pair_query(pair, TMA_WHAT_COUNTS, &size);
	assert_int_equal(size, 8 * count);
	pair_query(pair, TMA_WHAT_FORENSICS, &size);
	assert_int_equal(size, 0);
	free(all);
	free(pair);
}

static void a_full_model_trusts_nothing_new_and_forgets_nothing(void **state)
{
	struct pair *pair = fresh();
	char name[16];

	(void)state;
	pair->agent.limit = 20;
	pair_begin(pair, TSEM_MODE_FREE);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(pair_ask(pair, name), TMA_TRUSTED);
	}
	assert_int_equal(pair_ask(pair, "one more"), TMA_UNTRUSTED);
	pair_expect_error(pair, TMA_ERROR_FULL);
	/* It is said once, and the session goes on. */
	assert_int_equal(pair_ask(pair, "one more"), TMA_UNTRUSTED);
	assert_int_equal(pair_ask(pair, "two more"), TMA_UNTRUSTED);
	pair_expect_silence(pair);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(pair_ask(pair, name), TMA_TRUSTED);
	}
	assert_int_equal(pair_mode(pair, TSEM_MODE_SEALED).held, 20);
	assert_int_equal(pair_ask(pair, "two more"), TMA_UNTRUSTED);
	free(pair);
}

static void a_model_that_does_not_fit_is_told(void **state)
{
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct pair *pair = fresh();
	u8 states[5 * 32] = { 0 };
	struct tma_ready ready;

	(void)state;
	for (u32 i = 0; i < 5; i++)
		states[32 * i] = i;
	pair->agent.limit = 3;
	pair_greet(pair);
	pair_setup(pair, &setup);
	assert_int_equal(pair_send_bytes(pair, TMA_STATE, states, sizeof(states)), TMA_STATUS_GOING);
	pair_expect_error(pair, TMA_ERROR_FULL);
	ready = pair_mode(pair, TSEM_MODE_SEALED);
	assert_true(ready.held == 3 && ready.room == 3);
	free(pair);
}

/* A hundred thousand events, of which each tenth is one of the others again. */
static void a_hundred_thousand_events_are_told_apart(void **state)
{
	struct pair *pair = fresh();
	char name[16];

	(void)state;
	pair->agent.limit = 9000;
	pair_begin(pair, TSEM_MODE_FREE);
	for (int i = 0; i < 100000; i++) {
		pair->wire.size = pair->wire.read = 0;
		snprintf(name, sizeof(name), "%d", i % 9000);
		assert_int_equal(pair_ask(pair, name), TMA_TRUSTED);
	}
	assert_int_equal(pair->agent.model.count, 9000);
	assert_int_equal(tma_model__count(&pair->agent.model, 999), 100000 / 9000 + 1);
	assert_int_equal(tma_model__count(&pair->agent.model, 1000), 100000 / 9000);
	assert_int_equal(pair_ask(pair, "9000"), TMA_UNTRUSTED);
	free(pair);
}

/* Events are answered in their order, although the collector has not read the first answer. */
static void events_may_be_sent_before_others_are_answered(void **state)
{
	static struct tsem_record record;
	struct pair *pair = fresh();

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	for (u64 i = 1; i <= 50; i++) {
		make_event(&record, "usb", i);
		assert_int_equal(pair_send_bytes(pair, TMA_EVENT, &record, record.size), TMA_STATUS_GOING);
	}
	for (u64 i = 1; i <= 50; i++)
		assert_int_equal(pair_verdict(pair).number, i);
	free(pair);
}

static void frames_come_in_any_pieces(void **state)
{
	static struct tsem_record record;
	struct pair *pair = fresh();
	u32 size;

	(void)state;
	make_event(&record, "usb", 3);
	pair_begin(pair, TSEM_MODE_FREE);
	memcpy(pair->out + TMA_FRAME_HEADER, &record, record.size);
	size = tma_session__seal(&pair->session, TMA_EVENT, pair->out, record.size);
	for (u32 i = 0; i + 1 < size; i++) {
		assert_int_equal(pair_feed(pair, pair->out + i, 1), TMA_STATUS_GOING);
		pair_expect_silence(pair);
	}
	assert_int_equal(pair_feed(pair, pair->out + size - 1, 1), TMA_STATUS_GOING);
	assert_int_equal(pair_verdict(pair).number, 3);
	free(pair);
}

static void a_log_is_counted(void **state)
{
	struct pair *pair = fresh();
	struct tma_log log = { .task_number = 5, .event = TSEM_EVENT_capget, .action = TSEM_ACTION_LOG };

	(void)state;
	pair_begin(pair, TSEM_MODE_SEALED);
	assert_int_equal(pair_send(pair, TMA_LOG, tma_log__put(&log, pair->out + TMA_FRAME_HEADER)), TMA_STATUS_GOING);
	assert_int_equal(pair->agent.logs, 1);
	pair_expect_silence(pair);
	log.action = TSEM_ACTION_KILL;
	ended(pair, pair_send(pair, TMA_LOG, tma_log__put(&log, pair->out + TMA_FRAME_HEADER)), TMA_ERROR_PAYLOAD);
}

/* On a line, the session ends and the line stays. */
static bool to_agent(void *data, const u8 *bytes, size_t size)
{
	struct pair *pair = data;

	return pair_feed(pair, bytes, size) == TMA_STATUS_GOING;
}

static void line_send(struct pair *pair, u32 size)
{
	assert_true(tma_cobs__write(pair->out, size, to_agent, pair));
}

static void line_greet(struct pair *pair)
{
	u8 nonce[TMA_NONCE_SIZE] = { 7 };
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	struct tma_message refusal;
	const u8 *identity;
	u32 size;

	line_send(pair, tma_session__hello(&pair->session, nonce, pair->out));
	assert_int_equal(pair_read(pair), TMA_READ_FRAME);
	assert_int_equal(tma_session__accept(&pair->session, pair->key, pair->frame, pair->reader.used, &identity,
					     &size, &refusal),
			 TMA_OK);
	size = tma_setup__put(&setup, pair->out + TMA_FRAME_HEADER);
	line_send(pair, tma_session__seal(&pair->session, TMA_SETUP, pair->out, size));
	size = tma_mode__put(TSEM_MODE_FREE, pair->out + TMA_FRAME_HEADER);
	line_send(pair, tma_session__seal(&pair->session, TMA_MODE, pair->out, size));
	pair_expect(pair, TMA_READY);
}

static u32 line_event(struct pair *pair)
{
	static struct tsem_record record;

	make_event(&record, "usb", 5);
	memcpy(pair->out + TMA_FRAME_HEADER, &record, record.size);
	return tma_session__seal(&pair->session, TMA_EVENT, pair->out, record.size);
}

static void a_line_that_loses_bytes_gets_a_new_session(void **state)
{
	struct pair *pair = pair_new(TMA_FRAMING_COBS);

	(void)state;
	/* Noise before the first session is not answered. */
	assert_int_equal(pair_feed(pair, (const u8 *)"\x05noise\0\x03\x01\x01", 11), TMA_STATUS_GOING);
	assert_int_equal(pair_feed(pair, (const u8 *)"", 1), TMA_STATUS_GOING);
	pair_expect_silence(pair);
	for (int round = 0; round < 3; round++) {
		line_greet(pair);
		line_send(pair, line_event(pair));
		assert_int_equal(pair_verdict(pair).number, 5);
		/* A frame without its beginning: its session ends, and the line stays. */
		line_event(pair);
		assert_int_equal(pair_feed(pair, pair->out + 100, 200), TMA_STATUS_GOING);
		assert_int_equal(pair_feed(pair, (const u8 *)"\x01", 2), TMA_STATUS_GOING);
		pair_expect_error(pair, TMA_ERROR_LENGTH);
		assert_int_equal(pair->agent.error, TMA_ERROR_LENGTH);
		/* What comes after it in the old session is noise. */
		line_send(pair, line_event(pair));
		pair->wire.read = pair->wire.size;
		pair_expect_silence(pair);
	}
	free(pair);
}

static const struct tma_own own = { .digest = &tma_sha256, .encoding = TSEM_ENCODING_HOST, .sealed = true };

/* A pair whose agent has one coefficient of its own: that of "usb". */
static struct pair *with_own(const struct tma_own *mine)
{
	static struct tsem_record record;
	struct pair *pair = fresh();
	struct event_digests known;

	make_event(&record, "usb", 1);
	assert_int_equal(event__coefficient(&record, &known), 0);
	assert_int_equal(tma_agent__own(&pair->agent, mine), TMA_OK);
	assert_int_equal(tma_agent__own_add(&pair->agent, known.coefficient), TMA_OK);
	assert_int_equal(tma_agent__own_add(&pair->agent, known.coefficient), TMA_OK);
	assert_int_equal(pair->agent.own_count, 1);
	return pair;
}

static void an_agents_own_model_outlasts_sessions(void **state)
{
	struct pair *pair = with_own(&own);
	u32 size;

	(void)state;
	for (int i = 0; i < 3; i++) {
		pair_begin(pair, TSEM_MODE_ENFORCING);
		assert_int_equal(pair_ask(pair, "usb"), TMA_TRUSTED);
		assert_int_equal(pair_ask(pair, "disk"), TMA_UNTRUSTED);
		assert_int_equal(tma_get64(pair_query(pair, TMA_WHAT_COUNTS, &size)), 1);
		assert_int_equal(size, 8);
		assert_int_equal(pair->agent.model.count, 2);
		pair_send(pair, TMA_BYE, 0);
	}
	free(pair);
}

static void refuses_setup(const struct tma_own *mine, const struct tma_setup *setup)
{
	struct pair *pair = with_own(mine);

	pair_greet(pair);
	ended(pair, pair_setup(pair, setup), TMA_ERROR_SETTINGS);
}

static void an_agents_own_model_is_not_changed(void **state)
{
	struct tma_setup setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	u8 coefficient[32] = { 1 }, digest[32] = { 5 };
	struct tma_own mine = own;
	struct pair *pair = with_own(&own);

	(void)state;
	pair_greet(pair);
	pair_setup(pair, &setup);
	ended(pair, pair_send_bytes(pair, TMA_STATE, coefficient, 32), TMA_ERROR_MODE);
	pair = with_own(&own);
	pair_greet(pair);
	pair_setup(pair, &setup);
	ended(pair, pair_send(pair, TMA_MODE, tma_mode__put(TSEM_MODE_FREE, pair->out + TMA_FRAME_HEADER)),
	      TMA_ERROR_MODE);
	setup = setup_of(TSEM_DIGEST_SM3, TSEM_ENCODING_HOST);
	refuses_setup(&mine, &setup);
	setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_PORTABLE);
	refuses_setup(&mine, &setup);
	setup = setup_of(TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
	mine.content = TSEM_DIGEST_SHA512;
	refuses_setup(&mine, &setup);
	mine = own;
	mine.has_base = true;
	mine.base[0] = 5;
	refuses_setup(&mine, &setup);
	mine.has_base = false;
	mine.has_aggregate = true;
	mine.aggregate[0] = 5;
	setup.base = digest;
	refuses_setup(&mine, &setup);
	setup.aggregate = digest;
	pair = with_own(&mine);
	pair_greet(pair);
	assert_int_equal(pair_setup(pair, &setup), TMA_STATUS_GOING);
	free(pair);
}

static void an_agents_own_model_has_to_fit(void **state)
{
	struct pair *pair = fresh();
	u8 coefficient[32] = { 0 };

	(void)state;
	pair->agent.limit = 2;
	assert_int_equal(tma_agent__own(&pair->agent, &own), TMA_OK);
	for (int i = 0; i < 3; i++) {
		coefficient[0] = i;
		assert_int_equal(tma_agent__own_add(&pair->agent, coefficient), i < 2 ? TMA_OK : TMA_ERROR_FULL);
	}
	pair->agent.memory_size = 30;
	assert_int_equal(tma_agent__own(&pair->agent, &own), TMA_ERROR_MEMORY);
	free(pair);
}

static void an_agent_that_ends_forgets_its_keys(void **state)
{
	static const u8 nothing[sizeof(struct tma_session)];
	struct pair *pair = fresh();

	(void)state;
	pair_begin(pair, TSEM_MODE_FREE);
	tma_agent__end(&pair->agent);
	assert_memory_equal(pair->agent.key, nothing, sizeof(pair->agent.key));
	assert_memory_equal(&pair->agent.session, nothing, sizeof(nothing));
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_namespace_learns_and_a_sealed_one_does_not),
		cmocka_unit_test(a_namespace_with_a_model_is_asked_nothing_else),
		cmocka_unit_test(what_could_not_be_described_is_in_no_model),
		cmocka_unit_test(a_verdict_has_the_platforms_score),
		cmocka_unit_test(coefficients_state_and_measurement_are_those_of_the_loader),
		cmocka_unit_test(an_agent_says_who_it_is),
		cmocka_unit_test(many_coefficients_come_and_go_in_pieces),
		cmocka_unit_test(a_full_model_trusts_nothing_new_and_forgets_nothing),
		cmocka_unit_test(a_model_that_does_not_fit_is_told),
		cmocka_unit_test(a_hundred_thousand_events_are_told_apart),
		cmocka_unit_test(events_may_be_sent_before_others_are_answered),
		cmocka_unit_test(frames_come_in_any_pieces),
		cmocka_unit_test(a_log_is_counted),
		cmocka_unit_test(a_line_that_loses_bytes_gets_a_new_session),
		cmocka_unit_test(an_agents_own_model_outlasts_sessions),
		cmocka_unit_test(an_agents_own_model_is_not_changed),
		cmocka_unit_test(an_agents_own_model_has_to_fit),
		cmocka_unit_test(an_agent_that_ends_forgets_its_keys),
	};

	return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
