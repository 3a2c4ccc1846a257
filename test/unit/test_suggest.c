// SPDX-License-Identifier: GPL-2.0
/* Suggestions: what differs between the events of two runs, and the declaration that cures it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "duration.h"
#include "pattern.h"
#include "suggest.h"

#define TASK "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "0b112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define INODE                                                                                                    \
	"{\"uid\":\"0\",\"gid\":\"0\",\"mode\":\"0100644\",\"s_magic\":\"0xef53\",\"s_id\":\"vda1\",\"s_uuid\":" \
	"\"00000000000000000000000000000000\"}"

/* The beginning of an event of a task. */
static int head(char *out, size_t room, const char *type, const char *task)
{
	return snprintf(
		out, room,
		"{\"event\":{\"process\":\"app\",\"type\":\"%s\",\"ttd\":\"1\",\"p_ttd\":\"1\",\"task_id\":\"%s\","
		"\"p_task_id\":\"" OTHER "\",\"ts\":\"0\"},\"COE\":{\"uid\":\"0\",\"euid\":\"0\",\"suid\":\"0\","
		"\"gid\":\"0\",\"egid\":\"0\",\"sgid\":\"0\",\"fsuid\":\"0\",\"fsgid\":\"0\",\"capeff\":\"0x0\"},"
		"\"%s\":",
		type, task, type);
}

static void add(struct suggest *s, enum suggest_side side, const char *line)
{
	char fault[SUGGEST_FAULT_SIZE];
	int err = suggest__add(s, side, line, strlen(line), fault);

	if (err)
		fail_msg("%d: '%s' of %s", err, fault, line);
}

/* An event with a file; `created`: its JSON, or "". */
static void file_event(struct suggest *s, enum suggest_side side, const char *type, const char *task, const char *name,
		       const char *created, const char *digest)
{
	char line[4096];
	int n = head(line, sizeof(line), type, task);

	snprintf(line + n, sizeof(line) - n,
		 "{\"file\":{\"flags\":\"32768\",\"inode\":" INODE
		 ",\"path\":{\"dev\":{\"major\":\"8\",\"minor\":\"1\"},"
		 "\"pathname\":\"%s\"%s},\"digest\":\"%s\"}}}",
		 name, created, digest);
	add(s, side, line);
}

static void opened(struct suggest *s, enum suggest_side side, const char *name)
{
	file_event(s, side, "file_open", TASK, name, "", EMPTY);
}

static void renamed(struct suggest *s, enum suggest_side side, const char *from, const char *to)
{
	char line[4096];
	int n = head(line, sizeof(line), "inode_rename", TASK);

	snprintf(line + n, sizeof(line) - n,
		 "{\"old_dir\":" INODE ",\"old_dentry\":{\"inode\":" INODE ",\"path\":{\"pathname\":\"%s\"}},"
		 "\"new_dir\":" INODE ",\"new_dentry\":{\"path\":{\"pathname\":\"%s\"}}}}",
		 from, to);
	add(s, side, line);
}

/* The number of suggestions with this declaration; `text` NULL: with any. */
static size_t count(const struct suggest *s, enum suggest_cure cure, const char *text)
{
	size_t found = 0;

	for (size_t i = 0; i < suggest__count(s); i++) {
		const struct suggestion *one = suggest__get(s, i);

		found += one->cure == cure && (!text || (one->text && !strcmp(one->text, text)));
	}
	return found;
}

static struct suggest *new(void)
{
	struct suggest *s = suggest__new(false);

	assert_non_null(s);
	return s;
}

