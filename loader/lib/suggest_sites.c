// SPDX-License-Identifier: GPL-2.0
/* Gathers the differing events by what would cure them, and puts that into words. */
#include "suggest_sites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sites__init(struct sites *sites, u64 seed)
{
	memset(sites, 0, sizeof(*sites));
	sites->seed = seed;
}

void sites__free(struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++) {
		free(sites->site[i].example[SUGGEST_OLD]);
		free(sites->site[i].example[SUGGEST_NEW]);
		free(sites->site[i].pattern);
		names__free(&sites->site[i].names);
	}
	free(sites->site);
	free(sites->slot);
	sites__init(sites, sites->seed);
}

static int grow(struct sites *sites)
{
	size_t room = sites->room ? 2 * sites->room : 64, slots = 2 * room;
	u32 *slot = calloc(slots, sizeof(*slot));
	void *site = slot ? realloc(sites->site, room * sizeof(*sites->site)) : NULL;

	if (!site) {
		free(slot);
		return -ENOMEM;
	}
	sites->site = site;
	sites->room = room;
	for (size_t i = 0; i < sites->count; i++) {
		size_t at = sites->site[i].hash & (slots - 1);

		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = i + 1;
	}
	free(sites->slot);
	sites->slot = slot;
	sites->slots = slots;
	return 0;
}

/* The site with this hash; a new one has the kind MASK_KINDS. */
static struct site *find(struct sites *sites, u64 hash)
{
	size_t at;

	if (sites->count == sites->room && grow(sites))
		return NULL;
	at = hash & (sites->slots - 1);
	for (; sites->slot[at]; at = (at + 1) & (sites->slots - 1)) {
		if (sites->site[sites->slot[at] - 1].hash == hash)
			return &sites->site[sites->slot[at] - 1];
	}
	sites->slot[at] = sites->count + 1;
	sites->site[sites->count] = (struct site){ .hash = hash, .kind = MASK_KINDS };
	return &sites->site[sites->count++];
}

/* The name of the file whose content digest is the part `index`. */
static const struct part *name_of(const struct parts *parts, size_t index)
{
	size_t size = strlen(parts->part[index].key) - strlen("digest");

	for (size_t i = 0; i < parts->count; i++) {
		if (parts->part[i].kind == PART_NAME && !strncmp(parts->part[i].key, parts->part[index].key, size))
			return &parts->part[i];
	}
	return NULL;
}

static u64 site_hash(const struct sites *sites, const char *type, const struct parts *parts, u8 kind, size_t index,
		     size_t component)
{
	const struct part *part = &parts->part[index];
	u64 seed = sites->seed + kind;
	const char *at;
	size_t size;
	bool hash;

	switch (kind) {
	case MASK_INSTANCES:
	case MASK_TASKS:
		return seed;
	case MASK_OBJECTS:
		return parts__hash(seed, part->text, parts__objects(part->text, part->size, &hash));
	case MASK_NUMBER:
	case MASK_WORD:
		at = parts__component(part->text, part->size, component, &size);
		return at ? parts__form(seed, "", part, at, size, kind == MASK_NUMBER) : seed;
	case MASK_CONTENT:
		part = name_of(parts, index);
		return part ? parts__hash(seed + parts->executes, part->text, part->size) : seed;
	case MASK_PLAIN:
		return parts__hash(seed, part->key, strlen(part->key));
	default:
		return parts__hash(seed, type, strlen(type));
	}
}

struct site *sites__of(struct sites *sites, const char *type, const struct parts *parts, u8 kind, size_t index,
		       size_t component)
{
	struct site *site = find(sites, site_hash(sites, type, parts, kind, index, component));
	struct json_object *pattern = NULL;
	const struct part *name;

	if (!site || site->type)
		return site;
	site->kind = kind;
	site->type = type;
	site->numbers = kind == MASK_NUMBER;
	site->executes = parts->executes;
	snprintf(site->key, sizeof(site->key), "%s", index < parts->count ? parts->part[index].key : "");
	name = kind == MASK_CONTENT ? name_of(parts, index) : NULL;
	if (name && json_object_object_get_ex(name->path, "pattern", &pattern)) {
		site->pattern = strdup(json_object_get_string(pattern));
		if (!site->pattern)
			return NULL;
	}
	return site;
}

int site__example(struct site *site, const struct parts *parts, enum suggest_side side, size_t index, size_t component)
{
	const struct part *part = &parts->part[index];
	int err = 0;
	char *bytes;

	if (site->kind == MASK_CONTENT)
		part = name_of(parts, index) ?: part;
	bytes = names__bytes(part->text, part->size);
	if (!bytes)
		return -ENOMEM;
	if (site->kind == MASK_OBJECTS)
		site->directory = parts__objects(part->text, part->size, &(bool){ false });
	if (site->kind == MASK_NUMBER || site->kind == MASK_WORD)
		err = names__add(&site->names, bytes, component);
	if (site->example[side])
		free(bytes);
	else
		site->example[side] = bytes;
	return err;
}

