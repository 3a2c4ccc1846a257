// SPDX-License-Identifier: GPL-2.0
/* Walks the fields of a CELL; also has the blocks that are more than a list of fields. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "event_codec.h"

static int block_dentry(struct codec *c, struct json_object *o)
{
	u32 bit = c->dentries++ ? TSEM_SHAPE_INODE1 : TSEM_SHAPE_INODE0;
	struct json_object *block;

	if (codec__present(c, bit, o, "inode")) {
		CODEC_TRY(codec__object(c, o, "inode", &block));
		CODEC_TRY(codec__fields(c, field__block(FIELD_INODE), block));
	}
	CODEC_TRY(codec__object(c, o, "path", &block));
	return codec__path(c, block);
}

/* Is the file, or the path of inode_getattr, an inherited descriptor? Then it has no inode and no path. */
static int inherited(struct codec *c, struct json_object *o, bool *is)
{
	*is = codec__present(c, TSEM_SHAPE_INHERITED, o, "inherited");
	if (!*is || c->op == CODEC_DECODE ||
	    (!json_object_object_get_ex(o, "path", NULL) && !json_object_object_get_ex(o, "inode", NULL)))
		return 0;
	c->fault = "inherited";
	return -EINVAL;
}

static int block_file(struct codec *c, struct json_object *o)
{
	bool is;

	CODEC_TRY(inherited(c, o, &is));
	return codec__fields(c, is ? field__inherited_file : field__file, o);
}

static int block_getattr(struct codec *c, struct json_object *o)
{
	bool is;

	CODEC_TRY(inherited(c, o, &is));
	return is ? codec__number(c, o, "inherited", FIELD_STREAM, FIELD_HASHED) : block_dentry(c, o);
}

/* Flags of an inherited file: the access mode is hashed, all flags are told. */
static int block_access(struct codec *c, struct json_object *o, const char *key)
{
	u8 *access = codec__bytes(c, FIELD_HASHED, 4);
	u32 hashed;

	if (!access)
		return codec__short(c, key);
	CODEC_TRY(codec__number(c, o, key, FIELD_U32, FIELD_TOLD));
	hashed = c->last[FIELD_U32] & 3;
	if (c->op == CODEC_ENCODE)
		memcpy(access, &hashed, 4);
	return memcmp(access, &hashed, 4) ? -EINVAL : 0;
}

static int block_device(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *block;
	u64 major, minor;
	u32 dev;
	u8 *p;

	CODEC_TRY(codec__object(c, o, key, &block));
	p = codec__bytes(c, FIELD_HASHED, sizeof(dev));
	if (!p)
		return codec__short(c, key);
	if (c->op == CODEC_ENCODE) {
		CODEC_TRY(codec__get_number(c, block, "major", 10, 0xfff, &major));
		CODEC_TRY(codec__get_number(c, block, "minor", 10, 0xfffff, &minor));
		dev = major << 20 | minor;
		memcpy(p, &dev, sizeof(dev));
		return 0;
	}
	memcpy(&dev, p, sizeof(dev));
	CODEC_TRY(codec__put_number(block, "major", "%" PRIu64, dev >> 20));
	return codec__put_number(block, "minor", "%" PRIu64, dev & 0xfffff);
}

/* Zeros on tmpfs, whatever JSON says. */
static int block_uuid(struct codec *c, struct json_object *o, const char *key, enum field_part part)
{
	static const u8 zeros[16];
	u8 *p = c->part[part].at;

	CODEC_TRY(codec__hex(c, o, key, 16, 16, part));
	if (c->last[FIELD_MAGIC] != FIELD_TMPFS)
		return 0;
	if (c->op == CODEC_ENCODE)
		memset(p, 0, 16);
	return memcmp(p, zeros, 16) ? -EINVAL : 0;
}

/* An address. The shape has its kind; its fields depend on the kind and on the use of the address. */
static int block_address(struct codec *c, struct json_object *o, const char *key, enum field_kind kind)
{
	u32 which = (c->shape & TSEM_SHAPE_ADDR_MASK) >> TSEM_SHAPE_ADDR_SHIFT;
	struct json_object *block, *address;
	const struct field *fields;

	c->met |= TSEM_SHAPE_ADDR_MASK;
	c->fault = key;
	if (c->op == CODEC_ENCODE) {
		if (!json_object_object_get_ex(o, key, &block))
			return kind == FIELD_MADDR || kind == FIELD_ADDR_MAYBE ? 0 : -EINVAL;
		if (!json_object_is_type(block, json_type_object))
			return -EINVAL;
		for (which = TSEM_ADDR_NETLINK; which; which--) {
			if (json_object_object_get_ex(block, field__address_key(which), NULL))
				break;
		}
		c->shape |= which << TSEM_SHAPE_ADDR_SHIFT;
	} else if (which == TSEM_ADDR_NONE) {
		return kind == FIELD_MADDR || kind == FIELD_ADDR_MAYBE ? 0 : -EINVAL;
	}
	fields = field__address(kind, which);
	if (!fields)
		return -EINVAL;
	CODEC_TRY(codec__object(c, o, key, &block));
	CODEC_TRY(codec__object(c, block, field__address_key(which), &address));
	return codec__fields(c, fields, address);
}

