// SPDX-License-Identifier: GPL-2.0
/* Words for values that are objects, and for TASK_IDs: files, sockets, addresses, programs. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "explain_words.h"

/* A TASK_ID in the text of a normalised path: shown as the last component of its program. */
static void put_normal(FILE *out, const char *text, const struct explain *explain)
{
	for (const char *p = text; *p;) {
		size_t size = strcspn(p, "/");
		struct json_object *program;
		char id[2 * TSEM_DIGEST_MAX + 1];
		const char *name;

		if (size >= 2 * TSEM_DIGEST_MIN && size < sizeof(id) && strspn(p, "0123456789abcdef") >= size) {
			snprintf(id, sizeof(id), "%.*s", (int)size, p);
			program = event__member(explain->programs, id) ?: event__member(explain->comms, id);
			name = program ? json_object_get_string(program) : "another-program";
			fputs(strrchr(name, '/') ? strrchr(name, '/') + 1 : name, out);
		} else {
			fwrite(p, 1, size, out);
		}
		p += size;
		if (*p)
			putc(*p++, out);
	}
}

static void show_normal(FILE *out, struct json_object *value, const struct explain *explain)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	put_normal(stream, json_object_get_string(value), explain);
	if (!fclose(stream))
		words__safe(out, text, size);
	free(text);
}

static void show_task(FILE *out, struct json_object *value, const struct explain *explain);

/* Writes who created the file, or else the last created directory of its path. */
static void put_created(FILE *out, struct json_object *path, const struct explain *explain)
{
	struct json_object *list = event__member(path, "created"), *last, *owner;
	const char *name = json_object_get_string(event__member(path, "pathname"));
	size_t count = json_object_array_length(list);
	u64 components = 0;

	last = json_object_array_get_idx(list, count - 1);
	owner = event__member(last, "owner");
	for (const char *p = name + (*name == '/'); (p = strchr(p, '/')); p++)
		components++;
	fputs(event__number_at(last, "component") == components ? " (created" : " (in a directory created", out);
	if (strspn(json_object_get_string(owner), "0") < (size_t)json_object_get_string_len(owner)) {
		fputs(" by ", out);
		show_task(out, owner, explain);
	}
	putc(')', out);
}

/* A PATH, or the PATH in a DENTRY or a FILE: its name and what it counts as, or which descriptor it is. */
void words__path(FILE *out, struct json_object *value, const struct explain *explain)
{
	struct json_object *path = event__member(value, "path") ?: value;
	struct json_object *form;

	if ((form = event__member(value, "inherited"))) {
		words__vocabulary(out, "stream", event__number(form));
		return;
	}
	words__string(out, event__member(path, "pathname"), explain);
	if (event__member(path, "created"))
		put_created(out, path, explain);
	form = event__member(path, "pattern") ?: event__member(path, "normal");
	if (!form)
		return;
	fputs(" (counts as ", out);
	show_normal(out, form, explain);
	putc(')', out);
}

static void show_mapped(FILE *out, struct json_object *value, const struct explain *explain)
{
	if (value)
		words__path(out, value, explain);
	else
		fputs("anonymous memory", out);
}

static void show_device(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "%" PRIu64 ":%" PRIu64, event__number_at(value, "major"), event__number_at(value, "minor"));
}

static void show_uid(FILE *out, struct json_object *value, const struct explain *explain)
{
	(void)explain;
	fprintf(out, "uid %" PRIu64, event__number_at(value, "uid"));
}

/* Enough of a digest to tell two apart by eye. */
static void show_digest(FILE *out, struct json_object *value, const struct explain *explain)
{
	const char *hex = value ? json_object_get_string(value) : "";

	(void)explain;
	if (*hex)
		fprintf(out, "%.16s...", hex);
	else
		fputs("none", out);
}

