// SPDX-License-Identifier: GPL-2.0
/* Files in a directory that others write to: what they put there leads neither reading nor writing elsewhere. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stream.h"

/* Has `in`, a directory of a test, and what is not below it. */
static char place[] = "/tmp/tsem-test-XXXXXX";
static char in[64];

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", place, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void has(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "r");
	char line[64] = "";

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, text);
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(place + strlen(place) - 6, "XXXXXX", 6);
	if (!mkdtemp(place))
		return -1;
	snprintf(in, sizeof(in), "%s/in", place);
	umask(022);
	mkdir(in, 0777);
	mkdir(path_of("in/sub"), 0777);
	mkdir(path_of("out"), 0777);
	put("out/mine", "mine");
	return symlink("../out", path_of("in/link")) | symlink("../out/mine", path_of("in/file"));
}

static int tear_down(void **state)
{
	static const char *const files[] = { "in/file",    "in/link", "in/sub/new", "in/new",
					     "in/new.zst", "in/pipe", "out/mine" };
	static const char *const directories[] = { "in/sub", "in", "out", "" };
	int err = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path_of(files[i]));
	/* Nothing else is left of what a stream made. */
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		err |= rmdir(path_of(directories[i]));
	return err;
}

static int write_to(const char *name, const char *text)
{
	struct stream *stream = stream__create_in(in, path_of(name));

	if (!stream)
		return -errno;
	fputs(text, stream__file(stream));
	return stream__commit(stream);
}

static int read_from(const char *name)
{
	int fd = stream__open(in, path_of(name));

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void files_are_written_and_read(void **state)
{
	FILE *file;
	char line[16];

	(void)state;
	assert_int_equal(stream__reach(in, path_of("in/sub/new")), 0);
	assert_int_equal(write_to("in/sub/new", "text"), 0);
	has("in/sub/new", "text");
	assert_int_equal(write_to("in/new", "one"), 0);
	assert_int_equal(chmod(path_of("in/new"), 0600), 0);
	assert_int_equal(write_to("in/new", "two"), 0);
	has("in/new", "two");
	file = stream__read_in(in, path_of("in/new"));
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "two");
	fclose(file);
}

