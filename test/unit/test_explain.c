// SPDX-License-Identifier: GPL-2.0
/*
 * Events in sentences: the words for what is in an event, the difference from the nearest event of a trajectory, and
 * strings that a hostile workload chose. The vectors have an event of every type that is described.
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

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"
#define INODE(mode)                          \
	"{'uid':'0','gid':'0','mode':'" mode \
	"','s_magic':'0xef53','s_id':'vda','s_uuid':'469635615d9d469198bb99f4cffc443d'}"
#define PATH(path) "{'dev':{'major':'254','minor':'0'},'pathname':'" path "'}"
#define FILE_(path, digest) "{'flags':'32768','inode':" INODE("0100644") ",'path':" PATH(path) ",'digest':'" digest "'}"
#define IPC "{'uid':'5','gid':'0','cuid':'0','cgid':'0','mode':'0640','owner':'" ZEROS "'}"
#define SOCK(family) "{'family':'" family "','type':'1','protocol':'6','owner':'" ZEROS "'}"

/* An event of which `uid` did `type` with the CELL; the text has ' for ". The caller puts it. */
static struct json_object *event(const char *type, const char *uid, const char *task, const char *cell)
{
	static char text[4096];
	struct json_object *json;

	snprintf(
		text, sizeof(text),
		"{'event':{'process':'nginx','type':'%s','ttd':'7','p_ttd':'1','pid':'311','task_id':'%s','p_task_id':'" ZEROS
		"','ts':'1'},'COE':{'uid':'%s','euid':'%s','suid':'%s','gid':'0','egid':'0','sgid':'0','fsuid':'%s','fsgid':'0',"
		"'capeff':'0x1fdffffffff'},'%s':%s}",
		type, task, uid, uid, uid, uid, type, cell);
	for (char *p = text; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	json = json_tokener_parse(text);
	if (!json)
		fail_msg("no JSON: %s", text);
	return json;
}

static struct json_object *opened(const char *path, const char *digest, const char *uid, const char *task)
{
	char cell[1024];

	snprintf(cell, sizeof(cell),
		 "{'file':{'flags':'32768','inode':" INODE("0100644") ",'path':" PATH("%s") ",'digest':'%s'}}", path,
		 digest);
	return event("file_open", uid, task, cell);
}

static struct explain *setup(void)
{
	struct explain *explain = explain__new();

	assert_non_null(explain);
	return explain;
}

static void learn(struct explain *explain, struct json_object *json)
{
	const char *fault;

	assert_int_equal(explain__learn(explain, json, &fault), 0);
	json_object_put(json);
}

static struct explanation tell(struct explain *explain, struct json_object *json, u32 verdict)
{
	struct explanation e;
	const char *fault = NULL;
	int err = explain__event(explain, json, verdict, &e, &fault);

