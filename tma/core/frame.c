// SPDX-License-Identifier: GPL-2.0
/*
 * Byte streams and frames. COBS (Cheshire and Baker, 1999) replaces each zero byte by the distance to the next one, so
 * that a zero byte is the end of a frame and nothing else: a receiver that has lost bytes waits for it.
 */
#include "tma_frame.h"

/* Bytes of a run at most; a code of one more says that no zero byte follows. */
#define COBS_RUN 254

static const char *const texts[TMA_ERROR_END] = {
	[TMA_OK] = "no error",
	[TMA_ERROR_LENGTH] = "a frame is too long or too short; begin with a new HELLO",
	[TMA_ERROR_MAC] = "a frame has a wrong MAC; give both sides the same key",
	[TMA_ERROR_COUNTER] =
		"a frame has a wrong counter: it is a repetition, or one was lost; begin with a new HELLO",
	[TMA_ERROR_TYPE] =
		"a frame has an unknown type or flag, or does not belong here; begin with HELLO, SETUP, MODE",
	[TMA_ERROR_VERSION] = "the protocol has another version; use 1",
	[TMA_ERROR_PAYLOAD] = "the payload of a frame is malformed; send what its type has",
	[TMA_ERROR_SETTINGS] =
		"the settings are not those of the agent or of the namespace; use the same digest, content, "
		"encoding, base and aggregate",
	[TMA_ERROR_RECORD] = "the record of an event is malformed; send records of version 2",
	[TMA_ERROR_MODE] = "the model is sealed; add no coefficients and do not go back to free",
	[TMA_ERROR_FULL] = "the model has no room for another coefficient; give the agent more memory",
	[TMA_ERROR_HASH] = "the hash function failed",
	[TMA_ERROR_RANDOM] = "there are no random bytes; give the agent a source of randomness",
	[TMA_ERROR_MEMORY] = "the memory has no room for one coefficient; give more",
	[TMA_ERROR_SEND] = "the other side does not take what is sent to it",
	[TMA_ERROR_PEER] = "the other side has ended the session",
};

const char *tma_error__text(enum tma_error error)
{
	return (u32)error < TMA_ERROR_END ? texts[error] : "an unknown error";
}

void tma_reader__init(struct tma_reader *reader, enum tma_framing framing, u8 *frame)
{
	*reader = (struct tma_reader){ .frame = frame, .framing = framing };
}

static void begin(struct tma_reader *reader)
{
	reader->used = 0;
	reader->complete = false;
	reader->bad = false;
	reader->left = 0;
	reader->code = 0;
}

static bool length_fits(u32 length)
{
	return length >= TMA_FRAME_HEADER - 4 && length <= TMA_LENGTH_MAX;
}

static enum tma_read feed_plain(struct tma_reader *reader, const u8 *data, size_t size, size_t *taken)
{
	if (reader->bad)
		return TMA_READ_BAD;
	while (*taken < size) {
		size_t want = reader->used < 4 ? 4 : 4 + tma_get32(reader->frame), piece = size - *taken;

		if (piece > want - reader->used)
			piece = want - reader->used;
		memcpy(reader->frame + reader->used, data + *taken, piece);
		reader->used += (u32)piece;
		*taken += piece;
		if (reader->used < want)
			break;
		if (reader->used > 4)
			return TMA_READ_FRAME;
		if (!length_fits(tma_get32(reader->frame))) {
			reader->bad = true;
			return TMA_READ_BAD;
		}
	}
	return TMA_READ_MORE;
}

static void cobs_add(struct tma_reader *reader, u8 byte)
{
	if (reader->used < TMA_FRAME_MAX)
		reader->frame[reader->used++] = byte;
	else
		reader->bad = true;
}

static void cobs_byte(struct tma_reader *reader, u8 byte)
{
	if (reader->left) {
		cobs_add(reader, byte);
		reader->left--;
		return;
	}
	if (reader->code && reader->code <= COBS_RUN)
		cobs_add(reader, 0);
	reader->code = byte;
	reader->left = byte - 1;
}

static enum tma_read feed_cobs(struct tma_reader *reader, const u8 *data, size_t size, size_t *taken)
{
	while (*taken < size) {
		u8 byte = data[(*taken)++];

		if (byte) {
			cobs_byte(reader, byte);
			continue;
		}
		if (!reader->code)
			continue;
		reader->complete = true;
		if (reader->bad || reader->left || reader->used < TMA_FRAME_HEADER ||
		    tma_get32(reader->frame) != reader->used - 4)
			return TMA_READ_BAD;
		return TMA_READ_FRAME;
	}
	return TMA_READ_MORE;
}

enum tma_read tma_reader__feed(struct tma_reader *reader, const u8 *data, size_t size, size_t *taken)
{
	enum tma_read read;

	*taken = 0;
	if (reader->complete)
		begin(reader);
	if (reader->framing == TMA_FRAMING_COBS)
		return feed_cobs(reader, data, size, taken);
	read = feed_plain(reader, data, size, taken);
	reader->complete = read == TMA_READ_FRAME;
	return read;
}

bool tma_cobs__write(const u8 *frame, size_t size, bool (*put)(void *data, const u8 *bytes, size_t size), void *data)
{
	static const u8 end = 0;
	size_t at = 0;

	for (;;) {
		size_t run = 0;
		u8 code;

		while (run < COBS_RUN && at + run < size && frame[at + run])
			run++;
		code = (u8)(run + 1);
		if (!put(data, &code, 1) || (run && !put(data, frame + at, run)))
			return false;
		at += run;
		if (at == size)
			break;
		/* The code says that a zero byte follows, unless the run has its full length. */
		if (run < COBS_RUN)
			at++;
	}
	return put(data, &end, 1);
}
