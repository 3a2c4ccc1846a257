// SPDX-License-Identifier: GPL-2.0
/*
 * The rules look at one event each, and at the settings. A finding has a subject, such as a path; events with the same
 * subject are one finding.
 */
#include "model_lint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "event_codec.h"
#include "explain.h"
#include "model_files.h"
#include "model_words.h"

/* With this many files of one creator in a directory, their number depends on the load. */
#define INSTANCES_MANY 10
/* Ports that the kernel chooses from (ip_local_port_range). */
#define PORT_FIRST 32768
#define PORT_LAST 60999

struct lint {
	struct model_events events;
	struct json_object *findings; /* by kind and text */
	bool used[TSEM_PATTERNS_MAX]; /* patterns that some event matched */
	size_t undescribed, mismatched;
};

/* Adds a finding, or one coefficient to it; `count` is 0 for a setting. */
static int find(struct lint *l, const char *kind, const char *cure, size_t count, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static int find(struct lint *l, const char *kind, const char *cure, size_t count, const char *format, ...)
{
	char *text = NULL, *safe = NULL;
	struct json_object *finding;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0)
		safe = explain__plain(text, strlen(text));
	va_end(args);
	free(text);
	if (!safe)
		return -ENOMEM;
	if (json_object_object_get_ex(l->findings, safe, &finding)) {
		json_object_int_inc(json_object_object_get(finding, "coefficients"), count);
	} else {
		finding = json_object_new_object();
		json_object_object_add(finding, "kind", json_object_new_string(kind));
		json_object_object_add(finding, "text", json_object_new_string(safe));
		json_object_object_add(finding, "cure", json_object_new_string(cure));
		json_object_object_add(finding, "coefficients", json_object_new_int64(count));
		json_object_object_add(l->findings, safe, finding);
	}
	free(safe);
	return 0;
}

/* ---- names ---- */

static int digits_at(const char *s, size_t left, size_t count)
{
	int value = 0;

	if (left < count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!isdigit((u8)s[i]))
			return -1;
		value = 10 * value + s[i] - '0';
	}
	return value;
}

const char *model_lint__date(const char *name, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i++) {
		int year = digits_at(name + i, size - i, 4);
		size_t gap = year >= 0 && i + 10 <= size && strchr("-_.", name[i + 4]) && name[i + 4] == name[i + 7];
		int month = digits_at(name + i + 4 + gap, size - i - 4 - gap, 2);
		int day = digits_at(name + i + 6 + 2 * gap, size - i - 6 - 2 * gap, 2);
		size_t end = i + 8 + 2 * gap;

		if ((i && isdigit((u8)name[i - 1])) || (end < size && isdigit((u8)name[end])))
			continue;
		if (year >= 1990 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31)
			return "a date";
	}
	return NULL;
}

const char *model_lint__random(const char *name, size_t size)
{
	size_t at = size, digits = 0, upper = 0, lower = 0;

	for (; at && isalnum((u8)name[at - 1]); at--) {
		digits += !!isdigit((u8)name[at - 1]);
		upper += !!isupper((u8)name[at - 1]);
		lower += !!islower((u8)name[at - 1]);
	}
	/* After a separator, or the whole name. */
	if (at && !strchr(".-_", name[at - 1]))
		return NULL;
	if (digits == size - at && digits >= 3)
		return "a number, perhaps of a process";
	if (size - at >= 6 && upper && lower && (upper > 1 || digits))
		return "letters as of mkstemp";
	return NULL;
}

/* Does the path begin with one of these places? NULL ends the list. */
static bool is_below(const char *path, const char *const *places)
{
	for (; *places; places++) {
		if (!strncmp(path, *places, strlen(*places)))
			return true;
	}
	return false;
}

static const char *const temporary_places[] = { "/tmp/", "/var/tmp/", "/run/", "/var/run/", "/dev/shm/", NULL };
/* What is here comes from packages: a date in a name is part of a version. */
static const char *const steady_places[] = { "/usr/", "/bin/", "/sbin/", "/lib", "/opt/", "/boot/", NULL };

/* Created components count by their creator, not by their name. */
static bool is_created(struct json_object *path, u64 component)
{
	struct json_object *list = event__member(path, "created");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		if (event__number(event__member(json_object_array_get_idx(list, i), "component")) == component)
			return true;
	}
	return false;
}

/* `chosen`: the task chose the last name, as in a rename. */
static int lint_names(struct lint *l, struct json_object *path, bool chosen)
{
	const char *name = json_object_get_string(event__member(path, "pathname")), *p = name + (*name == '/');
	bool temporary = is_below(name, temporary_places), steady = is_below(name, steady_places);
	int err = 0;

	for (u64 i = 0; *p && !err; i++) {
		size_t size = strcspn(p, "/");
		bool last = !p[size];
		const char *what = steady || is_created(path, i) ? NULL : model_lint__date(p, size);

		if (!what && !is_created(path, i) && (temporary || (chosen && last)))
			what = model_lint__random(p, size);
		if (what)
			err = find(l, "wanders", "declare a --pattern for such names", 1, "%s: '%.*s' has %s", name,
				   (int)size, p, what);
		p += size + !last;
	}
	return err;
}

