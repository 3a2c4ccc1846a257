// SPDX-License-Identifier: GPL-2.0
/*
 * An agent that behaves as it is told, at standard input and output:
 *
 *	tma_fake WORD...
 *
 *	trust untrust		the verdict about every event (trust is the default)
 *	untrust:TEXT		untrusted for events with TEXT in their cell, trusted for others
 *	silent			no verdict
 *	silent:TEXT		none for events with TEXT in their cell
 *	slow:TEXT:MS		the verdict about events with TEXT in their cell comes that much later
 *	end:N			it ends after N events
 *	stranger twice mac replay	breaks the protocol at the first event
 *	log:FILE		appends a line for each frame
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tma_message.h"
#include "tma_record.h"
#include "tma_session.h"

static struct tma_session session;
static struct tma_reader reader;
static u8 in[TMA_FRAME_MAX], out[TMA_FRAME_MAX], key[TMA_KEY_SIZE];
static const char *untrust, *silent, *fault = "";
static char *slow;
static long late, end, events;
static FILE *log_file;

static void write_all(const u8 *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(STDOUT_FILENO, bytes, size);

		if (n <= 0)
			exit(1);
		bytes += n;
		size -= n;
	}
}

static void send_frame(enum tma_type type, u32 size)
{
	write_all(out, tma_session__seal(&session, type, out, size));
}

/* Is there something to compare, and is it in the cell of the record? An empty text is in every cell. */
static bool matches(const char *text, const u8 *record, u32 size)
{
	return text && (!*text || memmem(record, size, text, strlen(text)));
}

static void answer(const u8 *record, u32 size)
{
	struct tma_verdict verdict = {
		.number = TMA_RECORD_U64(record, number),
		.trust = matches(untrust, record, size) ? TMA_UNTRUSTED : TMA_TRUSTED,
	};
	u32 all;

	if (end && events++ == end)
		exit(0);
	if (matches(silent, record, size))
		return;
	if (matches(slow, record, size))
		usleep(late * 1000);
	if (!strcmp(fault, "stranger"))
		verdict.number += 5;
	all = tma_session__seal(&session, TMA_VERDICT, out, tma_verdict__put(&verdict, out + TMA_FRAME_HEADER));
	if (!strcmp(fault, "mac"))
		out[all - 1] ^= 1;
	write_all(out, all);
	if (!strcmp(fault, "replay"))
		write_all(out, all);
	if (!strcmp(fault, "twice"))
		send_frame(TMA_VERDICT, tma_verdict__put(&verdict, out + TMA_FRAME_HEADER));
}

static void take(const struct tma_message *message)
{
	const struct tma_ready ready = { .room = 1000 };

	if (log_file)
		fprintf(log_file, "%u %u\n", message->type, message->size);
	if (message->type == TMA_MODE)
		send_frame(TMA_READY, tma_ready__put(&ready, out + TMA_FRAME_HEADER));
	else if (message->type == TMA_EVENT)
		answer(message->payload, message->size);
	else if (message->type == TMA_BYE)
		exit(0);
}

static void frame_in(void)
{
	struct tma_message message;
	u8 nonce[TMA_NONCE_SIZE];
	u32 size;

	if (session.open) {
		if (tma_session__open(&session, reader.frame, reader.used, &message))
			exit(1);
		take(&message);
		return;
	}
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce) ||
	    tma_session__answer(&session, key, nonce, "tma_fake", reader.frame, reader.used, out, &size))
		exit(1);
	write_all(out, size);
}

static void take_word(const char *word)
{
	if (!strncmp(word, "untrust", 7))
		untrust = word[7] ? word + 8 : "";
	else if (!strncmp(word, "silent", 6))
		silent = word[6] ? word + 7 : "";
	else if (!strncmp(word, "slow:", 5))
		slow = strndup(word + 5, strcspn(word + 5, ":")), late = atol(strrchr(word, ':') + 1);
	else if (!strncmp(word, "end:", 4))
		end = atol(word + 4);
	else if (!strncmp(word, "log:", 4))
		log_file = fopen(word + 4, "ae");
	else if (strcmp(word, "trust"))
		fault = word;
	if (log_file)
		setlinebuf(log_file);
}

int main(int argc, char **argv)
{
	const char *fd = getenv("TSEM_TMA_KEY_FD");
	u8 bytes[4096];
	ssize_t n;

	for (int i = 1; i < argc; i++)
		take_word(argv[i]);
	if (!fd || read(atoi(fd), key, sizeof(key)) != sizeof(key))
		return 1;
	tma_reader__init(&reader, TMA_FRAMING_PLAIN, in);
	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
		size_t at = 0, taken;

		while (at < (size_t)n) {
			enum tma_read got = tma_reader__feed(&reader, bytes + at, n - at, &taken);

			at += taken;
			if (got == TMA_READ_BAD)
				return 1;
			if (got == TMA_READ_FRAME)
				frame_in();
		}
	}
	return 0;
}
