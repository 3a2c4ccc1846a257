// SPDX-License-Identifier: GPL-2.0
/*
 * The differences of two events of a type in words: walks both CELLs together. elements[] has for each key its label,
 * the kind in which it is shown, and its weight in the distance that explain_index.c computes. Events are kept as
 * event__to_json() writes them, so equal values are equal strings. Fields that are told but not hashed (event_fields.h)
 * are ignored.
 */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "event_fields.h"
#include "explain_words.h"

/* The first row that fits counts. */
static const struct element elements[] = {
	{ NULL, "addr", "address", "addr", WEIGHT_PATH, true, 0, false },
	{ "file", "digest", "content", "digest", WEIGHT_CONTENT, false, 0, false },
	{ NULL, "dev", "device", "dev", WEIGHT_OTHER, true, 0, false },
	{ NULL, "rdev", "device number", "dev", WEIGHT_OTHER, true, 0, false },
	{ NULL, "peer", "peer", "peer", WEIGHT_PATH, true, 0, false },
	{ NULL, "inherited", "descriptor", "stream", WEIGHT_PATH, false, 0, false },
	{ "file", "flags", "access", "openflags", WEIGHT_OTHER, false, 0, false },
	{ NULL, "s_magic", "filesystem type", "magic", WEIGHT_OTHER, false, 0, false },
	{ NULL, "s_id", "filesystem name", "str", WEIGHT_OTHER, false, 0, false },
	{ NULL, "s_uuid", "filesystem", NULL, WEIGHT_OTHER, false, 0, false },
	{ NULL, "owner", "creator", "task", WEIGHT_OTHER, false, 0, false },
	{ NULL, "task", NULL, "task", WEIGHT_OTHER, false, 0, false },
	{ NULL, "target", NULL, "task", WEIGHT_OTHER, false, 0, false },
	{ NULL, "child", NULL, "task", WEIGHT_OTHER, false, 0, false },
	{ NULL, "source", NULL, "task", WEIGHT_OTHER, false, 0, false },
	{ NULL, "value", NULL, NULL, WEIGHT_OTHER, false, 0, false },
	{ "", "mode", NULL, "ptrace", WEIGHT_OTHER, false, TSEM_EVENT_ptrace_access_check, false },
	{ NULL, "mode", NULL, "modenum", WEIGHT_OTHER, false, 0, false },
	{ NULL, "flag", "asked mode", "octal", WEIGHT_OTHER, false, 0, false },
	{ NULL, "capeff", "capabilities", "caps", WEIGHT_OTHER, false, 0, false },
	{ NULL, "effective", NULL, "caps", WEIGHT_OTHER, false, 0, false },
	{ NULL, "inheritable", NULL, "caps", WEIGHT_OTHER, false, 0, false },
	{ NULL, "permitted", NULL, "caps", WEIGHT_OTHER, false, 0, false },
	{ NULL, "cap", "capability", "cap", WEIGHT_OTHER, false, 0, false },
	{ NULL, "initial", "initial user namespace", "str", WEIGHT_OTHER, false, 0, false },
	{ NULL, "mask", "events", "notify", WEIGHT_OTHER, false, 0, false },
	{ NULL, "sig", "signal", "sig", WEIGHT_OTHER, false, 0, false },
	{ NULL, "prot", "protection", "protection", WEIGHT_OTHER, false, 0, false },
	{ NULL, "family", NULL, "family", WEIGHT_OTHER, false, 0, false },
	{ "sock", "type", NULL, "socktype", WEIGHT_OTHER, false, 0, false },

	{ "", "cmd", "command", "ioctl", WEIGHT_OTHER, false, TSEM_EVENT_file_ioctl, false },
	{ "", "cmd", "command", "fcntl", WEIGHT_OTHER, false, TSEM_EVENT_file_fcntl, false },
	{ "", "cmd", "command", "lock", WEIGHT_OTHER, false, TSEM_EVENT_file_lock, false },
	{ "", "cmd", "command", "bpf", WEIGHT_OTHER, false, TSEM_EVENT_bpf, false },
	{ "", "cmd", "command", "ipc", WEIGHT_OTHER, false, TSEM_EVENT_shm_shmctl, false },
	{ "", "cmd", "command", "ipc", WEIGHT_OTHER, false, TSEM_EVENT_sem_semctl, false },
	{ "", "cmd", "command", "ipc", WEIGHT_OTHER, false, TSEM_EVENT_msg_queue_msgctl, false },
	{ "map", "map_type", "type", "bpfmap", WEIGHT_OTHER, false, 0, false },
	{ "prog", "type", NULL, "bpfprog", WEIGHT_OTHER, false, 0, false },
	{ "", "option", NULL, "prctl", WEIGHT_OTHER, false, 0, false },
	{ "", "level", NULL, "level", WEIGHT_OTHER, false, 0, false },
	{ "", "optname", "option", "sockopt", WEIGHT_OTHER, false, TSEM_EVENT_socket_setsockopt, true },
	{ "", "how", "direction", "how", WEIGHT_OTHER, false, 0, false },
	{ "", "flags", NULL, "mmapflags", WEIGHT_OTHER, false, TSEM_EVENT_mmap_file, false },
	{ "", "flags", NULL, "mount", WEIGHT_OTHER, false, TSEM_EVENT_sb_mount, false },
	{ "", "flags", NULL, "umount", WEIGHT_OTHER, false, TSEM_EVENT_sb_umount, false },
	{ "", "flags", NULL, "xattr", WEIGHT_OTHER, false, TSEM_EVENT_inode_setxattr, false },
	{ "", "flags", NULL, "message", WEIGHT_OTHER, false, TSEM_EVENT_shm_associate, false },
	{ "", "flags", NULL, "message", WEIGHT_OTHER, false, TSEM_EVENT_sem_associate, false },
	{ "", "flags", NULL, "message", WEIGHT_OTHER, false, TSEM_EVENT_msg_queue_associate, false },
	{ "", "flags", NULL, "message", WEIGHT_OTHER, false, TSEM_EVENT_msg_queue_msgsnd, false },
	{ "", "flags", NULL, "message", WEIGHT_OTHER, false, TSEM_EVENT_shm_shmat, false },
	{ NULL, "securebits", NULL, "securebits", WEIGHT_OTHER, false, 0, false },
	{ "", "nice", NULL, "int", WEIGHT_OTHER, false, 0, false },
	{ "new_rlim", "resource", NULL, "limit", WEIGHT_OTHER, false, 0, false },
	{ "new_rlim", "current", NULL, "size", WEIGHT_OTHER, false, 0, false },
	{ "new_rlim", "max", NULL, "size", WEIGHT_OTHER, false, 0, false },
	{ NULL, "s_flags", "mount flags", "mount", WEIGHT_OTHER, false, 0, false },
};