static int lint_created(struct lint *l, struct json_object *path)
{
	struct json_object *list = event__member(path, "created"), *last;
	const char *name = json_object_get_string(event__member(path, "pathname")), *slash = strrchr(name, '/');
	const struct model *model = l->events.model;
	int size = slash && slash > name ? slash - name : 1;
	u64 instance;

	if (!list)
		return 0;
	last = json_object_array_get_idx(list, json_object_array_length(list) - 1);
	instance = event__number(event__member(last, "instance"));
	if (!model->instances && instance >= INSTANCES_MANY)
		return find(l, "wanders", "give --instances N: then all later files are the same file to the model", 1,
			    "%.*s: a program made %d files or more here, and the model has no limit that they share",
			    size, name, INSTANCES_MANY);
	if (model->instances && instance >= model->instances)
		return find(l, "too-broad", "raise --instances above the number of files of a run, if that is known", 1,
			    "%.*s: a program may make any number of files here (instance %" PRIu64 " has no limit)",
			    size, name, instance);
	return 0;
}

/*
 * Directories in which the name says what a file is for: keys, jobs and settings that others take from there, and pages
 * that a web server gives or runs. There are more; this is a reminder.
 */
static const char *const telling_names[] = { ".ssh",   "*.d",         "cron*",   "www",      "html",
					     "htdocs", "public_html", "cgi-bin", "autostart" };

static bool is_telling(const char *component, size_t size)
{
	char name[64];

	if (size >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)size, component);
	for (size_t i = 0; i < sizeof(telling_names) / sizeof(telling_names[0]); i++) {
		if (!fnmatch(telling_names[i], name, 0))
			return true;
	}
	return false;
}

/* A created file may have any name. */
static int lint_free_name(struct lint *l, struct json_object *path)
{
	const char *name = json_object_get_string(event__member(path, "pathname")), *p = name + (*name == '/');
	const char *directory = NULL;
	u8 bytes[TSEM_PATH_MAX];
	long size = codec__bytes_of(event__member(path, "pathname"), bytes, sizeof(bytes));

	if (size > 0 && patterns__strict_from(&l->events.model->patterns, bytes, size))
		return 0;
	for (u64 i = 0; *p; i++) {
		size_t length = strcspn(p, "/");

		if (directory && is_created(path, i))
			return find(l, "too-broad",
				    "give --strict-names with this directory: then the names of created files count", 1,
				    "%.*s: a created file may have any name here", (int)(directory - name), name);
		if (is_telling(p, length))
			directory = p + length;
		p += length + !!p[length];
	}
	return 0;
}

static int lint_path(struct lint *l, struct json_object *path, bool chosen)
{
	struct json_object *pattern = event__member(path, "pattern");
	long index = pattern ? model_events__pattern(l->events.model, pattern) : -1;

	if (index >= 0)
		l->used[index] = true;
	if (pattern || event__member(path, "normal"))
		return 0;
	return lint_names(l, path, chosen) ?: lint_created(l, path) ?: lint_free_name(l, path);
}

/* ---- the parts of an event ---- */

/* A device number that differs from machine to machine: of a disk, or one that the kernel gave dynamically. */
static int lint_device(struct lint *l, struct json_object *inode, struct json_object *path)
{
	struct json_object *rdev = event__member(inode, "rdev");
	u64 major = event__number(event__member(rdev, "major")), minor = event__number(event__member(rdev, "minor"));
	bool disk = (event__number(event__member(inode, "mode")) & S_IFMT) == S_IFBLK;

	if (!rdev || (!disk && (major < 234 || major > 254) && major < 384))
		return 0;
	return find(l, "machine-bound", "learn on the machine that it is for", 1,
		    "%s: is the device %" PRIu64 ":%" PRIu64 ", a number that other machines give to others",
		    json_object_get_string(event__member(path, "pathname")), major, minor);
}

/* `o` is from event__to_json(): it is only as deep as an event is. */
static int lint_objects(struct lint *l, struct json_object *o, const char *key)
{
	struct json_object *inode = event__member(o, "inode"), *path = event__member(o, "path");
	int err = 0;

	if (inode && path)
		err = lint_device(l, inode, path);
	json_object_object_foreach(o, name, value) {
		if (err || !json_object_is_type(value, json_type_object))
			continue;
		if (event__member(value, "pathname"))
			err = lint_path(l, value, !strcmp(key, "new_dentry") || !strcmp(key, "dentry"));
		else
			err = lint_objects(l, value, name);
	}
	return err;
}

static int lint_port(struct lint *l, struct json_object *cell)
{
	struct json_object *addr = event__member(cell, "addr"), *in = event__member(addr, "af_inet");
	u32 event = l->events.record.event, port;

	in = in ?: event__member(addr, "af_inet6");
	port = event__number(event__member(in, "port"));
	if (event != TSEM_EVENT_socket_accept)
		port = ntohs(port);
	if (!in || event == TSEM_EVENT_socket_connect || port < PORT_FIRST || port > PORT_LAST)
		return 0;
	return find(l, "wanders", "let the kernel choose it (port 0), or take a fixed one below 32768", 1,
		    "port %u: is in the range that the kernel chooses from", port);
}

