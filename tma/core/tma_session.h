/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A session of collector and agent: mutual authentication, counters, and the MAC of each frame. Both sides use it.
 *
 *	collector				agent
 *	tma_session__hello()	   HELLO ->	tma_session__answer()
 *	tma_session__accept()	<- HELLO_REPLY
 *	tma_session__seal()	   SETUP ->	tma_session__open()	and so on, in both directions
 *
 *	session  = HMAC-SHA256(key, "tsem-tma 1" || nonce of the collector || nonce of the agent)
 *	to_agent = HMAC-SHA256(session, "to agent")	to_host = HMAC-SHA256(session, "to host")
 *	mac      = HMAC-SHA256(key of the direction, the frame without its mac)
 *
 * HELLO has no MAC, since no key exists yet; neither has an ERROR that answers a HELLO. Everything else has one. The
 * counter of HELLO and of HELLO_REPLY is 1.
 */
#ifndef TMA_SESSION_H
#define TMA_SESSION_H

#include "tma_digest.h"
#include "tma_frame.h"

#define TMA_KEY_SIZE 32
#define TMA_NONCE_SIZE 32
/* Bytes of an agent's identity at most. */
#define TMA_IDENTITY_MAX 255

struct tma_session {
	bool open; /* it has keys: frames have MACs */
	u64 sent; /* counter of the last frame sent */
	u64 received; /* counter of the last good frame */
	u8 nonce[TMA_NONCE_SIZE]; /* the collector's own, until the session is open */
	struct tma_hmac_key out;
	struct tma_hmac_key in;
};

/* A frame that was opened; it points into the frame. */
struct tma_message {
	u32 type; /* enum tma_type */
	u32 size; /* of the payload */
	const u8 *payload;
};

/* Exactly 2 * size hexadecimal digits of either case into `out`. false: they are none. */
bool tma_hex(const char *hex, size_t length, u8 *out, size_t size);

/*
 * Takes a key as files and pipes have it: TMA_KEY_SIZE bytes, or twice as many hexadecimal digits and perhaps a
 * newline. Writes TMA_KEY_SIZE bytes to `key`. false: it is no key.
 */
#define TMA_KEY_TEXT_MAX (2 * TMA_KEY_SIZE + 1)
bool tma_key__parse(const u8 *text, size_t size, u8 *key);

/*
 * The collector begins. `nonce` has TMA_NONCE_SIZE random bytes that were never used before. Writes HELLO to `frame`,
 * of TMA_FRAME_MAX bytes or at least TMA_HELLO_SIZE, and returns its size.
 */
#define TMA_HELLO_SIZE (TMA_FRAME_HEADER + 4 + TMA_NONCE_SIZE)
u32 tma_session__hello(struct tma_session *session, const u8 *nonce, u8 *frame);

/*
 * The agent answers a frame of `size` bytes that has to be HELLO. `key` has TMA_KEY_SIZE bytes, `nonce` as above.
 * `identity` is a text of at most TMA_IDENTITY_MAX bytes. Writes HELLO_REPLY to `reply`, which has room for
 * TMA_REPLY_MAX bytes, and its size to *reply_size. After an error the session is closed.
 */
#define TMA_REPLY_MAX (TMA_FRAME_HEADER + 4 + TMA_NONCE_SIZE + 4 + TMA_IDENTITY_MAX + TMA_MAC_SIZE)
enum tma_error tma_session__answer(struct tma_session *session, const u8 *key, const u8 *nonce, const char *identity,
				   const u8 *frame, u32 size, u8 *reply, u32 *reply_size);

/*
 * The collector takes the answer to its HELLO. TMA_OK: the agent has the key, the session is open, and *identity points
 * to *identity_size bytes in the frame: any bytes, without a NUL at the end. TMA_ERROR_PEER: the agent has refused;
 * *refusal has its ERROR, which nothing authenticates. After an error the session is closed.
 */
enum tma_error tma_session__accept(struct tma_session *session, const u8 *key, const u8 *frame, u32 size,
				   const u8 **identity, u32 *identity_size, struct tma_message *refusal);

/*
 * Makes a frame of a payload of `size` bytes, at most TMA_PAYLOAD_MAX, that is at frame + TMA_FRAME_HEADER. The buffer
 * needs room for TMA_MAC_SIZE bytes behind it. Returns the bytes to send. In a closed session, the frame has no MAC:
 * for ERROR only.
 */
u32 tma_session__seal(struct tma_session *session, enum tma_type type, u8 *frame, u32 size);

/*
 * Checks a frame of `size` bytes of an open session: MAC, counter, flags and type, in this order. TMA_OK with *out
 * filled. After an error the caller may still send ERROR; then it has to close the session.
 */
enum tma_error tma_session__open(struct tma_session *session, const u8 *frame, u32 size, struct tma_message *out);

/* Forgets the keys. */
void tma_session__close(struct tma_session *session);

#endif