/* ---- suggestions ---- */

static int suggest_objects(const struct site *site, struct suggestion *out)
{
	const char *name = site->example[SUGGEST_OLD] ?: site->example[SUGGEST_NEW];

	snprintf(out->cause, sizeof(out->cause), "objects that are named by the hash of their content");
	return names__deep(name, site->directory, &out->text, &out->reason);
}

static int suggest_names(const struct site *site, struct suggestion *out)
{
	const char *cause;
	int err;

	/* The names of this event are the same: the other name differs. */
	if (!site->names.second)
		return 1;
	err = names__pattern(&site->names, site->numbers, &out->text, &cause, &out->reason);
	snprintf(out->cause, sizeof(out->cause), "%s%s", cause ?: "another name",
		 site->any && out->text ? ", and other content" : "");
	return err;
}

static int suggest_content(const struct site *site, struct suggestion *out)
{
	snprintf(out->cause, sizeof(out->cause), "the content of the file");
	if (site->executes) {
		out->reason = "it is executed, and no declaration hides code; learn again when it no longer changes";
		return 0;
	}
	if (site->pattern) {
		out->cure = SUGGEST_PATTERN_ANY;
		out->text = strdup(site->pattern);
	} else {
		out->cure = SUGGEST_PSEUDONYM;
		out->text = strdup(site->example[SUGGEST_NEW] ?: site->example[SUGGEST_OLD] ?: "");
	}
	return out->text ? 0 : -ENOMEM;
}

static int suggest_instances(const struct site *site, struct suggestion *out)
{
	snprintf(out->cause, sizeof(out->cause), "%s",
		 site->order ? "files are created in another order: threads or processes race"
			     : "another number of files is created");
	if (!site->instances) {
		out->reason = "one run creates files there and the other does not; run it more often";
		return 0;
	}
	out->cure = SUGGEST_INSTANCES;
	return asprintf(&out->text, "%llu", (unsigned long long)site->instances) < 0 ? -ENOMEM : 0;
}

static void suggest_nothing(const struct site *site, struct suggestion *out)
{
	const char *key = strchr(site->key, '.');

	switch (site->kind) {
	case MASK_PORT:
		snprintf(out->cause, sizeof(out->cause), "another port");
		out->reason = "a port counts unless this machine's kernel chose it for this workload; "
			      "let the program bind port 0, or give the other side a fixed port";
		break;
	case MASK_SOCKET:
		snprintf(out->cause, sizeof(out->cause), "another address of a unix socket");
		out->reason = "patterns do not hold for addresses of sockets; give the program a fixed address";
		break;
	case MASK_TASKS:
		out->cure = SUGGEST_FOLLOWS;
		snprintf(out->cause, sizeof(out->cause), "the same deed by another program, or with another parent");
		out->reason = "it follows from the execution of a program that differs; cure that one first";
		break;
	case MASK_PLAIN:
		snprintf(out->cause, sizeof(out->cause), "another value of %s", key ? key + 1 : site->key);
		out->reason = "no declaration hides this value; let the program always use the same one, or run it "
			      "more often";
		break;
	default:
		snprintf(out->cause, sizeof(out->cause), "nothing like it in the other run");
		out->reason = "the runs do different things; run it more often";
	}
}

int site__suggest(const struct site *site, struct suggestion *out)
{
	int err = 0;

	*out = (struct suggestion){ .cure = SUGGEST_NONE, .type = site->type };
	memcpy(out->events, site->events, sizeof(out->events));
	if (!site->events[SUGGEST_OLD] && !site->events[SUGGEST_NEW])
		return 0;
	if (site->kind == MASK_OBJECTS)
		err = suggest_objects(site, out);
	else if (site->kind == MASK_NUMBER || site->kind == MASK_WORD)
		err = suggest_names(site, out);
	else if (site->kind == MASK_CONTENT)
		err = suggest_content(site, out);
	else if (site->kind == MASK_INSTANCES)
		err = suggest_instances(site, out);
	else
		suggest_nothing(site, out);
	if (err)
		return err > 0 ? 0 : err;
	if (out->text && out->cure == SUGGEST_NONE)
		out->cure = site->any ? SUGGEST_PATTERN_ANY : SUGGEST_PATTERN;
	for (int side = 0; side < SUGGEST_SIDES; side++) {
		char **copy = side == SUGGEST_OLD ? &out->old : &out->new;

		*copy = site->example[side] ? strdup(site->example[side]) : NULL;
		if (site->example[side] && !*copy)
			return -ENOMEM;
	}
	return 1;
}
