// SPDX-License-Identifier: GPL-2.0
/*
 * Events outside of a model, grouped by cause: what the cause is, what follows from it, what is unwise to allow; and
 * the nearest event among thousands.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "event.h"
#include "explain.h"
#include "explain_index.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"
#define THREES "3333333333333333333333333333333333333333333333333333333333333333"
#define INODE(mode)                          \
	"{'uid':'0','gid':'0','mode':'" mode \
	"','s_magic':'0xef53','s_id':'vda','s_uuid':'469635615d9d469198bb99f4cffc443d'}"
#define PATH(path) "{'dev':{'major':'254','minor':'0'},'pathname':'" path "'}"
#define FILE_OF(path, digest, flags, mode) \
	"{'flags':'" flags "','inode':" INODE(mode) ",'path':" PATH(path) ",'digest':'" digest "'}"
#define FILE_(path, digest) FILE_OF(path, digest, "32768", "0100644")
#define DENTRY(path) "{'inode':" INODE("0100644") ",'path':" PATH(path) "}"
#define SOCK(family) "{'family':'" family "','type':'1','protocol':'6','owner':'" ZEROS "'}"
#define OPEN(path, digest) "{'file':" FILE_(path, digest) "}"

/* Who does an event. */
struct who {
	const char *uid, *task;
	unsigned number;
};

static const struct who nginx = { "0", ONES, 5 };

/* The text has ' for ". The caller puts the object. */
static struct json_object *event(const char *type, struct who who, const char *cell)
{
	static char text[4096];
	struct json_object *json;

	snprintf(
		text, sizeof(text),
		"{'event':{'process':'nginx','type':'%s','ttd':'%u','p_ttd':'1','pid':'311','task_id':'%s','p_task_id':'" ZEROS
		"','ts':'1'},'COE':{'uid':'%s','euid':'%s','suid':'%s','gid':'0','egid':'0','sgid':'0','fsuid':'%s','fsgid':'0',"
		"'capeff':'0x0'},'%s':%s}",
		type, who.number, who.task, who.uid, who.uid, who.uid, who.uid, type, cell);
	for (char *p = text; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	json = json_tokener_parse(text);
	if (!json)
		fail_msg("no JSON: %s", text);
	return json;
}

static struct explain *setup(void)
{
	struct explain *explain = explain__new();

	assert_non_null(explain);
	explain__compare(explain);
	return explain;
}

static void learn(struct explain *explain, struct json_object *json)
{
	const char *fault;

	assert_int_equal(explain__learn(explain, json, &fault), 0);
	json_object_put(json);
}

static void add_as(struct explain *explain, u64 line, struct json_object *json, u32 verdict)
{
	const char *fault = NULL;
	int err = explain__add(explain, json, line, verdict, &fault);

	if (err)
		fail_msg("%s: %s", fault, strerror(-err));
	json_object_put(json);
}

static void add(struct explain *explain, u64 line, struct json_object *json)
{
	add_as(explain, line, json, EXPLAIN_UNKNOWN);
}

static struct explain_cause cause(struct explain *explain, size_t number)
{
	struct explain_cause cause;

