// SPDX-License-Identifier: GPL-2.0
/* External agents: their names, their keys, and a session at a socket. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "external.h"
#include "tma_agent.h"
#include "tsem_abi.h"

static struct external_error error;

static void kinds_are_taken(void **state)
{
	struct external_where where;

	(void)state;
	assert_int_equal(external__parse("process", &where, &error), 0);
	assert_int_equal(where.kind, EXTERNAL_PROCESS);
	assert_int_equal(external__parse("exec:agent -v", &where, &error), 0);
	assert_int_equal(where.kind, EXTERNAL_EXEC);
	assert_string_equal(where.rest, "agent -v");
	assert_int_equal(external__parse("unix:/run/agent", &where, &error), 0);
	assert_int_equal(where.kind, EXTERNAL_UNIX);
	assert_int_equal(external__parse("vsock:3:4050", &where, &error), 0);
	assert_int_equal(where.cid, 3);
	assert_int_equal(where.port, 4050);
	assert_int_equal(external__parse("tty:/dev/ttyS1", &where, &error), 0);
	assert_int_equal(where.kind, EXTERNAL_TTY);
}

static void other_words_are_named(void **state)
{
	static const char *const bad[] = { "",        "proc",       "process:",  "exec:", "unix:", "vsock:3",
					   "vsock::", "vsock:3:4x", "vsock:a:1", "tty:",  "unix" };
	struct external_where where;
	char quoted[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(quoted, sizeof(quoted), "'%s'", bad[i]);
		assert_int_equal(external__parse(bad[i], &where, &error), -EINVAL);
		if (!strstr(error.text, quoted))
			fail_msg("'%s' does not name %s", error.text, quoted);
	}
}

/* Writes a file; returns its path. */
static const char *file(const void *bytes, size_t size, mode_t mode)
{
	static char path[] = "/tmp/test_external.XXXXXX";
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	fchmod(fd, mode);
	close(fd);
	return path;
}

static int read_key(const void *bytes, size_t size, mode_t mode, u8 *key)
{
	const char *path = file(bytes, size, mode);
	int err = external__read_key(path, key, &error);

	unlink(path);
	return err;
}

static void a_key_is_bytes_or_digits(void **state)
{
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n";
	u8 key[TMA_KEY_SIZE], bytes[TMA_KEY_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	assert_int_equal(read_key(bytes, TMA_KEY_SIZE, 0600, key), 0);
	assert_memory_equal(key, bytes, TMA_KEY_SIZE);
	memset(key, 0, sizeof(key));
	assert_int_equal(read_key(digits, 65, 0600, key), 0);
	assert_memory_equal(key, bytes, TMA_KEY_SIZE);
	assert_int_equal(read_key(digits, 64, 0400, key), 0);
	assert_int_equal(read_key(digits, 63, 0600, key), -EINVAL);
	assert_int_equal(read_key(bytes, TMA_KEY_SIZE - 1, 0600, key), -EINVAL);
	assert_int_equal(read_key(bytes, TMA_KEY_SIZE + 1, 0600, key), -EINVAL);
	assert_int_equal(read_key(bytes, TMA_KEY_SIZE, 0644, key), -EPERM);
	assert_non_null(strstr(error.text, "0600"));
	assert_int_equal(external__read_key("/", key, &error), -EPERM);
	assert_int_equal(external__read_key("/nothing/there", key, &error), -ENOENT);
}

/* ---- a session ---- */

static u8 memory[1 << 20];
static const u8 right_key[TMA_KEY_SIZE] = { 1, 2, 3 };

static bool draw(void *data, u8 *out, size_t size)
{
	(void)data;
	memset(out, 7, size);
	return true;
}

static bool send_all(void *data, const u8 *bytes, size_t size)
{
	return write(*(int *)data, bytes, size) == (ssize_t)size;
}

/* A child that is an agent with right_key, at the other end of *stream. */
static pid_t start_agent(struct external_stream *stream)
{
	static struct tma_agent agent;
	int ends[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid = fork();
	if (!pid) {
		struct tma_platform platform = {
			.identity = "test\x1b agent", .random = draw, .send = send_all, .data = &ends[1]
		};
		u8 bytes[4096];
		ssize_t n;

		close(ends[0]);
		if (tma_agent__start(&agent, &platform, TMA_FRAMING_PLAIN, right_key, memory, sizeof(memory), 1000))
			_exit(2);
		while ((n = read(ends[1], bytes, sizeof(bytes))) > 0 &&
		       tma_agent__feed(&agent, bytes, n) == TMA_STATUS_GOING)
			;
		_exit(0);
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*stream = (struct external_stream){ .in = ends[0], .out = ends[0], .child = -1 };
	return pid;
}

static void an_agent_proves_its_key_and_gets_ready(void **state)
{
	struct tsem_namespace ns = { .id = 3,
				     .digest = TSEM_DIGEST_SHA256,
				     .content = TSEM_DIGEST_SHA256,
				     .encoding = TSEM_ENCODING_HOST,
				     .nsref = TSEM_NSREF_INITIAL,
				     .digest_size = 32 };
	struct external_stream stream;
	struct digests states = {};
	struct external *external;
	u8 digest[TSEM_DIGEST_MAX] = {};
	pid_t pid = start_agent(&stream);

	(void)state;
	for (digest[0] = 0; digest[0] < 250; digest[0]++)
		assert_int_equal(digests__add(&states, digest), 0);
	assert_int_equal(external__open(&stream, "test", right_key, &external, &error), 0);
	/* An escape sequence does not reach the terminal. */
	assert_string_equal(external__identity(external), "test? agent");
	assert_int_equal(external__begin(external, &ns, &states, &error), 0);
	assert_true(external__lives(external));
	external__close(external);
	free(states.digest);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void another_key_is_refused(void **state)
{
	static const u8 wrong[TMA_KEY_SIZE] = { 1, 2, 4 };
	struct external_stream stream;
	struct external *external;
	pid_t pid = start_agent(&stream);

	(void)state;
	assert_int_equal(external__open(&stream, "test", wrong, &external, &error), -EKEYREJECTED);
	assert_null(external);
	assert_non_null(strstr(error.text, "key"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_taken),          cmocka_unit_test(other_words_are_named),
		cmocka_unit_test(a_key_is_bytes_or_digits), cmocka_unit_test(an_agent_proves_its_key_and_gets_ready),
		cmocka_unit_test(another_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