/* The abstract name of a peer: all bytes, with the first NUL. */
static int block_abstract(struct codec *c, struct json_object *o, const char *key)
{
	u8 *p = c->part[FIELD_HASHED].at;
	u32 size;

	CODEC_TRY(codec__str(c, o, key));
	memcpy(&size, p, sizeof(size));
	if (size && !p[sizeof(size)])
		return 0;
	c->fault = key;
	return -EINVAL;
}

static int block_peer(struct codec *c, struct json_object *o, const char *key)
{
	u32 which = (c->shape & TSEM_SHAPE_PEER_MASK) >> TSEM_SHAPE_PEER_SHIFT;
	struct json_object *block, *path;

	c->met |= TSEM_SHAPE_PEER_MASK;
	if (c->op == CODEC_ENCODE) {
		if (!json_object_object_get_ex(o, key, &block))
			return 0;
		which = json_object_object_get_ex(block, "abstract", NULL) ? TSEM_PEER_ABSTRACT : TSEM_PEER_PATH;
		c->shape |= which << TSEM_SHAPE_PEER_SHIFT;
	}
	if (which == TSEM_PEER_NONE)
		return 0;
	if (which > TSEM_PEER_PATH)
		return -EINVAL;
	CODEC_TRY(codec__object(c, o, key, &block));
	if (which == TSEM_PEER_ABSTRACT)
		return block_abstract(c, block, "abstract");
	CODEC_TRY(codec__object(c, block, "path", &path));
	return codec__path(c, path);
}

static int walk_field(struct codec *c, const struct field *f, const char *key, struct json_object *o)
{
	enum field_part part = f->part == FIELD_LOCAL ? (c->portable ? FIELD_TOLD : FIELD_HASHED) : f->part;
	struct json_object *block;

	switch (f->kind) {
	case FIELD_STRING:
		return codec__str(c, o, key);
	case FIELD_REST:
		return codec__rest(c, o, key);
	case FIELD_VALUE:
		return codec__value(c, o, key);
	case FIELD_DIGEST:
		return codec__hex(c, o, key, c->width, c->width, part);
	case FIELD_DIGEST64:
		return codec__hex(c, o, key, c->width, TSEM_OWNER_SIZE, part);
	case FIELD_ADDRESS6:
		return codec__hex(c, o, key, 16, 16, part);
	case FIELD_NAME32:
		return codec__name32(c, o, key, part);
	case FIELD_UUID:
		return block_uuid(c, o, key, part);
	case FIELD_ACCESS:
		return block_access(c, o, key);
	case FIELD_DEVICE:
	case FIELD_RDEV:
		return block_device(c, o, key);
	case FIELD_PEER:
		return block_peer(c, o, key);
	case FIELD_ADDR:
	case FIELD_ADDR_MAYBE:
	case FIELD_LADDR:
	case FIELD_MADDR:
		return block_address(c, o, key, f->kind);
	case FIELD_NSID:
		return codec__number(c, o, key, f->kind, c->last[FIELD_NSID_SET] ? FIELD_HASHED : FIELD_TOLD);
	case FIELD_PATH:
	case FIELD_DENTRY:
	case FIELD_GETATTR:
	case FIELD_FILE:
		CODEC_TRY(codec__object(c, o, key, &block));
		return f->kind == FIELD_PATH     ? codec__path(c, block)
		       : f->kind == FIELD_DENTRY ? block_dentry(c, block)
		       : f->kind == FIELD_FILE   ? block_file(c, block)
						 : block_getattr(c, block);
	default:
		if (!field__block(f->kind))
			return codec__number(c, o, key, f->kind, part);
		CODEC_TRY(codec__object(c, o, key, &block));
		return codec__fields(c, field__block(f->kind), block);
	}
}

static bool field_present(struct codec *c, const struct field *f, struct json_object *o)
{
	u32 type = c->last[FIELD_FILE_MODE] & S_IFMT;
	char group[32];

	if (f->kind == FIELD_RDEV)
		return type == S_IFCHR || type == S_IFBLK;
	if (!f->present)
		return true;
	snprintf(group, sizeof(group), "%.*s", (int)strcspn(f->key, "."), f->key);
	return codec__present(c, f->present, o, group);
}

/* The object before the dot of a key, which several fields share. */
static int group_object(struct codec *c, struct json_object *o, const char *key, const char *dot,
			struct json_object **group)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)(dot - key), key);
	if (c->op == CODEC_DECODE && !json_object_object_get_ex(o, name, NULL))
		return codec__object(c, o, name, group);
	if (json_object_object_get_ex(o, name, group) && json_object_is_type(*group, json_type_object))
		return 0;
	c->fault = key;
	return -EINVAL;
}

int codec__fields(struct codec *c, const struct field *fields, struct json_object *o)
{
	for (const struct field *f = fields; f->kind != FIELD_END; f++) {
		const char *dot = strchr(f->key, '.');
		struct json_object *in = o;

		if (!field_present(c, f, o))
			continue;
		if (dot)
			CODEC_TRY(group_object(c, o, f->key, dot, &in));
		CODEC_TRY(walk_field(c, f, dot ? dot + 1 : f->key, in));
	}
	return 0;
}
