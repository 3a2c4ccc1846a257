/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames: what collector and agent say to each other, and how a byte stream is cut into them. docs/tma.md has the
 *bytes.
 *
 *	length u32, type u16, flags u16, counter u64, payload, mac
 *
 * `length` counts the bytes after it. Collector and agent build a frame in place: the payload begins TMA_FRAME_HEADER
 * bytes into the buffer, and tma_session__seal() writes what is before and after it.
 */
#ifndef TMA_FRAME_H
#define TMA_FRAME_H

#include "tma_bytes.h"

#define TMA_VERSION 1
/* The largest length of a frame. */
#define TMA_LENGTH_MAX 8192
/* Bytes before the payload: length, type, flags, counter. */
#define TMA_FRAME_HEADER 16
#define TMA_MAC_SIZE 32
/* Bytes of the largest frame: the room of a buffer. */
#define TMA_FRAME_MAX (4 + TMA_LENGTH_MAX)
#define TMA_PAYLOAD_MAX (TMA_FRAME_MAX - TMA_FRAME_HEADER - TMA_MAC_SIZE)

enum tma_type {
	TMA_HELLO = 1,
	TMA_HELLO_REPLY = 2,
	TMA_SETUP = 3,
	TMA_STATE = 4,
	TMA_MODE = 5,
	TMA_READY = 6,
	TMA_EVENT = 7,
	TMA_VERDICT = 8,
	TMA_QUERY = 9,
	TMA_VALUE = 10,
	TMA_LOG = 11,
	TMA_ERROR = 12,
	TMA_BYE = 13,
	TMA_TYPE_END = 14,
};

/* What went wrong: the code of an ERROR frame, and what functions return. All but FULL end the session. */
enum tma_error {
	TMA_OK = 0,
	TMA_ERROR_LENGTH = 1, /* a frame is too long, too short, or no frame */
	TMA_ERROR_MAC = 2, /* it is not from the one who has the key, or was changed */
	TMA_ERROR_COUNTER = 3, /* it was sent before, or one before it is missing */
	TMA_ERROR_TYPE = 4, /* its type or its flags are not known, or do not belong here */
	TMA_ERROR_VERSION = 5, /* the other side speaks another version of the protocol */
	TMA_ERROR_PAYLOAD = 6, /* the payload is not what the type has */
	TMA_ERROR_SETTINGS = 7, /* the agent cannot serve a namespace with these settings, or the record has others */
	TMA_ERROR_RECORD = 8, /* the record of an event is malformed */
	TMA_ERROR_MODE = 9, /* the mode does not permit this */
	TMA_ERROR_FULL = 10, /* the model has no room; sent once, and the session goes on */
	TMA_ERROR_HASH = 11, /* the platform could not hash */
	TMA_ERROR_RANDOM = 12, /* the platform has no random bytes */
	TMA_ERROR_MEMORY = 13, /* the agent's memory has no room for one coefficient */
	TMA_ERROR_SEND = 14, /* not sent: the platform could not send */
	TMA_ERROR_PEER = 15, /* not sent: the other side has sent ERROR */
	TMA_ERROR_END = 16,
};

/* A sentence of what is wrong and what to do, without a full stop; static, never NULL. */
const char *tma_error__text(enum tma_error error);

enum tma_framing {
	TMA_FRAMING_PLAIN = 0, /* a stream that loses nothing: pipe, socket, virtual serial port */
	TMA_FRAMING_COBS = 1, /* a line that may lose bytes: each frame is COBS and ends with a zero byte */
};

enum tma_read {
	TMA_READ_MORE = 0, /* all bytes are taken, and no frame is complete */
	TMA_READ_FRAME = 1, /* reader->frame has a frame of reader->used bytes */
	TMA_READ_BAD = 2, /* TMA_ERROR_LENGTH. With COBS the next frame may be good; a plain stream cannot go on */
};

/* Cuts a byte stream into frames. */
struct tma_reader {
	u8 *frame; /* the caller's: TMA_FRAME_MAX bytes */
	u32 used; /* bytes in it */
	u32 framing; /* enum tma_framing */
	bool complete; /* the next byte begins a new frame */
	bool bad; /* the frame at hand is none */
	u8 left; /* COBS: bytes up to the next code */
	u8 code; /* COBS: the last code; 0: none in this frame */
};

/* `frame` has TMA_FRAME_MAX bytes and has to stay. */
void tma_reader__init(struct tma_reader *reader, enum tma_framing framing, u8 *frame);
/*
 * Takes bytes of `data`, at most to the end of a frame; *taken says how many. A frame stays in the buffer until the
 * next call. Empty COBS frames are skipped: a sender may send a zero byte first, to end what an earlier one left.
 */
enum tma_read tma_reader__feed(struct tma_reader *reader, const u8 *data, size_t size, size_t *taken);

/*
 * Gives a frame in COBS form to `put`, in pieces, with the zero byte that ends it. false as soon as `put` returns
 * false.
 */
bool tma_cobs__write(const u8 *frame, size_t size, bool (*put)(void *data, const u8 *bytes, size_t size), void *data);

#endif
