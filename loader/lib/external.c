// SPDX-License-Identifier: GPL-2.0
/* The session with an external agent, and the questions under way. */
#include "external_parts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "tma_message.h"
#include "tpm.h"
#include "tsem_task.h"

/* Bytes of frames that may wait to be sent: about as much as a ring has. */
#define OUT_MAX (4U << 20)

/* A question that was sent, or the last one in this slot. */
struct asked {
	struct tsem_record *record; /* NULL: none */
	bool answered;
};

struct external {
	struct external_stream stream;
	struct tma_session session;
	struct tma_reader reader;
	bool ready; /* the agent has said so after the last MODE */
	u32 mode; /* enum tsem_mode, as the agent knows it */
	bool ended;
	char why[256];
	char identity[TMA_IDENTITY_MAX + 1];
	char text[128]; /* what the user called it */
	struct asked asked[TSEM_QUESTION_SLOTS];
	size_t unanswered;
	u8 *out; /* bytes that wait to be sent */
	size_t out_size, out_sent, out_room;
	u8 in[TMA_FRAME_MAX];
	u8 frame[TMA_FRAME_MAX];
};

static void end(struct external *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the session. The first reason counts. */
static void end(struct external *x, const char *format, ...)
{
	va_list args;

	if (x->ended)
		return;
	x->ended = true;
	va_start(args, format);
	vsnprintf(x->why, sizeof(x->why), format, args);
	va_end(args);
	tma_session__close(&x->session);
	external__disconnect(&x->stream);
}

/* ---- the stream ---- */

/* An agent that has gone must not end this process by SIGPIPE; a serial line cannot. */
static ssize_t put(struct external *x, const u8 *bytes, size_t size)
{
	return x->stream.lossy ? write(x->stream.out, bytes, size) : send(x->stream.out, bytes, size, MSG_NOSIGNAL);
}

/* Puts bytes after those that wait. */
static bool out_append(void *data, const u8 *bytes, size_t size)
{
	struct external *x = data;

	/* What was sent needs no room. */
	if (x->out_sent > OUT_MAX / 4) {
		memmove(x->out, x->out + x->out_sent, x->out_size - x->out_sent);
		x->out_size -= x->out_sent;
		x->out_sent = 0;
	}
	if (x->out_size + size > x->out_room) {
		size_t room = 2 * (x->out_size + size);
		u8 *grown = realloc(x->out, room);

		if (!grown)
			return false;
		x->out = grown;
		x->out_room = room;
	}
	memcpy(x->out + x->out_size, bytes, size);
	x->out_size += size;
	return true;
}

/* Sends what the stream takes now. */
static void out_flush(struct external *x)
{
	while (!x->ended && x->out_sent < x->out_size) {
		ssize_t n = put(x, x->out + x->out_sent, x->out_size - x->out_sent);

		if (n > 0)
			x->out_sent += n;
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno == EPIPE || errno == ECONNRESET)
			end(x, "the agent has gone");
		else if (errno != EINTR)
			end(x, "the agent does not read any more: %s", strerror(errno));
	}
	x->out_sent = x->out_size = 0;
}

/* Sends a frame whose payload of `size` bytes is in x->frame. */
static void send_frame(struct external *x, enum tma_type type, u32 size)
{
	u32 all;

	if (x->ended)
		return;
	all = tma_session__seal(&x->session, type, x->frame, size);
	if (x->stream.lossy ? !tma_cobs__write(x->frame, all, out_append, x) : !out_append(x, x->frame, all)) {
		end(x, "no memory");
		return;
	}
	out_flush(x);
}

static void send_error(struct external *x, enum tma_error error)
{
	if (x->session.open)
		send_frame(x, TMA_ERROR, tma_fault__put(error, x->frame + TMA_FRAME_HEADER));
	end(x, "the agent has broken the protocol: %s", tma_error__text(error));
}

/* ---- answers ---- */

/* Ends the process of a question that was answered too late: the event went on, and the action is `kill`. */
static void kill_late(struct tsem *tsem, const struct tsem_record *record)
{
	int pidfd = syscall(SYS_pidfd_open, record->pid, 0);
	struct tsem_task task;

	if (pidfd < 0)
		return;
	/* The number may belong to another process by now. */
	if (!bpf_map_lookup_elem(tsem->tasks, &pidfd, &task) && task.number == record->task_number)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	close(pidfd);
}

struct step {
	struct tsem *tsem;
	external_verdict verdict;
	void *data;
};

