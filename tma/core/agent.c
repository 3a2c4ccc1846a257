// SPDX-License-Identifier: GPL-2.0
/* The agent's sessions: which frame may come when, and what it does. */
#include "tma_agent.h"

#define BIT(type) (1U << (type))

/* The frames that a phase takes. */
static const u32 expected[] = {
	[TMA_PHASE_IDLE] = 0,
	[TMA_PHASE_GREETED] = BIT(TMA_SETUP) | BIT(TMA_ERROR) | BIT(TMA_BYE),
	[TMA_PHASE_LOADING] = BIT(TMA_STATE) | BIT(TMA_MODE) | BIT(TMA_QUERY) | BIT(TMA_ERROR) | BIT(TMA_BYE),
	[TMA_PHASE_RUNNING] = BIT(TMA_STATE) | BIT(TMA_MODE) | BIT(TMA_EVENT) | BIT(TMA_QUERY) | BIT(TMA_LOG) |
			      BIT(TMA_ERROR) | BIT(TMA_BYE),
};

static u8 *payload_of(struct tma_agent *agent)
{
	return agent->out + TMA_FRAME_HEADER;
}

static enum tma_error send_bytes(struct tma_agent *agent, u32 size)
{
	const struct tma_platform *platform = agent->platform;
	bool sent = agent->reader.framing == TMA_FRAMING_COBS
			    ? tma_cobs__write(agent->out, size, platform->send, platform->data)
			    : platform->send(platform->data, agent->out, size);

	return sent ? TMA_OK : TMA_ERROR_SEND;
}

/* Sends the payload of `size` bytes at payload_of(). */
static enum tma_error send_frame(struct tma_agent *agent, enum tma_type type, u32 size)
{
	return send_bytes(agent, tma_session__seal(&agent->session, type, agent->out, size));
}

/* Tells the collector once that there is no room. */
static enum tma_error tell_full(struct tma_agent *agent)
{
	if (agent->full)
		return TMA_OK;
	agent->full = true;
	return send_frame(agent, TMA_ERROR, tma_fault__put(TMA_ERROR_FULL, payload_of(agent)));
}

static enum tma_error on_hello(struct tma_agent *agent, const u8 *frame, u32 size)
{
	const struct tma_platform *platform = agent->platform;
	u8 nonce[TMA_NONCE_SIZE];
	enum tma_error error;
	u32 reply;

	if (!platform->random(platform->data, nonce, sizeof(nonce)))
		return TMA_ERROR_RANDOM;
	error = tma_session__answer(&agent->session, agent->key, nonce, platform->identity, frame, size, agent->out,
				    &reply);
	if (error)
		return error;
	agent->phase = TMA_PHASE_GREETED;
	return send_bytes(agent, reply);
}

/* Is what the namespace has what the agent's own model has? NULL is zero bytes. */
static bool digest_is(const u8 *set, bool has_own, const u8 *own, u32 size)
{
	static const u8 none[TSEM_DIGEST_MAX];

	return !has_own || !memcmp(set ? set : none, own, size);
}

static bool own_fits(const struct tma_own *own, const struct tma_setup *setup)
{
	if (!own->digest)
		return true;
	return setup->digest == own->digest->type && (!own->content || setup->content == own->content) &&
	       (!own->encoding || setup->encoding == own->encoding) &&
	       digest_is(setup->base, own->has_base, own->base, setup->digest_size) &&
	       digest_is(setup->aggregate, own->has_aggregate, own->aggregate, setup->digest_size);
}

static void take_digest(const u8 *set, u32 size, bool *has, u8 *out)
{
	*has = set;
	if (set)
		memcpy(out, set, size);
}

static enum tma_error on_setup(struct tma_agent *agent, const struct tma_message *message)
{
	const struct tma_digest *digest;
	struct tma_setup setup;
	enum tma_error error = tma_setup__get(message->payload, message->size, &setup);