	assert_true(number < explain__causes(explain));
	assert_int_equal(explain__cause(explain, number, &cause), 0);
	return cause;
}

/* The TASK_ID that an exec gives. */
static void program_of(struct json_object *exec, char hex[65])
{
	struct event_digests digests;
	struct tsem_record record;
	const char *fault;

	assert_int_equal(event__from_json(exec, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST, &record, &fault), 0);
	memset(record.task_id, 0, sizeof(record.task_id));
	assert_int_equal(event__coefficient(&record, &digests), 0);
	digest__to_hex(digests.coefficient, 32, hex);
}

static void the_first_event_of_a_task_is_the_cause(void **state)
{
	struct who other = { "0", ONES, 6 };
	struct explain *explain = setup();
	struct explain_cause c;

	(void)state;
	learn(explain, event("file_open", nginx, OPEN("/srv/index", ZEROS)));
	add(explain, 1, event("file_open", nginx, OPEN("/srv/new", ZEROS)));
	add(explain, 2, event("file_open", nginx, OPEN("/srv/index", ZEROS)));
	add(explain, 3, event("file_open", nginx, OPEN("/usr/share/locale", ZEROS)));
	add(explain, 4, event("capable", nginx, "{'cap':'10','opts':'0','initial':'1'}"));
	add(explain, 5, event("file_open", other, OPEN("/var/else", ZEROS)));
	/* The same event again, by another task: what it is does not depend on the task. */
	add(explain, 6, event("file_open", other, OPEN("/srv/new", ZEROS)));
	/* Another file in the same directory is the same cause. */
	add(explain, 7, event("file_open", other, OPEN("/srv/newer", ZEROS)));
	assert_int_equal(explain__causes(explain), 2);
	assert_int_equal(explain__inside(explain), 1);
	assert_int_equal(explain__repeats(explain), 1);
	c = cause(explain, 0);
	assert_int_equal(c.why, EXPLAIN_NEW);
	assert_string_equal(c.headline, "nginx did something new: it opened a file");
	assert_string_equal(c.first.sentence,
			    "nginx (pid 311) opened /srv/new for reading as uid 0, outside the model");
	assert_string_equal(c.first.nearest, "nginx opened /srv/index for reading as uid 0");
	assert_int_equal(c.line, 1);
	assert_int_equal(c.counts[EXPLAIN_FIRST], 1);
	assert_int_equal(c.counts[EXPLAIN_ALIKE], 1);
	assert_int_equal(c.counts[EXPLAIN_LATER], 2);
	assert_string_equal(c.lines, "1,7");
	assert_string_equal(c.later, "3-4");
	assert_int_equal(c.shown_count, 3);
	assert_int_equal(c.shown[0].line, 3);
	assert_non_null(strstr(c.shown[1].sentence, "used CAP_NET_BIND_SERVICE"));
	explain__free_cause(&c);
	c = cause(explain, 1);
	assert_string_equal(c.lines, "5");
	assert_null(c.later);
	explain__free_cause(&c);
	explain__free(explain);
}

/* What was allowed does not make a task change course. */
static void nothing_follows_from_what_was_allowed(void **state)
{
	struct explain *explain = setup();

	(void)state;
	add_as(explain, 1, event("file_open", nginx, OPEN("/srv/a", ZEROS)), EXPLAIN_ALLOWED);
	add_as(explain, 2, event("file_open", nginx, OPEN("/var/b", ZEROS)), EXPLAIN_ALLOWED);
	learn(explain, event("anon_inode", nginx, "{'name':'x'}"));
	explain__free(explain);

	explain = setup();
	learn(explain, event("file_open", nginx, OPEN("/etc/x", ZEROS)));
	add_as(explain, 1, event("file_open", nginx, OPEN("/srv/a", ZEROS)), EXPLAIN_ALLOWED);
	add_as(explain, 2, event("file_open", nginx, OPEN("/var/b", ZEROS)), EXPLAIN_ALLOWED);
	assert_int_equal(explain__causes(explain), 2);
	explain__free(explain);

	explain = setup();
	learn(explain, event("file_open", nginx, OPEN("/etc/x", ZEROS)));
	add_as(explain, 1, event("file_open", nginx, OPEN("/srv/a", ZEROS)), EXPLAIN_DENIED);
	add_as(explain, 2, event("file_open", nginx, OPEN("/var/b", ZEROS)), EXPLAIN_DENIED);
	assert_int_equal(explain__causes(explain), 1);
	explain__free(explain);
}

static void a_changed_file_is_one_cause_whoever_uses_it(void **state)
{
	struct who perl = { "0", TWOS, 9 };
	struct explain *explain = setup();
	struct explain_cause c;

	(void)state;
	learn(explain, event("file_open", nginx, OPEN("/lib/c.so", ONES)));
	learn(explain, event("file_open", perl, OPEN("/lib/c.so", ONES)));
	learn(explain, event("mmap_file", perl, "{'file':" FILE_("/lib/c.so", ONES) ",'prot':'5','flags':'2'}"));
	/* An earlier deviation of the task is not its cause. */
	add(explain, 1, event("file_open", nginx, OPEN("/srv/new", ONES)));
	add(explain, 2, event("file_open", nginx, OPEN("/lib/c.so", THREES)));
	add(explain, 3, event("file_open", perl, OPEN("/lib/c.so", THREES)));
	add(explain, 4, event("mmap_file", perl, "{'file':" FILE_("/lib/c.so", THREES) ",'prot':'5','flags':'2'}"));
	assert_int_equal(explain__causes(explain), 2);
	c = cause(explain, 1);
	assert_int_equal(c.why, EXPLAIN_CONTENT);
	assert_string_equal(c.headline, "/lib/c.so has another content than in the model");
	assert_string_equal(c.before, ONES);
	assert_string_equal(c.now, THREES);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(c.first.differs, 0)),
			    "content (3333333333333333... instead of 1111111111111111...)");
	assert_string_equal(c.lines, "2-4");
	explain__free_cause(&c);
	/* Another path has no digests to compare. */
	c = cause(explain, 0);
	assert_null(c.before);
	explain__free_cause(&c);
	explain__free(explain);
}