	if (err)
		fail_msg("%s: %s", fault, strerror(-err));
	json_object_put(json);
	return e;
}

/* The sentence of one event with nothing known of it. */
static void says(const char *type, const char *cell, const char *deed)
{
	struct explain *explain = setup();
	struct explanation e = tell(explain, event(type, "0", ONES, cell), EXPLAIN_UNKNOWN);
	char want[1024];

	snprintf(want, sizeof(want), "nginx (pid 311) %s as uid 0", deed);
	assert_string_equal(e.sentence, want);
	explain__free_text(&e);
	explain__free(explain);
}

static const char *difference(const struct explanation *e, size_t i)
{
	assert_non_null(e->differs);
	assert_true(i < json_object_array_length(e->differs));
	return json_object_get_string(json_object_array_get_idx(e->differs, i));
}

static void arguments_are_words(void **state)
{
	(void)state;
	says("file_open", "{'file':" FILE_("/etc/shadow", ZEROS) "}", "opened /etc/shadow for reading");
	says("mmap_file", "{'file':" FILE_("/lib/x", ZEROS) ",'prot':'5','flags':'2'}",
	     "mapped /lib/x as readable and executable");
	says("mmap_file", "{'prot':'4','flags':'34'}", "mapped anonymous memory as executable");
	says("socket_create", "{'family':'10','type':'2','protocol':'17','kern':'0'}",
	     "created a socket (IPv6 datagram, UDP)");
	/* Address and port are as on the wire; those of a listening socket have the port in the host's order. */
	says("socket_connect", "{'sock':" SOCK("2") ",'addr':{'af_inet':{'port':'22555','address':'16777343'}}}",
	     "connected a socket (IPv4 stream, TCP) to 127.0.0.1:7000");
	says("socket_accept", "{'sock':" SOCK("2") ",'addr':{'af_inet':{'port':'7000','address':'0'}}}",
	     "accepted a connection on a socket (IPv4 stream, TCP) at 0.0.0.0:7000");
	says("socket_bind",
	     "{'sock':" SOCK("10") ",'addr':{'af_inet6':{'port':'36895','flow':'0','scope':'2',"
				   "'address':'fe800000000000000000000000000001'}}}",
	     "bound a socket (IPv6 stream, TCP) to [fe80::1]:8080 on interface 2");
	says("socket_connect",
	     "{'sock':{'family':'1','type':'1','protocol':'0','owner':'" ZEROS
	     "'},'addr':{'af_unix':{'address':'\\\\x00bus'}}}",
	     "connected a socket (unix stream) to the abstract name bus");
	says("socket_sendmsg", "{'sock':" SOCK("2") "}", "sent a message by a socket (IPv4 stream, TCP)");
	says("task_kill", "{'target':'" ONES "','sig':'9','cross_ns':'0'}", "sent SIGKILL to nginx");
	says("capable", "{'cap':'21','opts':'0','initial':'1'}", "used CAP_SYS_ADMIN");
	says("capable", "{'cap':'21','opts':'0','initial':'0'}", "used CAP_SYS_ADMIN in a user namespace of its own");
	says("capset", "{'effective':'0x1ffffffffff','inheritable':'0x0','permitted':'0x3'}",
	     "set its capabilities (effective: all; inheritable: none; permitted: CAP_CHOWN and CAP_DAC_OVERRIDE)");
	says("task_setnice", "{'task':'" TWOS "','nice':'4294967291'}",
	     "changed the nice value of an unknown program to -5");
	says("task_prctl", "{'option':'15','arg2':'1','arg3':'2','arg4':'3','arg5':'4'}",
	     "called prctl with option PR_SET_NAME");
	says("inode_mkdir", "{'dir':" INODE("040755") ",'dentry':{'path':" PATH("/a/b") "},'mode':'0750'}",
	     "created the directory /a/b with mode 0750");
	says("inode_setattr",
	     "{'dentry':{'path':" PATH("/a") "},'attr':{'valid':'3','mode':'0100600','uid':'5','gid':'0','size':'0'}}",
	     "set the mode 0600 and the uid 5 of /a");
	says("settime", "{'tz':{'minuteswest':'60','dsttime':'0'}}", "set the clock, the time zone to 60 minutes west");
	says("userns_create", "{}", "created a user namespace");
	says("inode_rename", "{}", "renamed a file");
}

static void new_events_are_words(void **state)
{
	(void)state;
	says("path_notify", "{'path':" PATH("/etc") ",'mask':'0x20','obj_type':'2'}",
	     "watched /etc for the events open");
	says("anon_inode", "{'name':'[eventfd]'}", "made a file without a name, of the class \"[eventfd]\"");
	says("shm_alloc", "{'perm':" IPC "}", "made a shared memory segment with mode 0640");
	says("sem_alloc", "{'perm':" IPC "}", "made a set of semaphores with mode 0640");
	says("msg_queue_alloc", "{'perm':" IPC "}", "made a message queue with mode 0640");
	says("msg_queue_msgsnd", "{'perm':" IPC ",'flags':'0'}", "sent a message to a queue of uid 5");
	says("sb_set_mnt_opts",
	     "{'sb':{'dentry':{'inode':" INODE("040755") ",'path':" PATH("/") "},'fstype':'ext4','s_flags':'1'}}",
	     "set up a filesystem of type ext4 with root / (flags: read-only)");
	says("sctp_bind_connect", "{'sock':" SOCK("2") ",'optname':'100'}",
	     "changed the addresses of a socket (IPv4 stream, TCP) by option 100");
	says("sctp_bind_connect",
	     "{'sock':" SOCK("2") ",'optname':'100','addr':{'af_inet':{'port':'22555','address':'16777343'}}}",
	     "changed the addresses of a socket (IPv4 stream, TCP) by option 100, first 127.0.0.1:7000");
	says("userns_create",
	     "{'cred':{'uid':'0','euid':'0','suid':'0','gid':'0','egid':'0','sgid':'0','fsuid':'0','fsgid':'0',"
	     "'capeff':'0x0','securebits':'0'}}",
	     "created a user namespace");
	says("unix_stream_connect", "{'sock':" SOCK("1") ",'other':" SOCK("1") ",'peer':{'abstract':'\\\\x00bus'}}",
	     "connected a socket (unix stream, protocol 6) to a socket (unix stream, protocol 6) with the abstract name "
	     "bus");
	says("unix_may_send", "{'sock':" SOCK("1") ",'other':" SOCK("1") ",'peer':{'path':" PATH("/run/log") "}}",
	     "sent a message from a socket (unix stream, protocol 6) to a socket (unix stream, protocol 6) with "
	     "/run/log");
	says("socket_sendmsg", "{'sock':" SOCK("16") ",'addr':{'af_netlink':{'portid':'0','groups':'1'}}}",
	     "sent a message by a socket (netlink stream, protocol 6) to netlink port 0, groups 1");
}

#define CREATED(component, instance, owner) \
	"{'component':'" component "','instance':'" instance "','owner':'" owner "'}"

/* What a path counts as is said behind it. */
static void forms_of_a_path_are_words(void **state)
{
	(void)state;
	says("file_ioctl", "{'file':{'flags':'1','inherited':'1'},'cmd':'5'}", "did ioctl 5 on its standard output");
	says("inode_getattr", "{'path':{'inherited':'3'}}", "asked for the attributes of an inherited descriptor");
	says("path_notify",
	     "{'path':{'pathname':'/tmp/a1/b','created':[" CREATED("1", "1", ONES) "," CREATED(
		     "2", "1", ZEROS) "]},'mask':'0x2','obj_type':'0'}",
	     "watched /tmp/a1/b (created) for the events modify");
	says("path_notify",
	     "{'path':{'pathname':'/tmp/a1','created':[" CREATED("1", "1", ONES) "]},'mask':'0x2','obj_type':'0'}",
	     "watched /tmp/a1 (created by nginx) for the events modify");
	says("path_notify",
	     "{'path':{'pathname':'/tmp/a1/b','created':[" CREATED("1", "1", TWOS) "]},'mask':'0x2','obj_type':'0'}",
	     "watched /tmp/a1/b (in a directory created by an unknown program) for the events modify");
	says("path_notify", "{'path':{'pathname':'/srv/x-17','pattern':'/srv/x-*'},'mask':'0x2','obj_type':'0'}",
	     "watched /srv/x-17 (counts as \"/srv/x-*\") for the events modify");
	says("path_notify",
	     "{'path':{'pathname':'/proc/7/fd/3','normal':'/proc/self/fd/N'},'mask':'0x2','obj_type':'0'}",
	     "watched /proc/7/fd/3 (counts as /proc/self/fd/N) for the events modify");
	says("path_notify",
	     "{'path':{'pathname':'/proc/7/comm','normal':'/proc/" ONES "/comm'},'mask':'0x2','obj_type':'0'}",
	     "watched /proc/7/comm (counts as /proc/nginx/comm) for the events modify");
	says("path_notify",
	     "{'path':{'pathname':'/proc/7/comm','normal':'/proc/" TWOS "/comm'},'mask':'0x2','obj_type':'0'}",
	     "watched /proc/7/comm (counts as /proc/another-program/comm) for the events modify");
}

static struct json_object *watched(const char *path)
{
	char cell[1024];