	if (error)
		return error;
	digest = tma_digest__find(agent->digests, setup.digest);
	if (!digest || digest->size != setup.digest_size || !own_fits(&agent->own, &setup) ||
	    (setup.encoding != TSEM_ENCODING_HOST && setup.encoding != TSEM_ENCODING_PORTABLE) || !setup.content ||
	    setup.content >= TSEM_DIGEST_END ||
	    (setup.nsref != TSEM_NSREF_INITIAL && setup.nsref != TSEM_NSREF_CURRENT))
		return TMA_ERROR_SETTINGS;
	if (agent->own.digest)
		tma_model__keep(&agent->model, agent->own_count);
	else if (!tma_model__init(&agent->model, agent->memory, agent->memory_size, agent->limit, digest->size,
				  agent->table_key))
		return TMA_ERROR_MEMORY;
	agent->ns = setup.ns;
	agent->content = setup.content;
	agent->encoding = setup.encoding;
	agent->digest = digest;
	agent->mode = agent->own.sealed ? TSEM_MODE_SEALED : TSEM_MODE_FREE;
	take_digest(setup.base, digest->size, &agent->has_base, agent->base);
	take_digest(setup.aggregate, digest->size, &agent->has_aggregate, agent->aggregate);
	memset(agent->name, 0, sizeof(agent->name));
	memcpy(agent->name, setup.name, setup.name_size);
	agent->full = false;
	agent->verdicts = agent->untrusted = agent->logs = 0;
	agent->phase = TMA_PHASE_LOADING;
	return TMA_OK;
}

static enum tma_error on_state(struct tma_agent *agent, const struct tma_message *message)
{
	u32 width = agent->digest->size;

	if (!message->size || message->size % width)
		return TMA_ERROR_PAYLOAD;
	if (agent->mode != TSEM_MODE_FREE)
		return TMA_ERROR_MODE;
	for (u32 at = 0; at < message->size; at += width) {
		const u8 *coefficient = message->payload + at;

		if (tma_model__find(&agent->model, coefficient) != TMA_NOWHERE ||
		    tma_model__add(&agent->model, coefficient, true) != TMA_NOWHERE)
			continue;
		if (tell_full(agent))
			return TMA_ERROR_SEND;
	}
	return TMA_OK;
}

/* A mode is only raised; but enforcing may go back to sealed (the verb `audit`). */
static enum tma_error on_mode(struct tma_agent *agent, const struct tma_message *message)
{
	struct tma_ready ready = { .held = agent->model.count, .room = agent->model.room };
	u32 mode;
	enum tma_error error = tma_mode__get(message->payload, message->size, &mode);

	if (error)
		return error;
	if (mode == TSEM_MODE_FREE && agent->mode != TSEM_MODE_FREE)
		return TMA_ERROR_MODE;
	agent->mode = mode;
	agent->phase = TMA_PHASE_RUNNING;
	return send_frame(agent, TMA_READY, tma_ready__put(&ready, payload_of(agent)));
}

/*
 * Takes an event into the model or the forensics. `unmodeled`: it could not be described in full, so it is never valid.
 * The enum tma_trust; *full: there was no room for it.
 */
static u32 judge(struct tma_agent *agent, const u8 *coefficient, bool unmodeled, bool *full)
{
	struct tma_model *model = &agent->model;
	bool is_free = agent->mode == TSEM_MODE_FREE;
	u32 place = tma_model__find(model, coefficient);

	if (place == TMA_NOWHERE)
		place = tma_model__add(model, coefficient, is_free && !unmodeled);
	*full = place == TMA_NOWHERE;
	if (*full)
		return TMA_UNTRUSTED;
	tma_model__occurred(model, place);
	return is_free || (tma_model__valid(model, place) && !unmodeled) ? TMA_TRUSTED : TMA_UNTRUSTED;
}

static enum tma_error on_event(struct tma_agent *agent, const struct tma_message *message)
{
	const struct tma_platform *platform = agent->platform;
	const u8 *record = message->payload;
	u8 coefficient[TSEM_DIGEST_MAX];
	struct tma_verdict verdict;
	enum tma_error error = tma_record__check(record, message->size);
	bool full;

	if (error)
		return error;
	if (TMA_RECORD_U32(record, ns) != agent->ns || TMA_RECORD_U16(record, content) != agent->content ||
	    TMA_RECORD_U16(record, encoding) != agent->encoding)
		return TMA_ERROR_SETTINGS;
	error = tma_record__coefficient(agent->digest, record, coefficient);
	if (error)
		return error;
	verdict = (struct tma_verdict){
		.number = TMA_RECORD_U64(record, number),
		.trust = judge(agent, coefficient, TMA_RECORD_U32(record, flags) & TSEM_RECORD_UNMODELED, &full),
	};
	if (platform->score)
		verdict.score = platform->score(platform->data, record, message->size, verdict.trust);
	agent->verdicts++;
	agent->untrusted += verdict.trust == TMA_UNTRUSTED;
	error = send_frame(agent, TMA_VERDICT, tma_verdict__put(&verdict, payload_of(agent)));
	return !error && full ? tell_full(agent) : error;
}

