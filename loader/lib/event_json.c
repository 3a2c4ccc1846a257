// SPDX-License-Identifier: GPL-2.0
/*
 * Converts between a record and a line of JSON (events.md): who, when, and the CELL, whose fields event_cell.c walks.
 *
 * Record and JSON convert to each other exactly. So records that the programs never write are refused: with a bit of
 * the shape without its part, or with bytes after the end of a name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "event_codec.h"

/* ---- from JSON ---- */

static int read_ids(struct codec *c, struct json_object *header, struct tsem_record *r)
{
	struct {
		const char *key;
		u8 *id;
	} ids[] = { { "task_id", r->task_id }, { "p_task_id", r->parent_task_id } };

	for (int i = 0; i < 2; i++) {
		struct json_object *id = codec__string(c, header, ids[i].key);

		if (!id || digest__from_hex(json_object_get_string(id), json_object_get_string_len(id), ids[i].id,
					    r->digest_size)) {
			c->fault = ids[i].key;
			return -EINVAL;
		}
	}
	return 0;
}

static int read_header(struct codec *c, struct json_object *header, struct tsem_record *r)
{
	struct json_object *comm = codec__string(c, header, "process");
	u64 pid;

	if (!comm || codec__bytes_of(comm, (u8 *)r->comm, sizeof(r->comm)) < 0) {
		c->fault = "process";
		return -EINVAL;
	}
	CODEC_TRY(codec__get_number(c, header, "ttd", 10, ~0ULL, &r->task_number));
	CODEC_TRY(codec__get_number(c, header, "p_ttd", 10, ~0ULL, &r->parent_number));
	CODEC_TRY(codec__get_number(c, header, "ts", 10, ~0ULL, &r->ts));
	if (json_object_object_get_ex(header, "pid", NULL)) {
		CODEC_TRY(codec__get_number(c, header, "pid", 10, ~0U, &pid));
		r->pid = pid;
	}
	return read_ids(c, header, r);
}

static int read_coe(struct codec *c, struct json_object *json, struct tsem_record *record)
{
	struct json_object *coe;

	CODEC_TRY(codec__object(c, json, "COE", &coe));
	c->part[FIELD_HASHED] = (struct codec_bytes){ .at = (u8 *)&record->coe, .room = sizeof(record->coe) };
	return codec__fields(c, field__block(FIELD_COE), coe);
}

/* Writes the fields to record->cell and `told`; -E2BIG if both together are too large. */
static int read_fields(struct codec *c, struct json_object *cell, struct tsem_record *record, u8 *told)
{
	c->part[FIELD_HASHED] = (struct codec_bytes){ .at = record->cell, .room = TSEM_CELL_MAX };
	c->part[FIELD_TOLD] = (struct codec_bytes){ .at = told, .room = TSEM_CELL_MAX };
	c->shape = c->forms = c->paths = c->dentries = 0;
	CODEC_TRY(codec__fields(c, event__fields(record->event), cell));
	record->shape = c->shape;
	record->forms = c->forms;
	record->hashed_size = c->part[FIELD_HASHED].size;
	if (record->hashed_size + c->part[FIELD_TOLD].size > TSEM_CELL_MAX)
		return -E2BIG;
	record->cell_size = record->hashed_size + c->part[FIELD_TOLD].size;
	memcpy(record->cell + record->hashed_size, told, c->part[FIELD_TOLD].size);
	return 0;
}

static int read_cell(struct codec *c, struct json_object *cell, struct tsem_record *record)
{
	u8 *buffers;
	int err;

	if (!json_object_object_length(cell) && !event__optional(record->event)) {
		record->flags = TSEM_RECORD_GENERIC;
		return 0;
	}
	if (event__fields(record->event)->kind == FIELD_END) {
		c->fault = event__name(record->event);
		return -EINVAL;
	}
	buffers = malloc(3 * TSEM_CELL_MAX);
	if (!buffers)
		return -ENOMEM;
	c->scratch = buffers + TSEM_CELL_MAX;
	c->path = buffers + 2 * TSEM_CELL_MAX;
	err = read_fields(c, cell, record, buffers);
	if (err == -E2BIG) {
		c->untold = true;
		err = read_fields(c, cell, record, buffers);
	}
	free(buffers);
	return err;
}

/* Parses the name of the event into record->event. */
static int read_type(struct codec *c, struct json_object *header, struct tsem_record *record)
{
	struct json_object *type = codec__string(c, header, "type");
	int event;

	if (!type)
		return -EINVAL;
	event = event__parse(json_object_get_string(type));
	/* Refuse a NUL in the string: it would hide the rest. */
	if (event < 0 || strlen(event__name(event)) != (size_t)json_object_get_string_len(type)) {
		c->fault = json_object_get_string(type);
		return -EINVAL;
	}
	record->event = event;
	return 0;
}

static int read_event(struct codec *c, struct json_object *json, struct tsem_record *record)
{
	struct json_object *header, *cell;

	c->fault = "a JSON object";
	if (!json_object_is_type(json, json_type_object))
		return -EINVAL;
	CODEC_TRY(codec__object(c, json, "event", &header));
	CODEC_TRY(read_type(c, header, record));
	CODEC_TRY(read_header(c, header, record));
	CODEC_TRY(read_coe(c, json, record));
	CODEC_TRY(codec__object(c, json, event__name(record->event), &cell));
	return read_cell(c, cell, record);
}