/* Two names are cured by this pattern, and by nothing else; or by none if `pattern` is NULL. */
static void two_names(const char *one, const char *two, const char *pattern)
{
	struct suggest *s = new ();

	opened(s, SUGGEST_OLD, one);
	opened(s, SUGGEST_NEW, two);
	assert_int_equal(suggest__solve(s), 0);
	if (suggest__count(s) != 1 || !count(s, pattern ? SUGGEST_PATTERN : SUGGEST_NONE, pattern))
		fail_msg("%s, %s: %zu suggestions, the first is '%s', not '%s'", one, two, suggest__count(s),
			 suggest__count(s) ? suggest__get(s, 0)->text : "", pattern ?: "");
	assert_int_equal(suggest__get(s, 0)->events[SUGGEST_OLD], 1);
	assert_int_equal(suggest__get(s, 0)->events[SUGGEST_NEW], 1);
	if (!pattern)
		assert_non_null(suggest__get(s, 0)->reason);
	suggest__free(s);
}

static void a_pattern_is_as_wide_as_what_varies(void **state)
{
	(void)state;
	two_names("/var/log/app-2026-11-26.log", "/var/log/app-2026-11-27.log", "/var/log/app-*.log");
	two_names("/var/log/app-20251231.log", "/var/log/app-20260101.log", "/var/log/app-*.log");
	two_names("/srv/a/2026-11-26_10:11:12.txt", "/srv/a/2026-11-26_10:11:59.txt", "/srv/a/*.txt");
	two_names("/srv/a/r-2026-11-26-311.log", "/srv/a/r-2026-11-26-402.log", "/srv/a/r-*.log");
	two_names("/srv/a/r-20261126-a8f3k2", "/srv/a/r-20261126-b9k2zz", "/srv/a/r-*");
	two_names("/run/app/pid.311", "/run/app/pid.31", "/run/app/pid.*");
	two_names("/run/app/311/status", "/run/app/4120/status", "/run/app/*/status");
	two_names("/srv/a/data1.v2", "/srv/a/data11.v2", "/srv/a/data*.v2");
	two_names("/srv/a/sess_a8f3k2", "/srv/a/sess_a9k2zz", "/srv/a/sess_*");
	two_names("/tmp/tmpq1w2e3r4", "/tmp/tmpq9x8y7z6", "/tmp/tmp*");
	two_names("/srv/c/0a1b2c3d4e5f60718293.o", "/srv/c/0a9b2c3d4e5f60718294.o", "/srv/c/*.o");
	two_names("/srv/a b/x1", "/srv/a b/x2", "/srv/a\\x20b/x*");
	two_names("/srv/\\\\\\\\/x1", "/srv/\\\\\\\\/x2", "/srv/\\\\/x*");
}

/* Two of the seven look like words; then five do. */
static void most_of_many_names_look_drawn(void **state)
{
	static const char *const names[] = { "abcdefgh", "k3v_x0aq", "q1w2e3r4", "zz9_plur",
					     "m0nk4y_t", "wordlike", "8a8b8c8d" };
	size_t all = sizeof(names) / sizeof(names[0]);
	char name[64];

	(void)state;
	for (size_t words = 0; words < 2; words++) {
		struct suggest *s = new ();

		for (size_t i = 0; i < all; i++) {
			snprintf(name, sizeof(name), "/srv/shm/sem.mp-%s", words && i % 2 ? "letters." : names[i]);
			if (words && i % 2)
				name[strlen(name) - 1] = 'a' + i;
			opened(s, i < all / 2 ? SUGGEST_OLD : SUGGEST_NEW, name);
		}
		assert_int_equal(suggest__solve(s), 0);
		assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/shm/sem.mp-*"), !words);
		assert_int_equal(suggest__count(s), 1);
		suggest__free(s);
	}
}