static int lint_address(struct lint *l, struct json_object *cell)
{
	struct json_object *in = event__member(event__member(cell, "addr"), "af_inet");
	struct in_addr address = { .s_addr = event__number(event__member(in, "address")) };
	char text[INET_ADDRSTRLEN];

	if (!in || l->events.record.event != TSEM_EVENT_socket_bind || !address.s_addr ||
	    (ntohl(address.s_addr) >> 24) == 127 || !inet_ntop(AF_INET, &address, text, sizeof(text)))
		return 0;
	return find(l, "machine-bound", "bind to 0.0.0.0, or learn on each machine", 1,
		    "address %s: a socket is bound to it, and other machines do not have it", text);
}

static int lint_event(struct lint *l, struct json_object *json)
{
	struct json_object *cell = event__member(json, event__name(l->events.record.event));

	return lint_objects(l, cell, "") ?: lint_port(l, cell) ?: lint_address(l, cell);
}

static int lint_events(struct lint *l)
{
	struct json_object *json;
	int err = 0;

	for (size_t i = 0; i < l->events.model->states.count && !err; i++) {
		err = model_events__get(&l->events, i, &json);
		l->undescribed += err == -ENOENT;
		l->mismatched += err == -EBADMSG;
		if (err == -ENOENT || err == -EBADMSG) {
			err = 0;
			continue;
		}
		err = err ?: lint_event(l, json);
		json_object_put(json);
	}
	return err;
}

/* ---- files and settings ---- */

static int lint_files(struct lint *l)
{
	struct model_files files;
	int err = model_files__list(&files, &l->events);

	if (err)
		return err;
	for (size_t i = 0; i < files.count && !err; i++) {
		const struct model_file *f = &files.file[i];

		if (f->count > 1)
			err = find(l, "wanders", "declare it as --pseudonym: then its content does not count", f->count,
				   "%s: has %s%zu contents in the model, and the next run may bring another", f->path,
				   f->count > 16 ? "more than " : "", f->count > 16 ? 16 : f->count);
		else if (f->written)
			err = find(l, "wanders", "declare it as --pseudonym: then its content does not count", 1,
				   "%s: is opened for writing, and its content before that counts", f->path);
	}
	model_files__free(&files);
	return err;
}

/* Directories in the fixed part of a pattern. */
static size_t directories(const struct tsem_pattern *p)
{
	size_t count = 0;

	for (u32 i = 1; i < p->prefix_size; i++)
		count += p->text[i] == '/';
	return count;
}

static int lint_patterns(struct lint *l)
{
	const struct patterns *list = &l->events.model->patterns;
	char text[PATTERN_TEXT_SIZE];
	int err = 0;

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct tsem_pattern *p = &list->pattern[i];
		size_t depth = directories(p);

		if (pattern__is_strict(p))
			continue;
		pattern__text(p, text);
		if (!depth)
			err = find(l, "too-broad", "begin it with the directories that the workload uses", 0,
				   "pattern %s: stands for all names in /%s", text,
				   p->flags & TSEM_PATTERN_DEEP ? ", at any depth" : "");
		else if (depth == 1 && p->flags & TSEM_PATTERN_DEEP)
			err = find(l, "too-broad", "begin it with more of the path", 0,
				   "pattern %s: stands for everything below a top directory", text);
		if (!err && !l->used[i] && !l->undescribed)
			err = find(l, "too-broad", "leave it out", 0, "pattern %s: no event of the model needs it",
				   text);
	}
	return err;
}

static int lint_settings(struct lint *l)
{
	const struct model *model = l->events.model;
	int err = 0;

	if (l->events.encoding == TSEM_ENCODING_HOST && model->states.count)
		err = find(l, "machine-bound", "learn with --encoding portable", model->states.count,
			   "encoding host: device numbers and filesystem ids of this machine's disks are hashed");
	if (!err && l->undescribed)
		err = find(l, "opaque", "learn again without --bare, or with a larger --journal", l->undescribed,
			   "coefficients without a description: nobody can read or rebase them");
	if (!err && l->mismatched)
		err = find(l, "opaque", "do not use this file: somebody changed it", l->mismatched,
			   "descriptions that do not belong to their coefficient");
	return err ?: lint_patterns(l);
}

int model_lint__make(const struct model *model, struct json_object **out)
{
	struct lint *l = calloc(1, sizeof(*l));
	int err = l ? model_events__init(&l->events, model) : -ENOMEM;

	if (!err) {
		l->findings = json_object_new_object();
		err = l->findings ? lint_events(l) : -ENOMEM;
		err = err ?: lint_files(l) ?: lint_settings(l);
	}
	*out = err ? NULL : json_object_new_array();
	if (!err) {
		json_object_object_foreach(l->findings, text, finding) {
			(void)text;
			json_object_array_add(*out, json_object_get(finding));
		}
	}
	if (l)
		json_object_put(l->findings);
	free(l);
	return err;
}