static void take_verdict(struct external *x, const struct tma_message *message, const struct step *step)
{
	u8 value[TSEM_DIGEST_MAX] = {};
	struct tsem_answer answer;
	struct tma_verdict verdict;
	struct asked *asked;
	u64 result;
	int err;

	if (tma_verdict__get(message->payload, message->size, &verdict)) {
		send_error(x, TMA_ERROR_PAYLOAD);
		return;
	}
	asked = &x->asked[verdict.number % TSEM_QUESTION_SLOTS];
	/* A later question has its slot, here and in the kernel: the answer is too late. */
	if (asked->record && asked->record->number > verdict.number)
		return;
	if (!asked->record || asked->record->number != verdict.number) {
		end(x, "the agent has answered event %llu, about which it was not asked",
		    (unsigned long long)verdict.number);
		return;
	}
	if (asked->answered) {
		end(x, "the agent has answered event %llu twice", (unsigned long long)verdict.number);
		return;
	}
	asked->answered = true;
	x->unanswered--;
	answer = (struct tsem_answer){
		.number = verdict.number,
		.task_number = asked->record->task_number,
		.verdict = verdict.trust == TMA_TRUSTED ? TSEM_VERDICT_TRUSTED : TSEM_VERDICT_UNTRUSTED,
	};
	memcpy(value, &answer, sizeof(answer));
	err = tsem__control(step->tsem, TSEM_CONTROL_VERDICT, asked->record->ns, value, &result);
	/* The question may have lost its slot to a newer one. */
	if (err)
		return;
	if (result == TSEM_ANSWERED_KILL)
		kill_late(step->tsem, asked->record);
	if (step->verdict)
		step->verdict(asked->record, answer.verdict, step->data);
}

/* Copies what is printable of the agent's words. */
static void copy_text(char *to, size_t room, const u8 *from, u32 size)
{
	size_t n = size < room - 1 ? size : room - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= ' ' && from[i] < 0x7f ? (char)from[i] : '?';
	to[n] = 0;
}

static void take_error(struct external *x, const struct tma_message *message)
{
	struct tma_fault fault;
	char text[128] = "";

	if (!tma_fault__get(message->payload, message->size, &fault))
		copy_text(text, sizeof(text), fault.text, fault.size);
	/* The session goes on: the verdicts about what has no room are `untrusted`. */
	if (!tma_fault__get(message->payload, message->size, &fault) && fault.code == TMA_ERROR_FULL) {
		snprintf(x->why, sizeof(x->why), "the agent's model is full");
		return;
	}
	end(x, "the agent has ended the session: %s", text);
}

static void take_message(struct external *x, const struct tma_message *message, const struct step *step)
{
	switch (message->type) {
	case TMA_VERDICT:
		if (step)
			take_verdict(x, message, step);
		break;
	case TMA_READY:
		x->ready = true;
		break;
	case TMA_VALUE:
		break;
	case TMA_ERROR:
		take_error(x, message);
		break;
	case TMA_BYE:
		end(x, "the agent has said goodbye");
		break;
	default:
		send_error(x, TMA_ERROR_TYPE);
	}
}

/* Takes the frames that are there. */
static void read_frames(struct external *x, const struct step *step)
{
	u8 bytes[16384];

	/* There is more to do than to listen. */
	for (int turns = 0; turns < 16 && !x->ended; turns++) {
		ssize_t n = read(x->stream.in, bytes, sizeof(bytes));
		size_t at = 0, taken;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			end(x, "the agent has gone%s%s", n ? ": " : "", n ? strerror(errno) : "");
			return;
		}
		while (at < (size_t)n && !x->ended) {
			enum tma_read got = tma_reader__feed(&x->reader, bytes + at, n - at, &taken);
			struct tma_message message;
			enum tma_error error;

			at += taken;
			if (got == TMA_READ_BAD && !x->stream.lossy)
				send_error(x, TMA_ERROR_LENGTH);
			if (got != TMA_READ_FRAME)
				continue;
			error = tma_session__open(&x->session, x->reader.frame, x->reader.used, &message);
			if (error)
				send_error(x, error);
			else
				take_message(x, &message, step);
		}
	}
}

/* ---- the session ---- */

u64 external__now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Waits until the stream has something to read, or takes what waits. False: the time is over. */
static bool wait_until(struct external *x, u64 deadline)
{
	u64 now = external__now();
	struct pollfd fds[2] = {
		{ .fd = x->stream.in, .events = POLLIN },
		{ .fd = external__writable(x), .events = POLLOUT },
	};

	return now < deadline && poll(fds, 2, (int)(deadline - now)) > 0;
}

