// SPDX-License-Identifier: GPL-2.0
/* Keys, counters and MACs of a session: tma_session.h has the formulas. */
#include "tma_session.h"

#define NONCE_AT 4

static void derive(const struct tma_hmac_key *session, const char *label, size_t size, struct tma_hmac_key *out)
{
	u8 key[TMA_SHA256_SIZE];

	tma_hmac__compute(session, (const u8 *)label, size, key);
	tma_hmac__key(out, key, sizeof(key));
	tma_erase(key, sizeof(key));
}

/* The keys of both directions, from the nonces of the collector and of the agent. */
static void derive_keys(const u8 *key, const u8 *collector, const u8 *agent, struct tma_hmac_key *to_agent,
			struct tma_hmac_key *to_host)
{
	static const char label[] = "tsem-tma 1", down[] = "to agent", up[] = "to host";
	u8 message[sizeof(label) - 1 + 2 * TMA_NONCE_SIZE], secret[TMA_SHA256_SIZE];
	struct tma_hmac_key hmac;

	memcpy(message, label, sizeof(label) - 1);
	memcpy(message + sizeof(label) - 1, collector, TMA_NONCE_SIZE);
	memcpy(message + sizeof(label) - 1 + TMA_NONCE_SIZE, agent, TMA_NONCE_SIZE);
	tma_hmac__key(&hmac, key, TMA_KEY_SIZE);
	tma_hmac__compute(&hmac, message, sizeof(message), secret);
	tma_hmac__key(&hmac, secret, sizeof(secret));
	derive(&hmac, down, sizeof(down) - 1, to_agent);
	derive(&hmac, up, sizeof(up) - 1, to_host);
	tma_erase(&hmac, sizeof(hmac));
	tma_erase(secret, sizeof(secret));
}

void tma_session__close(struct tma_session *session)
{
	tma_erase(session, sizeof(*session));
}

u32 tma_session__seal(struct tma_session *session, enum tma_type type, u8 *frame, u32 size)
{
	u32 mac = session->open ? TMA_MAC_SIZE : 0;

	tma_put32(frame, TMA_FRAME_HEADER - 4 + size + mac);
	tma_put16(frame + 4, (u16)type);
	tma_put16(frame + 6, 0);
	tma_put64(frame + 8, ++session->sent);
	size += TMA_FRAME_HEADER;
	if (mac)
		tma_hmac__compute(&session->out, frame, size, frame + size);
	return size + mac;
}

/* Checks all but the MAC, which is not part of the `size` bytes. */
static enum tma_error check_header(struct tma_session *session, const u8 *frame, u32 size, struct tma_message *out)
{
	if (tma_get64(frame + 8) != session->received + 1)
		return TMA_ERROR_COUNTER;
	out->type = tma_get16(frame + 4);
	if (tma_get16(frame + 6) || !out->type || out->type >= TMA_TYPE_END)
		return TMA_ERROR_TYPE;
	session->received++;
	out->payload = frame + TMA_FRAME_HEADER;
	out->size = size - TMA_FRAME_HEADER;
	return TMA_OK;
}

static bool sizes_agree(const u8 *frame, u32 size, u32 least)
{
	return size >= least && size <= TMA_FRAME_MAX && tma_get32(frame) == size - 4;
}

enum tma_error tma_session__open(struct tma_session *session, const u8 *frame, u32 size, struct tma_message *out)
{
	u8 mac[TMA_MAC_SIZE];

	if (!sizes_agree(frame, size, TMA_FRAME_HEADER + TMA_MAC_SIZE))
		return TMA_ERROR_LENGTH;
	size -= TMA_MAC_SIZE;
	tma_hmac__compute(&session->in, frame, size, mac);
	if (!session->open || !tma_same(mac, frame + size, sizeof(mac)))
		return TMA_ERROR_MAC;
	return check_header(session, frame, size, out);
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool tma_hex(const char *hex, size_t length, u8 *out, size_t size)
{
	if (length != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit_value(hex[2 * i]), low = digit_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (u8)(high << 4 | low);
	}
	return true;
}

bool tma_key__parse(const u8 *text, size_t size, u8 *key)
{
	if (size == TMA_KEY_SIZE) {
		memcpy(key, text, size);
		return true;
	}
	if (size == TMA_KEY_TEXT_MAX && text[size - 1] == '\n')
		size--;
	return tma_hex((const char *)text, size, key, TMA_KEY_SIZE);
}

u32 tma_session__hello(struct tma_session *session, const u8 *nonce, u8 *frame)
{
	tma_session__close(session);
	memcpy(session->nonce, nonce, TMA_NONCE_SIZE);
	tma_put32(frame + TMA_FRAME_HEADER, TMA_VERSION);
	memcpy(frame + TMA_FRAME_HEADER + NONCE_AT, nonce, TMA_NONCE_SIZE);
	return tma_session__seal(session, TMA_HELLO, frame, NONCE_AT + TMA_NONCE_SIZE);
}

static enum tma_error check_hello(struct tma_session *session, const u8 *frame, u32 size, struct tma_message *hello)
{
	enum tma_error error;

