// SPDX-License-Identifier: GPL-2.0
/*
 * Two tables and a walk over each.
 *
 * phrases[] has a phrase for every event, in which {KIND KEY} stands for the value under a key of the CELL, in the
 * words of its kind; what stands in [] is left out if one of its keys is not there. kinds are functions or
 * vocabularies.
 *
 * Two events of a type are compared by walking both CELLs at once; elements[] says what a key is called, in which kind
 * it is shown and how much it weighs when the nearest event is looked for. Events are kept as event__to_json() writes
 * them, so that equal values are equal strings.
 */
#include "explain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cap-ng.h>
#include <linux/capability.h>

#include "digest.h"
#include "event.h"

/* The events of one type in a trajectory. */
struct events {
	struct json_object **event;
	size_t count;
};

struct explain {
	bool comparing;
	struct events of[TSEM_EVENT_END];
	/* TASK_ID in hex -> pathname of the executable, and -> name of a task that had it. */
	struct json_object *programs;
	struct json_object *comms;
};

/* Writes a value. It may be NULL where a phrase has it without []. */
typedef void show_function(FILE *out, struct json_object *value, const struct explain *explain);

/* ---- values ---- */

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, key, &value);
	return value;
}

/* The value at a path of keys with dots between them; the object itself for "". */
static struct json_object *lookup(struct json_object *o, const char *path)
{
	char key[32];

	while (o && *path) {
		size_t size = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)size, path);
		o = member(o, key);
		path += size + (path[size] == '.');
	}
	return o;
}

/* Decimal, 0octal or 0xhex. */
static u64 number(struct json_object *value)
{
	return value ? strtoull(json_object_get_string(value), NULL, 0) : 0;
}

static u64 number_at(struct json_object *o, const char *path)
{
	return number(lookup(o, path));
}

/* Are these bytes of valid UTF-8 something that acts on a terminal, or that one does not see? */
static bool invisible(const u8 *s, size_t size)
{
	static const struct {
		u32 first, last;
	} ranges[] = {
		{ 0, 0x1f },        { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};
	u32 c = size == 1 ? s[0] : s[0] & (0x7f >> size);

	for (size_t i = 1; i < size; i++)
		c = c << 6 | (s[i] & 0x3f);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* What must not reach a terminal as \xNN, and a quotation mark, if it could end what is `quoted`, behind a backslash.
 */
static void put_escaped(FILE *out, const char *text, size_t size, bool quoted)
{
	const u8 *s = (const u8 *)text;

	for (size_t i = 0, n; i < size; i += n) {
		n = event__utf8_length(s + i, size - i);
		if (!n || invisible(s + i, n)) {
			n = n ?: 1;
			for (size_t k = 0; k < n; k++)
				fprintf(out, "\\x%02x", s[i + k]);
		} else {
			if (quoted && s[i] == '"')
				putc('\\', out);
			fwrite(s + i, 1, n, out);
		}
	}
}

/* The same, in quotes if it could be taken for a part of the sentence. */
static void put_safe(FILE *out, const char *text, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:%=~#\\";
	bool quoted = !size;

	for (size_t i = 0; i < size && !quoted; i++)
		quoted = !text[i] || !strchr(plain, text[i]);
	if (quoted)
		putc('"', out);
	put_escaped(out, text, size, true);
	if (quoted)
		putc('"', out);
}

static char *escaped(const char *text, size_t size, bool quoted)
{
	char *safe = NULL;
	size_t length;
	FILE *out = open_memstream(&safe, &length);

	if (!out)
		return NULL;
	put_escaped(out, text, size, quoted);
	if (fclose(out)) {
		free(safe);
		return NULL;
	}
	return safe;
}

char *explain__safe(const char *text, size_t size)
{
	return escaped(text, size, true);
}

char *explain__plain(const char *text, size_t size)
{
	return escaped(text, size, false);
}

static void show_string(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	if (value)
		put_safe(out, json_object_get_string(value), json_object_get_string_len(value));
	else
		fputs("none", out);
}

/* The pathname of a PATH, or of the PATH in a DENTRY or a FILE. */
static void show_path(FILE *out, struct json_object *value, const struct explain *explain)
{
	struct json_object *path = member(value, "path");

	show_string(out, member(path ?: value, "pathname"), explain);
}

static void show_mapped(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (value)
		show_path(out, value, explain);
	else
		fputs("anonymous memory", out);
}

/* Between the words of a list: `done` are written, `count` will be. */
static void put_separator(FILE *out, size_t done, size_t count)
{
	if (done)
		fputs(done + 1 == count ? " and " : ", ", out);
}

/* linux/fs.h; the kernel's own bit for a file that is about to be executed. */
#define FMODE_EXEC 040
/* Those of fcntl.h are 0 or wait for more macros where long is 64 bits wide. */
#define OPEN_CREATE 0100
#define OPEN_TRUNCATE 01000
#define OPEN_APPEND 02000
#define OPEN_PATH 010000000

static void show_access(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 flags = number(value);
	const char *words[8];
	size_t count = 0;

	(void)explain;
	if (flags & OPEN_PATH) {
		fputs("for its name only", out);
		return;
	}
	if (flags & FMODE_EXEC)
		words[count++] = "executing";
	else if ((flags & 3) == 0 || (flags & 3) == 2)
		words[count++] = "reading";
	if ((flags & 3) == 1 || (flags & 3) == 2)
		words[count++] = "writing";
	if ((flags & 3) == 3)
		words[count++] = "ioctl";
	if (flags & OPEN_APPEND)
		words[count++] = "appending";
	if (flags & OPEN_CREATE)
		words[count++] = "creating";
	if (flags & OPEN_TRUNCATE)
		words[count++] = "truncating";
	fputs("for ", out);
	for (size_t i = 0; i < count; i++) {
		put_separator(out, i, count);
		fputs(words[i], out);
	}
}

/* Permission bits in octal; what kind of file it is only if it is no plain one. */
static void show_mode(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const char *const types[16] = {
		[1] = "pipe ",           [2] = "character device ", [4] = "directory ", [6] = "disk ",
		[10] = "symbolic link ", [12] = "socket ",          [15] = "odd "
	};
	u64 mode = number(value);

	(void)explain;
	fprintf(out, "%s%04" PRIo64, types[mode >> 12 & 15] ?: "", mode & 07777);
}

/* Modes of other things than files are numbers, which have no leading zero. */
static void show_mode_or_number(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (json_object_get_string(value)[0] == '0' && json_object_get_string_len(value) > 1)
		show_mode(out, value, explain);
	else
		show_string(out, value, explain);
}

static void show_octal(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%04" PRIo64, number(value));
}

static void show_signed(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%" PRId32, (s32)number(value));
}

static void show_limit(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (number(value) == UINT64_MAX)
		fputs("unlimited", out);
	else
		show_string(out, value, explain);
}

static void show_device(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%" PRIu64 ":%" PRIu64, number_at(value, "major"), number_at(value, "minor"));
}

static void show_uid(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "uid %" PRIu64, number_at(value, "uid"));
}

static void show_signal(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 signal = number(value);
	const char *name = signal < 65 ? sigabbrev_np(signal) : NULL;

	(void)explain;
	if (!signal)
		fputs("no signal, only a probe,", out);
	else if (name)
		fprintf(out, "SIG%s", name);
	else
		fprintf(out, "signal %" PRIu64, signal);
}

static void put_capability(FILE *out, u64 capability)
{
	const char *name = capability <= CAP_LAST_CAP ? capng_capability_to_name(capability) : NULL;

	if (!name) {
		fprintf(out, "capability %" PRIu64, capability);
		return;
	}
	fputs("CAP_", out);
	for (; *name; name++)
		putc(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, out);
}

static void show_capability(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	put_capability(out, number(value));
}

#define ALL_CAPABILITIES ((1ULL << (CAP_LAST_CAP + 1)) - 1)

static void show_capabilities(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 set = number(value), count = __builtin_popcountll(set), done = 0;

	(void)explain;
	if (!set) {
		fputs("none", out);
		return;
	}
	if (count > CAP_LAST_CAP / 2 && !(set & ~ALL_CAPABILITIES)) {
		fputs(set == ALL_CAPABILITIES ? "all" : "all but ", out);
		set ^= ALL_CAPABILITIES;
		count = __builtin_popcountll(set);
	}
	for (u64 i = 0; i < 64; i++) {
		if (set >> i & 1) {
			put_separator(out, done++, count);
			put_capability(out, i);
		}
	}
}

/* `size` bytes of hex that are all `byte`? */
static bool all_bytes(const char *hex, const char *byte)
{
	for (; *hex; hex += 2) {
		if (strncmp(hex, byte, 2))
			return false;
	}
	return true;
}

static void show_task(FILE *out, struct json_object *value, const struct explain *explain)
{
	const char *id = value ? json_object_get_string(value) : "";
	struct json_object *name = member(explain->programs, id) ?: member(explain->comms, id);

	if (all_bytes(id, "00"))
		fputs("none in the namespace", out);
	else if (all_bytes(id, "ff"))
		fputs("a program that could not be hashed", out);
	else if (name)
		show_string(out, name, explain);
	else
		fputs("an unknown program", out);
}

static void show_magic(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const struct {
		u32 magic;
		const char *name;
	} names[] = {
		{ 0xef53, "ext4" },          { 0x58465342, "xfs" },       { 0x9123683e, "btrfs" },
		{ 0x1021994, "tmpfs" },      { 0x794c7630, "overlay" },   { 0x9fa0, "proc" },
		{ 0x62656572, "sysfs" },     { 0x1cd1, "devpts" },        { 0x50495045, "pipefs" },
		{ 0x534f434b, "sockfs" },    { 0x9041934, "anon_inode" }, { 0x6969, "nfs" },
		{ 0x1021997, "9p" },         { 0x65735546, "fuse" },      { 0x73717368, "squashfs" },
		{ 0x4d44, "vfat" },          { 0x64626720, "debugfs" },   { 0x74726163, "tracefs" },
		{ 0x63677270, "cgroup2" },   { 0x6e736673, "nsfs" },      { 0x858458f6, "ramfs" },
		{ 0x9660, "iso9660" },       { 0xf2f52010, "f2fs" },      { 0xe0f5e1e2, "erofs" },
		{ 0x958458f6, "hugetlbfs" }, { 0xcafe4a11, "bpf" },       { 0x73636673, "securityfs" },
		{ 0x19800202, "mqueue" },
	};

	(void)explain;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (number(value) == names[i].magic) {
			fputs(names[i].name, out);
			return;
		}
	}
	fputs("another type", out);
}

