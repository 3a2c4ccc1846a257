// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-tma: an agent as a process. It reads the key and the model, opens its socket, goes into its sandbox, and from
 * then on only serves collectors. The verdicts are those of tma/core.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

#define ROOM_DEFAULT 65536
#define ROOM_MAX (1U << 24)

static const char usage[] =
	"usage: tsem-tma [--unix PATH|--vsock PORT] --key FILE|--key-fd N [--model FILE] [--room N]\n"
	"       tsem-tma --help|--version\n";

struct options {
	const char *unix_path;
	const char *vsock;
	const char *key;
	const char *key_fd;
	const char *model;
	const char *room;
};

/* One line on the standard error. In the sandbox, nothing may allocate: so this does not. */
__attribute__((format(printf, 2, 3))) static int fail(int code, const char *format, ...)
{
	static const char name[] = "tsem-tma: ";
	char text[1024];
	size_t size = sizeof(name) - 1;
	va_list args;
	int n;

	memcpy(text, name, size);
	va_start(args, format);
	n = vsnprintf(text + size, sizeof(text) - size - 1, format, args);
	va_end(args);
	for (size_t end = size + (n < 0 ? 0 : n); size < end && size < sizeof(text) - 2; size++) {
		/* Words may come from others. */
		if ((u8)text[size] < ' ' || text[size] == 0x7f)
			text[size] = '?';
	}
	text[size++] = '\n';
	/* There is nobody left to tell that this failed. */
	if (write(STDERR_FILENO, text, size) < 0)
		return code;
	return code;
}

static int parse_options(char **argv, struct options *options)
{
	const struct {
		const char *name;
		const char **value;
	} table[] = {
		{ "--unix", &options->unix_path }, { "--vsock", &options->vsock }, { "--key", &options->key },
		{ "--key-fd", &options->key_fd },  { "--model", &options->model }, { "--room", &options->room },
	};

	for (; *argv; argv++) {
		size_t i = 0;

		while (i < sizeof(table) / sizeof(table[0]) && strcmp(*argv, table[i].name))
			i++;
		if (i == sizeof(table) / sizeof(table[0]))
			return fail(EXIT_USAGE, "unknown word '%s'; see 'tsem-tma --help'", *argv);
		if (*table[i].value)
			return fail(EXIT_USAGE, "%s stands twice; give it once", *argv);
		if (!argv[1])
			return fail(EXIT_USAGE, "%s needs a value; see 'tsem-tma --help'", *argv);
		*table[i].value = *++argv;
	}
	if (options->unix_path && options->vsock)
		return fail(EXIT_USAGE, "--unix and --vsock exclude each other; give one");
	if (!options->key == !options->key_fd)
		return fail(EXIT_USAGE, options->key ? "--key and --key-fd exclude each other; give one"
						     : "there is no key; give --key FILE or --key-fd N");
	return 0;
}

static int parse_number(const char *option, const char *text, u32 least, u32 most, u32 *out)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
		return fail(EXIT_USAGE, "%s: '%s' is no number from %u to %u", option, text, least, most);
	*out = (u32)value;
	return 0;
}

static int read_key(const struct options *options, u8 *key)
{
	const char *fault;
	u32 fd;

	if (options->key) {
		fault = key__read_file(options->key, key);
		return fault ? fail(EXIT_FAILED, "--key: '%s' %s", options->key, fault) : 0;
	}
	/* 0 to 2 have another use. */
	if (parse_number("--key-fd", options->key_fd, 3, 65535, &fd))
		return EXIT_USAGE;
	fault = key__read_fd((int)fd, key);
	return fault ? fail(EXIT_FAILED, "--key-fd: descriptor %u %s", fd, fault) : 0;
}

static int start_agent(struct tma_agent *agent, const struct tma_platform *platform, u32 room, const u8 *key)
{
	size_t size = tma_model__memory(room, TSEM_DIGEST_MAX);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	enum tma_error error;

	if (memory == MAP_FAILED)
		return fail(EXIT_FAILED, "--room: no memory for %u coefficients; give a smaller number", room);
	error = tma_agent__start(agent, platform, TMA_FRAMING_PLAIN, key, memory, size, room);
	return error ? fail(EXIT_FAILED, "%s", tma_error__text(error)) : 0;
}

static int add_states(struct tma_agent *agent, const char *path, const struct model_file *model)
{
	enum tma_error error = tma_agent__own(agent, &model->own);

	for (size_t i = 0; i < model->count && !error; i++)
		error = tma_agent__own_add(agent, model->states + i * model->own.digest->size);
	return error ? fail(EXIT_FAILED, "--model: '%s' has more coefficients than --room %u; give a larger number",
			    path, agent->limit)
		     : 0;
}

static int load_model(struct tma_agent *agent, const char *path)
{
	FILE *file = fopen(path, "re");
	struct model_fault fault;
	struct model_file model;
	int err;

	if (!file)
		return fail(EXIT_FAILED, "--model: '%s' cannot be opened: %s", path, strerror(errno));
	err = model_file__read(file, &model, &fault);
	fclose(file);
	if (err == -EINVAL)
		err = fail(EXIT_FAILED, "--model: '%s', line %zu: '%s' %s", path, fault.line, fault.word, fault.why);
	else if (err)
		err = fail(EXIT_FAILED, "--model: '%s' cannot be read: %s", path, strerror(-err));
	else
		err = add_states(agent, path, &model);
	free(model.states);
	return err;
}

