/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent: a state machine that bytes go into, and bytes come out of. All agents are this and a transport.
 *
 *	tma_agent__start()	once, with the key and the memory of the model
 *	tma_agent__own()	if the agent brings its own model
 *	tma_agent__feed()	with all bytes that come from the collector
 *
 * It does not allocate, and it never waits but in platform->send(). A session goes HELLO, SETUP, STATE (any number),
 * MODE; then come EVENT, QUERY, LOG, and MODE again. SETUP empties the model, but for the agent's own coefficients.
 * What a frame demands is done in full, or the session ends with ERROR.
 */
#ifndef TMA_AGENT_H
#define TMA_AGENT_H

#include "tma_message.h"
#include "tma_model.h"
#include "tma_record.h"
#include "tma_session.h"

/* What a platform does for the agent. It has to stay. */
struct tma_platform {
	const char *identity; /* who this agent is, at most TMA_IDENTITY_MAX bytes */
	const struct tma_digest *const *digests; /* its hash functions, NULL at the end; NULL: tma_digests */
	/* Fills `out` with random bytes that nobody can predict. false: there are none. */
	bool (*random)(void *data, u8 *out, size_t size);
	/* Sends all bytes. false: it cannot; the session ends. A frame may come in several calls. */
	bool (*send)(void *data, const u8 *bytes, size_t size);
	/*
	 * The score of an event for its verdict, 0 to TMA_SCORE_MAX; `record` has `size` bytes, `trust` is an enum
	 * tma_trust. It does not change the verdict. NULL: every score is 0.
	 */
	u32 (*score)(void *data, const u8 *record, u32 size, u32 trust);
	void *data; /* for these functions */
};

/* How the agent's own model hashes; 0 is anything that the namespace has. */
struct tma_own {
	const struct tma_digest *digest; /* of its coefficients */
	u32 content; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	bool sealed; /* nothing can be added, and the namespace cannot be free */
	bool has_base;
	bool has_aggregate;
	u8 base[TSEM_DIGEST_MAX];
	u8 aggregate[TSEM_DIGEST_MAX];
};

enum tma_phase {
	TMA_PHASE_IDLE = 0, /* waits for HELLO */
	TMA_PHASE_GREETED = 1, /* waits for SETUP */
	TMA_PHASE_LOADING = 2, /* takes STATE, waits for MODE */
	TMA_PHASE_RUNNING = 3, /* answers */
};

enum tma_status {
	TMA_STATUS_GOING = 0,
	TMA_STATUS_BYE = 1, /* the collector has said BYE */
	TMA_STATUS_FAILED = 2, /* agent->error says why; ERROR was sent if that was possible */
};

/* Bytes of the digests or counts of one VALUE at most. */
#define TMA_VALUE_PIECE 2048

struct tma_agent {
	const struct tma_platform *platform;
	const struct tma_digest *const *digests;
	struct tma_session session;
	struct tma_reader reader;
	struct tma_model model;
	struct tma_own own;
	u32 own_count; /* coefficients of the agent's own model */
	void *memory;
	size_t memory_size;
	u32 limit;
	u32 phase; /* enum tma_phase */
	enum tma_error error; /* why the last session has ended; TMA_OK: it has not, or by BYE */
	bool full; /* the collector was told so */

	/* The namespace of this session. */
	u32 ns;
	u32 content;
	u32 encoding;
	u32 mode; /* enum tsem_mode */
	const struct tma_digest *digest;
	bool has_base;
	bool has_aggregate;
	u8 base[TSEM_DIGEST_MAX];
	u8 aggregate[TSEM_DIGEST_MAX];
	char name[TSEM_NAME_SIZE];
	u64 verdicts;
	u64 untrusted; /* of these verdicts */
	u64 logs; /* LOG frames: hooks that untrusted tasks reached */

	u8 key[TMA_KEY_SIZE];
	u64 table_key[TMA_MODEL_KEY];
	u8 in[TMA_FRAME_MAX];
	u8 out[TMA_FRAME_HEADER + TMA_VALUE_HEADER + TMA_VALUE_PIECE + TMA_MAC_SIZE];
};

/*
 * Makes an agent. `key` has TMA_KEY_SIZE bytes, which are copied. The model gets `size` bytes at `memory`, which have
 * to stay, and at most `limit` coefficients. TMA_OK; TMA_ERROR_RANDOM: an agent without random bytes does not start;
 * TMA_ERROR_MEMORY: not one coefficient has room.
 */
enum tma_error tma_agent__start(struct tma_agent *agent, const struct tma_platform *platform, enum tma_framing framing,
				const u8 *key, void *memory, size_t size, u32 limit);

/*
 * Gives the agent a model of its own, before the first session: how it hashes, and then each coefficient, of
 * own->digest->size bytes. A repeated one counts once. A namespace with other settings is refused. TMA_OK;
 * TMA_ERROR_MEMORY: no coefficient of this size has room; TMA_ERROR_FULL.
 */
enum tma_error tma_agent__own(struct tma_agent *agent, const struct tma_own *own);
enum tma_error tma_agent__own_add(struct tma_agent *agent, const u8 *coefficient);

/*
 * Takes bytes of the collector. On a plain stream, a status other than GOING means that the stream has to be closed; no
 * byte after that is looked at. With TMA_FRAMING_COBS it is always GOING: the line stays, and the next HELLO begins a
 * new session.
 */
enum tma_status tma_agent__feed(struct tma_agent *agent, const u8 *bytes, size_t size);

/* The stream was closed; the next byte is the first of another. The model stays up to the next SETUP. */
void tma_agent__reset(struct tma_agent *agent);
/* Forgets the key, and the keys of the session. The agent has to be started again. */
void tma_agent__end(struct tma_agent *agent);

#endif
