/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of the event codec: event_json.c has the envelope, event_cell.c walks the fields of a CELL,
 * event_path.c has the pathnames, event_leaf.c the values.
 *
 * One walk goes over the fields in order. It either writes the record from JSON (ENCODE) or JSON from the record
 * (DECODE), so both directions always have the same order and widths. The hashed and the told bytes have a cursor each.
 */
#ifndef TSEM_EVENT_CODEC_H
#define TSEM_EVENT_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "event_fields.h"

enum codec_operation { CODEC_ENCODE, CODEC_DECODE };

struct codec_bytes {
	u8 *at; /* the next byte */
	size_t size; /* ENCODE: bytes written; DECODE: bytes left */
	size_t room; /* ENCODE: bytes that may still be written */
};

struct codec {
	enum codec_operation op;
	u32 width; /* bytes of a digest */
	bool portable;
	struct codec_bytes part[2]; /* FIELD_HASHED and FIELD_TOLD */
	u8 *scratch; /* ENCODE: TSEM_CELL_MAX bytes for the current string */
	u8 *path; /* ENCODE: TSEM_CELL_MAX bytes for a real pathname */
	bool untold; /* ENCODE: there is no room to tell real pathnames */
	u32 shape; /* ENCODE: as found so far; DECODE: of the record */
	u32 forms;
	u32 met; /* DECODE: bits of the shape that some field used */
	u32 paths; /* PATHs met so far */
	u32 dentries;
	u64 last[FIELD_KINDS]; /* by kind: its last integer, if other fields depend on it */
	const char *fault; /* the key of the wrong value */
};

/* Returns from the caller with the error of `call`, if there is one. */
#define CODEC_TRY(call)                     \
	do {                                \
		int codec_error = (call);   \
		if (codec_error)            \
			return codec_error; \
	} while (0)

/*
 * The functions that return int return 0, -EINVAL or -E2BIG with c->fault set, or -ENOMEM. JSON objects they return
 * belong to `o`.
 */

/* The error for a part that is full (ENCODE: -E2BIG) or too short (DECODE: -EINVAL); sets c->fault. */
int codec__short(struct codec *c, const char *key);
/* The next `size` bytes of a part: room to write, or bytes to read. NULL: there are fewer. */
void *codec__bytes(struct codec *c, enum field_part part, size_t size);
/*
 * Does this optional part exist? ENCODE: if JSON has the key; sets the bit in the shape. DECODE: if the shape has the
 * bit.
 */
bool codec__present(struct codec *c, u32 bit, struct json_object *o, const char *key);
/* ENCODE: finds the object under `key`. DECODE: adds a new one under `key`. Either way into *block. */
int codec__object(struct codec *c, struct json_object *o, const char *key, struct json_object **block);

/* The string under `key`, or NULL with c->fault set. */
struct json_object *codec__string(struct codec *c, struct json_object *o, const char *key);
int codec__get_number(struct codec *c, struct json_object *o, const char *key, int base, u64 max, u64 *out);
int codec__put(struct json_object *o, const char *key, struct json_object *value);
int codec__put_number(struct json_object *o, const char *key, const char *format, u64 value);
int codec__put_hex(struct json_object *o, const char *key, const u8 *data, size_t size);
/* A new JSON string for any bytes. And back: writes the bytes to `out`; their number, -EINVAL, or -E2BIG: above `max`.
 */
struct json_object *codec__text(const void *bytes, size_t size);
long codec__bytes_of(struct json_object *json, u8 *out, size_t max);

/* Each function converts one value, in both directions. */
int codec__number(struct codec *c, struct json_object *o, const char *key, enum field_kind kind, enum field_part part);
int codec__hex(struct codec *c, struct json_object *o, const char *key, size_t size, size_t room, enum field_part part);
int codec__str(struct codec *c, struct json_object *o, const char *key);
int codec__value(struct codec *c, struct json_object *o, const char *key);
int codec__rest(struct codec *c, struct json_object *o, const char *key);
int codec__name32(struct codec *c, struct json_object *o, const char *key, enum field_part part);
/* ENCODE: writes a STR of these bytes. DECODE: the bytes of the next STR, which point into the record. */
int codec__put_str(struct codec *c, enum field_part part, const void *bytes, size_t size);
int codec__get_str(struct codec *c, enum field_part part, const u8 **bytes, u32 *size);

/* PATH: device, pathname, and the form in which it is hashed. */
int codec__path(struct codec *c, struct json_object *o);
/* Converts a list of fields, from or to the object `o`. */
int codec__fields(struct codec *c, const struct field *fields, struct json_object *o);

#endif
