// SPDX-License-Identifier: GPL-2.0
/* Directories with strict names: which names they cover, and how events name them. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "strict.h"

static struct tsem_pattern strict(const char *text)
{
	struct tsem_pattern p;

	assert_null(pattern__parse_strict(text, strlen(text), &p));
	return p;
}

static void a_directory_covers_what_is_below_it(void **state)
{
	static const struct {
		const char *path;
		size_t from;
	} cases[] = {
		{ "/up/a", 4 },  { "/up/a/b", 4 },        { "/up", 0 },
		{ "/up2/a", 0 }, { "/x/up/a", 0 },        { "/a/b/c/d", 5 },
		{ "/a/b", 0 },   { "detached:/up/a", 0 }, { "/up/deep/a/b", 4 },
	};
	struct tsem_pattern list[] = { strict("/up/deep"), strict("/up"), strict("/a/b/") }, pattern;
	struct patterns patterns = {};

	(void)state;
	assert_null(pattern__parse("/x/**", 5, false, &pattern));
	assert_int_equal(patterns__add(&patterns, &pattern), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(patterns__add(&patterns, &list[i]), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const u8 *path = (const u8 *)cases[i].path;

		assert_int_equal(patterns__strict_from(&patterns, path, strlen(cases[i].path)), cases[i].from);
		assert_false(pattern__matches(&list[1], path, strlen(cases[i].path)));
	}
	/* It is in the list already. */
	assert_int_equal(patterns__add(&patterns, &list[1]), 0);
	assert_int_equal(patterns.count, 4);
	while (patterns.count < TSEM_PATTERNS_MAX)
		assert_int_equal(patterns__add(&patterns, &pattern), 0);
	pattern = strict("/new");
	assert_int_equal(patterns__add(&patterns, &pattern), -E2BIG);
	assert_int_equal(patterns__add(&patterns, &list[1]), 0);
	free(patterns.pattern);
}

static void the_root_covers_everything(void **state)
{
	struct tsem_pattern root = strict("/");
	struct patterns patterns = {};
	char text[PATTERN_TEXT_SIZE];

	(void)state;
	assert_int_equal(patterns__add(&patterns, &root), 0);
	assert_int_equal(patterns__strict_from(&patterns, (const u8 *)"/a", 2), 1);
	assert_int_equal(patterns__strict_from(&patterns, (const u8 *)"/", 1), 0);
	pattern__text(&root, text);
	assert_string_equal(text, "/");
	free(patterns.pattern);
}

static void a_directory_has_at_most_511_bytes_and_a_slash(void **state)
{
	char text[TSEM_PATTERN_MAX + 1];
	struct tsem_pattern p;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	assert_null(pattern__parse_strict(text, TSEM_PATTERN_MAX - 1, &p));
	assert_int_equal(p.size, TSEM_PATTERN_MAX);
	assert_non_null(pattern__parse_strict(text, TSEM_PATTERN_MAX, &p));
	text[TSEM_PATTERN_MAX - 1] = '/';
	assert_null(pattern__parse_strict(text, TSEM_PATTERN_MAX, &p));
}

/* What `text` is in its own filesystem, or the error. */
static int elsewhere(const char *text, const char *root, char *out)
{
	static char mounts[] = "22 1 0:20 / / rw - ext4 /dev/vda1 rw\n"
			       "23 22 0:4 / /proc rw - proc proc rw\n"
			       "24 22 0:30 / /srv rw - ext4 /dev/vdb rw\n"
			       "25 24 0:31 /old /srv/a\\040b rw - ext4 /dev/vdc rw\n"
			       "26 25 0:31 /new /srv/a\\040b rw - ext4 /dev/vdc rw\n"
			       "27 22 0:32 /box/rootfs /run/box rw - ext4 /dev/vda1 rw\n"
			       "28 27 0:33 /volumes/1 /run/box/up rw - ext4 /dev/vdd rw\n"
			       "broken\n";
	FILE *file = fmemopen(mounts, strlen(mounts), "r");
	struct tsem_pattern directory = strict(text), other;
	int err;

	assert_non_null(file);
	err = strict__in_filesystem(&directory, file, root, &other);
	fclose(file);
	if (!err)
		pattern__text(&other, out);
	return err;
}

