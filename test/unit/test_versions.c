// SPDX-License-Identifier: GPL-2.0
/* Versions of signed models: only the newest counts, by name, and nothing is taken from a directory of others. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "versions.h"

static char place[] = "/tmp/tsem-test-XXXXXX", directory[64];

static int set_up(void **state)
{
	(void)state;
	memcpy(place + strlen(place) - 6, "XXXXXX", 6);
	if (!mkdtemp(place))
		return -1;
	snprintf(directory, sizeof(directory), "%s/a/versions", place);
	return 0;
}

static int tear_down(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", place);
	return system(command);
}

static void versions_only_rise(void **state)
{
	struct stat st;
	u64 version;

	(void)state;
	assert_int_equal(versions__newest(directory, "app", &version), -ENOENT);
	assert_int_equal(versions__use(directory, "app", 3), 0);
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(versions__newest(directory, "app", &version), 0);
	assert_int_equal(version, 3);
	assert_int_equal(versions__use(directory, "app", 3), 0);
	assert_int_equal(versions__use(directory, "app", 2), -ESTALE);
	assert_int_equal(versions__use(directory, "app", ~0ULL), 0);
	assert_int_equal(versions__use(directory, "app", 4), -ESTALE);
	assert_int_equal(versions__newest(directory, "app", &version), 0);
	assert_true(version == ~0ULL);
}

static void a_name_has_a_version_of_its_own(void **state)
{
	u64 version;

	(void)state;
	assert_int_equal(versions__use(directory, "../app/..", 7), 0);
	assert_int_equal(versions__newest(directory, "../app", &version), -ENOENT);
	assert_int_equal(versions__use(directory, "../app", 1), 0);
	assert_int_equal(versions__newest(directory, "../app/..", &version), 0);
	assert_int_equal(version, 7);
}

static void a_directory_that_others_read_is_refused(void **state)
{
	u64 version;

	(void)state;
	assert_int_equal(versions__use(directory, "app", 1), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(versions__newest(directory, "app", &version), -EPERM);
	assert_int_equal(versions__use(directory, "app", 2), -EPERM);
}

static void a_damaged_file_is_no_version(void **state)
{
	static const char *const texts[] = { "", "x\n", "1", "1\n2\n", "-1\n", "18446744073709551616\n" };
	char path[160], name[VERSIONS_FILE_SIZE];
	u64 version;

	(void)state;
	assert_int_equal(versions__use(directory, "app", 1), 0);
	assert_int_equal(versions__file("app", name), 0);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *file = fopen(path, "r+");

		assert_non_null(file);
		assert_int_equal(ftruncate(fileno(file), 0), 0);
		fputs(texts[i], file);
		fclose(file);
		assert_int_equal(versions__newest(directory, "app", &version), -EBADMSG);
		assert_int_equal(versions__use(directory, "app", 9), -EBADMSG);
	}
}

static void files_of_versions_are_known_by_their_names(void **state)
{
	char name[VERSIONS_FILE_SIZE], other[VERSIONS_FILE_SIZE + 8];

	(void)state;
	assert_int_equal(versions__file("app", name), 0);
	assert_string_equal(name, "a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333");
	assert_true(versions__is_file(name));
	snprintf(other, sizeof(other), "%s.new", name);
	assert_true(versions__is_file(other));
	snprintf(other, sizeof(other), "%s.old", name);
	assert_false(versions__is_file(other));
	snprintf(other, sizeof(other), "%s0", name);
	assert_false(versions__is_file(other));
	assert_false(versions__is_file(name + 1));
	assert_false(versions__is_file("1.events"));
}

static void of_two_at_once_the_newer_stays(void **state)
{
	u64 version;

	(void)state;
	assert_int_equal(versions__use(directory, "app", 0), 0);
	for (int i = 1; i <= 16; i++) {
		if (!fork()) {
			versions__use(directory, "app", i);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	assert_int_equal(versions__newest(directory, "app", &version), 0);
	assert_int_equal(version, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(versions_only_rise, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_has_a_version_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_others_read_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_no_version, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_of_versions_are_known_by_their_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_two_at_once_the_newer_stays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