/* ---- vocabularies: numbers that have words ---- */

struct vocabulary {
	const char *kind;
	const char *other; /* before a number without a word */
	bool bits; /* each bit has a word */
	const char *const *word;
	size_t count;
};

/* clang-format off */
#define WORDS(kind, other, bits, ...) { kind, other, bits, (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) }

static const struct vocabulary vocabularies[] = {
	WORDS("family", "family ", false, "unspecified", "unix", "IPv4", [10] = "IPv6", [16] = "netlink", "packet",
	      [29] = "CAN", [31] = "bluetooth", [38] = "crypto", [40] = "vsock", [44] = "XDP"),
	WORDS("socktype", "type ", false, [1] = "stream", "datagram", "raw", "RDM", "packet stream"),
	WORDS("how", "way ", false, "receiving", "sending", "both ways"),
	WORDS("lock", "kind ", false, "for reading", "for writing", "no more"),
	WORDS("prot", "bits ", true, "readable", "writable", "executable"),
	WORDS("mount", "bits ", true, "read-only", "nosuid", "nodev", "noexec", "sync", "remount", "mandlock", "dirsync",
	      "nosymfollow", NULL, "noatime", "nodiratime", "bind", "move", "recursive", "silent", "posixacl",
	      "unbindable", "private", "slave", "shared", "relatime", NULL, "i_version", "strictatime", "lazytime"),
	WORDS("read", "kind ", false, [1] = "firmware", "kernel module"),
	WORDS("ptrace", "bits ", true, "read", "attach"),
	WORDS("limit", "number ", false, "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK",
	      "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"),
	WORDS("ipc", "command ", false, "IPC_RMID", "IPC_SET", "IPC_STAT", "IPC_INFO"),
	WORDS("key", "permission ", false, [1] = "view", "read", "write", "search", "link", "setattr"),
	WORDS("log", "action ", false, "close", "open", "read", "read all", "read and clear", "clear", "console off",
	      "console on", "console level", "unread size", "buffer size"),
};
/* clang-format on */

static void show_words(FILE *out, const struct vocabulary *v, u64 value)
{
	size_t count = 0, done = 0;

	if (!v->bits && value < v->count && v->word[value]) {
		fputs(v->word[value], out);
		return;
	}
	for (size_t i = 0; v->bits && i < v->count; i++)
		count += v->word[i] && value >> i & 1;
	if (!count) {
		if (v->bits && !value)
			fputs("none", out);
		else
			fprintf(out, "%s%" PRIu64, v->other, value);
		return;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (v->word[i] && value >> i & 1) {
			put_separator(out, done++, count);
			fputs(v->word[i], out);
		}
	}
}

static const struct vocabulary *find_vocabulary(const char *kind)
{
	for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++) {
		if (!strcmp(vocabularies[i].kind, kind))
			return &vocabularies[i];
	}
	return NULL;
}