static void no_pattern_covers_a_directory_of_the_system(void **state)
{
	(void)state;
	two_names("/tmp/112", "/tmp/113", NULL);
	two_names("/var/log/2026-11-26.log", "/var/log/2026-11-27.log", NULL);
	two_names("/1", "/2", NULL);
	two_names("/home/user/1", "/home/user/2", NULL);
	two_names("/etc/ab1", "/etc/ab2", NULL);
	two_names("/proc/31", "/proc/32", NULL);
	two_names("/sys/block/sda1", "/sys/block/sda2", NULL);
	two_names("/dev/ttyS1", "/dev/ttyS2", NULL);
	two_names("/123/file", "/124/file", NULL);
	/* Words that nobody has drawn are other files. */
	two_names("/srv/app/apples", "/srv/app/orange", NULL);
	two_names("/srv/app/a*1", "/srv/app/a*2", NULL);
}

static void other_content_needs_a_pseudonym_unless_it_is_executed(void **state)
{
	struct suggest *s = new ();

	(void)state;
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/srv/state", "", TASK);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/state", "", OTHER);
	file_event(s, SUGGEST_OLD, "bprm_committing_creds", TASK, "/srv/program", "", TASK);
	file_event(s, SUGGEST_NEW, "bprm_committing_creds", TASK, "/srv/program", "", OTHER);
	file_event(s, SUGGEST_OLD, "bprm_committing_creds", TASK, "/srv/job-1", "", TASK);
	file_event(s, SUGGEST_NEW, "bprm_committing_creds", TASK, "/srv/job-2", "", OTHER);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PSEUDONYM, "/srv/state"), 1);
	assert_int_equal(count(s, SUGGEST_PSEUDONYM, NULL), 1);
	assert_int_equal(count(s, SUGGEST_PATTERN_ANY, NULL), 0);
	assert_true(count(s, SUGGEST_NONE, NULL) >= 2);
	suggest__free(s);
}

static void other_content_under_another_name_needs_a_pattern_with_any_content(void **state)
{
	struct suggest *s = new ();

	(void)state;
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/srv/in-1.csv", "", TASK);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/in-2.csv", "", OTHER);
	/* /srv is not a directory of the application, and the prefix says which files. */
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN_ANY, "/srv/in-*.csv"), 1);
	assert_int_equal(suggest__count(s), 1);
	suggest__free(s);
	/* A file of a pattern whose content counts. */
	s = new ();
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/srv/in-1.csv", ",\"pattern\":\"/srv/in-*.csv\"", TASK);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/in-1.csv", ",\"pattern\":\"/srv/in-*.csv\"", OTHER);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN_ANY, "/srv/in-*.csv"), 1);
	suggest__free(s);
}

#define SHA1_A "ab/cdef0123456789abcdef0123456789abcdef01"
#define SHA1_B "cd/0123456789abcdef0123456789abcdef012345"