static void what_a_changed_program_does_follows_from_its_exec(void **state)
{
	struct json_object *old = event("bprm_committing_creds", nginx, OPEN("/bin/python", ONES)),
			   *new = event("bprm_committing_creds", nginx, OPEN("/bin/python", TWOS));
	struct who before = { "0", NULL, 6 }, now = { "0", NULL, 5 };
	struct explain *explain = setup();
	char old_id[65], new_id[65];
	struct explain_cause c;

	(void)state;
	program_of(old, old_id);
	program_of(new, new_id);
	before.task = old_id;
	now.task = new_id;
	learn(explain, old);
	learn(explain, event("file_open", before, OPEN("/lib/os.py", ONES)));
	learn(explain, event("file_open", before, OPEN("/lib/re.py", ONES)));
	add(explain, 10, new);
	add(explain, 11, event("file_open", now, OPEN("/lib/os.py", ONES)));
	/* That file is not only opened by another program: its content is a cause of its own. */
	add(explain, 12, event("file_open", now, OPEN("/lib/re.py", THREES)));
	assert_int_equal(explain__causes(explain), 2);
	c = cause(explain, 0);
	assert_int_equal(c.why, EXPLAIN_CONTENT);
	assert_int_equal(c.counts[EXPLAIN_FOLLOWS], 1);
	assert_string_equal(c.lines, "10-11");
	assert_non_null(strstr(c.shown[0].sentence, "/lib/os.py"));
	explain__free_cause(&c);
	c = cause(explain, 1);
	assert_string_equal(c.headline, "/lib/re.py has another content than in the model");
	explain__free_cause(&c);
	explain__free(explain);
}

static void what_a_new_program_does_follows_from_its_exec(void **state)
{
	struct json_object *exec = event("bprm_committing_creds", nginx, OPEN("/bin/cat", TWOS));
	struct who cat = { "0", NULL, 5 }, unknown = { "0", THREES, 8 };
	struct explain *explain = setup();
	struct explain_cause c;
	char id[65];

	(void)state;
	program_of(exec, id);
	cat.task = id;
	learn(explain, event("file_open", nginx, OPEN("/etc/passwd", ONES)));
	add(explain, 1, exec);
	add(explain, 2, event("file_open", cat, OPEN("/etc/passwd", ONES)));
	add(explain, 3, event("capable", cat, "{'cap':'10','opts':'0','initial':'1'}"));
	add(explain, 4, event("file_open", unknown, OPEN("/etc/passwd", ONES)));
	add(explain, 5, event("capable", unknown, "{'cap':'10','opts':'0','initial':'1'}"));
	assert_int_equal(explain__causes(explain), 2);
	c = cause(explain, 0);
	assert_int_equal(c.why, EXPLAIN_NEW_PROGRAM);
	assert_string_equal(c.headline, "/bin/cat was started, which is no program of the model");
	assert_string_equal(c.lines, "1-3");
	explain__free_cause(&c);
	/* Its exec is not among the events. */
	c = cause(explain, 1);
	assert_int_equal(c.why, EXPLAIN_UNKNOWN_PROGRAM);
	assert_string_equal(c.lines, "4-5");
	explain__free_cause(&c);
	explain__free(explain);
}