static void show_prot(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	if (number(value) & 7)
		show_words(out, find_vocabulary("prot"), number(value) & 7);
	else
		fputs("inaccessible", out);
}

/* Of IP; that of other families says nothing. */
static void show_protocol(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const struct {
		u32 number;
		const char *name;
	} names[] = { { 1, "ICMP" }, { 6, "TCP" }, { 17, "UDP" }, { 58, "ICMPv6" }, { 132, "SCTP" }, { 262, "MPTCP" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (number(value) == names[i].number) {
			fputs(names[i].name, out);
			return;
		}
	}
	fputs("protocol ", out);
	show_string(out, value, explain);
}

/* An object with family, type and protocol. */
static void show_socket(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 family = number_at(value, "family");

	fputs("a socket (", out);
	show_words(out, find_vocabulary("family"), family);
	putc(' ', out);
	show_words(out, find_vocabulary("socktype"), number_at(value, "type"));
	if (number_at(value, "protocol")) {
		fputs(", ", out);
		if (family == AF_INET || family == AF_INET6)
			show_protocol(out, member(value, "protocol"), explain);
		else
			fprintf(out, "protocol %" PRIu64, number_at(value, "protocol"));
	}
	putc(')', out);
}

/* `local`: LADDR, whose port is in the order of the host. */
static void put_address(FILE *out, struct json_object *value, bool local, const struct explain *explain)
{
	struct json_object *a;
	char text[INET6_ADDRSTRLEN];
	u64 port;

	if ((a = member(value, "af_inet"))) {
		struct in_addr in = { .s_addr = number_at(a, "address") };

		port = number_at(a, "port");
		fprintf(out, "%s:%u", inet_ntop(AF_INET, &in, text, sizeof(text)), local ? (u32)port : ntohs(port));
	} else if ((a = member(value, "af_inet6"))) {
		struct json_object *hex = member(a, "address");
		u8 in6[16] = {};

		port = number_at(a, "port");
		digest__from_hex(json_object_get_string(hex), json_object_get_string_len(hex), in6, sizeof(in6));
		fprintf(out, "[%s]:%u", inet_ntop(AF_INET6, in6, text, sizeof(text)), local ? (u32)port : ntohs(port));
		if (number_at(a, "scope"))
			fprintf(out, " on interface %" PRIu64, number_at(a, "scope"));
		if (number_at(a, "flow"))
			fprintf(out, " with flow %" PRIu64, number_at(a, "flow"));
	} else if ((a = member(value, "af_unix"))) {
		struct json_object *path = member(a, "address");
		const char *s = json_object_get_string(path);

		if (!*s) {
			fputs("no name", out);
		} else if (!strncmp(s, "\\x00", 4)) {
			fputs("the abstract name ", out);
			put_safe(out, s + 4, json_object_get_string_len(path) - 4);
		} else {
			show_string(out, path, explain);
		}
	} else {
		fputs(value ? "an address of another family" : "none", out);
	}
}

static void show_address(FILE *out, struct json_object *value, const struct explain *explain)
{
	put_address(out, value, false, explain);
}

static void show_local_address(FILE *out, struct json_object *value, const struct explain *explain)
{
	put_address(out, value, true, explain);
}

/* What inode_setattr sets: ATTR_* of linux/fs.h. */
static void show_attributes(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const struct {
		u32 bits;
		const char *words, *key;
	} attributes[] = { { 1, "the mode ", "mode" },
			   { 2, "the uid ", "uid" },
			   { 4, "the gid ", "gid" },
			   { 8, "the size ", "size" },
			   { 0x1b0, "times", NULL } };
	size_t count = 0, done = 0;
	u64 valid = number_at(value, "valid");

	for (size_t i = 0; i < 5; i++)
		count += !!(valid & attributes[i].bits);
	if (!count)
		fputs("attributes", out);
	for (size_t i = 0; i < 5; i++) {
		if (!(valid & attributes[i].bits))
			continue;
		put_separator(out, done++, count);
		fputs(attributes[i].words, out);
		if (attributes[i].key && valid & 1 && !i)
			show_mode(out, member(value, "mode"), explain);
		else if (attributes[i].key)
			show_string(out, member(value, attributes[i].key), explain);
	}
}

static const struct {
	const char *kind;
	show_function *show;
} functions[] = {
	{ "str", show_string },      { "path", show_path },         { "mapped", show_mapped },
	{ "access", show_access },   { "mode", show_mode },         { "modenum", show_mode_or_number },
	{ "octal", show_octal },     { "int", show_signed },        { "size", show_limit },
	{ "dev", show_device },      { "uid", show_uid },           { "sig", show_signal },
	{ "cap", show_capability },  { "caps", show_capabilities }, { "task", show_task },
	{ "magic", show_magic },     { "protection", show_prot },   { "protocol", show_protocol },
	{ "sock", show_socket },     { "addr", show_address },      { "laddr", show_local_address },
	{ "attr", show_attributes },
};

static void show(FILE *out, const char *kind, struct json_object *value, const struct explain *explain)
{
	const struct vocabulary *v;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!strcmp(functions[i].kind, kind)) {
			functions[i].show(out, value, explain);
			return;
		}
	}
	v = find_vocabulary(kind);
	if (v && value)
		show_words(out, v, number(value));
	else
		fputs("?", out);
}

/* ---- phrases ---- */