	if (!sizes_agree(frame, size, TMA_FRAME_HEADER))
		return TMA_ERROR_LENGTH;
	error = check_header(session, frame, size, hello);
	if (error)
		return error;
	if (hello->type != TMA_HELLO)
		return TMA_ERROR_TYPE;
	if (hello->size < 4)
		return TMA_ERROR_PAYLOAD;
	/* Another version may have another payload. */
	if (tma_get32(hello->payload) != TMA_VERSION)
		return TMA_ERROR_VERSION;
	return hello->size == NONCE_AT + TMA_NONCE_SIZE ? TMA_OK : TMA_ERROR_PAYLOAD;
}

enum tma_error tma_session__answer(struct tma_session *session, const u8 *key, const u8 *nonce, const char *identity,
				   const u8 *frame, u32 size, u8 *reply, u32 *reply_size)
{
	u8 *payload = reply + TMA_FRAME_HEADER;
	struct tma_message hello;
	enum tma_error error;
	u32 length = 0;

	tma_session__close(session);
	error = check_hello(session, frame, size, &hello);
	if (error) {
		tma_session__close(session);
		return error;
	}
	derive_keys(key, hello.payload + NONCE_AT, nonce, &session->in, &session->out);
	session->open = true;
	tma_put32(payload, TMA_VERSION);
	memcpy(payload + NONCE_AT, nonce, TMA_NONCE_SIZE);
	payload += NONCE_AT + TMA_NONCE_SIZE;
	while (identity[length] && length < TMA_IDENTITY_MAX)
		length++;
	tma_put32(payload, length);
	memcpy(payload + 4, identity, length);
	*reply_size = tma_session__seal(session, TMA_HELLO_REPLY, reply, NONCE_AT + TMA_NONCE_SIZE + 4 + length);
	return TMA_OK;
}

/* An ERROR in place of HELLO_REPLY: it has no MAC. */
static bool refused(struct tma_session *session, const u8 *frame, u32 size, struct tma_message *refusal)
{
	return sizes_agree(frame, size, TMA_FRAME_HEADER) && tma_get16(frame + 4) == TMA_ERROR &&
	       !check_header(session, frame, size, refusal);
}

static enum tma_error check_reply(struct tma_session *session, const u8 *key, const u8 *frame, u32 size,
				  struct tma_message *reply)
{
	const u8 *payload = frame + TMA_FRAME_HEADER;
	enum tma_error error;

	if (!sizes_agree(frame, size, TMA_FRAME_HEADER + NONCE_AT + TMA_NONCE_SIZE + 4 + TMA_MAC_SIZE))
		return TMA_ERROR_LENGTH;
	if (tma_get32(payload) != TMA_VERSION)
		return TMA_ERROR_VERSION;
	derive_keys(key, session->nonce, payload + NONCE_AT, &session->out, &session->in);
	session->open = true;
	error = tma_session__open(session, frame, size, reply);
	if (error)
		return error;
	if (reply->type != TMA_HELLO_REPLY)
		return TMA_ERROR_TYPE;
	return tma_get32(payload + NONCE_AT + TMA_NONCE_SIZE) == reply->size - NONCE_AT - TMA_NONCE_SIZE - 4
		       ? TMA_OK
		       : TMA_ERROR_PAYLOAD;
}

enum tma_error tma_session__accept(struct tma_session *session, const u8 *key, const u8 *frame, u32 size,
				   const u8 **identity, u32 *identity_size, struct tma_message *refusal)
{
	struct tma_message reply;
	enum tma_error error;

	if (refused(session, frame, size, refusal)) {
		tma_session__close(session);
		return TMA_ERROR_PEER;
	}
	error = check_reply(session, key, frame, size, &reply);
	if (error) {
		tma_session__close(session);
		return error;
	}
	*identity = reply.payload + NONCE_AT + TMA_NONCE_SIZE + 4;
	*identity_size = reply.size - NONCE_AT - TMA_NONCE_SIZE - 4;
	return TMA_OK;
}