static const struct element any_element = { .kind = "str", .weight = WEIGHT_OTHER };

/* The words that a block adds to the labels inside it. */
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

struct difference {
	const struct explain *explain;
	u32 event;
	bool other_path; /* a path differs */
	struct json_object *list; /* paths and contents, then who */
	struct json_object *rest; /* in the end appended to the list */
	bool local; /* addresses are local ones */
};

static bool same(struct json_object *a, struct json_object *b)
{
	return a && b && json_object_get_string_len(a) == json_object_get_string_len(b) &&
	       !memcmp(json_object_get_string(a), json_object_get_string(b), json_object_get_string_len(a));
}

const struct element *explain__element(u32 event, const struct place *at)
{
	const char *parent = at->up ? at->up->key : "";

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		const struct element *e = &elements[i];

		if (!strcmp(e->key, at->key) && (!e->parent || !strcmp(e->parent, parent)) &&
		    (!e->event || e->event == event))
			return e;
	}
	return &any_element;
}

/* The words of the blocks around a value, outermost first. */
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
		words__show(out, kind, value, explain);
	else if (event__member(value, "path") || event__member(value, "pathname") || event__member(value, "inherited"))
		words__path(out, value, explain);
	else
		fputs("one", out);
}

/* Adds the difference in words: "label (a instead of b)". `kind` NULL: "another label". */
static void list_add(struct json_object *list, const struct difference *d, const struct place *up, const char *label,
		     const char *kind, struct json_object *a, struct json_object *b)
{
	char *words = NULL, *text = NULL;
	const char *one, *two;
	size_t size;
	FILE *out = open_memstream(&words, &size);
	int length;

	if (!out)
		return;
	/* Three strings: the label and both values. The values have no NUL, since their text is safe. */
	if (!kind)
		fputs("another ", out);
	write_blocks(out, up);
	for (; *label; label++)
		putc(*label == '_' ? ' ' : *label, out);
	putc(0, out);
	write_value(out, kind ?: "str", a, d->explain);
	putc(0, out);
	write_value(out, kind ?: "str", b, d->explain);
	if (fclose(out))
		goto out;
	one = words + strlen(words) + 1;
	two = one + strlen(one) + 1;
	if (!kind)
		length = asprintf(&text, "%s", words);
	else if (strcmp(one, two))
		length = asprintf(&text, "%s (%s instead of %s)", words, one, two);
	else
		length = asprintf(&text, "%s (another one, of the same name %s)", words, one);
	if (length < 0)
		goto out;
	json_object_array_add(list, json_object_new_string(text));
	free(text);
out:
	free(words);
}

