// SPDX-License-Identifier: GPL-2.0
/* Takes events apart and hashes them with masks. */
#include "suggest_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "event.h"
#include "event_fields.h"

/* Objects in an event: deeper ones are no event. */
#define DEPTH_MAX 6

/* Components of a name that are looked at. */
#define COMPONENTS_MAX 40

int parts__seed(u64 *seed)
{
	return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed) ? 0 : -EIO;
}

/* The finalizer of splitmix64. */
static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* Each word goes through a permutation with the key before it meets the next. */
u64 parts__hash(u64 seed, const char *text, size_t size)
{
	u64 h = mix(seed ^ size), word;

	for (; size >= 8; size -= 8, text += 8) {
		memcpy(&word, text, 8);
		h = mix((h ^ word) + seed);
	}
	word = 0;
	memcpy(&word, text, size);
	return mix((h ^ word) + seed + size);
}

static u64 hash_part(u64 seed, const char *key, const char *text, size_t size)
{
	return parts__hash(seed ^ parts__hash(seed, key, strlen(key)), text, size);
}

const char *parts__component(const char *name, size_t size, size_t index, size_t *length)
{
	const char *end = name + size, *slash;

	if (size && *name == '/')
		name++;
	for (; name < end; name = slash + 1) {
		slash = memchr(name, '/', end - name) ?: end;
		if (!index--) {
			*length = slash - name;
			return name;
		}
	}
	return NULL;
}

static bool is_hex(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!strchr("0123456789abcdef", text[i]) || !text[i])
			return false;
	}
	return size > 0;
}

size_t parts__objects(const char *name, size_t size, bool *hash)
{
	const char *last = memrchr(name, '/', size), *before;
	size_t length = last ? size - (last + 1 - name) : 0;

	*hash = false;
	if (!last || last == name)
		return 0;
	/* DIR/xx */
	if (length == 2 && is_hex(last + 1, 2))
		return last - name;
	before = memrchr(name, '/', last - name);
	if (!before || before == name || last - before != 3 || !is_hex(before + 1, 2))
		return 0;
	/* DIR/xx/NAME: the other digits of SHA-1 or SHA-256. */
	*hash = (length == 38 || length == 62) && is_hex(last + 1, length);
	return before - name;
}

/* ---- parts ---- */

struct split {
	u64 seed;
	bool portable;
	struct parts *parts;
	bool overflow;
};

static const char *string(struct json_object *object, const char *key, size_t *size)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	*size = json_object_get_string_len(value);
	return json_object_get_string(value);
}

/*
 * The hash of a PATH as it counts: its pattern, its normal form, its marks, or its name. The marks may count without
 * their instance numbers or owners.
 */
static u64 hash_name(u64 seed, const struct part *part, bool instances, bool owners)
{
	struct json_object *created = NULL;
	size_t size, marks = 0;
	const char *text;
	u64 h;

	text = string(part->path, "pattern", &size);
	if (text)
		return hash_part(seed + 1, part->key, text, size);
	text = string(part->path, "normal", &size);
	if (text)
		return hash_part(seed + 2, part->key, text, size);
	json_object_object_get_ex(part->path, "created", &created);
	if (json_object_is_type(created, json_type_array))
		marks = json_object_array_length(created);
	if (!marks)
		return hash_part(seed + 3, part->key, part->text, part->size);
	/* The name without its created components, then the marks. */
	h = hash_part(seed + 4, part->key, "", 0);
	for (size_t i = 0, mark = 0;; i++) {
		struct json_object *at = mark < marks ? json_object_array_get_idx(created, mark) : NULL;
		const char *index = at ? string(at, "component", &size) : NULL;
		const char *component = parts__component(part->text, part->size, i, &size);
		char number[24];

		if (!component)
			return h;
		snprintf(number, sizeof(number), "%zu", i);
		if (!index || strcmp(index, number)) {
			h = mix(h + parts__hash(seed, component, size));
			continue;
		}
		text = instances ? string(at, "instance", &size) : NULL;
		h = mix(h + (text ? parts__hash(seed + 5, text, size) : seed));
		text = owners ? string(at, "owner", &size) : NULL;
		h = mix(h + (text ? parts__hash(seed + 6, text, size) : seed));
		mark++;
	}
}

static struct part *add(struct split *s, const char *key, enum part_kind kind, const char *text, size_t size)
{
	struct part *part;