static void objects_that_are_named_by_a_hash_need_a_deep_pattern(void **state)
{
	struct suggest *s = new ();

	(void)state;
	renamed(s, SUGGEST_OLD, "/srv/r/.git/objects/ab/tmp_obj_q1W2e3", "/srv/r/.git/objects/" SHA1_A);
	renamed(s, SUGGEST_NEW, "/srv/r/.git/objects/cd/tmp_obj_z9X8y7", "/srv/r/.git/objects/" SHA1_B);
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/srv/r/.git/objects/" SHA1_A, "", TASK);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/r/.git/objects/" SHA1_B, "", OTHER);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN_ANY, "/srv/r/.git/objects/**"), 1);
	assert_int_equal(suggest__count(s), 1);
	suggest__free(s);
	/* Two digits alone are no hash. */
	s = new ();
	opened(s, SUGGEST_OLD, "/srv/r/ab/one");
	opened(s, SUGGEST_NEW, "/srv/r/cd/one");
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/r/**"), 0);
	suggest__free(s);
}

#define OBJECT(n)                                                                                                 \
	",\"created\":[{\"component\":\"4\",\"instance\":\"" n "\",\"owner\":\"" TASK "\"},{\"component\":\"5\"," \
	"\"instance\":\"1\",\"owner\":\"" TASK "\"}]"

/* The number of directories depends on the hashes, and packs are in the same directory. */
static void a_deep_pattern_cures_the_number_of_objects_and_what_is_beside_them(void **state)
{
	struct suggest *s = new ();

	(void)state;
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/srv/r/.git/objects/" SHA1_A, OBJECT("1"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/r/.git/objects/" SHA1_B, OBJECT("1"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/srv/r/.git/objects/" SHA1_A, OBJECT("2"), EMPTY);
	file_event(s, SUGGEST_OLD, "file_receive", TASK, "/srv/r/.git/objects/pack/a-0a1b2c3d4e5f60718293.x", "", TASK);
	file_event(s, SUGGEST_NEW, "file_receive", TASK, "/srv/r/.git/objects/pack/a-1a1b2c3d4e5f60718294.x", "",
		   OTHER);
	opened(s, SUGGEST_OLD, "/srv/r/.git/other/0a1b2c3d4e5f60718293.x");
	opened(s, SUGGEST_NEW, "/srv/r/.git/other/1a1b2c3d4e5f60718294.x");
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN_ANY, "/srv/r/.git/objects/**"), 1);
	assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/r/.git/other/*.x"), 1);
	assert_int_equal(suggest__count(s), 2);
	suggest__free(s);
}

static void a_rename_is_cured_for_both_of_its_names(void **state)
{
	struct suggest *s = new ();

	(void)state;
	renamed(s, SUGGEST_OLD, "/srv/in/job-311.tmp", "/srv/out/done-311");
	renamed(s, SUGGEST_NEW, "/srv/in/job-402.tmp", "/srv/out/done-402");
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/in/job-*.tmp"), 1);
	assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/out/done-*"), 1);
	assert_int_equal(suggest__count(s), 2);
	suggest__free(s);
}

#define CREATED(n) ",\"created\":[{\"component\":\"1\",\"instance\":\"" n "\",\"owner\":\"" TASK "\"}]"

static void another_number_of_created_files_needs_instances(void **state)
{
	struct suggest *s = new ();

	(void)state;
	/* The name of a created file does not count. */
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/tmp/a", CREATED("1"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/tmp/b", CREATED("1"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/tmp/c", CREATED("2"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/tmp/d", CREATED("3"), EMPTY);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(suggest__only(s, SUGGEST_OLD), 0);
	assert_int_equal(suggest__only(s, SUGGEST_NEW), 2);
	assert_int_equal(count(s, SUGGEST_INSTANCES, "1"), 1);
	assert_int_equal(suggest__count(s), 1);
	suggest__free(s);
	/* Threads race for the numbers 2 and 3. */
	s = new ();
	file_event(s, SUGGEST_OLD, "file_open", TASK, "/tmp/a", CREATED("1"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_open", TASK, "/tmp/a", CREATED("1"), EMPTY);
	file_event(s, SUGGEST_OLD, "file_receive", TASK, "/tmp/b", CREATED("2"), EMPTY);
	file_event(s, SUGGEST_NEW, "file_receive", TASK, "/tmp/b", CREATED("3"), EMPTY);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_INSTANCES, "2"), 1);
	suggest__free(s);
}

static void what_nothing_cures_has_a_reason(void **state)
{
	struct suggest *s = new ();
	char line[4096];

	(void)state;
	for (int side = 0; side < 2; side++) {
		int n = head(line, sizeof(line), "socket_connect", TASK);

		snprintf(line + n, sizeof(line) - n,
			 "{\"sock\":{\"family\":\"2\",\"type\":\"1\",\"protocol\":\"6\",\"owner\":\"" TASK
			 "\"},\"addr\":{\"af_inet\":{\"port\":\"%d\",\"address\":\"16777343\"}}}}",
			 1234 + side);
		add(s, side, line);
		n = head(line, sizeof(line), "capable", TASK);
		snprintf(line + n, sizeof(line) - n, "{\"cap\":\"%d\",\"opts\":\"0\",\"initial\":\"1\"}}", 3 + side);
		add(s, side, line);
	}
	file_event(s, SUGGEST_OLD, "file_receive", TASK, "/srv/a", "", EMPTY);
	file_event(s, SUGGEST_NEW, "file_receive", OTHER, "/srv/a", "", EMPTY);
	file_event(s, SUGGEST_NEW, "file_receive", TASK, "/srv/only", "", EMPTY);
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(count(s, SUGGEST_NONE, NULL), 3);
	assert_int_equal(count(s, SUGGEST_FOLLOWS, NULL), 1);
	assert_int_equal(suggest__count(s), 4);
	for (size_t i = 0; i < suggest__count(s); i++) {
		assert_non_null(suggest__get(s, i)->reason);
		assert_null(suggest__get(s, i)->text);
	}
	suggest__free(s);
}

