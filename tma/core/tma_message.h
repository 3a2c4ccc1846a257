/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The payloads of frames, as structures: put on one side, get on the other.
 *
 * put writes to a payload, in front of which there is room for the header, and returns its size. get returns TMA_OK, or
 * TMA_ERROR_PAYLOAD if the bytes are not exactly what the type has; pointers in the structure then point into the
 * payload. STATE and EVENT have no structure: STATE is coefficients one after the other, EVENT is a record.
 */
#ifndef TMA_MESSAGE_H
#define TMA_MESSAGE_H

#include "tma_frame.h"

enum tma_setup_flags {
	TMA_SETUP_BASE = 1 << 0,
	TMA_SETUP_AGGREGATE = 1 << 1,
};

/* SETUP: a namespace and how it hashes. */
struct tma_setup {
	u32 ns;
	u32 digest; /* enum tsem_digest_type */
	u32 content; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u32 nsref; /* enum tsem_nsref */
	u32 digest_size; /* TSEM_DIGEST_MIN to TSEM_DIGEST_MAX */
	const u8 *base; /* digest_size bytes, or NULL */
	const u8 *aggregate; /* digest_size bytes, or NULL: without a TPM */
	const u8 *name; /* of the namespace, without a NUL */
	u32 name_size; /* less than TSEM_NAME_SIZE */
};

/* Bytes of a SETUP at most. */
#define TMA_SETUP_MAX (28 + 2 * TSEM_DIGEST_MAX + 4 + TSEM_NAME_SIZE)
u32 tma_setup__put(const struct tma_setup *setup, u8 *payload);
enum tma_error tma_setup__get(const u8 *payload, u32 size, struct tma_setup *setup);

/* MODE: an enum tsem_mode. */
u32 tma_mode__put(u32 mode, u8 *payload);
enum tma_error tma_mode__get(const u8 *payload, u32 size, u32 *mode);

/* READY: the agent's answer to each MODE. */
struct tma_ready {
	u32 held; /* coefficients in the model, those outside of it included */
	u32 room; /* coefficients that the memory can hold, all together */
};

u32 tma_ready__put(const struct tma_ready *ready, u8 *payload);
enum tma_error tma_ready__get(const u8 *payload, u32 size, struct tma_ready *ready);

enum tma_trust {
	TMA_TRUSTED = 1,
	TMA_UNTRUSTED = 2,
};

/* VERDICT: the answer to an EVENT. */
struct tma_verdict {
	u64 number; /* tsem_record.number of the event */
	u32 trust; /* enum tma_trust */
	u32 score; /* 0 to 1000; 1000: certainly outside; 0 if the agent has none */
};

#define TMA_SCORE_MAX 1000
u32 tma_verdict__put(const struct tma_verdict *verdict, u8 *payload);
enum tma_error tma_verdict__get(const u8 *payload, u32 size, struct tma_verdict *verdict);

enum tma_what {
	TMA_WHAT_STATE = 1, /* a digest, over all coefficients that the agent holds */
	TMA_WHAT_MEASUREMENT = 2, /* the same */
	TMA_WHAT_COEFFICIENTS = 3, /* of the model, in order of first occurrence: digests */
	TMA_WHAT_COUNTS = 4, /* occurrences of each of them, the same order: u64 */
	TMA_WHAT_FORENSICS = 5, /* coefficients outside of the model, in order of first occurrence: digests */
	TMA_WHAT_IDENTITY = 6, /* version u32, identity STR */
	TMA_WHAT_END = 7,
};

/* QUERY: an enum tma_what, which is not checked. */
u32 tma_query__put(u32 what, u8 *payload);
enum tma_error tma_query__get(const u8 *payload, u32 size, u32 *what);

/* VALUE: the answer to a QUERY, in one or more frames. A digest or a count is never divided. */
struct tma_value {
	u32 what; /* enum tma_what */
	u32 more; /* 1: another VALUE follows */
	const u8 *bytes;
	u32 size;
};

/* Bytes before value->bytes. tma_value__put() writes only these; the caller writes the `size` bytes behind them. */
#define TMA_VALUE_HEADER 8
u32 tma_value__put(const struct tma_value *value, u8 *payload);
enum tma_error tma_value__get(const u8 *payload, u32 size, struct tma_value *value);

/* LOG: an untrusted task reached a hook. */
struct tma_log {
	u64 task_number;
	u32 event; /* enum tsem_event_type */
	u32 action; /* enum tsem_action: TSEM_ACTION_LOG or TSEM_ACTION_DENY */
};

u32 tma_log__put(const struct tma_log *log, u8 *payload);
enum tma_error tma_log__get(const u8 *payload, u32 size, struct tma_log *log);

/* ERROR: its text is tma_error__text(code), or what the other side wrote: it may be any bytes. */
struct tma_fault {
	u32 code; /* enum tma_error, or a number that this version does not know */
	const u8 *text; /* without a NUL */
	u32 size;
};

/* Bytes of the payload of an ERROR at most. */
#define TMA_FAULT_MAX 256
u32 tma_fault__put(enum tma_error code, u8 *payload);
enum tma_error tma_fault__get(const u8 *payload, u32 size, struct tma_fault *fault);

#endif