static int open_listener(const struct options *options, int *listener)
{
	u32 port;

	*listener = -1;
	if (options->unix_path) {
		*listener = serve__listen_unix(options->unix_path);
		if (*listener == -EADDRINUSE)
			return fail(EXIT_FAILED, "--unix: a process listens at '%s'; stop it, or give another path",
				    options->unix_path);
		if (*listener == -EEXIST)
			return fail(EXIT_FAILED, "--unix: '%s' is no socket; give another path", options->unix_path);
		if (*listener < 0)
			return fail(EXIT_FAILED, "--unix: cannot listen at '%s': %s", options->unix_path,
				    strerror(-*listener));
	} else if (options->vsock) {
		if (parse_number("--vsock", options->vsock, 1, ~0U - 1, &port))
			return EXIT_USAGE;
		*listener = serve__listen_vsock(port);
		if (*listener < 0)
			return fail(EXIT_FAILED, "--vsock: cannot listen at port %u: %s", port, strerror(-*listener));
	} else if (isatty(STDIN_FILENO)) {
		return fail(EXIT_USAGE, "the standard input is a terminal and no collector; give --unix or --vsock");
	}
	return 0;
}

/* Nothing that is opened later becomes a standard descriptor. */
static int open_standard(void)
{
	int nowhere;

	do
		nowhere = open("/dev/null", O_RDWR);
	while (nowhere >= 0 && nowhere <= STDERR_FILENO);
	if (nowhere >= 0)
		close(nowhere);
	return nowhere < 0 ? fail(EXIT_FAILED, "/dev/null cannot be opened: %s", strerror(errno)) : 0;
}

/* The agent waits in read() and write(). */
static int make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) ? -errno : 0;
}

/* Puts the listening socket where the sandbox has it. Standard descriptors that are not used go nowhere. */
static int settle_descriptors(int listener)
{
	int nowhere, err;

	if (listener < 0) {
		err = make_blocking(STDIN_FILENO);
		return err ? err : make_blocking(STDOUT_FILENO);
	}
	nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
		return -errno;
	return listener == SANDBOX_LISTENER || dup2(listener, SANDBOX_LISTENER) >= 0 ? 0 : -errno;
}

static int session_end(const struct tma_agent *agent, enum serve_end end)
{
	switch (end) {
	case SERVE_BYE:
		return EXIT_DONE;
	case SERVE_FAILED:
		return fail(EXIT_FAILED, "the session has ended: %s", tma_error__text(agent->error));
	case SERVE_SLOW:
		return fail(EXIT_FAILED, "a collector did not send SETUP within %d seconds; it was sent away",
			    SERVE_PATIENCE);
	default:
		return fail(EXIT_FAILED, "the collector has gone without BYE");
	}
}

/* Serves collectors one after the other, for ever: an agent has one model, so one namespace at a time. */
static int serve_all(struct tma_agent *agent)
{
	for (;;) {
		int fd = accept4(SANDBOX_LISTENER, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return fail(EXIT_FAILED, "no collector can be accepted: %s", strerrorname_np(errno));
		session_end(agent, serve__collector(agent, fd, true));
		tma_agent__reset(agent);
		close(fd);
	}
}

static int run(const struct options *options, struct tma_agent *agent, struct tma_platform *platform)
{
	u8 key[TMA_KEY_SIZE];
	const char *step;
	u32 room = ROOM_DEFAULT;
	int listener, err;

	if (options->room && parse_number("--room", options->room, 1, ROOM_MAX, &room))
		return EXIT_USAGE;
	err = open_standard();
	if (!err)
		err = read_key(options, key);
	if (!err)
		err = start_agent(agent, platform, room, key);
	tma_erase(key, sizeof(key));
	if (!err && options->model)
		err = load_model(agent, options->model);
	if (!err)
		err = open_listener(options, &listener);
	if (err)
		return err;
	err = settle_descriptors(listener);
	if (err)
		return fail(EXIT_FAILED, "the standard descriptors cannot be used: %s", strerror(-err));
	err = sandbox__enter(listener >= 0, &step);
	if (err)
		return fail(EXIT_FAILED, "no sandbox: %s failed: %s", step, strerrorname_np(-err));
	if (listener >= 0)
		return serve_all(agent);
	return session_end(agent, serve__collector(agent, STDIN_FILENO, false));
}

int main(int argc, char **argv)
{
	static struct tma_agent agent;
	static int out = STDOUT_FILENO;
	static struct tma_platform platform = {
		.identity = "tsem-tma " VERSION,
		.random = serve__random,
		.send = serve__send,
		.data = &out,
	};
	struct options options = {};
	int code;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "--version"))) {
		fputs(!strcmp(argv[1], "--help") ? usage : "tsem-tma " VERSION "\n", stdout);
		return EXIT_DONE;
	}
	code = parse_options(argv + 1, &options);
	if (code)
		return code;
	/* Who does not take an answer gets none: write() says so. */
	signal(SIGPIPE, SIG_IGN);
	if (options.unix_path || options.vsock)
		out = SANDBOX_COLLECTOR;
	code = run(&options, &agent, &platform);
	tma_agent__end(&agent);
	_exit(code);
}