	if (s->parts->count == PARTS_MAX || strlen(key) >= PART_KEY_SIZE) {
		s->overflow = true;
		return NULL;
	}
	part = &s->parts->part[s->parts->count++];
	*part = (struct part){ .kind = kind, .text = text, .size = size };
	strcpy(part->key, key);
	part->hash = hash_part(s->seed, key, text, size);
	return part;
}

/* Is the value told, and no part of the coefficient? */
static bool told(const struct split *s, const char *key)
{
	static const char *const always[] = { "nsid_set", "arg3" }, *const portable[] = { "major", "minor", "s_id",
											  "s_uuid" };
	const char *leaf = strrchr(key, '.') + 1;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (!strcmp(leaf, always[i]))
			return true;
	}
	if (!s->portable || strstr(key, ".rdev.") || !strncmp(key, "inode_mknod.dev.", 16))
		return false;
	for (size_t i = 0; i < sizeof(portable) / sizeof(portable[0]); i++) {
		if (!strcmp(leaf, portable[i]))
			return true;
	}
	return false;
}

static enum part_kind kind_of(const char *key)
{
	static const char *const tasks[] = { "owner", "task_id", "p_task_id", "task", "target", "child", "source" };
	const char *leaf = strrchr(key, '.') + 1;
	size_t size = strlen(key);

	if (size > 12 && !strcmp(key + size - 12, ".file.digest"))
		return PART_CONTENT;
	if (!strcmp(leaf, "port"))
		return PART_PORT;
	if (size > 16 && !strcmp(key + size - 16, ".af_unix.address"))
		return PART_SOCKET;
	if (!strcmp(leaf, "abstract"))
		return PART_SOCKET;
	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		if (!strcmp(leaf, tasks[i]))
			return PART_TASK;
	}
	return PART_PLAIN;
}

static void split_object(struct split *s, const char *key, struct json_object *object, int depth);

static void split_path(struct split *s, const char *key, struct json_object *path)
{
	struct json_object *device = NULL;
	char below[PART_KEY_SIZE + 16];
	struct part *part;
	const char *text;
	size_t size;

	text = string(path, "pathname", &size);
	part = add(s, key, PART_NAME, text, size);
	if (!part)
		return;
	part->path = path;
	part->hash = hash_name(s->seed, part, true, true);
	snprintf(below, sizeof(below), "%s.dev", key);
	if (json_object_object_get_ex(path, "dev", &device))
		split_object(s, below, device, DEPTH_MAX);
}

/* Only the access mode of an inherited file counts. */
static void split_inherited(struct split *s, const char *key, struct json_object *file)
{
	static const char *const modes[] = { "0", "1", "2", "3" };
	char below[PART_KEY_SIZE + 16];
	const char *text;
	size_t size;

	snprintf(below, sizeof(below), "%s.inherited", key);
	text = string(file, "inherited", &size);
	add(s, below, PART_PLAIN, text, size);
	text = string(file, "flags", &size);
	if (!text)
		return;
	snprintf(below, sizeof(below), "%s.flags", key);
	text = modes[json_object_get_int64(json_object_object_get(file, "flags")) & 3];
	add(s, below, PART_PLAIN, text, 1);
}

static void split_object(struct split *s, const char *key, struct json_object *object, int depth)
{
	char below[2 * PART_KEY_SIZE];
	size_t size;

	if (!json_object_is_type(object, json_type_object) || depth > DEPTH_MAX)
		return;
	if (string(object, "pathname", &size)) {
		split_path(s, key, object);
		return;
	}
	if (string(object, "inherited", &size)) {
		split_inherited(s, key, object);
		return;
	}
	json_object_object_foreach(object, name, value) {
		if (snprintf(below, sizeof(below), "%s.%s", key, name) >= PART_KEY_SIZE)
			s->overflow = true;
		else if (json_object_is_type(value, json_type_object))
			split_object(s, below, value, depth + 1);
		else if (json_object_is_type(value, json_type_string) && !told(s, below))
			add(s, below, kind_of(below), json_object_get_string(value), json_object_get_string_len(value));
	}
}

