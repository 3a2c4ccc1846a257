// SPDX-License-Identifier: GPL-2.0
/*
 * PATH: a device, the pathname, and its hashed form: the pathname itself, the pathname with created components, the
 * text of a pattern, or normalised text. In the last three forms the real pathname is told. A told pathname must give
 * the hashed form. So a record from a file cannot show a path that does not belong to its coefficient.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event_codec.h"

/* Walks a pathname by components; a leading slash begins none. */
struct components {
	const u8 *at;
	size_t left;
	bool more;
};

struct bytes {
	const u8 *at;
	size_t size;
};

static struct components components_of(struct bytes path)
{
	bool absolute = path.size && path.at[0] == '/';

	return (struct components){ .at = path.at + absolute, .left = path.size - absolute, .more = true };
}

static bool next_component(struct components *c, struct bytes *component)
{
	const u8 *slash;

	if (!c->more)
		return false;
	slash = memchr(c->at, '/', c->left);
	component->at = c->at;
	component->size = slash ? (size_t)(slash - c->at) : c->left;
	c->more = slash;
	c->at += component->size + !!slash;
	c->left -= component->size + !!slash;
	return true;
}

static bool equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && !memcmp(a.at, b.at, a.size);
}

static bool is_text(struct bytes a, const char *text)
{
	return a.size == strlen(text) && !memcmp(a.at, text, a.size);
}

static bool absolute(struct bytes path)
{
	return path.size && path.at[0] == '/';
}

static bool is_created(struct bytes component)
{
	return component.size == 1 && !component.at[0];
}

/* Is `pattern` the text of a pattern, and does `path` match it? */
static bool pattern_matches(struct bytes pattern, struct bytes path)
{
	const u8 *star = memchr(pattern.at, '*', pattern.size), *end = pattern.at + pattern.size;
	size_t prefix = star ? (size_t)(star - pattern.at) : 0, suffix;
	bool deep;

	if (!star || !absolute(pattern))
		return false;
	deep = end - star == 2 && star[1] == '*' && star[-1] == '/';
	suffix = deep ? 0 : end - star - 1;
	if (!deep && memchr(star + 1, '*', suffix))
		return false;
	if (path.size <= prefix + suffix || memcmp(path.at, pattern.at, prefix) ||
	    memcmp(path.at + path.size - suffix, star + 1, suffix))
		return false;
	return deep || !memchr(path.at + prefix, '/', path.size - prefix - suffix);
}

/* Can this component of a name in proc be normalised to `normal`? (coefficients.md, Scope) */
static bool is_normal(struct bytes component, u32 width)
{
	if (is_text(component, "self") || is_text(component, "other") || is_text(component, "N"))
		return true;
	for (size_t i = 0; i < component.size; i++) {
		if (!memchr("0123456789abcdef", component.at[i], 16))
			return false;
	}
	return component.size == 2 * width;
}

/* The name of a segment of shared memory of System V, without its key of 8 digits. */
#define SEGMENT_NAME "/SYSV"

static bool is_segment(struct bytes normal, struct bytes path)
{
	return is_text(normal, SEGMENT_NAME) && path.size == normal.size + 8 &&
	       !memcmp(path.at, normal.at, normal.size);
}

/* Can `path` be normalised to `normal`? */
static bool normal_fits(struct bytes normal, struct bytes path, u32 width)
{
	struct components a = components_of(normal), b = components_of(path);
	struct bytes one, two;

	if (is_segment(normal, path))
		return true;
	if (absolute(normal) != absolute(path))
		return false;
	while (next_component(&a, &one)) {
		if (!next_component(&b, &two))
			return false;
		if (!equal(one, two) && !is_normal(one, width))
			return false;
	}
	return !b.more;
}

/* Is `path` the text `hashed` with a name in place of each created component? */
static bool created_fits(struct bytes hashed, struct bytes path)
{
	struct components a = components_of(hashed), b = components_of(path);
	struct bytes one, two;

	if (absolute(hashed) != absolute(path))
		return false;
	while (next_component(&a, &one)) {
		if (!next_component(&b, &two))
			return false;
		if (is_created(one) ? !two.size : !equal(one, two))
			return false;
	}
	return !b.more;
}

/* ---- from JSON ---- */