static void the_mode_is_kept_and_else_that_of_a_new_file(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(write_to("in/new", "one"), 0);
	assert_int_equal(stat(path_of("in/new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(chmod(path_of("in/new"), 0640), 0);
	assert_int_equal(write_to("in/new", "two"), 0);
	assert_int_equal(stat(path_of("in/new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void no_link_is_followed(void **state)
{
	(void)state;
	assert_int_equal(stream__reach(in, path_of("in/link/new")), -ELOOP);
	assert_int_equal(write_to("in/link/mine", "theirs"), -ELOOP);
	assert_int_equal(read_from("in/link/mine"), -ELOOP);
	assert_int_equal(read_from("in/file"), -ELOOP);
	/* The link itself is replaced. */
	assert_int_equal(write_to("in/file", "theirs"), 0);
	has("in/file", "theirs");
	has("out/mine", "mine");
	assert_int_equal(stream__reach(in, path_of("in/../out/mine")), -EXDEV);
	assert_int_equal(stream__reach(in, path_of("in/no/new")), -ENOENT);
}

static void what_others_may_write_is_not_read(void **state)
{
	(void)state;
	put("in/new", "text");
	assert_int_equal(read_from("in/new"), 0);
	assert_int_equal(chmod(path_of("in/new"), 0664), 0);
	assert_int_equal(read_from("in/new"), -EPERM);
}

/* Nobody waits for a pipe. */
static void what_is_no_file_is_neither_read_nor_written(void **state)
{
	static const char *const names[] = { "in/sub", "in/pipe" };

	(void)state;
	assert_int_equal(mkfifo(path_of("in/pipe"), 0600), 0);
	for (size_t i = 0; i < 2; i++) {
		struct stream *stream;

		assert_int_equal(read_from(names[i]), -EMEDIUMTYPE);
		assert_int_equal(stream__open(NULL, path_of(names[i])), -EMEDIUMTYPE);
		assert_int_equal(write_to(names[i], "text"), -EMEDIUMTYPE);
		stream = stream__create(path_of(names[i]));
		assert_null(stream);
		assert_int_equal(errno, EMEDIUMTYPE);
	}
	assert_int_equal(stream__open(NULL, "/dev/null"), -EMEDIUMTYPE);
	assert_null(stream__create("/dev/null"));
	assert_null(stream__create("/tmp/"));
	assert_non_null(strstr(stream__error(-EMEDIUMTYPE), "pipe"));
}

/* "in" is writable for all, as /tmp is; "out" is ours alone. */
static void an_output_follows_no_link_of_others(void **state)
{
	struct stream *stream;

	(void)state;
	assert_int_equal(chmod(in, 01777), 0);
	assert_int_equal(chmod(place, 0755), 0);
	assert_null(stream__create(path_of("in/link/new")));
	assert_int_equal(errno, ELOOP);
	/* The same link in a directory of ours is followed, and one in the file's place is replaced. */
	assert_int_equal(chmod(in, 0755), 0);
	stream = stream__create(path_of("in/link/mine"));
	assert_non_null(stream);
	fputs("new", stream__file(stream));
	assert_int_equal(stream__commit(stream), 0);
	has("out/mine", "new");
	assert_int_equal(chmod(in, 01777), 0);
	stream = stream__create(path_of("in/file"));
	assert_non_null(stream);
	fputs("text", stream__file(stream));
	assert_int_equal(stream__commit(stream), 0);
	has("in/file", "text");
	has("out/mine", "new");
}

/* The directory is the one that it was when the output was opened. */
static void an_output_stays_where_it_was_opened(void **state)
{
	struct stream *stream = stream__create(path_of("in/sub/new"));

	(void)state;
	assert_non_null(stream);
	fputs("text", stream__file(stream));
	assert_int_equal(rename(path_of("in/sub"), path_of("in/moved")), 0);
	assert_int_equal(symlink("../out", path_of("in/sub")), 0);
	assert_int_equal(stream__commit(stream), 0);
	has("in/moved/new", "text");
	assert_int_equal(access(path_of("out/new"), F_OK), -1);
	assert_int_equal(unlink(path_of("in/sub")), 0);
	assert_int_equal(rename(path_of("in/moved"), path_of("in/sub")), 0);
}

/* What took the place of the new file before it had its name is not given that. */
static void a_file_that_was_swapped_is_refused(void **state)
{
	struct stream *stream = stream__create(path_of("in/new"));
	struct dirent *entry;
	char name[300] = "";
	DIR *dir = opendir(in);

	(void)state;
	assert_non_null(stream);
	while ((entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "new.", 4))
			snprintf(name, sizeof(name), "in/%s", entry->d_name);
	}
	closedir(dir);
	assert_int_equal(unlink(path_of(name)), 0);
	put(name, "theirs");
	assert_int_equal(stream__commit(stream), -ESTALE);
	assert_int_equal(access(path_of("in/new"), F_OK), -1);
}

static void what_expands_too_far_is_cut_with_an_error(void **state)
{
	struct stream *stream = stream__create(path_of("in/new.zst"));
	char line[64];
	size_t lines = 0;
	FILE *file;

	(void)state;
	assert_non_null(stream);
	for (int i = 0; i < 100000; i++)
		fputs("0123456789\n", stream__file(stream));
	assert_int_equal(stream__commit(stream), 0);
	for (int i = 0; i < 2; i++) {
		stream__limit(i ? 1100000 : 1099999);
		file = stream__read_in(NULL, path_of("in/new.zst"));
		assert_non_null(file);
		for (lines = 0; fgets(line, sizeof(line), file); lines++)
			;
		assert_int_equal(!ferror(file), i);
		fclose(file);
	}
	assert_int_equal(lines, 100000);
	stream__limit(STREAM_EXPANDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_written_and_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_mode_is_kept_and_else_that_of_a_new_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_link_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_others_may_write_is_not_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_neither_read_nor_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_output_follows_no_link_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_output_stays_where_it_was_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_was_swapped_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_expands_too_far_is_cut_with_an_error, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