/* Events that execute what their file holds: no declaration may hide its content. */
static bool executes(struct json_object *event, const char *type)
{
	struct json_object *cell = NULL, *prot = NULL;

	if (!strcmp(type, "bprm_committing_creds"))
		return true;
	if (strcmp(type, "mmap_file") || !json_object_object_get_ex(event, type, &cell))
		return false;
	/* PROT_EXEC */
	return json_object_object_get_ex(cell, "prot", &prot) && json_object_get_int64(prot) & 4;
}

bool parts__split(u64 seed, bool portable, struct json_object *event, struct parts *parts)
{
	struct split s = { .seed = seed, .portable = portable, .parts = parts };
	static const char *const head[] = { "type", "task_id", "p_task_id" };
	struct json_object *about = NULL, *value = NULL;
	const char *type;
	size_t size;

	parts->count = 0;
	parts->total = 0;
	json_object_object_get_ex(event, "event", &about);
	type = about ? string(about, "type", &size) : NULL;
	if (!type)
		return false;
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		char key[PART_KEY_SIZE];
		const char *text = string(about, head[i], &size);

		snprintf(key, sizeof(key), "event.%s", head[i]);
		if (text)
			add(&s, key, kind_of(key), text, size);
	}
	if (json_object_object_get_ex(event, "COE", &value))
		split_object(&s, "COE", value, 0);
	if (json_object_object_get_ex(event, type, &value))
		split_object(&s, type, value, 0);
	parts->executes = executes(event, type);
	for (size_t i = 0; i < parts->count; i++)
		parts->total += parts->part[i].hash;
	return !s.overflow;
}

/* ---- masks ---- */

static struct mask *put(struct masks *masks, enum mask_kind kind, size_t part, size_t component, u64 hash)
{
	struct mask *mask;

	if (masks->count == MASKS_MAX)
		return NULL;
	mask = &masks->mask[masks->count++];
	*mask = (struct mask){ .hash = mix(hash + kind), .kind = kind, .part = part, .component = component };
	return mask;
}

bool parts__can_match(const struct part *part)
{
	size_t size;

	return part->kind == PART_NAME && part->size && *part->text == '/' && !string(part->path, "pattern", &size) &&
	       !string(part->path, "normal", &size);
}

u64 parts__form(u64 seed, const char *key, const struct part *part, const char *component, size_t size, bool numbers)
{
	u64 h = hash_part(seed + 7 + numbers, key, part->text, component - part->text);
	bool digits = false;

	h = mix(h + hash_part(seed, key, component + size, part->text + part->size - component - size));
	if (!numbers)
		return size < 4 ? 0 : mix(h + size);
	for (size_t i = 0; i < size; i++) {
		bool digit = component[i] >= '0' && component[i] <= '9';

		if (!digit || !i || component[i - 1] < '0' || component[i - 1] > '9')
			h = mix(h + (digit ? 0x100 : (u8)component[i]));
		digits |= digit;
	}
	return digits ? h : 0;
}

/* The sum of the content digests, and of what replaces them. */
static u64 content_of(u64 seed, const struct parts *parts, bool *any)
{
	u64 sum = 0;

	*any = false;
	for (size_t i = 0; i < parts->count && !parts->executes; i++) {
		if (parts->part[i].kind != PART_CONTENT)
			continue;
		sum += hash_part(seed + 9, parts->part[i].key, "", 0) - parts->part[i].hash;
		*any = true;
	}
	return sum;
}

static void mask_names(u64 seed, const struct parts *parts, struct masks *masks, size_t index)
{
	const struct part *part = &parts->part[index];
	const char *component;
	bool any;
	u64 content = content_of(seed, parts, &any);
	size_t size;

	for (size_t c = 0; c < COMPONENTS_MAX && (component = parts__component(part->text, part->size, c, &size));
	     c++) {
		for (int numbers = 0; numbers < 2; numbers++) {
			u64 form = parts__form(seed, part->key, part, component, size, numbers);
			u64 hash = parts->total - part->hash + form;

			if (!form)
				continue;
			put(masks, numbers ? MASK_NUMBER : MASK_WORD, index, c, hash);
			if (any)
				put(masks, numbers ? MASK_NUMBER_ANY : MASK_WORD_ANY, index, c, hash + content);
		}
	}
}