/* `bare` is said of a log record and of an event whose hook is not described: they have no arguments. */
static const struct phrase {
	const char *bare, *full;
} phrases[TSEM_EVENT_END] = {
	/* clang-format off */
	[TSEM_EVENT_bprm_committing_creds] = { "executed a program", "executed {path file}" },
	[TSEM_EVENT_file_open] = { "opened a file", "opened {path file} {access file.flags}" },
	[TSEM_EVENT_file_receive] = { "received a file from another process",
				      "received {path file} (open {access file.flags}) from another process" },
	[TSEM_EVENT_file_ioctl] = { "did an ioctl", "did ioctl {str cmd} on {path file}" },
	[TSEM_EVENT_file_lock] = { "locked a file", "locked {path file} {lock cmd}" },
	[TSEM_EVENT_file_fcntl] = { "did an fcntl", "did fcntl {str cmd} on {path file}" },
	[TSEM_EVENT_mmap_file] = { "mapped a file or memory", "mapped {mapped file} as {protection prot}" },
	[TSEM_EVENT_kernel_read_file] = { "made the kernel read a file",
					  "made the kernel read {path file} ({read id})" },
	[TSEM_EVENT_kernel_load_data] = { "made the kernel load data", "made the kernel load data ({read id})" },
	[TSEM_EVENT_kernel_module_request] = { "made the kernel ask for a module",
					       "made the kernel ask for the module {str kmod_name}" },
	[TSEM_EVENT_socket_create] = { "created a socket", "created {sock}" },
	[TSEM_EVENT_socket_connect] = { "connected a socket", "connected {sock sock} to {addr addr}" },
	[TSEM_EVENT_socket_bind] = { "bound a socket to an address", "bound {sock sock} to {addr addr}" },
	[TSEM_EVENT_socket_accept] = { "accepted a connection",
				       "accepted a connection on {sock sock} at {laddr addr}" },
	[TSEM_EVENT_socket_sendmsg] = { "sent a message by a socket", "sent a message by {sock sock}[ to {addr addr}]" },
	[TSEM_EVENT_socket_recvmsg] = { "received a message by a socket",
					"received a message by {sock sock}[ from {addr addr}]" },
	[TSEM_EVENT_socket_getsockname] = { "asked for the address of a socket", "asked for the address of {sock sock}" },
	[TSEM_EVENT_socket_getpeername] = { "asked for the peer of a socket", "asked for the peer of {sock sock}" },
	[TSEM_EVENT_tun_dev_attach_queue] = { "attached a queue to a tunnel device",
					      "attached a queue to a tunnel device by {sock sock}" },
	[TSEM_EVENT_socket_listen] = { "listened on a socket", "listened on {sock sock} for {str backlog} connections" },
	[TSEM_EVENT_socket_shutdown] = { "shut a socket down", "shut {sock sock} down ({how how})" },
	[TSEM_EVENT_socket_setsockopt] = { "set a socket option",
					   "set option {str optname} of level {str level} of {sock sock}" },
	[TSEM_EVENT_unix_stream_connect] = { "connected to a unix socket", "connected {sock sock} to {sock other}" },
	[TSEM_EVENT_unix_may_send] = { "sent a message to a unix socket",
				       "sent a message from {sock sock} to {sock other}" },
	[TSEM_EVENT_socket_socketpair] = { "made a pair of sockets", "made a pair of {sock socka} and {sock sockb}" },
	[TSEM_EVENT_netlink_send] = { "sent a netlink message",
				      "sent a netlink message to port {str portid}, group {str dst_group}" },
	[TSEM_EVENT_task_kill] = { "sent a signal", "sent {sig sig} to {task target}" },
	[TSEM_EVENT_ptrace_access_check] = { "looked into another process",
					     "looked into a process of {task child} ({ptrace mode})" },
	[TSEM_EVENT_ptrace_traceme] = { "let its parent trace it", "let {task source} trace it" },
	[TSEM_EVENT_capget] = { "asked for capabilities", "asked for the capabilities of {task target}" },
	[TSEM_EVENT_capset] = { "set its capabilities",
				"set its capabilities (effective: {caps effective}; inheritable: {caps inheritable}; "
				"permitted: {caps permitted})" },
	[TSEM_EVENT_capable] = { "used a capability", "used {cap cap}" },
	[TSEM_EVENT_task_setpgid] = { "changed a process group",
				      "put a process of {task task} into the process group of {task source}" },
	[TSEM_EVENT_task_getpgid] = { "asked for a process group", "asked for the process group of {task task}" },
	[TSEM_EVENT_task_getsid] = { "asked for a session", "asked for the session of {task task}" },
	[TSEM_EVENT_task_getioprio] = { "asked for an I/O priority", "asked for the I/O priority of {task task}" },
	[TSEM_EVENT_task_setscheduler] = { "changed how a process is scheduled",
					   "changed how a process of {task task} is scheduled" },
	[TSEM_EVENT_task_getscheduler] = { "asked how a process is scheduled",
					   "asked how a process of {task task} is scheduled" },
	[TSEM_EVENT_task_setnice] = { "changed a nice value", "changed the nice value of {task task} to {int nice}" },
	[TSEM_EVENT_task_setioprio] = { "changed an I/O priority",
					"changed the I/O priority of {task task} to {str ioprio}" },
	[TSEM_EVENT_task_prlimit] = { "used prlimit on a process", "used prlimit on a process of {uid tcred}" },
	[TSEM_EVENT_task_setrlimit] = { "changed a resource limit",
					"changed the limit {limit new_rlim.resource} of {task task} to "
					"{size new_rlim.current} (at most {size new_rlim.max})" },
	[TSEM_EVENT_task_prctl] = { "called prctl", "called prctl with option {str option}" },
	[TSEM_EVENT_inode_create] = { "created a file", "created {path dentry} with mode {mode mode}" },
	[TSEM_EVENT_inode_mkdir] = { "created a directory", "created the directory {path dentry} with mode {octal mode}" },
	[TSEM_EVENT_inode_unlink] = { "removed a file", "removed {path dentry}" },
	[TSEM_EVENT_inode_rmdir] = { "removed a directory", "removed the directory {path dentry}" },
	[TSEM_EVENT_inode_link] = { "linked a file to another name",
				    "linked {path old_dentry} to the name {path new_dentry}" },
	[TSEM_EVENT_inode_symlink] = { "made a symbolic link",
				       "made the symbolic link {path dentry} to {str old_name}" },
	[TSEM_EVENT_inode_mknod] = { "made a special file",
				     "made {path dentry} with mode {mode mode} for device {dev dev}" },
	[TSEM_EVENT_inode_rename] = { "renamed a file", "renamed {path old_dentry} to {path new_dentry}" },
	[TSEM_EVENT_inode_killpriv] = { "dropped the privileges of a file", "dropped the privileges of {path dentry}" },
	[TSEM_EVENT_inode_listxattr] = { "listed the extended attributes of a file",
					 "listed the extended attributes of {path dentry}" },
	[TSEM_EVENT_sb_statfs] = { "asked for the state of a filesystem",
				   "asked for the state of the filesystem of {path dentry}" },
	[TSEM_EVENT_quota_on] = { "turned quotas on", "turned quotas on with {path dentry}" },
	[TSEM_EVENT_inode_getattr] = { "asked for the attributes of a file", "asked for the attributes of {path path}" },
	[TSEM_EVENT_inode_setattr] = { "set attributes of a file", "set {attr attr} of {path dentry}" },
	[TSEM_EVENT_inode_setxattr] = { "set an extended attribute",
					"set the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_inode_getxattr] = { "read an extended attribute",
					"read the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_inode_removexattr] = { "removed an extended attribute",
					   "removed the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_key_alloc] = { "made a key", "made a key for {uid cred}" },
	[TSEM_EVENT_key_permission] = { "used a key", "used a key of {uid key_ref} ({key perm})" },
	[TSEM_EVENT_ipc_permission] = { "used an IPC object",
					"used an IPC object of {uid ipcp} with mode {mode ipcp.mode} (asking for "
					"{octal flag})" },
	[TSEM_EVENT_shm_associate] = { "got a shared memory segment", "got a shared memory segment of {uid perm}" },
	[TSEM_EVENT_shm_shmat] = { "attached a shared memory segment",
				   "attached a shared memory segment of {uid perm} with mode {mode perm.mode}" },
	[TSEM_EVENT_sem_associate] = { "got a set of semaphores", "got a set of semaphores of {uid perm}" },
	[TSEM_EVENT_msg_queue_associate] = { "got a message queue", "got a message queue of {uid perm}" },
	[TSEM_EVENT_shm_shmctl] = { "controlled a shared memory segment",
				    "controlled a shared memory segment of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_sem_semctl] = { "controlled a set of semaphores",
				    "controlled a set of semaphores of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_msg_queue_msgctl] = { "controlled a message queue",
					  "controlled a message queue of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_msg_queue_msgrcv] = { "received a message from a queue",
					  "received a message of type {str type} from a queue of {uid perm}" },
	[TSEM_EVENT_sem_semop] = { "used semaphores", "did {str nsops} operations on semaphores of {uid perm}" },
	[TSEM_EVENT_syslog] = { "used the kernel's log", "used the kernel's log ({log type})" },
	[TSEM_EVENT_settime] = { "set the clock",
				 "set the clock[ to {str ts.seconds} seconds][, the time zone to {int tz.minuteswest} "
				 "minutes west]" },
	[TSEM_EVENT_sb_mount] = { "mounted a filesystem",
				  "mounted[ {str dev_name}] on {path path}[ as {str type}] (flags: {mount flags})" },
	[TSEM_EVENT_sb_umount] = { "unmounted a filesystem", "unmounted {path mnt}" },
	[TSEM_EVENT_sb_remount] = { "remounted a filesystem",
				    "remounted a filesystem of type {str sb.fstype} with root {path sb.dentry}" },
	[TSEM_EVENT_sb_pivotroot] = { "changed the root of its mounts",
				      "made {path new_path} the root of its mounts and put the old one on {path old_path}" },
	[TSEM_EVENT_move_mount] = { "moved a mount", "moved the mount {path from_path} to {path to_path}" },
	[TSEM_EVENT_quotactl] = { "managed quotas", "managed quotas of {str sb.fstype} with command {str cmds}" },
	[TSEM_EVENT_bpf] = { "called bpf", "called bpf with command {str cmd}" },
	[TSEM_EVENT_bpf_map] = { "used a BPF map", "used a BPF map of type {str map.map_type}" },
	[TSEM_EVENT_bpf_prog] = { "used a BPF program", "used a BPF program of type {str prog.type}" },
	[TSEM_EVENT_tun_dev_create] = { "created a tunnel device", NULL },
	[TSEM_EVENT_tun_dev_attach] = { "attached to a tunnel device", NULL },
	[TSEM_EVENT_tun_dev_open] = { "opened a tunnel device", NULL },
	[TSEM_EVENT_uring_override_creds] = { "used other credentials in io_uring", NULL },
	[TSEM_EVENT_uring_sqpoll] = { "made an io_uring with a polling kernel thread", NULL },
	[TSEM_EVENT_uring_cmd] = { "passed a command to a driver by io_uring", NULL },
	[TSEM_EVENT_file_mprotect] = { "made memory executable", NULL },
	[TSEM_EVENT_userns_create] = { "created a user namespace", NULL },
	[TSEM_EVENT_inode_set_acl] = { "set an access control list of a file", NULL },
	[TSEM_EVENT_inode_remove_acl] = { "removed an access control list of a file", NULL },
	[TSEM_EVENT_inode_file_setattr] = { "set the flags of a file", NULL },
	[TSEM_EVENT_task_fix_setuid] = { "set its user ids", NULL },
	[TSEM_EVENT_task_fix_setgid] = { "set its group ids", NULL },
	[TSEM_EVENT_task_fix_setgroups] = { "set its supplementary groups", NULL },
	[TSEM_EVENT_task_movememory] = { "moved the memory of a process to other nodes", NULL },
	[TSEM_EVENT_path_chroot] = { "changed its root directory", NULL },
	[TSEM_EVENT_perf_event_open] = { "opened a performance counter", NULL },
	[TSEM_EVENT_msg_queue_msgsnd] = { "sent a message to a queue", NULL },
	/* clang-format on */
};

/* Splits the "{KIND KEY}" at `p`, whose end is returned. */
static const char *placeholder(const char *p, char kind[16], char key[32])
{
	const char *end = strchr(p, '}');

	kind[0] = key[0] = 0;
	sscanf(p, "{%15[^ }] %31[^}]", kind, key);
	return end + 1;
}

/* Is every key there that is used up to the ']'? */
static bool group_present(const char *p, struct json_object *cell)
{
	char kind[16], key[32];

	while (*p != ']') {
		if (*p != '{') {
			p++;
			continue;
		}
		p = placeholder(p, kind, key);
		if (!lookup(cell, key))
			return false;
	}
	return true;
}

static void write_phrase(FILE *out, const char *p, struct json_object *cell, const struct explain *explain)
{
	char kind[16], key[32];

	while (*p) {
		if (*p == '{') {
			p = placeholder(p, kind, key);
			show(out, kind, lookup(cell, key), explain);
		} else if (*p == '[' && !group_present(p, cell)) {
			p = strchr(p, ']') + 1;
		} else {
			if (*p != '[' && *p != ']')
				putc(*p, out);
			p++;
		}
	}
}

/* "opened /etc/shadow for reading as uid 0" */
static void write_deed(FILE *out, struct json_object *json, const struct explain *explain)
{
	const char *type = json_object_get_string(lookup(json, "event.type"));
	struct json_object *cell = member(json, type);
	const struct phrase *phrase = &phrases[event__parse(type)];
	u64 uid = number_at(json, "COE.uid"), effective = number_at(json, "COE.euid");

	if (phrase->full && json_object_object_length(cell))
		write_phrase(out, phrase->full, cell, explain);
	else
		fputs(phrase->bare, out);
	fprintf(out, " as uid %" PRIu64, effective);
	if (uid != effective)
		fprintf(out, " (real uid %" PRIu64 ")", uid);
}

/* ---- comparison ---- */

/* Weights: a path tells more than all that follows from it, then content, then who. */
enum {
	WEIGHT_PATH = 16,
	WEIGHT_CONTENT = 8,
	WEIGHT_PROGRAM = 6,
	WEIGHT_PARENT = 4,
	WEIGHT_CREDENTIAL = 3,
	WEIGHT_OTHER = 1
};

/* What the value under a key is called and how it is shown; the first row that fits counts. */
static const struct element {
	const char *parent; /* key of the object that it is in; "": the CELL itself; NULL: any */
	const char *key;
	const char *label; /* NULL: the key */
	const char *kind; /* NULL: it cannot be shown, it is "another" one */
	int weight;
	bool whole; /* an object that is compared as one */
} elements[] = {
	{ NULL, "pathname", "path", "str", WEIGHT_PATH, false },
	{ NULL, "addr", "address", "addr", WEIGHT_PATH, true },
	{ "file", "digest", "content", NULL, WEIGHT_CONTENT, false },
	{ NULL, "dev", "device", "dev", WEIGHT_OTHER, true },
	{ "file", "flags", "access", "access", WEIGHT_OTHER, false },
	{ NULL, "s_magic", "filesystem type", "magic", WEIGHT_OTHER, false },
	{ NULL, "s_id", "filesystem name", "str", WEIGHT_OTHER, false },
	{ NULL, "s_uuid", "filesystem", NULL, WEIGHT_OTHER, false },
	{ NULL, "owner", "creator", "task", WEIGHT_OTHER, false },
	{ NULL, "instance", "number among the files of its creator", "str", WEIGHT_OTHER, false },
	{ NULL, "task", NULL, "task", WEIGHT_OTHER, false },
	{ NULL, "target", NULL, "task", WEIGHT_OTHER, false },
	{ NULL, "child", NULL, "task", WEIGHT_OTHER, false },
	{ NULL, "source", NULL, "task", WEIGHT_OTHER, false },
	{ NULL, "value", NULL, NULL, WEIGHT_OTHER, false },
	{ NULL, "mode", NULL, "modenum", WEIGHT_OTHER, false },
	{ NULL, "flag", "asked mode", "octal", WEIGHT_OTHER, false },
	{ NULL, "capeff", "capabilities", "caps", WEIGHT_OTHER, false },
	{ NULL, "effective", NULL, "caps", WEIGHT_OTHER, false },
	{ NULL, "inheritable", NULL, "caps", WEIGHT_OTHER, false },
	{ NULL, "permitted", NULL, "caps", WEIGHT_OTHER, false },
	{ NULL, "cap", "capability", "cap", WEIGHT_OTHER, false },
	{ NULL, "sig", "signal", "sig", WEIGHT_OTHER, false },
	{ NULL, "prot", "protection", "protection", WEIGHT_OTHER, false },
	{ NULL, "family", NULL, "family", WEIGHT_OTHER, false },
	{ "sock", "type", NULL, "socktype", WEIGHT_OTHER, false },

	{ "", "nice", NULL, "int", WEIGHT_OTHER, false },
	{ "new_rlim", "resource", NULL, "limit", WEIGHT_OTHER, false },
	{ "new_rlim", "current", NULL, "size", WEIGHT_OTHER, false },
	{ "new_rlim", "max", NULL, "size", WEIGHT_OTHER, false },
	{ NULL, "s_flags", "mount flags", "mount", WEIGHT_OTHER, false },
};

static const struct element any_element = { NULL, NULL, NULL, "str", WEIGHT_OTHER, false };

/* What a block adds to the label of the things in it. */
static const struct {
	const char *key, *word;
} blocks[] = {
	{ "file", NULL },
	{ "dentry", NULL },
	{ "path", NULL },
	{ "attr", NULL },
	{ "inode", "file" },
	{ "dir", "directory" },
	{ "old_dir", "old directory" },
	{ "new_dir", "new directory" },
	{ "old_dentry", "old" },
	{ "new_dentry", "new" },
	{ "old_path", "old" },
	{ "new_path", "new" },
	{ "from_path", "old" },
	{ "to_path", "new" },
	{ "sock", "socket" },
	{ "socka", "first socket" },
	{ "sockb", "second socket" },
	{ "other", "other socket" },
	{ "perm", "object" },
	{ "ipcp", "object" },
	{ "cred", "credential" },
	{ "tcred", "target" },
	{ "key_ref", "key" },
	{ "new_rlim", "limit" },
	{ "sb", NULL },
	{ "mnt", NULL },
	{ "map", NULL },
	{ "prog", NULL },
};

/* Where the walk is: a key and the one above it; NULL above the CELL. */
struct place {
	const struct place *up;
	const char *key;
};

struct difference {
	const struct explain *explain;
	int cost;
	bool other_path; /* a path differs */
	struct json_object *list; /* NULL: only the cost is wanted */
	bool local; /* addresses are local ones */
	bool heavy; /* paths and contents go on the list now, or else the rest */
};

static bool same(struct json_object *a, struct json_object *b)
{
	return a && b && json_object_get_string_len(a) == json_object_get_string_len(b) &&
	       !memcmp(json_object_get_string(a), json_object_get_string(b), json_object_get_string_len(a));
}

static const struct element *find_element(const struct place *at)
{
	const char *parent = at->up ? at->up->key : "";

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		const struct element *e = &elements[i];

		if (!strcmp(e->key, at->key) && (!e->parent || !strcmp(e->parent, parent)))
			return e;
	}
	return &any_element;
}