/* Reads up to the first frame. 0, or -errno. */
static int read_reply(struct external *x, struct external_error *error)
{
	u64 deadline = external__now() + EXTERNAL_PATIENCE;
	enum tma_read got = TMA_READ_MORE;

	while (got != TMA_READ_FRAME) {
		size_t taken;
		u8 byte;
		ssize_t n;

		/* A byte at a time: what follows the frame stays in the stream. */
		n = read(x->stream.in, &byte, 1);
		if (external__now() >= deadline || (n < 0 && errno == EAGAIN && !wait_until(x, deadline)))
			return external__fail(error, -ETIMEDOUT, "%s: the agent says nothing; is its program an agent?",
					      x->text);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return external__fail(error, -EPIPE,
					      "%s: the agent has ended before it said anything; can it be executed?",
					      x->text);
		got = tma_reader__feed(&x->reader, &byte, 1, &taken);
		if (got == TMA_READ_BAD && !x->stream.lossy)
			return external__fail(error, -EPROTO, "%s: what it says is no frame; is its program an agent?",
					      x->text);
	}
	return 0;
}

static int greet(struct external *x, const u8 *key, struct external_error *error)
{
	u8 nonce[TMA_NONCE_SIZE];
	struct tma_message refusal;
	const u8 *identity;
	enum tma_error got;
	u32 size;
	int err;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return external__fail(error, -EIO, "%s: no random numbers for the session: %s", x->text,
				      strerror(errno));
	size = tma_session__hello(&x->session, nonce, x->frame);
	if (x->stream.lossy ? !tma_cobs__write(x->frame, size, out_append, x) : !out_append(x, x->frame, size))
		return external__fail(error, -ENOMEM, "%s: no memory", x->text);
	out_flush(x);
	err = read_reply(x, error);
	if (err)
		return err;
	got = tma_session__accept(&x->session, key, x->reader.frame, x->reader.used, &identity, &size, &refusal);
	if (got == TMA_ERROR_PEER)
		return external__fail(error, -EPROTO, "%s: the agent refuses the session", x->text);
	if (got == TMA_ERROR_MAC)
		return external__fail(error, -EKEYREJECTED, "%s: the agent does not have this key", x->text);
	if (got)
		return external__fail(error, -EPROTO, "%s: %s", x->text, tma_error__text(got));
	copy_text(x->identity, sizeof(x->identity), identity, size);
	return 0;
}

int external__open(struct external_stream *stream, const char *text, const u8 *key, struct external **out,
		   struct external_error *error)
{
	struct external *x = calloc(1, sizeof(*x));
	int err;

	*out = NULL;
	if (!x) {
		external__disconnect(stream);
		return external__fail(error, -ENOMEM, "no memory");
	}
	x->stream = *stream;
	*stream = (struct external_stream){ .in = -1, .out = -1, .child = -1 };
	snprintf(x->text, sizeof(x->text), "%s", text);
	tma_reader__init(&x->reader, x->stream.lossy ? TMA_FRAMING_COBS : TMA_FRAMING_PLAIN, x->in);
	err = greet(x, key, error);
	if (err) {
		external__close(x);
		return err;
	}
	*out = x;
	return 0;
}

static void send_setup(struct external *x, const struct tsem_namespace *ns)
{
	u8 aggregate[TSEM_DIGEST_MAX];
	struct tma_setup setup = {
		.ns = ns->id,
		.digest = ns->digest,
		.content = ns->content,
		.encoding = ns->encoding,
		.nsref = ns->nsref,
		.digest_size = ns->digest_size,
		.base = ns->has_base ? ns->base : NULL,
		.name = (const u8 *)ns->name,
		.name_size = strnlen(ns->name, sizeof(ns->name)),
	};

	if (tpm__aggregate(TPM_PCRS, ns->digest, aggregate) > 0)
		setup.aggregate = aggregate;
	send_frame(x, TMA_SETUP, tma_setup__put(&setup, x->frame + TMA_FRAME_HEADER));
}

static void send_states(struct external *x, const struct digests *states, size_t size)
{
	u8 *payload = x->frame + TMA_FRAME_HEADER;
	u32 used = 0;

	for (size_t i = 0; i < states->count; i++) {
		memcpy(payload + used, states->digest[i], size);
		used += size;
		if (used + size > TMA_PAYLOAD_MAX || i + 1 == states->count) {
			send_frame(x, TMA_STATE, used);
			used = 0;
		}
	}
}