static void a_directory_has_a_name_in_its_own_filesystem(void **state)
{
	static const struct {
		const char *text, *root, *want;
	} cases[] = {
		{ "/home/up", "", "/home/up" },
		{ "/srv/up", "", "/up" },
		{ "/srv2/up", "", "/srv2/up" },
		/* The last of the mounts in one place is the one that is seen. */
		{ "/srv/a\\x20b/up", "", "/new/up" },
		{ "/srv/a\\x20b", "", "/new" },
		{ "/", "", "/" },
		{ "/etc/up", "/run/box", "/box/rootfs/etc/up" },
		{ "/up", "/run/box", "/volumes/1" },
		{ "/up/x", "/run/box", "/volumes/1/x" },
		{ "/", "/run/box", "/box/rootfs" },
	};
	char text[PATTERN_TEXT_SIZE], root[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(elsewhere(cases[i].text, cases[i].root, text), 0);
		assert_string_equal(text, cases[i].want);
	}
	assert_int_equal(elsewhere("/srv", "", text), -EXDEV);
	assert_non_null(strstr(strict__error(-EXDEV), "mount of its own"));
	memset(root, 'r', sizeof(root));
	root[0] = '/';
	root[600] = 0;
	assert_int_equal(elsewhere("/up", root, text), -ENAMETOOLONG);
	assert_int_equal(elsewhere("/up", "nowhere", text), -ENOENT);
}

static void both_names_are_declared_once(void **state)
{
	struct tsem_pattern directory = strict("/proc/self/up");
	struct patterns patterns = {};

	(void)state;
	assert_int_equal(strict__add(&patterns, &directory, "/proc/self/mountinfo", ""), 0);
	assert_int_equal(patterns.count, 2);
	assert_memory_equal(patterns.pattern[1].text, "/self/up/", 10);
	assert_int_equal(strict__add(&patterns, &directory, "/proc/self/mountinfo", ""), 0);
	assert_int_equal(patterns.count, 2);
	assert_int_equal(strict__add(&patterns, &directory, "/nowhere", ""), -ENOENT);
	free(patterns.pattern);
}

static void a_symbolic_link_is_said(void **state)
{
	char place[PATH_MAX] = "/tmp/test_strict.XXXXXX", path[PATH_MAX + 32], want[PATH_MAX + 32], real[PATH_MAX];
	struct tsem_pattern directory;

	(void)state;
	assert_non_null(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/up", place);
	assert_int_equal(mkdir(path, 0755), 0);
	directory = strict(path);
	assert_int_equal(strict__linked(&directory, real, sizeof(real)), 0);
	snprintf(path, sizeof(path), "%s/none/yet", place);
	directory = strict(path);
	assert_int_equal(strict__linked(&directory, real, sizeof(real)), 0);
	snprintf(path, sizeof(path), "%s/link", place);
	assert_int_equal(symlink("up", path), 0);
	directory = strict(path);
	assert_int_equal(strict__linked(&directory, real, sizeof(real)), -ELOOP);
	snprintf(want, sizeof(want), "%s/up", place);
	assert_string_equal(real, want);
	snprintf(path, sizeof(path), "%s/link/none/yet", place);
	directory = strict(path);
	assert_int_equal(strict__linked(&directory, real, sizeof(real)), -ELOOP);
	snprintf(want, sizeof(want), "%s/up/none/yet", place);
	assert_string_equal(real, want);
	snprintf(path, sizeof(path), "rm -r %s", place);
	assert_int_equal(system(path), 0);
	directory = strict("/");
	assert_int_equal(strict__linked(&directory, real, sizeof(real)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_covers_what_is_below_it),
		cmocka_unit_test(the_root_covers_everything),
		cmocka_unit_test(a_directory_has_at_most_511_bytes_and_a_slash),
		cmocka_unit_test(a_directory_has_a_name_in_its_own_filesystem),
		cmocka_unit_test(both_names_are_declared_once),
		cmocka_unit_test(a_symbolic_link_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