/* The words of the blocks around a value, from the outside. */
static void write_blocks(FILE *out, const struct place *at)
{
	if (!at)
		return;
	write_blocks(out, at->up);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (!strcmp(blocks[i].key, at->key)) {
			if (blocks[i].word)
				fprintf(out, "%s ", blocks[i].word);
			return;
		}
	}
	fprintf(out, "%s ", at->key);
}

static void write_value(FILE *out, const char *kind, struct json_object *value, const struct explain *explain)
{
	if (!value)
		fputs("none", out);
	else if (!json_object_is_type(value, json_type_object) || strcmp(kind, "str"))
		show(out, kind, value, explain);
	else if (member(value, "path") || member(value, "pathname"))
		show_path(out, value, explain);
	else
		fputs("one", out);
}

/* The difference as words: "label (a instead of b)". A `kind` of NULL: "another label". */
static void list_add(struct difference *d, const struct place *up, const char *label, const char *kind,
		     struct json_object *a, struct json_object *b)
{
	char *text = NULL, *one = NULL, *two = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&one, &size);
	if (out) {
		write_value(out, kind ?: "str", a, d->explain);
		fclose(out);
	}
	out = open_memstream(&two, &size);
	if (out) {
		write_value(out, kind ?: "str", b, d->explain);
		fclose(out);
	}
	out = one && two ? open_memstream(&text, &size) : NULL;
	if (out) {
		if (!kind)
			fputs("another ", out);
		write_blocks(out, up);
		for (; *label; label++)
			putc(*label == '_' ? ' ' : *label, out);
		if (kind && strcmp(one, two))
			fprintf(out, " (%s instead of %s)", one, two);
		else if (kind)
			fprintf(out, " (another one, of the same name %s)", one);
		fclose(out);
	}
	if (text)
		json_object_array_add(d->list, json_object_new_string(text));
	free(one);
	free(two);
	free(text);
}