static enum tma_error send_value(struct tma_agent *agent, u32 what, u32 size, bool more)
{
	struct tma_value value = { .what = what, .more = more, .size = size };

	return send_frame(agent, TMA_VALUE, tma_value__put(&value, payload_of(agent)));
}

/* Sends the coefficients, or their counts, of those in the model or outside of it. */
static enum tma_error send_list(struct tma_agent *agent, u32 what)
{
	const struct tma_model *model = &agent->model;
	u8 *bytes = payload_of(agent) + TMA_VALUE_HEADER;
	bool valid = what != TMA_WHAT_FORENSICS;
	u32 width = what == TMA_WHAT_COUNTS ? 8 : model->width, used = 0;

	for (u32 i = 0; i < model->count; i++) {
		if (tma_model__valid(model, i) != valid)
			continue;
		if (used + width > TMA_VALUE_PIECE) {
			if (send_value(agent, what, used, true))
				return TMA_ERROR_SEND;
			used = 0;
		}
		if (what == TMA_WHAT_COUNTS)
			tma_put64(bytes + used, tma_model__count(model, i));
		else
			memcpy(bytes + used, tma_model__coefficient(model, i), width);
		used += width;
	}
	return send_value(agent, what, used, false);
}

static enum tma_error send_extension(struct tma_agent *agent, u32 what)
{
	const u8 *base = agent->has_base ? agent->base : NULL,
		 *aggregate = agent->has_aggregate ? agent->aggregate : NULL;
	u8 *out = payload_of(agent) + TMA_VALUE_HEADER;
	bool done = what == TMA_WHAT_STATE ? tma_model__state(&agent->model, agent->digest, base, aggregate, out)
					   : tma_model__measurement(&agent->model, agent->digest, base, aggregate, out);

	return done ? send_value(agent, what, agent->digest->size, false) : TMA_ERROR_HASH;
}

static enum tma_error send_identity(struct tma_agent *agent)
{
	const char *identity = agent->platform->identity;
	u8 *bytes = payload_of(agent) + TMA_VALUE_HEADER;
	u32 size = 0;

	while (identity[size] && size < TMA_IDENTITY_MAX)
		size++;
	tma_put32(bytes, TMA_VERSION);
	tma_put32(bytes + 4, size);
	memcpy(bytes + 8, identity, size);
	return send_value(agent, TMA_WHAT_IDENTITY, 8 + size, false);
}

static enum tma_error on_query(struct tma_agent *agent, const struct tma_message *message)
{
	u32 what;
	enum tma_error error = tma_query__get(message->payload, message->size, &what);

	if (error)
		return error;
	switch (what) {
	case TMA_WHAT_STATE:
	case TMA_WHAT_MEASUREMENT:
		return send_extension(agent, what);
	case TMA_WHAT_COEFFICIENTS:
	case TMA_WHAT_COUNTS:
	case TMA_WHAT_FORENSICS:
		return send_list(agent, what);
	case TMA_WHAT_IDENTITY:
		return send_identity(agent);
	default:
		return TMA_ERROR_PAYLOAD;
	}
}

static enum tma_error on_log(struct tma_agent *agent, const struct tma_message *message)
{
	struct tma_log log;
	enum tma_error error = tma_log__get(message->payload, message->size, &log);

	agent->logs += !error;
	return error;
}

static void close_session(struct tma_agent *agent)
{
	tma_session__close(&agent->session);
	agent->phase = TMA_PHASE_IDLE;
}

static enum tma_status fail(struct tma_agent *agent, enum tma_error error)
{
	agent->error = error;
	/* The session ends in any case, also if this cannot be sent. */
	if (error != TMA_ERROR_SEND && error != TMA_ERROR_PEER)
		(void)send_frame(agent, TMA_ERROR, tma_fault__put(error, payload_of(agent)));
	close_session(agent);
	return TMA_STATUS_FAILED;
}