/* The last components of two names: a rename gives a new name to a file that has such a name already. */
static void mask_both(u64 seed, const struct parts *parts, struct masks *masks)
{
	size_t first = PARTS_MAX, component = 0;
	u64 hash[2] = { parts->total, parts->total };
	size_t names = 0;

	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->part[i];
		const char *leaf;
		size_t size;

		if (!parts__can_match(part))
			continue;
		leaf = memrchr(part->text, '/', part->size) + 1;
		size = part->text + part->size - leaf;
		for (int numbers = 0; numbers < 2; numbers++) {
			u64 form = parts__form(seed, part->key, part, leaf, size, numbers);

			hash[numbers] += form ? form - part->hash : 0;
		}
		if (!names++) {
			first = i;
			for (component = 0; parts__component(part->text, part->size, component + 1, &size); component++)
				;
		}
	}
	if (names < 2)
		return;
	put(masks, MASK_WORDS, first, component, hash[0]);
	put(masks, MASK_NUMBERS, first, component, hash[1]);
}

/* Every name below a directory of objects counts as the directory. */
static void mask_objects(u64 seed, const struct parts *parts, struct masks *masks)
{
	size_t first = PARTS_MAX;
	u64 hash = parts->total, content;
	bool any;

	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->part[i];
		size_t size = parts__can_match(part) ? parts__objects(part->text, part->size, &any) : 0;

		if (!size)
			continue;
		hash += hash_part(seed + 10, part->key, part->text, size) - part->hash;
		if (first == PARTS_MAX)
			first = i;
	}
	if (first == PARTS_MAX)
		return;
	put(masks, MASK_OBJECTS, first, 0, hash);
	content = content_of(seed, parts, &any);
	if (any)
		put(masks, MASK_OBJECTS_ANY, first, 0, hash + content);
}

static void mask_instances(u64 seed, const struct parts *parts, struct masks *masks)
{
	size_t first = PARTS_MAX;
	u64 hash = parts->total;
	int64_t largest = 0;
	struct mask *mask;

	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->part[i];
		struct json_object *created = NULL, *instance;

		if (!parts__can_match(part) || !json_object_object_get_ex(part->path, "created", &created))
			continue;
		hash += hash_name(seed, part, false, true) - part->hash;
		if (first == PARTS_MAX)
			first = i;
		for (size_t k = 0; k < json_object_array_length(created); k++) {
			if (json_object_object_get_ex(json_object_array_get_idx(created, k), "instance", &instance) &&
			    json_object_get_int64(instance) > largest)
				largest = json_object_get_int64(instance);
		}
	}
	if (first == PARTS_MAX)
		return;
	mask = put(masks, MASK_INSTANCES, first, 0, hash);
	if (mask)
		mask->instance = largest < UINT32_MAX ? largest : UINT32_MAX;
}

/* One part counts as nothing. */
static void mask_one(u64 seed, const struct parts *parts, struct masks *masks, size_t index, enum mask_kind kind)
{
	const struct part *part = &parts->part[index];

	put(masks, kind, index, 0, parts->total - part->hash + hash_part(seed + 11, part->key, "", 0));
}

static void mask_tasks(u64 seed, const struct parts *parts, struct masks *masks)
{
	u64 hash = parts->total;
	size_t first = PARTS_MAX;

	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->part[i];

		if (part->kind == PART_NAME)
			hash += hash_name(seed, part, true, false) - part->hash;
		if (part->kind != PART_TASK)
			continue;
		hash += seed - part->hash;
		if (first == PARTS_MAX)
			first = i;
	}
	if (first != PARTS_MAX)
		put(masks, MASK_TASKS, first, 0, hash);
}

void parts__masks(u64 seed, const struct parts *parts, struct masks *masks)
{
	static const u8 of_kind[] = { [PART_PLAIN] = MASK_PLAIN,
				      [PART_CONTENT] = MASK_CONTENT,
				      [PART_PORT] = MASK_PORT,
				      [PART_SOCKET] = MASK_SOCKET };

	masks->count = 0;
	mask_instances(seed, parts, masks);
	mask_objects(seed, parts, masks);
	mask_both(seed, parts, masks);
	mask_tasks(seed, parts, masks);
	for (size_t i = 0; i < parts->count; i++) {
		if (parts__can_match(&parts->part[i]))
			mask_names(seed, parts, masks, i);
		else if (parts->part[i].kind != PART_TASK && parts->part[i].kind != PART_NAME &&
			 strcmp(parts->part[i].key, "event.type"))
			mask_one(seed, parts, masks, i, of_kind[parts->part[i].kind]);
	}
}