/* Is the hex text `size` bytes that are all `byte`? */
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
	struct json_object *name = event__member(explain->programs, id) ?: event__member(explain->comms, id);

	if (all_bytes(id, "00"))
		fputs("none in the namespace", out);
	else if (all_bytes(id, "ff"))
		fputs("a program that could not be hashed", out);
	else if (name)
		words__string(out, name, explain);
	else
		fputs("an unknown program", out);
}
/* Writes an object with family, type and protocol. */
static void show_socket(FILE *out, struct json_object *value, const struct explain *explain)
{
	u64 family = event__number_at(value, "family");

	fputs("a socket (", out);
	words__vocabulary(out, "family", family);
	putc(' ', out);
	words__vocabulary(out, "socktype", event__number_at(value, "type"));
	if (event__number_at(value, "protocol")) {
		fputs(", ", out);
		if (family == AF_INET || family == AF_INET6)
			words__plain(out, "protocol", event__member(value, "protocol"), explain);
		else
			fprintf(out, "protocol %" PRIu64, event__number_at(value, "protocol"));
	}
	putc(')', out);
}

/* The name of a unix socket: a path, or a NUL and any bytes. */
static void put_unix_name(FILE *out, struct json_object *name, const struct explain *explain)
{
	const char *s = json_object_get_string(name);

	if (!*s) {
		fputs("no name", out);
	} else if (!strncmp(s, "\\x00", 4)) {
		fputs("the abstract name ", out);
		words__safe(out, s + 4, json_object_get_string_len(name) - 4);
	} else {
		words__string(out, name, explain);
	}
}

/* The name that the other end of a unix socket is bound to. */
static void show_peer(FILE *out, struct json_object *value, const struct explain *explain)
{
	struct json_object *abstract = event__member(value, "abstract");

	if (abstract)
		put_unix_name(out, abstract, explain);
	else if (value)
		words__path(out, value, explain);
	else
		fputs("no name", out);
}

/* `local`: LADDR, whose port is in host order. */
static void put_address(FILE *out, struct json_object *value, bool local, const struct explain *explain)
{
	struct json_object *a;
	char text[INET6_ADDRSTRLEN];
	u64 port;

	if ((a = event__member(value, "af_inet"))) {
		struct in_addr in = { .s_addr = event__number_at(a, "address") };

		port = event__number_at(a, "port");
		fprintf(out, "%s:%u", inet_ntop(AF_INET, &in, text, sizeof(text)), local ? (u32)port : ntohs(port));
	} else if ((a = event__member(value, "af_inet6"))) {
		struct json_object *hex = event__member(a, "address");
		u8 in6[16] = {};

		port = event__number_at(a, "port");
		digest__from_hex(json_object_get_string(hex), json_object_get_string_len(hex), in6, sizeof(in6));
		fprintf(out, "[%s]:%u", inet_ntop(AF_INET6, in6, text, sizeof(text)), local ? (u32)port : ntohs(port));
		if (event__number_at(a, "scope"))
			fprintf(out, " on interface %" PRIu64, event__number_at(a, "scope"));
		if (event__number_at(a, "flow"))
			fprintf(out, " with flow %" PRIu64, event__number_at(a, "flow"));
	} else if ((a = event__member(value, "af_unix"))) {
		put_unix_name(out, event__member(a, "address"), explain);
	} else if ((a = event__member(value, "af_netlink"))) {
		fprintf(out, "netlink port %" PRIu64 ", groups %" PRIu64, event__number_at(a, "portid"),
			event__number_at(a, "groups"));
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
	u64 valid = event__number_at(value, "valid");

	for (size_t i = 0; i < 5; i++)
		count += !!(valid & attributes[i].bits);
	if (!count)
		fputs("attributes", out);
	for (size_t i = 0; i < 5; i++) {
		if (!(valid & attributes[i].bits))
			continue;
		words__separator(out, done++, count);
		fputs(attributes[i].words, out);
		if (attributes[i].key && valid & 1 && !i)
			words__mode(out, event__member(value, "mode"), explain);
		else if (attributes[i].key)
			words__string(out, event__member(value, attributes[i].key), explain);
	}
}

static const struct {
	const char *kind;
	show_function *show;
} functions[] = {
	{ "path", words__path },         { "mapped", show_mapped },   { "dev", show_device },    { "uid", show_uid },
	{ "task", show_task },           { "sock", show_socket },     { "addr", show_address },  { "peer", show_peer },
	{ "laddr", show_local_address }, { "attr", show_attributes }, { "digest", show_digest },
};

void words__show(FILE *out, const char *kind, struct json_object *value, const struct explain *explain)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!strcmp(functions[i].kind, kind)) {
			functions[i].show(out, value, explain);
			return;
		}
	}
	if (!words__plain(out, kind, value, explain))
		fputs("?", out);
}