static enum tma_error on_message(struct tma_agent *agent, const struct tma_message *message)
{
	switch (message->type) {
	case TMA_SETUP:
		return on_setup(agent, message);
	case TMA_STATE:
		return on_state(agent, message);
	case TMA_MODE:
		return on_mode(agent, message);
	case TMA_EVENT:
		return on_event(agent, message);
	case TMA_QUERY:
		return on_query(agent, message);
	case TMA_LOG:
		return on_log(agent, message);
	case TMA_BYE:
		return message->size ? TMA_ERROR_PAYLOAD : TMA_OK;
	default:
		/* Only ERROR is left. */
		return TMA_ERROR_PEER;
	}
}

static enum tma_status on_frame(struct tma_agent *agent, const u8 *frame, u32 size)
{
	struct tma_message message;
	enum tma_error error;

	if (agent->phase == TMA_PHASE_IDLE) {
		agent->error = TMA_OK;
		error = on_hello(agent, frame, size);
		return error ? fail(agent, error) : TMA_STATUS_GOING;
	}
	error = tma_session__open(&agent->session, frame, size, &message);
	if (!error && !(expected[agent->phase] & BIT(message.type)))
		error = TMA_ERROR_TYPE;
	error = error ? error : on_message(agent, &message);
	if (error)
		return fail(agent, error);
	if (message.type != TMA_BYE)
		return TMA_STATUS_GOING;
	close_session(agent);
	return TMA_STATUS_BYE;
}

/* On a line, what is no HELLO may be the rest of an earlier session, or noise. Nothing answers it. */
static bool is_noise(const struct tma_agent *agent, enum tma_read read)
{
	return agent->reader.framing == TMA_FRAMING_COBS && agent->phase == TMA_PHASE_IDLE &&
	       (read != TMA_READ_FRAME || tma_get16(agent->in + 4) != TMA_HELLO);
}

enum tma_status tma_agent__feed(struct tma_agent *agent, const u8 *bytes, size_t size)
{
	enum tma_status status;

	while (size) {
		size_t taken;
		enum tma_read read = tma_reader__feed(&agent->reader, bytes, size, &taken);

		bytes += taken;
		size -= taken;
		if (read == TMA_READ_MORE || is_noise(agent, read))
			continue;
		status = read == TMA_READ_FRAME ? on_frame(agent, agent->in, agent->reader.used)
						: fail(agent, TMA_ERROR_LENGTH);
		if (status != TMA_STATUS_GOING && agent->reader.framing == TMA_FRAMING_PLAIN)
			return status;
	}
	return TMA_STATUS_GOING;
}

enum tma_error tma_agent__start(struct tma_agent *agent, const struct tma_platform *platform, enum tma_framing framing,
				const u8 *key, void *memory, size_t size, u32 limit)
{
	memset(agent, 0, sizeof(*agent));
	agent->platform = platform;
	agent->digests = platform->digests ? platform->digests : tma_digests;
	agent->memory = memory;
	agent->memory_size = size;
	agent->limit = limit;
	if (!platform->random(platform->data, (u8 *)agent->table_key, sizeof(agent->table_key)))
		return TMA_ERROR_RANDOM;
	if (!tma_model__init(&agent->model, memory, size, limit, TSEM_DIGEST_MIN, agent->table_key))
		return TMA_ERROR_MEMORY;
	memcpy(agent->key, key, TMA_KEY_SIZE);
	tma_reader__init(&agent->reader, framing, agent->in);
	return TMA_OK;
}

enum tma_error tma_agent__own(struct tma_agent *agent, const struct tma_own *own)
{
	agent->own = *own;
	agent->own_count = 0;
	return tma_model__init(&agent->model, agent->memory, agent->memory_size, agent->limit, own->digest->size,
			       agent->table_key)
		       ? TMA_OK
		       : TMA_ERROR_MEMORY;
}

enum tma_error tma_agent__own_add(struct tma_agent *agent, const u8 *coefficient)
{
	if (tma_model__find(&agent->model, coefficient) != TMA_NOWHERE)
		return TMA_OK;
	if (tma_model__add(&agent->model, coefficient, true) == TMA_NOWHERE)
		return TMA_ERROR_FULL;
	agent->own_count++;
	return TMA_OK;
}

void tma_agent__reset(struct tma_agent *agent)
{
	close_session(agent);
	tma_reader__init(&agent->reader, (enum tma_framing)agent->reader.framing, agent->in);
}

void tma_agent__end(struct tma_agent *agent)
{
	tma_agent__reset(agent);
	tma_erase(agent->key, sizeof(agent->key));
}
