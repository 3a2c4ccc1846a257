// SPDX-License-Identifier: GPL-2.0
/*
 * Words for values that are one string of JSON: numbers, masks, capabilities. A kind is a function, or a vocabulary: a
 * list of words for the numbers from 0 on, or for the bits.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <linux/capability.h>

#include "explain_words.h"
#include "names.h"

void words__string(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	if (value)
		words__safe(out, json_object_get_string(value), json_object_get_string_len(value));
	else
		fputs("none", out);
}

void words__separator(FILE *out, size_t done, size_t count)
{
	if (done)
		fputs(done + 1 == count ? " and " : ", ", out);
}

/* linux/fs.h: the kernel sets this bit for a file that will be executed. */
#define FMODE_EXEC 040
/* Not from fcntl.h: there they are 0, or need more macros, where long has 64 bits. */
#define OPEN_CREATE 0100
#define OPEN_TRUNCATE 01000
#define OPEN_APPEND 02000
#define OPEN_PATH 010000000

static void show_access(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 flags = event__number(value);
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
		words__separator(out, i, count);
		fputs(words[i], out);
	}
}

/* Permission bits in octal; the type of the file only if it is not a regular one. */
void words__mode(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const char *const types[16] = {
		[1] = "pipe ",           [2] = "character device ", [4] = "directory ", [6] = "disk ",
		[10] = "symbolic link ", [12] = "socket ",          [15] = "odd "
	};
	u64 mode = event__number(value);

	(void)explain;
	fprintf(out, "%s%04" PRIo64, types[mode >> 12 & 15] ?: "", mode & 07777);
}

/* Modes of other things than files are plain numbers without a leading zero. */
static void show_mode_or_number(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (json_object_get_string(value)[0] == '0' && json_object_get_string_len(value) > 1)
		words__mode(out, value, explain);
	else
		words__string(out, value, explain);
}

static void show_octal(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%04" PRIo64, event__number(value));
}

static void show_signed(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%" PRId32, (s32)event__number(value));
}

static void show_limit(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (event__number(value) == UINT64_MAX)
		fputs("unlimited", out);
	else
		words__string(out, value, explain);
}

static void show_signal(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 signal = event__number(value);

	(void)explain;
	if (signal)
		names__write_signal(out, signal);
	else
		fputs("no signal, only a probe,", out);
}

static void show_capability(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	names__write_capability(out, event__number(value));
}

#define ALL_CAPABILITIES ((1ULL << (CAP_LAST_CAP + 1)) - 1)

static void show_capabilities(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 set = event__number(value), count = __builtin_popcountll(set), done = 0;

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
			words__separator(out, done++, count);
			names__write_capability(out, i);
		}
	}
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
		if (event__number(value) == names[i].magic) {
			fputs(names[i].name, out);
			return;
		}
	}
	fputs("another type", out);
}

/* ---- vocabularies: words for numbers ---- */

struct vocabulary {
	const char *kind;
	const char *other; /* written before a number without a word */
	bool bits; /* the words are for bits */
	const char *const *word;
	size_t count;
};

/* clang-format off */
#define WORDS(kind, other, bits, ...) { kind, other, bits, (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) }

static const struct vocabulary vocabularies[] = {
	WORDS("socktype", "type ", false, [1] = "stream", "datagram", "raw", "RDM", "packet stream"),
	WORDS("stream", "descriptor ", false, "its standard input", "its standard output", "its standard error",
	      "an inherited descriptor"),
	WORDS("userns", "", false, " in a user namespace of its own", ""),
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
			words__separator(out, done++, count);
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

/* Kinds whose words are the names of names.h. */
static const struct named {
	const char *kind;
	enum names_kind names;
	const char *other; /* written before a number without a name; NULL: they are flags */
} named[] = {
	{ "ioctl", NAMES_IOCTL, "" },
	{ "fcntl", NAMES_FCNTL, "" },
	{ "openflags", NAMES_OPEN, NULL },
	{ "mmapflags", NAMES_MMAP, NULL },
	{ "family", NAMES_FAMILY, "family " },
	{ "level", NAMES_LEVEL, "level " },
	{ "prctl", NAMES_PRCTL, "" },
	{ "bpf", NAMES_BPF, "" },
	{ "bpfmap", NAMES_BPF_MAP, "" },
	{ "bpfprog", NAMES_BPF_PROG, "" },
	{ "notify", NAMES_NOTIFY, NULL },
	{ "message", NAMES_MESSAGE, NULL },
	{ "umount", NAMES_UMOUNT, NULL },
	{ "xattr", NAMES_XATTR, NULL },
	{ "securebits", NAMES_SECUREBITS, NULL },
};

static const struct named *find_named(const char *kind)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (!strcmp(named[i].kind, kind))
			return &named[i];
	}
	return NULL;
}

void words__vocabulary(FILE *out, const char *kind, u64 value)
{
	const struct named *n = find_named(kind);

	if (!n)
		show_words(out, find_vocabulary(kind), value);
	else if (n->other)
		names__write(out, n->names, n->other, value);
	else
		names__write_flags(out, n->names, value);
}

bool words__has_vocabulary(const char *kind)
{
	return find_named(kind) || find_vocabulary(kind);
}

/* An object with the level and the number of a socket option, which has its name only at that level. */
static void show_socket_option(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 level = event__number_at(value, "level"), option = event__number_at(value, "optname");
	const char *name = names__socket_option(level, option);

	(void)explain;
	if (name) {
		fputs(name, out);
		return;
	}
	fprintf(out, "%" PRIu64 " of ", option);
	words__vocabulary(out, "level", level);
}

static void show_prot(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	if (event__number(value) & 7)
		words__vocabulary(out, "prot", event__number(value) & 7);
	else
		fputs("inaccessible", out);
}

/* The protocol of IP; that of other families has no words. */
static void show_protocol(FILE *out, struct json_object *value, const struct explain *explain)
{
	static const struct {
		u32 number;
		const char *name;
	} names[] = { { 1, "ICMP" }, { 6, "TCP" }, { 17, "UDP" }, { 58, "ICMPv6" }, { 132, "SCTP" }, { 262, "MPTCP" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (event__number(value) == names[i].number) {
			fputs(names[i].name, out);
			return;
		}
	}
	fputs("protocol ", out);
	words__string(out, value, explain);
}

static const struct {
	const char *kind;
	show_function *show;
} functions[] = {
	{ "str", words__string },      { "access", show_access },
	{ "mode", words__mode },       { "modenum", show_mode_or_number },
	{ "octal", show_octal },       { "int", show_signed },
	{ "size", show_limit },        { "sig", show_signal },
	{ "cap", show_capability },    { "caps", show_capabilities },
	{ "magic", show_magic },       { "protection", show_prot },
	{ "protocol", show_protocol }, { "sockopt", show_socket_option },
};

bool words__plain(FILE *out, const char *kind, struct json_object *value, const struct explain *explain)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!strcmp(functions[i].kind, kind)) {
			functions[i].show(out, value, explain);
			return true;
		}
	}
	if (!value || !words__has_vocabulary(kind))
		return false;
	words__vocabulary(out, kind, event__number(value));
	return true;
}