#define INHERITED(number, cmd) "{'file':{'flags':'1','inherited':'" number "'},'cmd':'" cmd "'}"
#define NAMED(path, cmd) "{'file':" FILE_OF(path, ZEROS, "1", "020620") ",'cmd':'" cmd "'}"

/* Two events and what their descriptors have become. */
static void streams_that_changed_are_named(void **state)
{
	static const struct {
		const char *model, *now;
		const char *headline; /* NULL: that is no such cause */
	} cases[] = {
		{ INHERITED("1", "21585"), INHERITED("1", "21505"),
		  "nginx: its standard output seems to be a terminal now, and was not in the model; run it as it was "
		  "learned, or allow it" },
		{ INHERITED("2", "21505"), "{'file':" FILE_("/dev/null", ZEROS) ",'cmd':'21505'}",
		  "nginx: its standard error is /dev/null now, and was not in the model; run it as it was learned, or "
		  "allow it" },
		{ INHERITED("0", "5"), "{'file':" FILE_("/dev/pts/7", ZEROS) ",'cmd':'5'}",
		  "nginx: its standard input is a terminal now, and was not in the model; run it as it was learned, or "
		  "allow it" },
		{ "{'file':" FILE_("/dev/null", ZEROS) ",'cmd':'5'}", INHERITED("1", "5"),
		  "nginx: its standard output is inherited now, and was not in the model; run it as it was learned, or "
		  "allow it" },
		/* It was a terminal before. */
		{ INHERITED("1", "21505"), INHERITED("1", "21523"), NULL },
		{ INHERITED("1", "21505"), "{'file':" FILE_("/srv/file", ZEROS) ",'cmd':'21505'}", NULL },
		{ INHERITED("1", "5"), INHERITED("1", "6"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct explain *explain = setup();
		struct explain_cause c;

		learn(explain, event("file_ioctl", nginx, cases[i].model));
		add(explain, 1, event("file_ioctl", nginx, cases[i].now));
		c = cause(explain, 0);
		assert_int_equal(c.why == EXPLAIN_STREAM, !!cases[i].headline);
		if (cases[i].headline)
			assert_string_equal(c.headline, cases[i].headline);
		explain__free_cause(&c);
		explain__free(explain);
	}
}

static void another_user_is_one_cause(void **state)
{
	struct who www = { "33", ONES, 5 };
	struct explain *explain = setup();
	struct explain_cause c;

	(void)state;
	learn(explain, event("file_open", nginx, OPEN("/srv/a", ONES)));
	learn(explain, event("file_open", nginx, OPEN("/var/b", ONES)));
	learn(explain, event("capable", nginx, "{'cap':'10','opts':'0','initial':'1'}"));
	add(explain, 1, event("file_open", www, OPEN("/srv/a", ONES)));
	add(explain, 2, event("file_open", www, OPEN("/var/b", ONES)));
	add(explain, 3, event("capable", www, "{'cap':'10','opts':'0','initial':'1'}"));
	assert_int_equal(explain__causes(explain), 1);
	c = cause(explain, 0);
	assert_int_equal(c.why, EXPLAIN_CREDENTIALS);
	assert_string_equal(c.lines, "1-3");
	assert_non_null(c.unwise);
	explain__free_cause(&c);
	explain__free(explain);
}

static void log_records_are_grouped_by_their_words(void **state)
{
	static const char *const texts[] = {
		"{\"log\":{\"process\":\"a\",\"event\":\"file_open\",\"action\":\"DENY\"}}",
		"{\"log\":{\"process\":\"a\",\"event\":\"file_open\",\"action\":\"DENY\"}}",
		"{\"log\":{\"process\":\"b\",\"event\":\"file_open\",\"action\":\"DENY\"}}",
	};
	struct explain *explain = setup();
	struct explain_cause c;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		add(explain, i + 1, json_tokener_parse(texts[i]));
	assert_int_equal(explain__causes(explain), 2);
	c = cause(explain, 0);
	assert_int_equal(c.why, EXPLAIN_UNDESCRIBED);
	assert_string_equal(c.first.sentence, "a opened a file, which could not be described; denied");
	assert_string_equal(c.lines, "1-2");
	explain__free_cause(&c);
	explain__free(explain);
}

/* Events, and whether it is unwise to allow them. */
static const struct {
	const char *type, *cell;
	bool unwise;
} deeds[] = {
	{ "file_open", OPEN("/srv/a", ZEROS), false },
	{ "file_open", OPEN("/etc/passwd", ZEROS), false },
	{ "file_open", "{'file':" FILE_OF("/etc/passwd", ZEROS, "32769", "0100644") "}", true },
	{ "file_open", "{'file':" FILE_OF("/srv/passwd", ZEROS, "32769", "0100644") "}", false },
	{ "file_open", "{'file':" FILE_OF("/home/a/.ssh/authorized_keys", ZEROS, "32770", "0100644") "}", true },
	{ "file_open", OPEN("/etc/shadow", ZEROS), true },
	{ "file_open", OPEN("/dev/mem", ZEROS), true },
	{ "inode_create", "{'dir':" INODE("040755") ",'dentry':{'path':" PATH("/etc/cron.d/x") "},'mode':'0644'}",
	  true },
	{ "inode_create", "{'dir':" INODE("040755") ",'dentry':{'path':" PATH("/srv/x") "},'mode':'0644'}", false },
	{ "inode_unlink", "{'dir':" INODE("040755") ",'dentry':" DENTRY("/usr/bin/sudo") "}", true },
	{ "ptrace_access_check", "{'child':'" TWOS "','mode':'2'}", true },
	{ "ptrace_access_check", "{'child':'" ONES "','mode':'2'}", false },
	{ "task_kill", "{'target':'" TWOS "','sig':'9','cross_ns':'0'}", true },
	{ "task_kill", "{'target':'" ONES "','sig':'9','cross_ns':'0'}", false },
	{ "task_kill", "{'target':'" ONES "','sig':'9','cross_ns':'1'}", true },
	{ "task_kill", "{'target':'" TWOS "','sig':'0','cross_ns':'0'}", false },
	{ "kernel_module_request", "{'kmod_name':'x'}", true },
	{ "capset", "{'effective':'0x0','inheritable':'0x0','permitted':'0x0'}", true },
	{ "capable", "{'cap':'21','opts':'0','initial':'1'}", true },
	{ "capable", "{'cap':'21','opts':'0','initial':'0'}", false },
	{ "capable", "{'cap':'10','opts':'0','initial':'1'}", false },
	{ "userns_create", "{}", true },
	{ "bpf", "{'cmd':'5','attr':{'size':'128'}}", true },
	{ "socket_create", "{'family':'17','type':'2','protocol':'0','kern':'0'}", true },
	{ "socket_create", "{'family':'2','type':'3','protocol':'1','kern':'0'}", true },
	{ "socket_create", "{'family':'2','type':'1','protocol':'6','kern':'0'}", false },
	{ "socket_connect", "{'sock':" SOCK("1") ",'addr':{'af_unix':{'address':'/run/docker.sock'}}}", true },
	{ "mmap_file", "{'prot':'7','flags':'34'}", true },
	{ "mmap_file", "{'file':" FILE_("/lib/c.so", ZEROS) ",'prot':'5','flags':'2'}", false },
	{ "file_ioctl", "{'file':" FILE_("/dev/tty", ZEROS) ",'cmd':'21522'}", true },
	{ "file_ioctl", "{'file':" FILE_("/dev/tty", ZEROS) ",'cmd':'21505'}", false },
	{ "bprm_committing_creds", OPEN("/tmp/x", ZEROS), true },
	{ "bprm_committing_creds", OPEN("/usr/bin/x", ZEROS), false },
	{ "inode_setattr",
	  "{'dentry':{'path':" PATH("/srv/a") "},'attr':{'valid':'1','mode':'0104755','uid':'0','gid':'0',"
					      "'size':'0'}}",
	  true },
	{ "inode_setxattr", "{'dentry':" DENTRY("/srv/a") ",'name':'security.capability','value':'','flags':'0'}",
	  true },
	{ "inode_setxattr", "{'dentry':" DENTRY("/srv/a") ",'name':'user.a','value':'','flags':'0'}", false },
	{ "task_prctl", "{'option':'28','arg2':'1','arg3':'0','arg4':'0','arg5':'0'}", true },
	{ "task_prctl", "{'option':'38','arg2':'1','arg3':'0','arg4':'0','arg5':'0'}", false },
};

static void what_is_unwise_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		struct explain *explain = setup();
		struct explain_cause c;

		learn(explain, event("anon_inode", nginx, "{'name':'x'}"));
		add(explain, 1, event(deeds[i].type, nginx, deeds[i].cell));
		c = cause(explain, 0);
		if (!c.unwise != !deeds[i].unwise)
			fail_msg("%s %s: %s", deeds[i].type, deeds[i].cell, c.unwise ?: "not unwise");
		explain__free_cause(&c);
		explain__free(explain);
	}
}

