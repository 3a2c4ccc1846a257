/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of events and their fields. JSON, records, coefficients and explanations follow from it. It has each
 * field's name and width, when the field is present, and whether it is hashed or only told.
 */
#ifndef TSEM_EVENT_FIELDS_H
#define TSEM_EVENT_FIELDS_H

#include <stdbool.h>

#include "tsem_types.h"

enum field_kind {
	FIELD_END = 0,
	/* Integers. */
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_HEX64, /* u64, written as 0x... */
	FIELD_MODE16, /* u16, octal */
	FIELD_MODE32, /* u32, octal */
	FIELD_FILE_MODE, /* MODE32 of an inode: decides whether RDEV follows */
	FIELD_MAGIC, /* u32, written as 0x...: decides whether UUID is zero */
	FIELD_STREAM, /* u32, 0 to 3 */
	FIELD_OPTION, /* u32 of prctl: decides what ARG2 is */
	FIELD_ARG2, /* u64, zero if it is an address */
	FIELD_NSID_SET, /* u32: decides whether NSID is hashed */
	FIELD_NSID, /* u32 */
	/* Bytes. */
	FIELD_STRING, /* length u32, then bytes */
	FIELD_REST, /* all bytes up to the end: the address of a unix socket */
	FIELD_VALUE, /* bytes, base64 in JSON; their number is told */
	FIELD_DIGEST, /* D bytes */
	FIELD_DIGEST64, /* D bytes, zero padded to TSEM_OWNER_SIZE */
	FIELD_ADDRESS6, /* 16 bytes, hex */
	FIELD_NAME32, /* a name, zero padded to 32 bytes */
	FIELD_UUID, /* 16 bytes, hex; zeros on tmpfs */
	/* Blocks: objects in JSON. */
	FIELD_DEVICE, /* major << 20 | minor in a u32 */
	FIELD_RDEV, /* DEVICE if the inode is a device */
	FIELD_ACCESS, /* file flags: two bits are hashed, all are told */
	FIELD_COE,
	FIELD_CREDS,
	FIELD_INODE,
	FIELD_PATH,
	FIELD_DENTRY,
	FIELD_GETATTR, /* DENTRY, or the stream of an inherited descriptor */
	FIELD_FILE,
	FIELD_SOCK,
	FIELD_IPC,
	FIELD_PEER, /* if the peer is bound */
	FIELD_ADDR,
	FIELD_ADDR_MAYBE, /* ADDR if there is one */
	FIELD_LADDR,
	FIELD_MADDR, /* ADDR of a message, if there is one */
	FIELD_KINDS
};

enum field_part {
	FIELD_HASHED = 0,
	FIELD_TOLD, /* in the record and in JSON, but no part of the coefficient */
	FIELD_LOCAL, /* hashed with encoding host, told with portable */
};

struct field {
	const char *key; /* in JSON; with a dot: inside of an object of the CELL */
	enum field_kind kind;
	u32 present; /* bit of the shape that is set if the field is present; 0: it always is, or its kind decides */
	enum field_part part;
};

/*
 * The fields of an event's CELL; FIELD_END ends the list. An empty list: the event is always generic. NULL: no such
 * event.
 */
const struct field *event__fields(u32 event);

/* May the CELL of this event be empty without being generic? */
bool event__optional(u32 event);

/* The fields of a block that is a plain list, which FIELD_END ends; NULL for other kinds. */
const struct field *field__block(enum field_kind kind);

/* The two forms of FILE: inode, path, digest; or access mode, stream. */
extern const struct field field__file[], field__inherited_file[];

/*
 * The fields of an address of a kind (enum tsem_addr_kind) in a field of ADDR, LADDR or MADDR, or NULL if it has none.
 */
const struct field *field__address(enum field_kind kind, u32 addr_kind);

/* The key in JSON of an enum tsem_addr_kind, or NULL; static. */
const char *field__address_key(u32 addr_kind);

/* Is arg2 of this option of prctl an address, which differs from run to run? */
bool field__address_option(u64 option);

/* TMPFS_MAGIC of linux/magic.h: the UUID of a tmpfs changes at every boot. */
#define FIELD_TMPFS 0x01021994

#endif