/* Does the value belong to a file, so that another path has another one without saying more? */
static bool follows_path(const struct place *at)
{
	static const char *const keys[] = { "inode", "dir", "old_dir", "new_dir" };

	if (at->up && (!strcmp(at->key, "dev") || !strcmp(at->key, "digest")))
		return true;
	for (; at; at = at->up) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			if (!strcmp(at->key, keys[i]))
				return true;
		}
	}
	return false;
}

/* prctl options whose arg2 is an address. */
static bool is_address_option(struct json_object *cell)
{
	u64 option = number_at(cell, "option");

	return option == 2 || option == 15 || option == 16;
}

/* Is this value of an object no part of the coefficient? */
static bool unhashed(struct json_object *o, const char *key)
{
	if (!strcmp(key, "s_uuid"))
		return number_at(o, "s_magic") == 0x1021994; /* tmpfs: another one after every boot */
	if (!strcmp(key, "nsid"))
		return !number_at(o, "nsid_set");
	return member(o, "option") && (!strcmp(key, "arg3") || (!strcmp(key, "arg2") && is_address_option(o)));
}

/* The directory part of the name is all that counts of an inode that the namespace created. */
static bool same_directory(struct json_object *a, struct json_object *b)
{
	const char *one = json_object_get_string(a), *two = json_object_get_string(b);
	const char *end = strrchr(one, '/'), *other = strrchr(two, '/');

	return end && other && end - one == other - two && !memcmp(one, two, end - one);
}