static void the_same_events_need_nothing(void **state)
{
	struct suggest *s = new ();

	(void)state;
	opened(s, SUGGEST_OLD, "/srv/a/1");
	opened(s, SUGGEST_OLD, "/srv/a/2");
	opened(s, SUGGEST_NEW, "/srv/a/2");
	opened(s, SUGGEST_NEW, "/srv/a/1");
	opened(s, SUGGEST_NEW, "/srv/a/1");
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(suggest__count(s), 0);
	assert_int_equal(suggest__only(s, SUGGEST_OLD), 0);
	assert_int_equal(suggest__only(s, SUGGEST_NEW), 0);
	suggest__free(s);
}

/* A proposed pattern matches the names that it was made from: one more of the same kind adds nothing to it. */
static void a_counter_is_compared_with_what_both_have(void **state)
{
	struct suggest *s = new ();

	(void)state;
	opened(s, SUGGEST_OLD, "/srv/a/part-1");
	opened(s, SUGGEST_NEW, "/srv/a/part-1");
	opened(s, SUGGEST_NEW, "/srv/a/part-2");
	opened(s, SUGGEST_NEW, "/srv/a/part-30");
	assert_int_equal(suggest__solve(s), 0);
	assert_int_equal(suggest__count(s), 1);
	assert_int_equal(count(s, SUGGEST_PATTERN, "/srv/a/part-*"), 1);
	assert_int_equal(suggest__get(s, 0)->events[SUGGEST_NEW], 2);
	assert_string_equal(suggest__get(s, 0)->old, "/srv/a/part-1");
	suggest__free(s);
}

/*
 * The runs have their own log in common, which counts by its mark, and that of another day. The second run finds the
 * log of the first, whose name is also that of the event that they have in common.
 */
static void a_log_of_an_earlier_run_is_compared_with_that_of_another_day(void **state)
{
	static const char mine[] = "/log/job-2026-11-27.log", other[] = "/log/job-2026-01-02.log";

	(void)state;
	for (int order = 0; order < 2; order++) {
		struct suggest *s = new ();

		for (int side = 0; side < 2; side++) {
			for (int i = 0; i < 2; i++) {
				if (i == order)
					file_event(s, side, "file_open", TASK, mine, CREATED("1"), EMPTY);
				else
					opened(s, side, other);
			}
		}
		opened(s, SUGGEST_NEW, mine);
		assert_int_equal(suggest__only(s, SUGGEST_NEW), 1);
		assert_int_equal(suggest__solve(s), 0);
		assert_int_equal(count(s, SUGGEST_PATTERN, "/log/job-*.log"), 1);
		suggest__free(s);
	}
}