bool explain__follows_path(const struct place *at)
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

bool explain__told(u32 event, const struct place *at, struct json_object *cell)
{
	const struct field *f = event__fields(event);

	if (at->up)
		return false;
	while (f->kind != FIELD_END && strcmp(f->key, at->key))
		f++;
	return f->kind == FIELD_NSID ? !event__number_at(cell, "nsid_set")
				     : f->kind != FIELD_END && f->part == FIELD_TOLD;
}

/* Does one event have its file by path, and the other by descriptor? */
static bool of_two_kinds(struct json_object *a, struct json_object *b)
{
	return !event__member(a, "inherited") != !event__member(b, "inherited");
}

/* Of an inherited file's flags only the access mode is hashed. */
static bool same_access(struct json_object *a, struct json_object *b)
{
	return event__member(a, "inherited") &&
	       (event__number_at(a, "flags") & 3) == (event__number_at(b, "flags") & 3);
}

static void compare_objects(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b);

static void note(struct difference *d, const struct place *up, int weight, const char *label, const char *kind,
		 struct json_object *a, struct json_object *b)
{
	list_add(weight >= WEIGHT_CONTENT ? d->list : d->rest, d, up, label, kind, a, b);
}

char *explain__hashed_text(struct json_object *path, size_t *size)
{
	struct json_object *form = event__member(path, "pattern") ?: event__member(path, "normal");
	struct json_object *name = form ?: event__member(path, "pathname");
	struct json_object *created = event__member(path, "created");
	const char *p = json_object_get_string(name);
	size_t count = created ? json_object_array_length(created) : 0, k = 0;
	/* A mark takes one byte, also in place of an empty component. */
	char *text = malloc(1 + strlen(p) + count), *q = text;

	if (!text)
		return NULL;
	/* A path with the same text as a pattern is not equal to the pattern. */
	*q++ = event__member(path, "pattern") ? 'p' : 'n';
	if (*p == '/')
		*q++ = *p++;
	for (u64 i = 0;; i++) {
		size_t n = strcspn(p, "/");
		bool mark = k < count && event__number_at(json_object_array_get_idx(created, k), "component") == i;

		q = mempcpy(q, mark ? "" : p, mark ? 1 : n);
		k += mark;
		p += n;
		if (!*p)
			break;
		*q++ = *p++;
	}
	*size = q - text;
	return text;
}

/* Compares the marks of two paths that are otherwise the same. */
static void compare_marks(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b)
{
	struct json_object *one = event__member(a, "created"), *two = event__member(b, "created");

	for (size_t k = 0; one && two && k < json_object_array_length(one); k++) {
		struct json_object *x = json_object_array_get_idx(one, k), *y = json_object_array_get_idx(two, k);

		if (!same(event__member(x, "owner"), event__member(y, "owner")))
			note(d, at, WEIGHT_OTHER, "creator", "task", event__member(x, "owner"),
			     event__member(y, "owner"));
		if (!same(event__member(x, "instance"), event__member(y, "instance")))
			note(d, at, WEIGHT_OTHER, "number among the files of its creator", "str",
			     event__member(x, "instance"), event__member(y, "instance"));
	}
}

static void compare_paths(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b)
{
	size_t one_size = 0, two_size = 0;
	char *one = explain__hashed_text(a, &one_size), *two = explain__hashed_text(b, &two_size);

	if (one && two && one_size == two_size && !memcmp(one, two, one_size)) {
		compare_marks(d, at, a, b);
	} else {
		d->other_path = true;
		note(d, at, WEIGHT_PATH, "path", "path", a, b);
	}
	free(one);
	free(two);
}