static void compare_objects(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b);

static void compare_value(struct difference *d, const struct place *at, struct json_object *in_a,
			  struct json_object *in_b)
{
	struct json_object *a = member(in_a, at->key), *b = member(in_b, at->key);
	const struct element *e = find_element(at);

	if (a && b && !e->whole && json_object_is_type(a, json_type_object)) {
		compare_objects(d, at, a, b);
		return;
	}
	if (a && b && (e->whole ? json_object_equal(a, b) : same(a, b)))
		return;
	if (a && b && unhashed(in_a, at->key) && unhashed(in_b, at->key))
		return;
	if (e->weight == WEIGHT_PATH && member(in_a, "owner") && member(in_b, "owner") && same_directory(a, b))
		return;
	d->cost += e->weight;
	d->other_path = d->other_path || !strcmp(at->key, "pathname");
	if (d->list && d->heavy == (e->weight >= WEIGHT_CONTENT) && !(d->other_path && follows_path(at)))
		list_add(d, at->up, e->label ?: at->key, e->whole && d->local ? "laddr" : e->kind, a, b);
}

static void compare_objects(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b)
{
	json_object_object_foreach(a, key, value) {
		struct place here = { at, key };

		(void)value;
		compare_value(d, &here, a, b);
	}
	json_object_object_foreach(b, other, ignored) {
		struct place here = { at, other };

		(void)ignored;
		if (!member(a, other))
			compare_value(d, &here, a, b);
	}
}

/* Four ids of one kind; where several went from the same to the same, the first stands for all. */
static void compare_ids(struct difference *d, const char *const keys[4], const char *const labels[4],
			struct json_object *a, struct json_object *b)
{
	for (int i = 0; i < 4; i++) {
		struct json_object *one = member(a, keys[i]), *two = member(b, keys[i]);
		bool said = same(one, two);

		for (int k = 0; k < i; k++)
			said = said || (same(one, member(a, keys[k])) && same(two, member(b, keys[k])));
		if (said)
			continue;
		d->cost += WEIGHT_CREDENTIAL;
		if (d->list)
			list_add(d, NULL, labels[i], "str", one, two);
	}
}

static void compare_credentials(struct difference *d, struct json_object *a, struct json_object *b)
{
	static const char *const uids[] = { "uid", "euid", "suid", "fsuid" };
	static const char *const uid_labels[] = { "uid", "effective uid", "saved uid", "filesystem uid" };
	static const char *const gids[] = { "gid", "egid", "sgid", "fsgid" };
	static const char *const gid_labels[] = { "gid", "effective gid", "saved gid", "filesystem gid" };

	compare_ids(d, uids, uid_labels, a, b);
	compare_ids(d, gids, gid_labels, a, b);
	if (same(member(a, "capeff"), member(b, "capeff")))
		return;
	d->cost += WEIGHT_CREDENTIAL;
	if (d->list)
		list_add(d, NULL, "capabilities", "caps", member(a, "capeff"), member(b, "capeff"));
}

static void compare_task(struct difference *d, const char *key, const char *label, int weight, struct json_object *a,
			 struct json_object *b)
{
	struct json_object *one = lookup(a, key), *two = lookup(b, key);

	if (same(one, two))
		return;
	d->cost += weight;
	if (d->list)
		list_add(d, NULL, label, "task", one, two);
}

static void compare_who(struct difference *d, struct json_object *a, struct json_object *b)
{
	compare_task(d, "event.task_id", "program", WEIGHT_PROGRAM, a, b);
	compare_task(d, "event.p_task_id", "parent", WEIGHT_PARENT, a, b);
	compare_credentials(d, member(a, "COE"), member(b, "COE"));
}

static int distance(const struct explain *explain, const char *type, struct json_object *a, struct json_object *b)
{
	struct difference d = { .explain = explain };

	compare_objects(&d, NULL, member(a, type), member(b, type));
	compare_who(&d, a, b);
	return d.cost;
}

static struct json_object *differences(const struct explain *explain, const char *type, struct json_object *a,
				       struct json_object *b)
{
	struct difference d = { .explain = explain, .list = json_object_new_array(), .heavy = true };

	d.local = event__parse(type) == TSEM_EVENT_socket_accept;
	if (!d.list)
		return NULL;
	compare_objects(&d, NULL, member(a, type), member(b, type));
	compare_who(&d, a, b);
	d.heavy = false;
	compare_objects(&d, NULL, member(a, type), member(b, type));
	return d.list;
}

/* ---- events ---- */

struct explain *explain__new(void)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (!explain)
		return NULL;
	explain->programs = json_object_new_object();
	explain->comms = json_object_new_object();
	if (!explain->programs || !explain->comms) {
		explain__free(explain);
		return NULL;
	}
	return explain;
}

void explain__free(struct explain *explain)
{
	if (!explain)
		return;
	for (int i = 0; i < TSEM_EVENT_END; i++) {
		for (size_t k = 0; k < explain->of[i].count; k++)
			json_object_put(explain->of[i].event[k]);
		free(explain->of[i].event);
	}
	json_object_put(explain->programs);
	json_object_put(explain->comms);
	free(explain);
}

void explain__compare(struct explain *explain)
{
	explain->comparing = true;
}

/*
 * The TASK_ID that an exec gives is its coefficient with zero bytes for the TASK_ID. A trajectory does not say which
 * hash and model it was taken with: all are computed, and only the right one will be met.
 */