static void send_mode(struct external *x, u32 mode)
{
	x->mode = mode;
	send_frame(x, TMA_MODE, tma_mode__put(mode, x->frame + TMA_FRAME_HEADER));
}

int external__begin(struct external *x, const struct tsem_namespace *ns, const struct digests *states,
		    struct external_error *error)
{
	u64 deadline = external__now() + EXTERNAL_PATIENCE;

	send_setup(x, ns);
	send_states(x, states, ns->digest_size);
	send_mode(x, ns->mode);
	while (!x->ready && !x->ended) {
		out_flush(x);
		read_frames(x, NULL);
		if (!x->ready && !x->ended && !wait_until(x, deadline))
			end(x, "the agent is not ready after %d seconds", EXTERNAL_PATIENCE / 1000);
	}
	return x->ended ? external__fail(error, -EPROTO, "%s: %s", x->text, x->why) : 0;
}

int external__pollable(const struct external *x)
{
	return x->ended ? -1 : x->stream.in;
}

int external__writable(const struct external *x)
{
	return x->ended || x->out_sent == x->out_size ? -1 : x->stream.out;
}

/* Keeps the record until it is answered. False: no memory. */
static bool remember(struct external *x, const struct tsem_record *record)
{
	struct asked *asked = &x->asked[record->number % TSEM_QUESTION_SLOTS];
	bool open = asked->record && !asked->answered;
	struct tsem_record *copy = realloc(asked->record, record->size);

	if (!copy)
		return false;
	x->unanswered += !open;
	memcpy(copy, record, record->size);
	memset(copy->coefficient, 0, sizeof(copy->coefficient));
	*asked = (struct asked){ .record = copy };
	return true;
}

static void send_log(struct external *x, const struct tsem_record *record)
{
	struct tma_log log = {
		.task_number = record->task_number,
		.event = record->event,
		.action = record->flags & TSEM_RECORD_DENIED ? TSEM_ACTION_DENY : TSEM_ACTION_LOG,
	};

	send_frame(x, TMA_LOG, tma_log__put(&log, x->frame + TMA_FRAME_HEADER));
}

void external__take(struct external *x, const struct tsem_record *record, const struct tsem_namespace *ns)
{
	bool asks = record->flags & TSEM_RECORD_QUESTION;

	if (x->ended || record->ns != ns->id || x->out_size - x->out_sent > OUT_MAX)
		return;
	if (ns->mode != x->mode)
		send_mode(x, ns->mode);
	if (record->kind == TSEM_RECORD_LOG || (record->flags & TSEM_RECORD_VIOLATION && !asks)) {
		send_log(x, record);
		return;
	}
	if (!asks || !remember(x, record))
		return;
	/* The agent computes the coefficient by itself. */
	memcpy(x->frame + TMA_FRAME_HEADER, x->asked[record->number % TSEM_QUESTION_SLOTS].record, record->size);
	send_frame(x, TMA_EVENT, record->size);
}

void external__step(struct external *x, struct tsem *tsem, const struct tsem_namespace *ns, external_verdict verdict,
		    void *data)
{
	struct step step = { tsem, verdict, data };

	if (!x->ended && ns->mode != x->mode)
		send_mode(x, ns->mode);
	out_flush(x);
	read_frames(x, &step);
}

size_t external__unanswered(const struct external *x)
{
	return x->ended ? 0 : x->unanswered;
}

bool external__lives(const struct external *x)
{
	return !x->ended;
}

const char *external__why(const struct external *x)
{
	return x->why;
}

const char *external__identity(const struct external *x)
{
	return x->identity;
}

static void release(struct external *x)
{
	for (size_t i = 0; i < TSEM_QUESTION_SLOTS; i++)
		free(x->asked[i].record);
	tma_erase(&x->session, sizeof(x->session));
	free(x->out);
	free(x);
}

void external__close(struct external *x)
{
	if (!x)
		return;
	if (x->session.open)
		send_frame(x, TMA_BYE, 0);
	end(x, "the session was closed");
	release(x);
}

void external__abandon(struct external *x)
{
	if (!x)
		return;
	if (!x->ended) {
		close(x->stream.in);
		if (x->stream.child >= 0)
			close(x->stream.child);
	}
	release(x);
}
