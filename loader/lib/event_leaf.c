// SPDX-License-Identifier: GPL-2.0
/* The values of an event, from and to JSON: integers, hex, strings of any bytes, base64. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "digest.h"
#include "event.h"
#include "event_codec.h"

int codec__short(struct codec *c, const char *key)
{
	c->fault = key;
	return c->op == CODEC_ENCODE ? -E2BIG : -EINVAL;
}

void *codec__bytes(struct codec *c, enum field_part part, size_t size)
{
	struct codec_bytes *bytes = &c->part[part];
	u8 *p = bytes->at;

	if (size > (c->op == CODEC_ENCODE ? bytes->room : bytes->size))
		return NULL;
	bytes->at += size;
	if (c->op == CODEC_ENCODE) {
		bytes->size += size;
		bytes->room -= size;
	} else {
		bytes->size -= size;
	}
	return p;
}

bool codec__present(struct codec *c, u32 bit, struct json_object *o, const char *key)
{
	c->met |= bit;
	if (c->op == CODEC_ENCODE && json_object_object_get_ex(o, key, NULL))
		c->shape |= bit;
	return c->shape & bit;
}

int codec__object(struct codec *c, struct json_object *o, const char *key, struct json_object **block)
{
	if (c->op == CODEC_DECODE) {
		*block = json_object_new_object();
		return codec__put(o, key, *block);
	}
	if (json_object_object_get_ex(o, key, block) && json_object_is_type(*block, json_type_object))
		return 0;
	c->fault = key;
	return -EINVAL;
}

/* ---- strings that hold any bytes ---- */

size_t event__utf8_length(const u8 *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

struct json_object *codec__text(const void *bytes, size_t size)
{
	const u8 *s = bytes;
	struct json_object *json;
	char *text = malloc(4 * size + 1), *p = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < size;) {
		size_t n = s[i] ? event__utf8_length(s + i, size - i) : 0;

		if (!n) {
			p += sprintf(p, "\\x%02x", s[i++]);
		} else if (s[i] == '\\') {
			*p++ = '\\';
			*p++ = '\\';
			i++;
		} else {
			memcpy(p, s + i, n);
			p += n;
			i += n;
		}
	}
	json = json_object_new_string_len(text, p - text);
	free(text);
	return json;
}

long codec__bytes_of(struct json_object *json, u8 *out, size_t max)
{
	const char *s = json_object_get_string(json);
	size_t left = json_object_get_string_len(json), n = 0;

	while (left) {
		u8 byte = *s;
		size_t used = 1;

		if (*s == '\\') {
			if (left >= 2 && s[1] == '\\') {
				used = 2;
			} else if (left >= 4 && s[1] == 'x' && !digest__from_hex(s + 2, 2, &byte, 1)) {
				used = 4;
			} else {
				return -EINVAL;
			}
		}
		if (n == max)
			return -E2BIG;
		out[n++] = byte;
		s += used;
		left -= used;
	}
	return n;
}

/* ---- access to JSON ---- */

struct json_object *codec__string(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_string))
		return value;
	c->fault = key;
	return NULL;
}

int codec__get_number(struct codec *c, struct json_object *o, const char *key, int base, u64 max, u64 *out)
{
	struct json_object *value = codec__string(c, o, key);
	const char *s;
	char *end;

	if (!value)
		return -EINVAL;
	s = json_object_get_string(value);
	errno = 0;
	*out = strtoull(s, &end, base);
	if (*s < '0' || *s > '9' || end != s + json_object_get_string_len(value) || errno || *out > max) {
		c->fault = key;
		return -EINVAL;
	}
	return 0;
}

int codec__put(struct json_object *o, const char *key, struct json_object *value)
{
	return value && !json_object_object_add(o, key, value) ? 0 : -ENOMEM;
}

int codec__put_number(struct json_object *o, const char *key, const char *format, u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	return codec__put(o, key, json_object_new_string(text));
}

int codec__put_hex(struct json_object *o, const char *key, const u8 *data, size_t size)
{
	char text[2 * TSEM_OWNER_SIZE + 1];

	digest__to_hex(data, size, text);
	return codec__put(o, key, json_object_new_string(text));
}

/* ---- values ---- */