static void what_is_no_event_is_refused_with_its_word(void **state)
{
	static const char *const lines[] = { "",
					     "{}",
					     "[]",
					     "{\"event\":1}",
					     "{\"event\":{\"type\":\"file_open\"}}",
					     "{\"event\":{\"type\":\"nothing\",\"task_id\":\"\"}}",
					     "{\"event\"" };
	struct suggest *s = new ();
	char fault[SUGGEST_FAULT_SIZE], line[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(suggest__add(s, SUGGEST_OLD, lines[i], strlen(lines[i]), fault), -EINVAL);
	head(line, sizeof(line), "file_open", TASK);
	strcat(line, "{\"file\":{}}}");
	assert_int_equal(suggest__add(s, SUGGEST_OLD, line, strlen(line), fault), -EINVAL);
	assert_string_not_equal(fault, "");
	assert_int_equal(suggest__only(s, SUGGEST_OLD), 0);
	assert_int_equal(suggest__solve(s), 0);
	suggest__free(s);
}

static void the_time_grows_with_the_number_of_events(void **state)
{
	clock_t took[2];

	(void)state;
	for (int large = 0; large < 2; large++) {
		struct suggest *s = new ();
		int events = large ? 8000 : 1000;
		clock_t begin = clock();
		char name[64];

		for (int i = 0; i < 2 * events; i++) {
			snprintf(name, sizeof(name), "/srv/data/%d/file-%d-%d", i % events, i % events, i / events);
			opened(s, i / events ? SUGGEST_NEW : SUGGEST_OLD, name);
		}
		assert_int_equal(suggest__solve(s), 0);
		took[large] = clock() - begin;
		assert_int_equal(suggest__only(s, SUGGEST_NEW), events);
		suggest__free(s);
	}
	/* Eight times as many: in the square it would be 64 times. */
	assert_true(took[1] < 24 * (took[0] + CLOCKS_PER_SEC / 100));
}

static void durations_are_numbers_with_units(void **state)
{
	static const struct {
		const char *text;
		u64 seconds;
	} good[] = { { "5s", 5 },      { "90s", 90 },     { "15m", 900 },          { "24h", 86400 },
		     { "7d", 604800 }, { "1h30m", 5400 }, { "366d", DURATION_MAX } };
	static const char *const bad[] = { "",
					   "5",
					   "s",
					   "5x",
					   "1m1h",
					   "1h1h",
					   "-5s",
					   " 5s",
					   "5s ",
					   "0s",
					   "367d",
					   "1.5h",
					   "99999999999999999999s",
					   "366d1s" };
	char out[DURATION_TEXT_SIZE];
	u64 seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(duration__parse(good[i].text, &seconds));
		assert_int_equal(seconds, good[i].seconds);
		assert_null(duration__parse(duration__text(seconds, out), &seconds));
		assert_int_equal(seconds, good[i].seconds);
	}
	seconds = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(duration__parse(bad[i], &seconds));
	assert_int_equal(seconds, 42);
	assert_string_equal(duration__text(5400, out), "1h30m");
	assert_string_equal(duration__text(0, out), "0s");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_as_wide_as_what_varies),
		cmocka_unit_test(most_of_many_names_look_drawn),
		cmocka_unit_test(no_pattern_covers_a_directory_of_the_system),
		cmocka_unit_test(other_content_needs_a_pseudonym_unless_it_is_executed),
		cmocka_unit_test(other_content_under_another_name_needs_a_pattern_with_any_content),
		cmocka_unit_test(objects_that_are_named_by_a_hash_need_a_deep_pattern),
		cmocka_unit_test(a_deep_pattern_cures_the_number_of_objects_and_what_is_beside_them),
		cmocka_unit_test(a_rename_is_cured_for_both_of_its_names),
		cmocka_unit_test(another_number_of_created_files_needs_instances),
		cmocka_unit_test(a_log_of_an_earlier_run_is_compared_with_that_of_another_day),
		cmocka_unit_test(what_nothing_cures_has_a_reason),
		cmocka_unit_test(the_same_events_need_nothing),
		cmocka_unit_test(a_counter_is_compared_with_what_both_have),
		cmocka_unit_test(what_is_no_event_is_refused_with_its_word),
		cmocka_unit_test(the_time_grows_with_the_number_of_events),
		cmocka_unit_test(durations_are_numbers_with_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
