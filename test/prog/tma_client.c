// SPDX-License-Identifier: GPL-2.0
/*
 * The collector's side of a session with an agent, for tests:
 *
 *	tma_client KEYFILE run COMMAND... -- WORD...	at standard input and output of a command, which has the key at
 *3 tma_client KEYFILE unix PATH -- WORD... tma_client KEYFILE vsock CID:PORT -- WORD...
 *
 * It says HELLO, then what the words say, and prints a line for each answer:
 *
 *	setup state:HEX mode:free|sealed|enforcing event:TEXT query:N bye
 *	nothing		does not even send HELLO
 *	repeat raw:HEX	sends the last frame again, or these bytes, and reads up to the end
 *	sh:COMMAND	runs a command; $AGENT is the process of `run`
 *
 * An event is the request for a kernel module of this name, event numbers go up from 1. Exit status: 0, or that of the
 * command; 1: something failed; 3: the agent ended the session, which is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "tma_message.h"
#include "tma_session.h"

static struct tma_session session;
static struct tma_reader reader;
static u8 frame[TMA_FRAME_MAX], out[TMA_FRAME_MAX], key[TMA_KEY_SIZE];
static u32 last_size;
static int from = -1, to = -1;
static pid_t child;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static size_t from_hex(const char *hex, u8 *bytes, size_t room)
{
	size_t size = 0;
	unsigned int byte;

	for (; size < room && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[size++] = byte;
	return size;
}

static void send_all(const u8 *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(to, bytes, size);

		if (n <= 0)
			break;
		bytes += n;
		size -= n;
	}
}

static void send_frame(enum tma_type type, u32 size)
{
	last_size = tma_session__seal(&session, type, out, size);
	send_all(out, last_size);
}

/* The exit status of the agent, if it is a child. */
static int agent_status(void)
{
	int status = 0;

	close(to);
	if (child && waitpid(child, &status, 0) == child) {
		if (WIFSIGNALED(status))
			printf("agent died of signal %d\n", WTERMSIG(status));
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	return 0;
}

__attribute__((noreturn)) static void ended(void)
{
	printf("end\n");
	agent_status();
	exit(3);
}

static bool read_frame(void)
{
	static u8 bytes[1 << 16];
	static size_t at, size;

	for (;;) {
		size_t taken;
		enum tma_read read_;
		ssize_t n;

		read_ = tma_reader__feed(&reader, bytes + at, size - at, &taken);
		at += taken;
		if (read_ == TMA_READ_BAD)
			die("the agent sends no frames");
		if (read_ == TMA_READ_FRAME)
			return true;
		n = read(from, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		at = 0;
		size = n;
	}
}

static void print_error(const struct tma_message *message)
{
	struct tma_fault fault;

	if (tma_fault__get(message->payload, message->size, &fault))
		die("a malformed ERROR");
	printf("error %u %.*s\n", fault.code, (int)fault.size, (const char *)fault.text);
	if (fault.code != TMA_ERROR_FULL)
		ended();
}

static void print_verdict(const struct tma_message *message)
{
	struct tma_verdict verdict;

	if (tma_verdict__get(message->payload, message->size, &verdict))
		die("a malformed VERDICT");
	printf("verdict %" PRIu64 " %s %u\n", verdict.number, verdict.trust == TMA_TRUSTED ? "trusted" : "untrusted",
	       verdict.score);
}

static void print_ready(const struct tma_message *message)
{
	struct tma_ready ready;

	if (tma_ready__get(message->payload, message->size, &ready))
		die("a malformed READY");
	printf("ready %u %u\n", ready.held, ready.room);
}

/* true: another VALUE follows. */
static bool print_value(const struct tma_message *message)
{
	struct tma_value value;

	if (tma_value__get(message->payload, message->size, &value))
		die("a malformed VALUE");
	printf("value %u ", value.what);
	for (u32 i = 0; i < value.size; i++)
		printf("%02x", value.bytes[i]);
	printf("\n");
	return value.more;
}

/* Prints what comes, up to a frame of this type; 0: up to the end. */
static void expect(enum tma_type type)
{
	struct tma_message message;
	bool more = true;

	while (more) {
		enum tma_error error;

		if (!read_frame())
			ended();
		error = tma_session__open(&session, frame, reader.used, &message);
		if (error)
			die("from the agent: %s", tma_error__text(error));
		more = message.type != type;
		switch (message.type) {
		case TMA_ERROR:
			print_error(&message);
			break;
		case TMA_VERDICT:
			print_verdict(&message);
			break;
		case TMA_READY:
			print_ready(&message);
			break;
		case TMA_VALUE:
			more = print_value(&message) || more;
			break;
		default:
			die("a frame of type %u", message.type);
		}
	}
}

static void hello(void)
{
	u8 nonce[TMA_NONCE_SIZE];
	struct tma_message refusal;
	const u8 *identity;
	enum tma_error error;
	u32 size;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		die("no random bytes");
	send_all(out, tma_session__hello(&session, nonce, out));
	if (!read_frame())
		ended();
	error = tma_session__accept(&session, key, frame, reader.used, &identity, &size, &refusal);
	if (error == TMA_ERROR_PEER)
		print_error(&refusal);
	if (error)
		die("HELLO_REPLY: %s", tma_error__text(error));
	printf("identity %.*s\n", (int)size, (const char *)identity);
}

static void setup(void)
{
	const struct tma_setup values = {
		.ns = 1,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.encoding = TSEM_ENCODING_HOST,
		.nsref = TSEM_NSREF_INITIAL,
		.digest_size = 32,
		.name = (const u8 *)"test",
		.name_size = 4,
	};

	send_frame(TMA_SETUP, tma_setup__put(&values, out + TMA_FRAME_HEADER));
}

static void event(const char *name)
{
	static u64 number;
	static struct tsem_record record;
	u32 size = strlen(name);

	record = (struct tsem_record){
		.magic = TSEM_RECORD_MAGIC,
		.version = TSEM_RECORD_VERSION,
		.kind = TSEM_RECORD_EVENT,
		.size = TSEM_RECORD_HEADER_SIZE + 4 + size,
		.event = TSEM_EVENT_kernel_module_request,
		.number = ++number,
		.ns = 1,
		.digest = TSEM_DIGEST_SHA256,
		.content = TSEM_DIGEST_SHA256,
		.encoding = TSEM_ENCODING_HOST,
		.digest_size = 32,
		.hashed_size = 4 + size,
		.cell_size = 4 + size,
	};
	memcpy(record.cell, &size, 4);
	memcpy(record.cell + 4, name, size);
	memcpy(out + TMA_FRAME_HEADER, &record, record.size);
	send_frame(TMA_EVENT, record.size);
	expect(TMA_VERDICT);
}

static void mode(const char *name)
{
	u32 number = !strcmp(name, "free")     ? TSEM_MODE_FREE
		     : !strcmp(name, "sealed") ? TSEM_MODE_SEALED
					       : TSEM_MODE_ENFORCING;

	send_frame(TMA_MODE, tma_mode__put(number, out + TMA_FRAME_HEADER));
	expect(TMA_READY);
}

/* Is the word `name`, or does it begin with it and a colon? Then *value is what follows. */
static bool is(const char *word, const char *name, const char **value)
{
	size_t size = strlen(name);

	if (strncmp(word, name, size) || (word[size] && word[size] != ':'))
		return false;
	*value = word[size] ? word + size + 1 : "";
	return true;
}

static void do_word(const char *word)
{
	const char *value;

	if (is(word, "setup", &value)) {
		setup();
	} else if (is(word, "state", &value)) {
		send_frame(TMA_STATE, from_hex(value, out + TMA_FRAME_HEADER, 32));
	} else if (is(word, "mode", &value)) {
		mode(value);
	} else if (is(word, "event", &value)) {
		event(value);
	} else if (is(word, "query", &value)) {
		send_frame(TMA_QUERY, tma_query__put(atoi(value), out + TMA_FRAME_HEADER));
		expect(TMA_VALUE);
	} else if (is(word, "repeat", &value)) {
		send_all(out, last_size);
		expect(0);
	} else if (is(word, "raw", &value)) {
		send_all(out, from_hex(value, out, sizeof(out)));
		expect(0);
	} else if (is(word, "sh", &value)) {
		fflush(stdout);
		if (system(value))
			die("'%s' failed", value);
	} else if (is(word, "bye", &value)) {
		send_frame(TMA_BYE, 0);
		while (read_frame())
			;
	} else {
		die("unknown word '%s'", word);
	}
	fflush(stdout);
}

static void connect_to(int family, const struct sockaddr *address, socklen_t size)
{
	from = to = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (from < 0 || connect(from, address, size))
		die("connect: %s", strerror(errno));
}

static void start(char **argv, const char *text)
{
	int in[2], answers[2], secret[2];
	char number[16];

	if (pipe2(in, O_CLOEXEC) || pipe2(answers, O_CLOEXEC) || pipe2(secret, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	if (write(secret[1], text, strlen(text)) < 0)
		die("write: %s", strerror(errno));
	close(secret[1]);
	child = fork();
	if (!child) {
		dup2(in[0], 0);
		dup2(answers[1], 1);
		dup2(secret[0], 3);
		/* An end of a pipe may have been 3 already. */
		fcntl(3, F_SETFD, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(answers[1]);
	close(secret[0]);
	to = in[1];
	from = answers[0];
	snprintf(number, sizeof(number), "%d", child);
	setenv("AGENT", number, 1);
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK };
	char text[128] = "";
	int words = 3;
	FILE *file;

	while (words < argc && strcmp(argv[words], "--"))
		words++;
	file = argc > 3 ? fopen(argv[1], "re") : NULL;
	if (!file || words == argc || !fgets(text, sizeof(text), file))
		die("usage: tma_client KEYFILE run|unix|vsock TARGET... -- WORD...");
	fclose(file);
	from_hex(text, key, sizeof(key));
	argv[words] = NULL;
	if (!strcmp(argv[2], "run")) {
		start(argv + 3, text);
	} else if (!strcmp(argv[2], "unix")) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", argv[3]);
		connect_to(AF_UNIX, (struct sockaddr *)&un, sizeof(un));
	} else if (sscanf(argv[3], "%u:%u", &vm.svm_cid, &vm.svm_port) == 2) {
		connect_to(AF_VSOCK, (struct sockaddr *)&vm, sizeof(vm));
	}
	/* An agent that has ended the session has said why; that is still to be read. */
	signal(SIGPIPE, SIG_IGN);
	tma_reader__init(&reader, TMA_FRAMING_PLAIN, frame);
	words++;
	if (words < argc && !strcmp(argv[words], "nothing"))
		words++;
	else
		hello();
	for (; words < argc; words++)
		do_word(argv[words]);
	return agent_status();
}