static const struct integer {
	u8 width;
	u8 base;
	u64 max; /* 0: any value that fits */
} integers[FIELD_KINDS] = {
	[FIELD_U16] = { 2, 10, 0 },      [FIELD_U32] = { 4, 10, 0 },   [FIELD_U64] = { 8, 10, 0 },
	[FIELD_HEX64] = { 8, 16, 0 },    [FIELD_MODE16] = { 2, 8, 0 }, [FIELD_MODE32] = { 4, 8, 0 },
	[FIELD_FILE_MODE] = { 4, 8, 0 }, [FIELD_MAGIC] = { 4, 16, 0 }, [FIELD_STREAM] = { 4, 10, 3 },
	[FIELD_OPTION] = { 4, 10, 0 },   [FIELD_ARG2] = { 8, 10, 0 },  [FIELD_NSID_SET] = { 4, 10, 0 },
	[FIELD_NSID] = { 4, 10, 0 },     [FIELD_DEVICE] = { 4, 0, 0 }, [FIELD_RDEV] = { 4, 0, 0 },
};

int codec__number(struct codec *c, struct json_object *o, const char *key, enum field_kind kind, enum field_part part)
{
	const struct integer *i = &integers[kind];
	u64 v = 0, max = i->max ?: ~0ULL >> (64 - 8 * i->width);
	void *p;

	if (c->op == CODEC_ENCODE)
		CODEC_TRY(codec__get_number(c, o, key, i->base, max, &v));
	/* An address has no meaning: it is zero, whatever JSON says. */
	if (kind == FIELD_ARG2 && field__address_option(c->last[FIELD_OPTION]))
		v = max = 0;
	p = codec__bytes(c, part, i->width);
	if (!p)
		return codec__short(c, key);
	if (c->op == CODEC_ENCODE) {
		v = htole64(v);
		memcpy(p, &v, i->width);
	} else {
		memcpy(&v, p, i->width);
	}
	v = le64toh(v);
	c->last[kind] = v;
	if (c->op == CODEC_ENCODE)
		return 0;
	if (v > max)
		return -EINVAL;
	return codec__put_number(o, key, i->base == 16 ? "0x%" PRIx64 : i->base == 8 ? "0%" PRIo64 : "%" PRIu64, v);
}

/* Are all of these bytes zero? */
static bool zero(const u8 *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return !size;
}

int codec__hex(struct codec *c, struct json_object *o, const char *key, size_t size, size_t room, enum field_part part)
{
	u8 *p = codec__bytes(c, part, room);
	struct json_object *value;

	if (!p)
		return codec__short(c, key);
	if (c->op == CODEC_DECODE)
		return zero(p + size, room - size) ? codec__put_hex(o, key, p, size) : -EINVAL;
	value = codec__string(c, o, key);
	memset(p, 0, room);
	if (!value || digest__from_hex(json_object_get_string(value), json_object_get_string_len(value), p, size)) {
		c->fault = key;
		return -EINVAL;
	}
	return 0;
}

int codec__put_str(struct codec *c, enum field_part part, const void *bytes, size_t size)
{
	u32 length = htole32(size);
	u8 *p = codec__bytes(c, part, sizeof(length) + size);

	if (!p)
		return -E2BIG;
	memcpy(p, &length, sizeof(length));
	memcpy(p + sizeof(length), bytes, size);
	return 0;
}

int codec__get_str(struct codec *c, enum field_part part, const u8 **bytes, u32 *size)
{
	u8 *p = codec__bytes(c, part, sizeof(*size));

	if (!p)
		return -EINVAL;
	memcpy(size, p, sizeof(*size));
	*size = le32toh(*size);
	*bytes = codec__bytes(c, part, *size);
	return *bytes ? 0 : -EINVAL;
}