static void the_command_that_allows_it_is_one_for_a_shell(void **state)
{
	static const struct {
		const char *model, *forensics, *command;
	} cases[] = {
		{ "app.model", "/tmp/bad.json", "tsem-bpf model add app.model /tmp/bad.json --select 3,5-9" },
		{ NULL, NULL, "tsem-bpf model add MODEL FORENSICS --select 3,5-9" },
		{ "my app", "it's", "tsem-bpf model add 'my app' 'it'\\''s' --select 3,5-9" },
		{ "$(reboot)", "-x", "tsem-bpf model add '$(reboot)' ./'-x' --select 3,5-9" },
		{ "a\033[2J", "a\nb", "tsem-bpf model add MODEL FORENSICS --select 3,5-9" },
		{ "na\xc3\xafve", "", "tsem-bpf model add 'na\xc3\xafve' '' --select 3,5-9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *command = explain__allow(cases[i].model, cases[i].forensics, "3,5-9");

		assert_string_equal(command, cases[i].command);
		free(command);
	}
}

/* An event of many, of which each number gives another. */
static struct json_object *numbered(unsigned i, const char *digest, const char *flags)
{
	struct who who = { i % 3 ? "0" : "33", i % 2 ? ONES : TWOS, i };
	char cell[1024];

	if (i % 5 == 4) {
		snprintf(cell, sizeof(cell), "{'sock':" SOCK("2") ",'addr':{'af_inet':{'port':'%u','address':'%u'}}}",
			 i % 65536, i);
		return event("socket_connect", who, cell);
	}
	snprintf(cell, sizeof(cell),
		 "{'file':{'flags':'%s','inode':" INODE("0100644") ",'path':" PATH("/srv/%u/%u") ",'digest':'%s'}}",
		 flags, i % 97, i, digest);
	return event("file_open", who, cell);
}

/* Comparisons that `count` events need against a trajectory of as many. */
static u64 comparisons(unsigned count)
{
	struct explain *explain = setup();
	u64 made;

	for (unsigned i = 0; i < count; i++)
		learn(explain, numbered(i, ONES, "32768"));
	assert_int_equal(explain__learned(explain), count);
	assert_int_equal(explain__comparisons(explain), 0);
	for (unsigned i = 0; i < count; i++)
		add(explain, i + 1, numbered(i + count, ONES, "32768"));
	assert_int_equal(explain__inside(explain), 0);
	made = explain__comparisons(explain);
	explain__free(explain);
	return made;
}

static void a_search_compares_few_events_of_any_number(void **state)
{
	/* Four keys of the same path; then the others, until there are two buckets full, and the last one. */
	enum { MOST = 4 * EXPLAIN_BUCKET + 3 * EXPLAIN_BUCKET };
	u64 few = comparisons(4000), many = comparisons(16000);

	(void)state;
	assert_true(few > 4000);
	assert_true(few <= 4000 * MOST);
	assert_true(many <= 16000 * MOST);
	/* Four times as many events, not 16 times as many comparisons. */
	assert_true(many < 8 * few);
}

/* An event that differs in one field from one of thousands finds just that. */
static void the_nearest_of_thousands_is_found(void **state)
{
	struct explain *explain = setup();

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		learn(explain, numbered(i, ONES, "32768"));
	for (unsigned i = 0; i < 4000; i += 101) {
		const char *fault, *want, *file = i % 5 == 4 ? NULL : "file";
		struct json_object *one = numbered(i, TWOS, "32768"), *two = numbered(i, ONES, "32769");
		struct explanation e;
		char path[32];

		if (file) {
			snprintf(path, sizeof(path), "/srv/%u/%u ", i % 97, i);
			assert_int_equal(explain__event(explain, one, EXPLAIN_UNKNOWN, &e, &fault), 0);
			assert_non_null(strstr(e.nearest, path));
			assert_int_equal(json_object_array_length(e.differs), 1);
			want = "content (2222222222222222... instead of 1111111111111111...)";
			assert_string_equal(json_object_get_string(json_object_array_get_idx(e.differs, 0)), want);
			explain__free_text(&e);
			assert_int_equal(explain__event(explain, two, EXPLAIN_UNKNOWN, &e, &fault), 0);
			assert_non_null(strstr(e.nearest, path));
			assert_int_equal(json_object_array_length(e.differs), 1);
			want = "access (O_WRONLY|O_LARGEFILE instead of O_RDONLY|O_LARGEFILE)";
			assert_string_equal(json_object_get_string(json_object_array_get_idx(e.differs, 0)), want);
			explain__free_text(&e);
		}
		json_object_put(one);
		json_object_put(two);
	}
	explain__free(explain);
}

/* The same directory is nearer than any other, also among thousands; and so is the same name elsewhere. */
static void a_neighbour_is_nearer_than_a_stranger(void **state)
{
	struct explain *explain = setup();
	struct explanation e;
	const char *fault;
	struct json_object *json;

	(void)state;
	for (unsigned i = 0; i < 4000; i++)
		learn(explain, numbered(i, ONES, "32768"));
	json = event("file_open", nginx, OPEN("/srv/50/new", ONES));
	assert_int_equal(explain__event(explain, json, EXPLAIN_UNKNOWN, &e, &fault), 0);
	assert_non_null(strstr(e.nearest, "/srv/50/"));
	explain__free_text(&e);
	json_object_put(json);
	json = event("file_open", nginx, OPEN("/opt/1111", ONES));
	assert_int_equal(explain__event(explain, json, EXPLAIN_UNKNOWN, &e, &fault), 0);
	assert_non_null(strstr(e.nearest, "/1111 "));
	explain__free_text(&e);
	json_object_put(json);
	explain__free(explain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_event_of_a_task_is_the_cause),
		cmocka_unit_test(nothing_follows_from_what_was_allowed),
		cmocka_unit_test(a_changed_file_is_one_cause_whoever_uses_it),
		cmocka_unit_test(what_a_changed_program_does_follows_from_its_exec),
		cmocka_unit_test(what_a_new_program_does_follows_from_its_exec),
		cmocka_unit_test(streams_that_changed_are_named),
		cmocka_unit_test(another_user_is_one_cause),
		cmocka_unit_test(log_records_are_grouped_by_their_words),
		cmocka_unit_test(what_is_unwise_is_said),
		cmocka_unit_test(the_command_that_allows_it_is_one_for_a_shell),
		cmocka_unit_test(a_search_compares_few_events_of_any_number),
		cmocka_unit_test(the_nearest_of_thousands_is_found),
		cmocka_unit_test(a_neighbour_is_nearer_than_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