	snprintf(cell, sizeof(cell), "{'path':{%s},'mask':'0x2','obj_type':'0'}", path);
	return event("path_notify", "0", ONES, cell);
}

/* Two paths that are hashed as the same bytes are the same, whatever they are called. */
static void what_a_path_is_hashed_as_is_compared(void **state)
{
	static const struct {
		const char *one, *two;
		const char *difference; /* NULL: none */
	} cases[] = {
		{ "'pathname':'/tmp/a','created':[" CREATED("1", "1", ONES) "]",
		  "'pathname':'/tmp/b','created':[" CREATED("1", "1", ONES) "]", NULL },
		{ "'pathname':'/tmp/a','created':[" CREATED("1", "2", ONES) "]",
		  "'pathname':'/tmp/b','created':[" CREATED("1", "1", ONES) "]",
		  "number among the files of its creator (2 instead of 1)" },
		{ "'pathname':'/tmp/a','created':[" CREATED("1", "1", TWOS) "]",
		  "'pathname':'/tmp/b','created':[" CREATED("1", "1", ONES) "]",
		  "creator (an unknown program instead of nginx)" },
		{ "'pathname':'/tmp/a','created':[" CREATED("1", "1", ONES) "]",
		  "'pathname':'/run/a','created':[" CREATED("1", "1", ONES) "]",
		  "path (/tmp/a (created by nginx) instead of /run/a (created by nginx))" },
		{ "'pathname':'/tmp/a','created':[" CREATED("1", "1", ONES) "]", "'pathname':'/tmp/a'",
		  "path (/tmp/a (created by nginx) instead of /tmp/a)" },
		{ "'pathname':'/srv/1','pattern':'/srv/*'", "'pathname':'/srv/2','pattern':'/srv/*'", NULL },
		{ "'pathname':'/srv/1','pattern':'/srv/*'", "'pathname':'/srv/1'",
		  "path (/srv/1 (counts as \"/srv/*\") instead of /srv/1)" },
		{ "'pathname':'/proc/7','normal':'/proc/self'", "'pathname':'/proc/8','normal':'/proc/self'", NULL },
		{ "'pathname':'/proc/7','normal':'/proc/self'", "'pathname':'/proc/self'", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct explain *explain = setup();
		struct explanation e;

		learn(explain, watched(cases[i].two));
		e = tell(explain, watched(cases[i].one), EXPLAIN_UNKNOWN);
		assert_int_equal(!strstr(e.sentence, "in the model"), !!cases[i].difference);
		assert_int_equal(json_object_array_length(e.differs), !!cases[i].difference);
		if (cases[i].difference)
			assert_string_equal(difference(&e, 0), cases[i].difference);
		explain__free_text(&e);
		explain__free(explain);
	}
}

/* Of an inherited file its descriptor and how it may be accessed count. */
static void inherited_files_are_compared(void **state)
{
	static const char *const files[] = {
		"{'file':{'flags':'1','inherited':'1'},'cmd':'5'}",
		"{'file':{'flags':'1025','inherited':'1'},'cmd':'5'}",
		"{'file':{'flags':'1025','inherited':'2'},'cmd':'5'}",
		"{'file':" FILE_("/dev/null", ZEROS) ",'cmd':'5'}",
	};
	struct explain *explain = setup();
	struct explanation e;

	(void)state;
	learn(explain, event("file_ioctl", "0", ONES, files[0]));
	e = tell(explain, event("file_ioctl", "0", ONES, files[1]), EXPLAIN_UNKNOWN);
	assert_non_null(strstr(e.sentence, ", in the model"));
	explain__free_text(&e);
	e = tell(explain, event("file_ioctl", "0", ONES, files[2]), EXPLAIN_UNKNOWN);
	assert_string_equal(difference(&e, 0), "descriptor (its standard error instead of its standard output)");
	explain__free_text(&e);
	e = tell(explain, event("file_ioctl", "0", ONES, files[3]), EXPLAIN_UNKNOWN);
	assert_int_equal(json_object_array_length(e.differs), 1);
	assert_string_equal(difference(&e, 0), "file (/dev/null instead of its standard output)");
	explain__free_text(&e);
	explain__free(explain);
}

/* No digest (decimal numbers have up to 20 digits), nothing left of the tables' own language. */
static void check_readable(const char *line, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (strspn(p, "0123456789abcdef") > 20)
			fail_msg("hex in: %s\nof %s", text, line);
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			fail_msg("a control character in: %s", text);
	}
	/* An address of IPv6 and the class of a file without a name have brackets of their own. */
	if (strpbrk(text, "{}[]?") && !strstr(text, "]:") && !strstr(text, "\"["))
		fail_msg("left of the table: %s", text);
}

static void every_vector_is_a_readable_sentence(void **state)
{
	struct explain *explain = setup();
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0;

	(void)state;
	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		struct json_object *json = json_tokener_parse(line), *one;
		struct explanation e;

		assert_true(json_object_object_get_ex(json, "event", &one));
		e = tell(explain, json_object_get(one), EXPLAIN_DENIED);
		check_readable(line, e.sentence);
		assert_non_null(strstr(e.sentence, ", outside the model; denied"));
		if (e.nearest)
			check_readable(line, e.nearest);
		for (size_t i = 0; e.differs && i < json_object_array_length(e.differs); i++)
			check_readable(line, difference(&e, i));
		explain__free_text(&e);
		learn(explain, json_object_get(one));
		/* Itself is the nearest then, and nothing differs. */
		e = tell(explain, json_object_get(one), EXPLAIN_UNKNOWN);
		assert_non_null(strstr(e.sentence, ", in the model"));
		assert_int_equal(json_object_array_length(e.differs), 0);
		explain__free_text(&e);
		json_object_put(json);
	}
	free(line);
	fclose(file);
	explain__free(explain);

