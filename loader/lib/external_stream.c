// SPDX-License-Identifier: GPL-2.0
/* The streams to external agents: a child's standard input and output, sockets, a serial line. */
#include "external_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include <bpf/bpf.h>

#include "tsem_task.h"

#define KEY_FD 3
#define KEY_VARIABLE "TSEM_TMA_KEY_FD"
#define WORDS_MAX 64
/* Milliseconds that a child has to end after its stream was closed. */
#define CHILD_PATIENCE 1000
#define STRING(number) STRING_OF(number)
#define STRING_OF(number) #number

int external__fail(struct external_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

/* CID:PORT */
static int parse_vsock(struct external_where *where, struct external_error *error)
{
	int end = 0;

	if (sscanf(where->rest, "%u:%u%n", &where->cid, &where->port, &end) == 2 && !where->rest[end])
		return 0;
	return external__fail(error, -EINVAL, "'%.80s': give vsock:CID:PORT, two numbers", where->text);
}

int external__parse(const char *text, struct external_where *where, struct external_error *error)
{
	static const struct {
		const char *word;
		enum external_kind kind;
	} kinds[] = {
		{ "exec:", EXTERNAL_EXEC },
		{ "unix:", EXTERNAL_UNIX },
		{ "vsock:", EXTERNAL_VSOCK },
		{ "tty:", EXTERNAL_TTY },
	};

	*where = (struct external_where){ .text = text };
	if (!strcmp(text, "process")) {
		where->kind = EXTERNAL_PROCESS;
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t size = strlen(kinds[i].word);

		if (strncmp(text, kinds[i].word, size))
			continue;
		where->kind = kinds[i].kind;
		where->rest = text + size;
		if (!*where->rest)
			return external__fail(error, -EINVAL, "'%.80s': nothing follows the colon", text);
		return where->kind == EXTERNAL_VSOCK ? parse_vsock(where, error) : 0;
	}
	return external__fail(
		error, -EINVAL,
		"'%.80s' is no agent; give process, exec:PROGRAM, unix:PATH, vsock:CID:PORT or tty:DEVICE", text);
}

int external__read_key(const char *path, u8 *key, struct external_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	u8 text[TMA_KEY_TEXT_MAX + 1];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return external__fail(error, -errno, "%.160s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077)
		err = external__fail(error, -EPERM, "%.160s: is no file of mode 0600 that you own; a key is a secret",
				     path);
	n = err ? 0 : read(fd, text, sizeof(text));
	if (!err && (n < 0 || !tma_key__parse(text, n, key)))
		err = external__fail(error, -EINVAL,
				     "%.160s: is no key; write %d random bytes there, or %d hexadecimal digits", path,
				     TMA_KEY_SIZE, 2 * TMA_KEY_SIZE);
	tma_erase(text, sizeof(text));
	close(fd);
	return err;
}

/* In the child: the stream becomes its standard input and output, and the key's pipe its descriptor 3. */
static void child_main(char **words, int stream, int key, bool outlives)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Who reads our standard error must not have to wait for the agent. */
	if (outlives && dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	/* None of the three may be in the way of another. */
	stream = fcntl(stream, F_DUPFD, KEY_FD + 1);
	key = fcntl(key, F_DUPFD, KEY_FD + 1);
	if (dup2(stream, STDIN_FILENO) < 0 || dup2(stream, STDOUT_FILENO) < 0 || dup2(key, KEY_FD) < 0)
		_exit(126);
	close(stream);
	close(key);
	signal(SIGPIPE, SIG_DFL);
	/* The terminal's signals are for the workload: the agent ends when its stream does. */
	setsid();
	setenv(KEY_VARIABLE, STRING(KEY_FD), 1);
	execvp(words[0], words);
	_exit(127);
}

static int start_child(char **words, bool outlives, const u8 *key, struct external_stream *stream,
		       struct external_error *error)
{
	int ends[2], pipe[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return external__fail(error, -errno, "cannot make a socket: %s", strerror(errno));
	if (pipe2(pipe, O_CLOEXEC)) {
		close(ends[0]);
		close(ends[1]);
		return external__fail(error, -errno, "cannot make a pipe: %s", strerror(errno));
	}
	pid = fork();
	if (!pid)
		child_main(words, ends[1], pipe[0], outlives);
	/* Nobody waits for the child before this function returns: the number is its own. */
	if (pid > 0 && write(pipe[1], key, TMA_KEY_SIZE) == TMA_KEY_SIZE)
		stream->child = syscall(SYS_pidfd_open, pid, 0);
	close(ends[1]);
	close(pipe[0]);
	close(pipe[1]);
	stream->in = stream->out = ends[0];
	return stream->child >= 0 ? 0 : external__fail(error, -EIO, "cannot start the agent '%.80s'", words[0]);
}

/* Is tsem-tma beside this program? Then that one is taken, else the one in PATH. */
static const char *own_agent(char *path, size_t size)
{
	static const char name[] = "tsem-tma";
	ssize_t n = readlink("/proc/self/exe", path, size - sizeof(name));
	char *slash;

	if (n <= 0)
		return name;
	path[n] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return name;
	strcpy(slash + 1, name);
	return access(path, X_OK) ? name : path;
}

static int connect_child(const struct external_where *where, const u8 *key, struct external_stream *stream,
			 struct external_error *error)
{
	char *words[WORDS_MAX + 1] = {}, *copy, *rest, *word, path[512];
	size_t count = 0;
	int err;

	if (where->kind == EXTERNAL_PROCESS) {
		char *own[] = { (char *)own_agent(path, sizeof(path)), "--key-fd", STRING(KEY_FD), NULL };

		return start_child(own, where->outlives, key, stream, error);
	}
	copy = rest = strdup(where->rest);
	if (!copy)
		return external__fail(error, -ENOMEM, "no memory");
	while ((word = strsep(&rest, " ")) && count < WORDS_MAX) {
		if (*word)
			words[count++] = word;
	}
	err = count && !word ? start_child(words, where->outlives, key, stream, error)
			     : external__fail(error, -EINVAL, "'%.80s': give a program and at most %d words",
					      where->text, WORDS_MAX - 1);
	free(copy);
	return err;
}

bool external__modeled(struct tsem *tsem, int fd)
{
	struct ucred peer = {};
	socklen_t size = sizeof(peer);
	struct tsem_task task = {};
	bool modeled;
	int pidfd;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return true;
	pidfd = syscall(SYS_pidfd_open, peer.pid, 0);
	/* It has gone: nobody knows who has the other end now. */
	if (pidfd < 0)
		return true;
	modeled = !bpf_map_lookup_elem(tsem->tasks, &pidfd, &task) && task.ns;
	close(pidfd);
	return modeled;
}

static int connect_unix(struct tsem *tsem, const struct external_where *where, struct external_stream *stream,
			struct external_error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(where->rest) >= sizeof(address.sun_path))
		return external__fail(error, -EINVAL, "'%.80s...' is longer than the path of a socket can be",
				      where->text);
	strcpy(address.sun_path, where->rest);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	stream->in = stream->out = fd;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return external__fail(error, -errno, "cannot connect to %.120s: %s", where->rest, strerror(errno));
	if (external__modeled(tsem, fd))
		return external__fail(
			error, -EDEADLK,
			"the agent at %.120s runs in a namespace itself, or its process has ended; start it outside of every "
			"namespace",
			where->rest);
	return 0;
}

static int connect_vsock(const struct external_where *where, struct external_stream *stream,
			 struct external_error *error)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = where->cid, .svm_port = where->port };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	stream->in = stream->out = fd;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return external__fail(error, -errno, "cannot connect to %.80s: %s", where->text, strerror(errno));
	return 0;
}