int event__from_json(struct json_object *json, u32 digest, u32 encoding, struct tsem_record *record, const char **fault)
{
	struct codec c = { .op = CODEC_ENCODE, .width = digest__size(digest) };
	int err;

	c.portable = encoding == TSEM_ENCODING_PORTABLE;
	memset(record, 0, sizeof(*record));
	record->magic = TSEM_RECORD_MAGIC;
	record->version = TSEM_RECORD_VERSION;
	record->kind = TSEM_RECORD_EVENT;
	record->digest = digest;
	record->content = digest;
	record->encoding = encoding;
	record->digest_size = c.width;
	err = c.width ? read_event(&c, json, record) : -EINVAL;
	record->size = TSEM_RECORD_HEADER_SIZE + record->cell_size;
	*fault = err ? (c.fault ?: "event") : NULL;
	return err;
}

/* ---- to JSON ---- */

static struct json_object *log_to_json(const struct tsem_record *record)
{
	struct json_object *json = json_object_new_object(), *log = json_object_new_object();
	bool denied = record->flags & TSEM_RECORD_DENIED;

	if (codec__put(json, "log", log) ||
	    codec__put(log, "process", codec__text(record->comm, strnlen(record->comm, sizeof(record->comm)))) ||
	    codec__put(log, "event", json_object_new_string(event__name(record->event))) ||
	    codec__put(log, "action", json_object_new_string(denied ? "DENY" : "LOG"))) {
		json_object_put(json);
		return NULL;
	}
	return json;
}

static int write_header(struct codec *c, const struct tsem_record *r, bool with_pid, struct json_object *json)
{
	struct json_object *header;

	CODEC_TRY(codec__object(c, json, "event", &header));
	if (with_pid)
		CODEC_TRY(codec__put_number(header, "pid", "%" PRIu64, r->pid));
	CODEC_TRY(codec__put(header, "process", codec__text(r->comm, strnlen(r->comm, sizeof(r->comm)))));
	CODEC_TRY(codec__put(header, "type", json_object_new_string(event__name(r->event))));
	CODEC_TRY(codec__put_number(header, "ttd", "%" PRIu64, r->task_number));
	CODEC_TRY(codec__put_number(header, "p_ttd", "%" PRIu64, r->parent_number));
	CODEC_TRY(codec__put_hex(header, "task_id", r->task_id, r->digest_size));
	CODEC_TRY(codec__put_hex(header, "p_task_id", r->parent_task_id, r->digest_size));
	return codec__put_number(header, "ts", "%" PRIu64, r->ts);
}

static int write_coe(struct codec *c, const struct tsem_record *record, struct json_object *json)
{
	struct json_object *coe;

	CODEC_TRY(codec__object(c, json, "COE", &coe));
	/* DECODE writes to no part. */
	c->part[FIELD_HASHED] = (struct codec_bytes){ .at = (u8 *)&record->coe, .size = sizeof(record->coe) };
	return codec__fields(c, field__block(FIELD_COE), coe);
}

static int write_fields(struct codec *c, const struct tsem_record *record, struct json_object *cell)
{
	const struct field *fields = event__fields(record->event);
	u8 *bytes = (u8 *)record->cell;

	c->part[FIELD_HASHED] = (struct codec_bytes){ .at = bytes, .size = record->hashed_size };
	c->part[FIELD_TOLD] = (struct codec_bytes){ .at = bytes + record->hashed_size,
						    .size = record->cell_size - record->hashed_size };
	c->shape = record->shape;
	c->forms = record->forms;
	if (fields->kind == FIELD_END)
		return -EINVAL;
	CODEC_TRY(codec__fields(c, fields, cell));
	/* A description has no bytes after the last field, and no bits of parts that the event does not have. */
	if (c->part[FIELD_HASHED].size || c->part[FIELD_TOLD].size || c->shape & ~c->met ||
	    c->forms >> c->paths * TSEM_PATH_FORM_BITS)
		return -EINVAL;
	return 0;
}

static int write_cell(struct codec *c, const struct tsem_record *record, struct json_object *json)
{
	const char *name = event__name(record->event);
	struct json_object *cell;
	int err;

	CODEC_TRY(codec__object(c, json, name, &cell));
	if (record->flags & TSEM_RECORD_GENERIC)
		return event__optional(record->event) ? -EINVAL : 0;
	err = write_fields(c, record, cell);
	/* An event that could not be described in full at least has the name of its hook. */
	if (err == -EINVAL && record->flags & TSEM_RECORD_UNMODELED)
		err = codec__object(c, json, name, &cell);
	return err;
}

struct json_object *event__to_json(const struct tsem_record *record, bool with_pid)
{
	struct codec c = { .op = CODEC_DECODE, .width = record->digest_size };
	struct json_object *json;

	if (!event__plausible(record, record->size))
		return NULL;
	if (record->kind == TSEM_RECORD_LOG)
		return log_to_json(record);
	c.portable = record->encoding == TSEM_ENCODING_PORTABLE;
	json = json_object_new_object();
	if (json && !write_header(&c, record, with_pid, json) && !write_coe(&c, record, json) &&
	    !write_cell(&c, record, json))
		return json;
	json_object_put(json);
	return NULL;
}

/* ---- lines ---- */

struct json_object *event__from_line(const char *line, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *json;
	size_t end;

	if (!tokener)
		return NULL;
	json = json_tokener_parse_ex(tokener, line, size);
	end = json_tokener_get_parse_end(tokener);
	if (json && end + strspn(line + end, " \t\r") != size) {
		json_object_put(json);
		json = NULL;
	}
	json_tokener_free(tokener);
	return json;
}

const char *event__line(struct json_object *json)
{
	return json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