	/* And every type there is, in a log record. */
	explain = setup();
	for (u32 i = 1; i < TSEM_EVENT_END; i++) {
		char text[128];
		struct explanation e;

		snprintf(text, sizeof(text), "{\"log\":{\"process\":\"sh\",\"event\":\"%s\",\"action\":\"DENY\"}}",
			 event__name(i));
		e = tell(explain, json_tokener_parse(text), EXPLAIN_UNKNOWN);
		assert_null(strstr(e.sentence, "(null)"));
		assert_true(strlen(e.sentence) > strlen("sh , which could not be described; denied"));
		explain__free_text(&e);
	}
	explain__free(explain);
}

static void verdicts_are_said_as_far_as_they_are_known(void **state)
{
	struct explain *explain = setup();
	struct explanation e = tell(explain, opened("/etc/shadow", ONES, "0", ONES), EXPLAIN_DENIED);

	(void)state;
	assert_string_equal(e.sentence, "nginx (pid 311) opened /etc/shadow for reading as uid 0, "
					"outside the model; denied");
	assert_null(e.nearest);
	assert_null(e.missing);
	explain__free_text(&e);
	e = tell(explain,
		 json_tokener_parse("{\"log\":{\"process\":\"a b\",\"event\":\"file_open\",\"action\":\"LOG\"}}"),
		 EXPLAIN_UNKNOWN);
	assert_string_equal(e.sentence, "\"a b\" opened a file, which could not be described; logged");
	explain__free_text(&e);
	explain__compare(explain);
	e = tell(explain, opened("/etc/shadow", ONES, "0", ONES), EXPLAIN_UNKNOWN);
	assert_non_null(strstr(e.sentence, ", outside the model"));
	assert_string_equal(e.missing, "file_open");
	assert_null(e.differs);
	explain__free_text(&e);
	explain__free(explain);
}