/* Did compare_paths() handle it? */
static bool of_path(struct json_object *o, const char *key)
{
	return event__member(o, "pathname") && (!strcmp(key, "pathname") || !strcmp(key, "created") ||
						!strcmp(key, "pattern") || !strcmp(key, "normal"));
}

static void compare_value(struct difference *d, const struct place *at, struct json_object *in_a,
			  struct json_object *in_b)
{
	struct json_object *a = event__member(in_a, at->key), *b = event__member(in_b, at->key);
	const struct element *e = explain__element(d->event, at);
	const char *label = e->label ?: at->key, *kind = e->whole && d->local ? "laddr" : e->kind;

	if (explain__told(d->event, at, in_a) && explain__told(d->event, at, in_b))
		return;
	if (a && b && of_two_kinds(a, b)) {
		note(d, at->up, WEIGHT_PATH, "file", "path", a, b);
		return;
	}
	if (a && b && !e->whole && json_object_is_type(a, json_type_object)) {
		compare_objects(d, at, a, b);
		return;
	}
	if (a && b && (e->whole ? json_object_equal(a, b) : same(a, b)))
		return;
	if (!strcmp(at->key, "flags") && same_access(in_a, in_b))
		return;
	if (d->other_path && explain__follows_path(at))
		return;
	note(d, at->up, e->weight, label, kind, e->around ? in_a : a, e->around ? in_b : b);
}

static void compare_objects(struct difference *d, const struct place *at, struct json_object *a, struct json_object *b)
{
	if (event__member(a, "pathname") && event__member(b, "pathname"))
		compare_paths(d, at, a, b);
	json_object_object_foreach(a, key, value) {
		struct place here = { at, key };

		(void)value;
		if (!of_path(a, key))
			compare_value(d, &here, a, b);
	}
	json_object_object_foreach(b, other, ignored) {
		struct place here = { at, other };

		(void)ignored;
		if (!event__member(a, other) && !of_path(b, other))
			compare_value(d, &here, a, b);
	}
}

/* Four ids of one kind. If several changed in the same way, only the first is listed. */
static void compare_ids(struct difference *d, const char *const keys[4], const char *const labels[4],
			struct json_object *a, struct json_object *b)
{
	for (int i = 0; i < 4; i++) {
		struct json_object *one = event__member(a, keys[i]), *two = event__member(b, keys[i]);
		bool said = same(one, two);

		for (int k = 0; k < i; k++)
			said = said || (same(one, event__member(a, keys[k])) && same(two, event__member(b, keys[k])));
		if (!said)
			list_add(d->list, d, NULL, labels[i], "str", one, two);
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
	if (same(event__member(a, "capeff"), event__member(b, "capeff")))
		return;
	list_add(d->list, d, NULL, "capabilities", "caps", event__member(a, "capeff"), event__member(b, "capeff"));
}

static void compare_task(struct difference *d, const char *key, const char *label, struct json_object *a,
			 struct json_object *b)
{
	struct json_object *one = event__lookup(a, key), *two = event__lookup(b, key);

	if (!same(one, two))
		list_add(d->list, d, NULL, label, "task", one, two);
}

static void compare_who(struct difference *d, struct json_object *a, struct json_object *b)
{
	compare_task(d, "event.task_id", "program", a, b);
	compare_task(d, "event.p_task_id", "parent", a, b);
	compare_credentials(d, event__member(a, "COE"), event__member(b, "COE"));
}

struct json_object *explain__differences(const struct explain *explain, const char *type, struct json_object *a,
					 struct json_object *b)
{
	struct difference d = { .explain = explain,
				.event = event__parse(type),
				.list = json_object_new_array(),
				.rest = json_object_new_array() };

	d.local = d.event == TSEM_EVENT_socket_accept;
	if (!d.list || !d.rest) {
		json_object_put(d.list);
		json_object_put(d.rest);
		return NULL;
	}
	compare_objects(&d, NULL, event__member(a, type), event__member(b, type));
	compare_who(&d, a, b);
	for (size_t i = 0; i < json_object_array_length(d.rest); i++)
		json_object_array_add(d.list, json_object_get(json_object_array_get_idx(d.rest, i)));
	json_object_put(d.rest);
	return d.list;
}