/* A STR under `key` without a NUL, into `buffer` of TSEM_CELL_MAX bytes. */
static int get_path(struct codec *c, struct json_object *o, const char *key, u8 *buffer, struct bytes *out)
{
	struct json_object *value = codec__string(c, o, key);
	long size = value ? codec__bytes_of(value, buffer, TSEM_CELL_MAX) : -EINVAL;

	if (size >= 0 && memchr(buffer, 0, size))
		size = -EINVAL;
	if (size < 0) {
		c->fault = key;
		return size;
	}
	*out = (struct bytes){ buffer, size };
	return 0;
}

static struct json_object *entry_of(struct json_object *list, size_t k)
{
	struct json_object *entry = json_object_array_get_idx(list, k);

	return json_object_is_type(entry, json_type_object) ? entry : NULL;
}

/* Writes `real`, with the components of the list replaced, to c->scratch. */
static int write_created(struct codec *c, struct json_object *list, struct bytes real, size_t *size)
{
	size_t count = json_object_array_length(list), k = 0;
	struct components components = components_of(real);
	struct bytes component;
	u8 *p = c->scratch;
	u64 next;

	c->fault = "created";
	for (u64 i = 0; next_component(&components, &component); i++) {
		struct json_object *entry = k < count ? entry_of(list, k) : NULL;

		if (k < count && !entry)
			return -EINVAL;
		if (entry)
			CODEC_TRY(codec__get_number(c, entry, "component", 10, ~0ULL, &next));
		if (i || absolute(real))
			*p++ = '/';
		if (!entry || next != i) {
			p = mempcpy(p, component.at, component.size);
			continue;
		}
		if (!component.size)
			break;
		*p++ = 0;
		k++;
	}
	*size = p - c->scratch;
	/* The rest of the list names no component, or is out of order. */
	if (k < count) {
		c->fault = "component";
		return -EINVAL;
	}
	c->fault = NULL;
	return 0;
}

static const struct field created_fields[] = { { .key = "instance", .kind = FIELD_U64 },
					       { .key = "owner", .kind = FIELD_DIGEST },
					       {} };

static int encode_created(struct codec *c, struct json_object *o, struct bytes real)
{
	struct json_object *list;
	size_t size;

	c->fault = "created";
	if (!json_object_object_get_ex(o, "created", &list) || !json_object_is_type(list, json_type_array) ||
	    !json_object_array_length(list))
		return -EINVAL;
	CODEC_TRY(write_created(c, list, real, &size));
	CODEC_TRY(codec__put_str(c, FIELD_HASHED, c->scratch, size));
	for (size_t k = 0; k < json_object_array_length(list); k++)
		CODEC_TRY(codec__fields(c, created_fields, json_object_array_get_idx(list, k)));
	return 0;
}

/* The keys for the hashed form of a pathname, by enum tsem_path_form. */
static const char *const form_keys
	[] = { [TSEM_PATH_CREATED] = "created", [TSEM_PATH_PATTERN] = "pattern", [TSEM_PATH_NORMAL] = "normal" };

static int encode_pathname(struct codec *c, struct json_object *o, u32 shift)
{
	struct bytes real, text;
	u32 form = TSEM_PATH_REAL;
	bool fits;

	for (u32 i = TSEM_PATH_CREATED; i <= TSEM_PATH_NORMAL; i++) {
		if (!json_object_object_get_ex(o, form_keys[i], NULL))
			continue;
		c->fault = form_keys[i];
		if (form)
			return -EINVAL;
		form = i;
	}
	CODEC_TRY(get_path(c, o, "pathname", c->path, &real));
	c->fault = "pathname";
	c->forms |= form << shift;
	if (form == TSEM_PATH_REAL)
		return codec__put_str(c, FIELD_HASHED, real.at, real.size);
	CODEC_TRY(codec__put_str(c, FIELD_TOLD, real.at, c->untold ? 0 : real.size));
	if (form == TSEM_PATH_CREATED)
		return encode_created(c, o, real);
	CODEC_TRY(get_path(c, o, form_keys[form], c->scratch, &text));
	fits = form == TSEM_PATH_PATTERN ? pattern_matches(text, real)
					 : normal_fits(text, real, c->width) && !equal(text, real);
	c->fault = form_keys[form];
	return fits ? codec__put_str(c, FIELD_HASHED, text.at, text.size) : -EINVAL;
}

/* ---- to JSON ---- */

