/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: conversion between a record of the ring, a line of JSON and a coefficient.
 *
 * In memory an event is always a struct tsem_record. A record may come from a file that somebody else wrote, so every
 * function here checks what it reads.
 */
#ifndef TSEM_EVENT_H
#define TSEM_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "tsem_types.h"

/* Name of an enum tsem_event_type, or NULL; static. And back, or -EINVAL. */
const char *event__name(u32 event);
int event__parse(const char *name);

/*
 * Converts a JSON object of the specification to *record, for a namespace with this digest and encoding. 0; -EINVAL: a
 * value is missing or malformed, and *fault is its key (static or part of `json`); -E2BIG: the description is larger
 * than TSEM_CELL_MAX; -ENOMEM.
 */
int event__from_json(struct json_object *json, u32 digest, u32 encoding, struct tsem_record *record,
		     const char **fault);

/*
 * Converts a record of TSEM_RECORD_EVENT or TSEM_RECORD_LOG to a new JSON object; the caller puts it. `with_pid` is
 * false for a line of a trajectory. NULL: the record is malformed.
 */
struct json_object *event__to_json(const struct tsem_record *record, bool with_pid);

/* Parses a whole line, which may have blanks around it, as a JSON object; the caller puts it. NULL if it is none. */
struct json_object *event__from_line(const char *line, size_t size);

/* The JSON object as one line of text; owned by the object. */
const char *event__line(struct json_object *json);

/* The digests that event__coefficient() computes, padded with zeros. */
struct event_digests {
	u8 coefficient[TSEM_DIGEST_MAX];
	u8 coe[TSEM_DIGEST_MAX];
	u8 cell[TSEM_DIGEST_MAX];
};

/*
 * The coefficient H(NAME || PTASK_ID || TASK_ID || H(COE) || H(CELL)) of a record of TSEM_RECORD_EVENT. 0; -EINVAL if
 * event__plausible() refuses it; -EIO if neither libcrypto nor the kernel has the hash function.
 */
int event__coefficient(const struct tsem_record *record, struct event_digests *out);

/* Length of the valid UTF-8 sequence at `s`, or 0: it is invalid. `left` bytes are there, at least one. */
size_t event__utf8_length(const u8 *s, size_t left);

/*
 * Is this a whole record of at most `size` bytes, of our version, with sizes that agree? Its cell may still be
 * malformed; event__to_json() finds that.
 */
bool event__plausible(const struct tsem_record *record, size_t size);

/* The value under a key, or at a path of keys separated by dots ("": the object itself); owned by `o`. NULL: none. */
struct json_object *event__member(struct json_object *o, const char *key);
struct json_object *event__lookup(struct json_object *o, const char *path);
/* The value of a decimal, 0octal or 0xhex number, or that at a path; 0 for NULL. */
u64 event__number(struct json_object *value);
u64 event__number_at(struct json_object *o, const char *path);

/*
 * The hash whose digests have the size of those in this event, the first of several, by enum tsem_digest_type. 0: there
 * is none.
 */
u32 event__likely_digest(struct json_object *json);

#endif