static int connect_tty(const struct external_where *where, struct external_stream *stream, struct external_error *error)
{
	int fd = open(where->rest, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	struct termios raw;

	stream->in = stream->out = fd;
	stream->lossy = true;
	if (fd < 0)
		return external__fail(error, -errno, "cannot open %.120s: %s", where->rest, strerror(errno));
	if (tcgetattr(fd, &raw))
		return external__fail(error, -errno, "%.120s is no serial line: %s", where->rest, strerror(errno));
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	if (tcsetattr(fd, TCSANOW, &raw) || tcflush(fd, TCIOFLUSH))
		return external__fail(error, -errno, "cannot set up %.120s: %s", where->rest, strerror(errno));
	return 0;
}

int external__connect(struct tsem *tsem, const struct external_where *where, const char *key_file, u8 *key,
		      struct external_stream *stream, struct external_error *error)
{
	bool child = where->kind == EXTERNAL_PROCESS || where->kind == EXTERNAL_EXEC;
	int err = 0;

	*stream = (struct external_stream){ .in = -1, .out = -1, .child = -1 };
	if (key_file)
		err = external__read_key(key_file, key, error);
	else if (!child)
		err = external__fail(error, -EINVAL, "%.80s: which key does the agent have? Give --tma-key FILE",
				     where->text);
	else if (getrandom(key, TMA_KEY_SIZE, 0) != TMA_KEY_SIZE)
		err = external__fail(error, -EIO, "cannot draw a key: %s", strerror(errno));
	if (err)
		return err;
	if (child)
		err = connect_child(where, key, stream, error);
	else if (where->kind == EXTERNAL_UNIX)
		err = connect_unix(tsem, where, stream, error);
	else if (where->kind == EXTERNAL_VSOCK)
		err = connect_vsock(where, stream, error);
	else
		err = connect_tty(where, stream, error);
	if (!err && fcntl(stream->in, F_SETFL, fcntl(stream->in, F_GETFL) | O_NONBLOCK))
		err = external__fail(error, -errno, "cannot set up the stream: %s", strerror(errno));
	if (err)
		external__disconnect(stream);
	return err;
}

void external__disconnect(struct external_stream *stream)
{
	struct pollfd ended;

	/* The guardian has a copy of the descriptor: the agent has to see the end all the same. */
	if (stream->in >= 0 && !stream->lossy)
		shutdown(stream->in, SHUT_RDWR);
	if (stream->in >= 0)
		close(stream->in);
	if (stream->out >= 0 && stream->out != stream->in)
		close(stream->out);
	stream->in = stream->out = -1;
	if (stream->child < 0)
		return;
	/* It ends by itself, since its stream is closed. */
	ended = (struct pollfd){ .fd = stream->child, .events = POLLIN };
	if (poll(&ended, 1, CHILD_PATIENCE) <= 0)
		syscall(SYS_pidfd_send_signal, stream->child, SIGKILL, NULL, 0);
	waitid(P_PIDFD, stream->child, NULL, WEXITED);
	close(stream->child);
	stream->child = -1;
}