int codec__str(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;
	const u8 *bytes;
	long length;
	u32 size;

	if (c->op == CODEC_DECODE) {
		CODEC_TRY(codec__get_str(c, FIELD_HASHED, &bytes, &size));
		return codec__put(o, key, codec__text(bytes, size));
	}
	value = codec__string(c, o, key);
	c->fault = key;
	length = value ? codec__bytes_of(value, c->scratch, TSEM_CELL_MAX) : -EINVAL;
	if (length < 0)
		return length;
	CODEC_TRY(codec__put_str(c, FIELD_HASHED, c->scratch, length));
	c->fault = NULL;
	return 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Decodes base64 into `out` of TSEM_CELL_MAX bytes. Returns the number of bytes, or an error. */
static long from_base64(struct json_object *value, u8 *out)
{
	const char *s = json_object_get_string(value);
	long in = json_object_get_string_len(value), whole = in, size = in / 4 * 3;
	u8 tail[3];

	if (in % 4)
		return -EINVAL;
	for (int i = 0; i < 2 && in && s[in - 1] == '='; i++, in--)
		size--;
	/* EVP_DecodeBlock() would skip blanks and accept '=' as a digit. */
	if (strspn(s, base64_digits) != (size_t)in)
		return -EINVAL;
	if (size > TSEM_CELL_MAX)
		return -E2BIG;
	if (!whole)
		return 0;
	/* It writes whole groups of three, so the last group is decoded elsewhere. */
	if (whole > 4 && EVP_DecodeBlock(out, (const u8 *)s, whole - 4) < 0)
		return -EINVAL;
	if (EVP_DecodeBlock(tail, (const u8 *)s + whole - 4, 4) < 0)
		return -EINVAL;
	memcpy(out + whole / 4 * 3 - 3, tail, size - (whole / 4 * 3 - 3));
	return size;
}

/* Bytes as base64. Their number is told. */
int codec__value(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;
	long length = 0;
	u32 size = 0;
	char *text;
	u8 *p;
	int err;

	c->fault = key;
	if (c->op == CODEC_ENCODE) {
		value = codec__string(c, o, key);
		length = value ? from_base64(value, c->scratch) : -EINVAL;
		if (length < 0)
			return length;
		size = htole32(length);
	}
	p = codec__bytes(c, FIELD_TOLD, sizeof(size));
	if (!p)
		return codec__short(c, key);
	memcpy(c->op == CODEC_ENCODE ? (void *)p : &size, c->op == CODEC_ENCODE ? (void *)&size : p, sizeof(size));
	size = le32toh(size);
	p = codec__bytes(c, FIELD_HASHED, size);
	if (!p)
		return codec__short(c, key);
	c->fault = NULL;
	if (c->op == CODEC_ENCODE) {
		memcpy(p, c->scratch, size);
		return 0;
	}
	text = malloc((size + 2) / 3 * 4 + 1);
	if (!text)
		return -ENOMEM;
	EVP_EncodeBlock((u8 *)text, p, size);
	err = codec__put(o, key, json_object_new_string(text));
	free(text);
	return err;
}

/* The last bytes of the CELL, which have no length: a path up to its first NUL, or an abstract name. */
int codec__rest(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;
	long size = c->part[FIELD_HASHED].size;
	u8 *p = c->scratch;

	c->fault = key;
	if (c->op == CODEC_ENCODE) {
		value = codec__string(c, o, key);
		size = value ? codec__bytes_of(value, c->scratch, TSEM_CELL_MAX) : -EINVAL;
		if (size < 0)
			return size;
	} else {
		p = codec__bytes(c, FIELD_HASHED, size);
	}
	if (size && p[0] && memchr(p, 0, size))
		return -EINVAL;
	if (c->op == CODEC_DECODE)
		return codec__put(o, key, codec__text(p, size));
	p = codec__bytes(c, FIELD_HASHED, size);
	if (!p)
		return -E2BIG;
	memcpy(p, c->scratch, size);
	c->fault = NULL;
	return 0;
}

int codec__name32(struct codec *c, struct json_object *o, const char *key, enum field_part part)
{
	u8 *p = codec__bytes(c, part, 32);
	struct json_object *value;
	size_t size = 32;

	if (!p)
		return codec__short(c, key);
	if (c->op == CODEC_DECODE) {
		/* A NUL inside the name is kept, since it is hashed. */
		while (size && !p[size - 1])
			size--;
		return codec__put(o, key, codec__text(p, size));
	}
	memset(p, 0, 32);
	value = codec__string(c, o, key);
	if (!value || codec__bytes_of(value, p, 32) < 0) {
		c->fault = key;
		return -EINVAL;
	}
	return 0;
}