static void learn_program(struct explain *explain, const struct tsem_record *record, struct json_object *json)
{
	static const u32 models[] = { TSEM_MODEL_MODEL0, TSEM_MODEL_PORTABLE };
	struct json_object *path = lookup(json, "bprm_committing_creds.file.path.pathname");
	struct tsem_record exec = *record;
	char hex[2 * TSEM_DIGEST_MAX + 1];
	struct event_digests out;

	if (!path)
		return;
	memset(exec.task_id, 0, sizeof(exec.task_id));
	for (u32 i = 0; i < 2 * TSEM_DIGEST_END; i++) {
		if (digest__size(i / 2) != record->digest_size || event__coefficient(&exec, i / 2, models[i % 2], &out))
			continue;
		digest__to_hex(out.coefficient, record->digest_size, hex);
		json_object_object_add(explain->programs, hex, json_object_get(path));
	}
}

/* The event as event__to_json() has it into *out, its names remembered. */
static int take(struct explain *explain, struct json_object *json, struct json_object **out, const char **fault)
{
	struct tsem_record record;
	int err = event__from_json(json, &record, fault);
	const char *id;

	if (err)
		return err;
	*out = event__to_json(&record, true);
	if (!*out)
		return -ENOMEM;
	id = json_object_get_string(lookup(*out, "event.task_id"));
	if (!member(explain->comms, id))
		json_object_object_add(explain->comms, id, json_object_get(lookup(*out, "event.process")));
	if (record.event == TSEM_EVENT_bprm_committing_creds)
		learn_program(explain, &record, *out);
	return record.event;
}

int explain__learn(struct explain *explain, struct json_object *json, const char **fault)
{
	struct json_object *event = NULL, **more;
	struct events *of;
	int type = take(explain, json, &event, fault);

	if (type < 0)
		return type;
	explain->comparing = true;
	of = &explain->of[type];
	/* Room doubles whenever the count is a power of two. */
	if (!(of->count & (of->count - 1))) {
		more = realloc(of->event, (of->count ? 2 * of->count : 1) * sizeof(*more));
		if (!more) {
			json_object_put(event);
			return -ENOMEM;
		}
		of->event = more;
	}
	of->event[of->count++] = event;
	return 0;
}

static int explain_log(struct explain *explain, struct json_object *log, struct explanation *out, const char **fault)
{
	struct json_object *process = member(log, "process"), *event = member(log, "event"),
			   *action = member(log, "action");
	const char *name = event ? json_object_get_string(event) : "";
	bool denied = action && !strcmp(json_object_get_string(action), "DENY");
	int type = event__parse(name);
	size_t size;
	FILE *text;

	*fault = !json_object_is_type(process, json_type_string)                         ? "process"
		 : !json_object_is_type(event, json_type_string)                         ? "event"
		 : type < 0 || strlen(name) != (size_t)json_object_get_string_len(event) ? name
		 : !json_object_is_type(action, json_type_string)                        ? "action"
		 : !denied && strcmp(json_object_get_string(action), "LOG") ? json_object_get_string(action)
									    : NULL;
	if (*fault)
		return -EINVAL;
	text = open_memstream(&out->sentence, &size);
	if (!text)
		return -ENOMEM;
	show_string(text, process, explain);
	fprintf(text, " (untrusted) %s; %s", phrases[type].bare, denied ? "denied" : "logged");
	return fclose(text) ? -ENOMEM : 0;
}

/* "nginx (pid 311, trusted until now)" */
static void write_subject(FILE *out, struct json_object *json, bool outside, const struct explain *explain)
{
	struct json_object *process = lookup(json, "event.process"),
			   *program = member(explain->programs, json_object_get_string(lookup(json, "event.task_id")));
	u64 pid = number_at(json, "event.pid");

	show_string(out, process, explain);
	fputs(" (", out);
	if (program) {
		const char *path = json_object_get_string(program), *name = strrchr(path, '/');

		if (strcmp(name ? name + 1 : path, json_object_get_string(process))) {
			show_string(out, program, explain);
			fputs(", ", out);
		}
	}
	fprintf(out, "%s %" PRIu64 "%s) ", pid ? "pid" : "task", pid ?: number_at(json, "event.ttd"),
		outside ? ", trusted until now" : "");
}

static int write_sentence(struct json_object *event, enum explain_verdict verdict, bool comparing, bool outside,
			  const struct explain *explain, char **sentence)
{
	size_t size;
	FILE *text = open_memstream(sentence, &size);

	if (!text)
		return -ENOMEM;
	write_subject(text, event, outside, explain);
	write_deed(text, event, explain);
	if (outside)
		fputs(", outside the model", text);
	else if (comparing)
		fputs(", in the model", text);
	if (verdict != EXPLAIN_UNKNOWN)
		fputs(verdict == EXPLAIN_DENIED ? "; denied" : "; allowed", text);
	return fclose(text) ? -ENOMEM : 0;
}

static int write_nearest(struct json_object *event, const struct explain *explain, char **nearest)
{
	const char *id = json_object_get_string(lookup(event, "event.task_id"));
	size_t size;
	FILE *text = open_memstream(nearest, &size);

	if (!text)
		return -ENOMEM;
	show_string(text, member(explain->programs, id) ?: lookup(event, "event.process"), explain);
	putc(' ', text);
	write_deed(text, event, explain);
	return fclose(text) ? -ENOMEM : 0;
}

int explain__event(struct explain *explain, struct json_object *json, enum explain_verdict verdict,
		   struct explanation *out, const char **fault)
{
	struct json_object *event = NULL, *nearest = NULL, *log = member(json, "log");
	int type, err, least = 0;
	const struct events *of;

	*out = (struct explanation){};
	*fault = NULL;
	if (json_object_is_type(log, json_type_object)) {
		err = explain_log(explain, log, out, fault);
		if (err)
			explain__free_text(out);
		return err;
	}
	type = take(explain, json, &event, fault);
	if (type < 0)
		return type;
	of = &explain->of[type];
	for (size_t i = 0; i < of->count && (!nearest || least); i++) {
		int cost = distance(explain, event__name(type), event, of->event[i]);

		if (!nearest || cost < least) {
			nearest = of->event[i];
			least = cost;
		}
	}
	if (explain->comparing && !nearest)
		out->missing = event__name(type);
	err = write_sentence(event, verdict, explain->comparing,
			     verdict != EXPLAIN_UNKNOWN || (explain->comparing && (!nearest || least)), explain,
			     &out->sentence);
	if (!err && nearest) {
		err = write_nearest(nearest, explain, &out->nearest);
		out->differs = differences(explain, event__name(type), event, nearest);
		err = err ?: out->differs ? 0 : -ENOMEM;
	}
	if (err)
		explain__free_text(out);
	json_object_put(event);
	return err;
}

void explain__free_text(struct explanation *explanation)
{
	free(explanation->sentence);
	free(explanation->nearest);
	json_object_put(explanation->differs);
	*explanation = (struct explanation){};
}