static int decode_created(struct codec *c, struct json_object *o, struct bytes hashed)
{
	struct json_object *list = json_object_new_array(), *entry;
	struct components components = components_of(hashed);
	struct bytes component;

	CODEC_TRY(codec__put(o, "created", list));
	for (u64 i = 0; next_component(&components, &component); i++) {
		if (!is_created(component))
			continue;
		entry = json_object_new_object();
		if (!entry || json_object_array_add(list, entry)) {
			json_object_put(entry);
			return -ENOMEM;
		}
		CODEC_TRY(codec__put_number(entry, "component", "%" PRIu64, i));
		CODEC_TRY(codec__fields(c, created_fields, entry));
	}
	return json_object_array_length(list) ? 0 : -EINVAL;
}

static bool form_fits(const struct codec *c, u32 form, struct bytes hashed, struct bytes real)
{
	switch (form) {
	case TSEM_PATH_CREATED:
		return created_fits(hashed, real);
	case TSEM_PATH_PATTERN:
		return pattern_matches(hashed, real);
	case TSEM_PATH_NORMAL:
		return normal_fits(hashed, real, c->width);
	default:
		return true;
	}
}

static int get_bytes(struct codec *c, enum field_part part, struct bytes *out)
{
	u32 size;

	CODEC_TRY(codec__get_str(c, part, &out->at, &size));
	out->size = size;
	return 0;
}

/*
 * The real pathname did not fit: makes a pathname with the same hashed form. Created components are `*`; the text of a
 * pattern matches itself.
 */
static int decode_untold(struct codec *c, struct json_object *o, u32 form, struct bytes hashed)
{
	u8 *name = malloc(hashed.size ?: 1);
	int err;

	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < hashed.size; i++)
		name[i] = form == TSEM_PATH_CREATED && !hashed.at[i] ? '*' : hashed.at[i];
	err = memchr(name, 0, hashed.size) ? -EINVAL : codec__put(o, "pathname", codec__text(name, hashed.size));
	if (!err && form == TSEM_PATH_CREATED)
		err = created_fits(hashed, (struct bytes){ name, hashed.size }) ? decode_created(c, o, hashed)
										: -EINVAL;
	else if (!err && form == TSEM_PATH_PATTERN)
		err = pattern_matches(hashed, hashed) ? codec__put(o, "pattern", codec__text(name, hashed.size))
						      : -EINVAL;
	free(name);
	return err;
}

static int decode_pathname(struct codec *c, struct json_object *o, u32 shift)
{
	u32 form = c->forms >> shift & TSEM_PATH_FORM_MASK;
	struct bytes hashed, real;

	CODEC_TRY(get_bytes(c, FIELD_HASHED, &hashed));
	real = hashed;
	if (form != TSEM_PATH_REAL)
		CODEC_TRY(get_bytes(c, FIELD_TOLD, &real));
	if (form != TSEM_PATH_REAL && !real.size)
		return decode_untold(c, o, form, hashed);
	if (memchr(real.at, 0, real.size) || !form_fits(c, form, hashed, real))
		return -EINVAL;
	CODEC_TRY(codec__put(o, "pathname", codec__text(real.at, real.size)));
	if (form == TSEM_PATH_CREATED)
		return decode_created(c, o, hashed);
	if (form == TSEM_PATH_PATTERN || (form == TSEM_PATH_NORMAL && !equal(hashed, real)))
		return codec__put(o, form_keys[form], codec__text(hashed.at, hashed.size));
	return 0;
}

int codec__path(struct codec *c, struct json_object *o)
{
	static const struct field device[] = { { .key = "major", .kind = FIELD_U32, .part = FIELD_LOCAL },
					       { .key = "minor", .kind = FIELD_U32, .part = FIELD_LOCAL },
					       {} };
	u32 n = c->paths++, shift = n * TSEM_PATH_FORM_BITS;
	struct json_object *dev;
	int err;

	if (n > 1)
		return -EINVAL;
	if (codec__present(c, n ? TSEM_SHAPE_DEVICE1 : TSEM_SHAPE_DEVICE0, o, "dev")) {
		CODEC_TRY(codec__object(c, o, "dev", &dev));
		CODEC_TRY(codec__fields(c, device, dev));
	}
	err = c->op == CODEC_ENCODE ? encode_pathname(c, o, shift) : decode_pathname(c, o, shift);
	if (!err)
		c->fault = NULL;
	return err;
}