static void what_followed_is_said(void **state)
{
	static const struct {
		u32 verdict;
		const char *end;
	} cases[] = {
		{ EXPLAIN_ALLOWED, "; allowed" },
		{ EXPLAIN_DENIED, "; denied" },
		{ EXPLAIN_ALLOWED | EXPLAIN_UNTRUSTED, "; allowed, untrusted from then on" },
		{ EXPLAIN_DENIED | EXPLAIN_UNTRUSTED, "; denied, untrusted from then on" },
		{ EXPLAIN_DENIED | EXPLAIN_KILLED, "; denied, killed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct explain *explain = setup();
		struct explanation e = tell(explain, opened("/etc/shadow", ONES, "0", ONES), cases[i].verdict);
		char want[128];

		snprintf(want, sizeof(want),
			 "nginx (pid 311) opened /etc/shadow for reading as uid 0, outside the model%s", cases[i].end);
		assert_string_equal(e.sentence, want);
		explain__free_text(&e);
		explain__free(explain);
	}
}

static void the_nearest_event_shares_most_and_first_wins(void **state)
{
	struct explain *explain = setup();
	struct explanation e;

	(void)state;
	learn(explain, opened("/etc/group", ONES, "7", TWOS));
	learn(explain, opened("/etc/passwd", ONES, "1000", ONES));
	learn(explain, opened("/etc/hosts", ONES, "1000", ONES));
	e = tell(explain, opened("/etc/shadow", TWOS, "0", ONES), EXPLAIN_UNKNOWN);
	assert_string_equal(e.nearest, "nginx opened /etc/passwd for reading as uid 1000");
	/* All four user ids changed alike: they are one difference. */
	assert_int_equal(json_object_array_length(e.differs), 2);
	assert_string_equal(difference(&e, 0), "path (/etc/shadow instead of /etc/passwd)");
	assert_string_equal(difference(&e, 1), "uid (0 instead of 1000)");
	explain__free_text(&e);
	/* The same path with all else different is nearer than another path with all else the same. */
	learn(explain, opened("/etc/shadow", ONES, "1000", ONES));
	e = tell(explain, opened("/etc/shadow", TWOS, "1000", ONES), EXPLAIN_UNKNOWN);
	assert_string_equal(e.nearest, "nginx opened /etc/shadow for reading as uid 1000");
	assert_int_equal(json_object_array_length(e.differs), 1);
	assert_string_equal(difference(&e, 0), "content (2222222222222222... instead of 1111111111111111...)");
	explain__free_text(&e);
	explain__free(explain);
}

static void programs_are_named_by_the_exec_that_made_them(void **state)
{
	struct json_object *exec =
		event("bprm_committing_creds", "0", ONES, "{'file':" FILE_("/usr/sbin/server", TWOS) "}");
	char hex[65];
	struct explain *explain = setup();
	struct event_digests digests;
	struct tsem_record record;
	struct explanation e;
	const char *fault;

	(void)state;
	assert_int_equal(event__from_json(exec, TSEM_DIGEST_SM3, TSEM_ENCODING_PORTABLE, &record, &fault), 0);
	memset(record.task_id, 0, sizeof(record.task_id));
	assert_int_equal(event__coefficient(&record, &digests), 0);
	digest__to_hex(digests.coefficient, 32, hex);
	learn(explain, exec);
	learn(explain, opened("/etc/passwd", ONES, "0", TWOS));
	e = tell(explain, opened("/etc/passwd", ONES, "0", hex), EXPLAIN_UNKNOWN);
	assert_string_equal(e.sentence, "nginx (/usr/sbin/server, pid 311) opened /etc/passwd for reading "
					"as uid 0, outside the model");
	assert_string_equal(difference(&e, 0), "program (/usr/sbin/server instead of nginx)");
	explain__free_text(&e);
	explain__free(explain);
}

static void other_fields_are_named_by_key(void **state)
{
	struct explain *explain = setup();
	struct explanation e;

	(void)state;
	learn(explain, event("task_kill", "0", ONES, "{'target':'" ONES "','sig':'15','cross_ns':'0'}"));
	e = tell(explain, event("task_kill", "0", ONES, "{'target':'" TWOS "','sig':'9','cross_ns':'1'}"),
		 EXPLAIN_UNKNOWN);
	assert_string_equal(difference(&e, 0), "target (an unknown program instead of nginx)");
	assert_string_equal(difference(&e, 1), "signal (SIGKILL instead of SIGTERM)");
	assert_string_equal(difference(&e, 2), "cross ns (1 instead of 0)");
	explain__free_text(&e);
	/* The port of a listening socket is in the host's order here as well. */
	learn(explain, event("socket_accept", "0", ONES,
			     "{'sock':" SOCK("2") ",'addr':{'af_inet':{'port':'7000','address':'0'}}}"));
	e = tell(explain,
		 event("socket_accept", "0", ONES,
		       "{'sock':" SOCK("2") ",'addr':{'af_inet':{'port':'7001','address':'0'}}}"),
		 EXPLAIN_UNKNOWN);
	assert_string_equal(difference(&e, 0), "address (0.0.0.0:7001 instead of 0.0.0.0:7000)");
	explain__free_text(&e);
	/* What is not hashed is no difference: arg3 never, arg2 where it is an address. */
	learn(explain, event("task_prctl", "0", ONES, "{'option':'15','arg2':'1','arg3':'2','arg4':'3','arg5':'4'}"));
	e = tell(explain, event("task_prctl", "0", ONES, "{'option':'15','arg2':'7','arg3':'8','arg4':'3','arg5':'4'}"),
		 EXPLAIN_UNKNOWN);
	assert_non_null(strstr(e.sentence, "in the model"));
	explain__free_text(&e);
	e = tell(explain, event("task_prctl", "0", ONES, "{'option':'1','arg2':'7','arg3':'2','arg4':'3','arg5':'4'}"),
		 EXPLAIN_UNKNOWN);
	assert_string_equal(difference(&e, 0), "option (PR_SET_PDEATHSIG instead of PR_SET_NAME)");
	assert_string_equal(difference(&e, 1), "arg2 (7 instead of 0)");
	explain__free_text(&e);
	explain__free(explain);
}

static void hostile_strings_stay_strings(void **state)
{
	static const struct {
		const char *bytes, *safe;
	} cases[] = {
		{ "/plain-1.2_x", "/plain-1.2_x" },
		{ "", "" },
		{ "a\033[2Jb\n", "a\\x1b[2Jb\\x0a" },
		{ "a\"b", "a\\\"b" },
		{ "\xff", "\\xff" },
		{ "na\xc3\xafve", "na\xc3\xafve" },
		{ "\xc2\x9b", "\\xc2\\x9b" }, /* CSI of one byte */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" }, /* right to left */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *safe = explain__safe(cases[i].bytes, strlen(cases[i].bytes));

		assert_string_equal(safe, cases[i].safe);
		free(safe);
	}
	says("kernel_module_request", "{'kmod_name':''}", "made the kernel ask for the module \"\"");
	/* What could be taken for words of the sentence stands in quotes. */
	says("kernel_module_request", "{'kmod_name':'x as uid 0; denied'}",
	     "made the kernel ask for the module \"x as uid 0; denied\"");
	says("kernel_module_request", "{'kmod_name':'a\\u001b]0;x\\u0007'}",
	     "made the kernel ask for the module \"a\\x1b]0;x\\x07\"");
}

static void bad_events_name_the_word(void **state)
{
	static const struct {
		const char *line, *fault;
	} cases[] = {
		{ "{}", "event" },
		{ "[]", "a JSON object" },
		{ "{\"event\":{\"type\":\"nothing\"}}", "nothing" },
		{ "{\"event\":{\"type\":\"file_open\"}}", "process" },
		{ "{\"log\":{}}", "process" },
		{ "{\"log\":{\"process\":\"a\",\"event\":\"b\",\"action\":\"LOG\"}}", "b" },
		{ "{\"log\":{\"process\":\"a\",\"event\":\"file_open\",\"action\":\"c\"}}", "c" },
		{ "{\"log\":{\"process\":\"a\",\"event\":\"file_open\",\"action\":1}}", "action" },
	};
	struct explain *explain = setup();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *json = json_tokener_parse(cases[i].line);
		struct explanation e;
		const char *fault;

		assert_int_equal(explain__event(explain, json, EXPLAIN_UNKNOWN, &e, &fault), -EINVAL);
		assert_string_equal(fault, cases[i].fault);
		assert_null(e.sentence);
		json_object_put(json);
	}
	explain__free(explain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_words),
		cmocka_unit_test(new_events_are_words),
		cmocka_unit_test(forms_of_a_path_are_words),
		cmocka_unit_test(what_a_path_is_hashed_as_is_compared),
		cmocka_unit_test(inherited_files_are_compared),
		cmocka_unit_test(every_vector_is_a_readable_sentence),
		cmocka_unit_test(verdicts_are_said_as_far_as_they_are_known),
		cmocka_unit_test(what_followed_is_said),
		cmocka_unit_test(the_nearest_event_shares_most_and_first_wins),
		cmocka_unit_test(programs_are_named_by_the_exec_that_made_them),
		cmocka_unit_test(other_fields_are_named_by_key),
		cmocka_unit_test(hostile_strings_stay_strings),
		cmocka_unit_test(bad_events_name_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
