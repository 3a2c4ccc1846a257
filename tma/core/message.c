// SPDX-License-Identifier: GPL-2.0
/* The bytes of payloads. */
#include "tma_message.h"

#define SETUP_FIXED 28

u32 tma_setup__put(const struct tma_setup *setup, u8 *payload)
{
	const u32 numbers[] = { setup->ns,
				setup->digest,
				setup->content,
				setup->encoding,
				setup->nsref,
				setup->digest_size,
				(setup->base ? TMA_SETUP_BASE : 0) | (setup->aggregate ? TMA_SETUP_AGGREGATE : 0) };
	u8 *p = payload;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++, p += 4)
		tma_put32(p, numbers[i]);
	if (setup->base) {
		memcpy(p, setup->base, setup->digest_size);
		p += setup->digest_size;
	}
	if (setup->aggregate) {
		memcpy(p, setup->aggregate, setup->digest_size);
		p += setup->digest_size;
	}
	tma_put32(p, setup->name_size);
	memcpy(p + 4, setup->name, setup->name_size);
	return (u32)(p + 4 + setup->name_size - payload);
}

enum tma_error tma_setup__get(const u8 *payload, u32 size, struct tma_setup *setup)
{
	const u8 *p = payload;
	u32 flags, want;

	if (size < SETUP_FIXED + 4)
		return TMA_ERROR_PAYLOAD;
	*setup = (struct tma_setup){
		.ns = tma_get32(p),
		.digest = tma_get32(p + 4),
		.content = tma_get32(p + 8),
		.encoding = tma_get32(p + 12),
		.nsref = tma_get32(p + 16),
		.digest_size = tma_get32(p + 20),
	};
	flags = tma_get32(p + 24);
	if (setup->digest_size < TSEM_DIGEST_MIN || setup->digest_size > TSEM_DIGEST_MAX ||
	    flags & ~(u32)(TMA_SETUP_BASE | TMA_SETUP_AGGREGATE))
		return TMA_ERROR_PAYLOAD;
	p += SETUP_FIXED;
	want = SETUP_FIXED + 4;
	if (flags & TMA_SETUP_BASE) {
		setup->base = p;
		p += setup->digest_size;
		want += setup->digest_size;
	}
	if (flags & TMA_SETUP_AGGREGATE) {
		setup->aggregate = p;
		p += setup->digest_size;
		want += setup->digest_size;
	}
	if (size < want)
		return TMA_ERROR_PAYLOAD;
	setup->name_size = tma_get32(p);
	setup->name = p + 4;
	return setup->name_size < TSEM_NAME_SIZE && size == want + setup->name_size ? TMA_OK : TMA_ERROR_PAYLOAD;
}

/* MODE and QUERY: a single number. */
static u32 put_number(u32 number, u8 *payload)
{
	tma_put32(payload, number);
	return 4;
}

static enum tma_error get_number(const u8 *payload, u32 size, u32 *number)
{
	if (size != 4)
		return TMA_ERROR_PAYLOAD;
	*number = tma_get32(payload);
	return TMA_OK;
}

u32 tma_mode__put(u32 mode, u8 *payload)
{
	return put_number(mode, payload);
}

enum tma_error tma_mode__get(const u8 *payload, u32 size, u32 *mode)
{
	enum tma_error error = get_number(payload, size, mode);

	return !error && *mode > TSEM_MODE_ENFORCING ? TMA_ERROR_PAYLOAD : error;
}

u32 tma_query__put(u32 what, u8 *payload)
{
	return put_number(what, payload);
}

enum tma_error tma_query__get(const u8 *payload, u32 size, u32 *what)
{
	return get_number(payload, size, what);
}

u32 tma_ready__put(const struct tma_ready *ready, u8 *payload)
{
	tma_put32(payload, ready->held);
	tma_put32(payload + 4, ready->room);
	return 8;
}

enum tma_error tma_ready__get(const u8 *payload, u32 size, struct tma_ready *ready)
{
	if (size != 8)
		return TMA_ERROR_PAYLOAD;
	*ready = (struct tma_ready){ .held = tma_get32(payload), .room = tma_get32(payload + 4) };
	return ready->held <= ready->room ? TMA_OK : TMA_ERROR_PAYLOAD;
}

u32 tma_verdict__put(const struct tma_verdict *verdict, u8 *payload)
{
	tma_put64(payload, verdict->number);
	tma_put32(payload + 8, verdict->trust);
	tma_put32(payload + 12, verdict->score);
	return 16;
}

enum tma_error tma_verdict__get(const u8 *payload, u32 size, struct tma_verdict *verdict)
{
	if (size != 16)
		return TMA_ERROR_PAYLOAD;
	*verdict = (struct tma_verdict){
		.number = tma_get64(payload),
		.trust = tma_get32(payload + 8),
		.score = tma_get32(payload + 12),
	};
	return (verdict->trust == TMA_TRUSTED || verdict->trust == TMA_UNTRUSTED) && verdict->score <= TMA_SCORE_MAX
		       ? TMA_OK
		       : TMA_ERROR_PAYLOAD;
}

u32 tma_value__put(const struct tma_value *value, u8 *payload)
{
	tma_put32(payload, value->what);
	tma_put32(payload + 4, value->more);
	return TMA_VALUE_HEADER + value->size;
}

enum tma_error tma_value__get(const u8 *payload, u32 size, struct tma_value *value)
{
	if (size < TMA_VALUE_HEADER)
		return TMA_ERROR_PAYLOAD;
	*value = (struct tma_value){
		.what = tma_get32(payload),
		.more = tma_get32(payload + 4),
		.bytes = payload + TMA_VALUE_HEADER,
		.size = size - TMA_VALUE_HEADER,
	};
	return value->what && value->what < TMA_WHAT_END && value->more <= 1 ? TMA_OK : TMA_ERROR_PAYLOAD;
}

u32 tma_log__put(const struct tma_log *log, u8 *payload)
{
	tma_put64(payload, log->task_number);
	tma_put32(payload + 8, log->event);
	tma_put32(payload + 12, log->action);
	return 16;
}

enum tma_error tma_log__get(const u8 *payload, u32 size, struct tma_log *log)
{
	if (size != 16)
		return TMA_ERROR_PAYLOAD;
	*log = (struct tma_log){
		.task_number = tma_get64(payload),
		.event = tma_get32(payload + 8),
		.action = tma_get32(payload + 12),
	};
	return log->event && log->event < TSEM_EVENT_END &&
			       (log->action == TSEM_ACTION_LOG || log->action == TSEM_ACTION_DENY)
		       ? TMA_OK
		       : TMA_ERROR_PAYLOAD;
}

u32 tma_fault__put(enum tma_error code, u8 *payload)
{
	const char *text = tma_error__text(code);
	u32 size = 0;

	while (text[size] && size < TMA_FAULT_MAX - 8)
		size++;
	tma_put32(payload, code);
	tma_put32(payload + 4, size);
	memcpy(payload + 8, text, size);
	return 8 + size;
}

enum tma_error tma_fault__get(const u8 *payload, u32 size, struct tma_fault *fault)
{
	if (size < 8 || tma_get32(payload + 4) != size - 8)
		return TMA_ERROR_PAYLOAD;
	*fault = (struct tma_fault){ .code = tma_get32(payload), .text = payload + 8, .size = size - 8 };
	return TMA_OK;
}
