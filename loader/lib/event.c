// SPDX-License-Identifier: GPL-2.0
/* Names and values of events, and the checks of a record before anything else is read from it. */
#include "event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

#define EVENT_NAME(number, name) [number] = #name,
static const char *const event_names[TSEM_EVENT_END] = { TSEM_EVENTS(EVENT_NAME) };

const char *event__name(u32 event)
{
	return event < TSEM_EVENT_END ? event_names[event] : NULL;
}

int event__parse(const char *name)
{
	for (u32 i = 1; i < TSEM_EVENT_END; i++) {
		if (event_names[i] && !strcmp(event_names[i], name))
			return i;
	}
	return -EINVAL;
}

/* Are the sizes consistent, and within the `size` bytes that there are? */
static bool sizes_plausible(const struct tsem_record *record, size_t size)
{
	return record->cell_size <= TSEM_CELL_MAX && record->hashed_size <= record->cell_size &&
	       record->size == TSEM_RECORD_HEADER_SIZE + record->cell_size && record->size <= size;
}

bool event__plausible(const struct tsem_record *record, size_t size)
{
	if (size < TSEM_RECORD_HEADER_SIZE || record->magic != TSEM_RECORD_MAGIC ||
	    record->version != TSEM_RECORD_VERSION || !sizes_plausible(record, size))
		return false;
	if (!record->event || !event__name(record->event) || !digest__name(record->digest) ||
	    record->digest_size != digest__size(record->digest) ||
	    (record->encoding != TSEM_ENCODING_HOST && record->encoding != TSEM_ENCODING_PORTABLE))
		return false;
	if (record->kind == TSEM_RECORD_LOG)
		return !record->cell_size;
	if (record->flags & TSEM_RECORD_GENERIC && (record->cell_size || record->shape || record->forms))
		return false;
	return record->kind == TSEM_RECORD_EVENT;
}

struct json_object *event__member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, key, &value);
	return value;
}

struct json_object *event__lookup(struct json_object *o, const char *path)
{
	char key[32];

	while (o && *path) {
		size_t size = strcspn(path, ".");

		if (size >= sizeof(key))
			return NULL;
		*(char *)mempcpy(key, path, size) = 0;
		o = event__member(o, key);
		path += size + (path[size] == '.');
	}
	return o;
}

u64 event__number(struct json_object *value)
{
	return value ? strtoull(json_object_get_string(value), NULL, 0) : 0;
}

u64 event__number_at(struct json_object *o, const char *path)
{
	return event__number(event__lookup(o, path));
}

u32 event__likely_digest(struct json_object *json)
{
	struct json_object *id = event__lookup(json, "event.task_id");
	size_t size = json_object_is_type(id, json_type_string) ? json_object_get_string_len(id) / 2 : 0;

	for (u32 i = TSEM_DIGEST_SHA256; i < TSEM_DIGEST_END && size; i++) {
		if (digest__size(i) == size)
			return i;
	}
	return 0;
}
