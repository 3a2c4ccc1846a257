// SPDX-License-Identifier: GPL-2.0
/*
 * The table of all events and their fields, and the three walks over it.
 *
 * Each event is a list of fields; a field is a JSON key (with a dot: inside of an object), a kind and, for some, a bit
 * of the shape that says whether it is there. One walk visits the fields in order with a codec, which either writes the
 * description from JSON (ENCODE), writes JSON from the description (DECODE), or appends those bytes of the description
 * that are hashed (HASH). A field is thus described once, and the three cannot disagree about order or width.
 */
#include "event.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "digest.h"

#define TMPFS_MAGIC 0x01021994

enum kind {
	END = 0,
	U16,
	U32,
	U64,
	HEX64, /* u64, written as 0x... */
	MODE16, /* u16, octal */
	MODE32, /* u32, octal */
	DEVICE, /* u32 major << 20 | minor, an object */
	STR,
	VALUE, /* bytes, base64; their length is in the description and not hashed */
	INODE,
	PATH,
	DENTRY,
	FILE_BLOCK,
	SOCK,
	IPC,
	CREDS,
	TASK,
	TASK64,
	ADDR,
	LADDR,
	MADDR,
	/* Fields whose hash depends on others. */
	UNHASHED32,
	UNHASHED64,
	PRCTL_ARG2,
	NSID_SET,
	NSID,
	REMEMBERED32, /* u32 that a later field asks for */
};

struct field {
	const char *key;
	enum kind kind;
	u32 present; /* shape bit, or 0: always there */
};

#define FIELDS_MAX 8

/* clang-format off */
#define FILE_FIELD { "file", FILE_BLOCK, 0 }
#define SOCK_FIELD { "sock", SOCK, 0 }
#define TASK_FIELD { "task", TASK, 0 }
#define DENTRY_FIELD { "dentry", DENTRY, 0 }
#define DIR_FIELD { "dir", INODE, 0 }
#define PERM_FIELD { "perm", IPC, 0 }

static const struct field table[TSEM_EVENT_END][FIELDS_MAX] = {
	[TSEM_EVENT_bprm_committing_creds] = { FILE_FIELD },
	[TSEM_EVENT_file_open] = { FILE_FIELD },
	[TSEM_EVENT_file_receive] = { FILE_FIELD },
	[TSEM_EVENT_file_ioctl] = { FILE_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_file_lock] = { FILE_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_file_fcntl] = { FILE_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_mmap_file] = { { "file", FILE_BLOCK, TSEM_SHAPE_FILE }, { "prot", U32, 0 }, { "flags", U32, 0 } },
	[TSEM_EVENT_kernel_read_file] = { FILE_FIELD, { "id", U32, 0 }, { "contents", U32, 0 } },
	[TSEM_EVENT_kernel_load_data] = { { "id", U32, 0 }, { "contents", U32, 0 } },
	[TSEM_EVENT_kernel_module_request] = { { "kmod_name", STR, 0 } },
	[TSEM_EVENT_socket_create] = { { "family", U32, 0 }, { "type", U32, 0 }, { "protocol", U32, 0 }, { "kern", U32, 0 } },
	[TSEM_EVENT_socket_connect] = { SOCK_FIELD, { "addr", ADDR, 0 } },
	[TSEM_EVENT_socket_bind] = { SOCK_FIELD, { "addr", ADDR, 0 } },
	[TSEM_EVENT_socket_accept] = { SOCK_FIELD, { "addr", LADDR, 0 } },
	[TSEM_EVENT_socket_sendmsg] = { SOCK_FIELD, { "addr", MADDR, 0 } },
	[TSEM_EVENT_socket_recvmsg] = { SOCK_FIELD, { "addr", MADDR, 0 } },
	[TSEM_EVENT_socket_getsockname] = { SOCK_FIELD },
	[TSEM_EVENT_socket_getpeername] = { SOCK_FIELD },
	[TSEM_EVENT_tun_dev_attach_queue] = { SOCK_FIELD },
	[TSEM_EVENT_socket_listen] = { SOCK_FIELD, { "backlog", U32, 0 } },
	[TSEM_EVENT_socket_shutdown] = { SOCK_FIELD, { "how", U32, 0 } },
	[TSEM_EVENT_socket_setsockopt] = { SOCK_FIELD, { "level", U32, 0 }, { "optname", U32, 0 } },
	[TSEM_EVENT_unix_stream_connect] = { SOCK_FIELD, { "other", SOCK, 0 } },
	[TSEM_EVENT_unix_may_send] = { SOCK_FIELD, { "other", SOCK, 0 } },
	[TSEM_EVENT_socket_socketpair] = { { "socka", SOCK, 0 }, { "sockb", SOCK, 0 } },
	[TSEM_EVENT_netlink_send] = { SOCK_FIELD, { "uid", U32, 0 }, { "gid", U32, 0 }, { "portid", U32, 0 },
				      { "dst_group", U32, 0 }, { "flags", U32, 0 }, { "nsid_set", NSID_SET, 0 },
				      { "nsid", NSID, 0 } },
	[TSEM_EVENT_task_kill] = { { "target", TASK, 0 }, { "sig", U32, 0 }, { "cross_ns", U32, 0 } },
	[TSEM_EVENT_ptrace_access_check] = { { "child", TASK, 0 }, { "mode", U32, 0 } },
	[TSEM_EVENT_ptrace_traceme] = { { "source", TASK, 0 } },
	[TSEM_EVENT_capget] = { { "target", TASK, 0 }, { "effective", HEX64, 0 }, { "inheritable", HEX64, 0 },
				{ "permitted", HEX64, 0 } },
	[TSEM_EVENT_capset] = { { "effective", HEX64, 0 }, { "inheritable", HEX64, 0 }, { "permitted", HEX64, 0 } },
	[TSEM_EVENT_capable] = { { "cap", U32, 0 }, { "opts", U32, 0 } },
	[TSEM_EVENT_task_setpgid] = { { "task", TASK64, 0 }, { "source", TASK64, 0 } },
	[TSEM_EVENT_task_getpgid] = { TASK_FIELD },
	[TSEM_EVENT_task_getsid] = { TASK_FIELD },
	[TSEM_EVENT_task_getioprio] = { TASK_FIELD },
	[TSEM_EVENT_task_setscheduler] = { TASK_FIELD },
	[TSEM_EVENT_task_getscheduler] = { TASK_FIELD },
	[TSEM_EVENT_task_setnice] = { { "task", TASK64, 0 }, { "nice", U32, 0 } },
	[TSEM_EVENT_task_setioprio] = { { "task", TASK64, 0 }, { "ioprio", U32, 0 } },
	[TSEM_EVENT_task_prlimit] = { { "cred", CREDS, 0 }, { "tcred", CREDS, 0 }, { "flags", U32, 0 } },
	[TSEM_EVENT_task_setrlimit] = { TASK_FIELD, { "new_rlim.resource", U32, 0 }, { "new_rlim.current", U64, 0 },
					{ "new_rlim.max", U64, 0 } },
	[TSEM_EVENT_task_prctl] = { { "option", REMEMBERED32, 0 }, { "arg2", PRCTL_ARG2, 0 }, { "arg3", UNHASHED64, 0 },
				    { "arg4", U64, 0 }, { "arg5", U64, 0 } },
	[TSEM_EVENT_inode_create] = { DIR_FIELD, DENTRY_FIELD, { "mode", MODE16, 0 } },
	[TSEM_EVENT_inode_mkdir] = { DIR_FIELD, DENTRY_FIELD, { "mode", MODE16, 0 } },
	[TSEM_EVENT_inode_unlink] = { DIR_FIELD, DENTRY_FIELD },
	[TSEM_EVENT_inode_rmdir] = { DIR_FIELD, DENTRY_FIELD },
	[TSEM_EVENT_inode_link] = { { "old_dentry", DENTRY, 0 }, DIR_FIELD, { "new_dentry", DENTRY, 0 } },
	[TSEM_EVENT_inode_symlink] = { DIR_FIELD, DENTRY_FIELD, { "old_name", STR, 0 } },
	[TSEM_EVENT_inode_mknod] = { DIR_FIELD, DENTRY_FIELD, { "mode", MODE16, 0 }, { "dev", DEVICE, 0 } },
	[TSEM_EVENT_inode_rename] = { { "old_dir", INODE, 0 }, { "old_dentry", DENTRY, 0 }, { "new_dir", INODE, 0 },
				      { "new_dentry", DENTRY, 0 } },
	[TSEM_EVENT_inode_killpriv] = { DENTRY_FIELD },
	[TSEM_EVENT_inode_listxattr] = { DENTRY_FIELD },
	[TSEM_EVENT_sb_statfs] = { DENTRY_FIELD },
	[TSEM_EVENT_quota_on] = { DENTRY_FIELD },
	[TSEM_EVENT_inode_getattr] = { { "path", DENTRY, 0 } },
	[TSEM_EVENT_inode_setattr] = { DENTRY_FIELD, { "attr.valid", U32, 0 }, { "attr.mode", MODE32, 0 },
				       { "attr.uid", U32, 0 }, { "attr.gid", U32, 0 },
				       { "attr.size", U64, 0 } },
	[TSEM_EVENT_inode_setxattr] = { DENTRY_FIELD, { "name", STR, 0 }, { "value", VALUE, 0 }, { "flags", U32, 0 } },
	[TSEM_EVENT_inode_getxattr] = { DENTRY_FIELD, { "name", STR, 0 } },
	[TSEM_EVENT_inode_removexattr] = { DENTRY_FIELD, { "name", STR, 0 } },
	[TSEM_EVENT_key_alloc] = { { "cred", CREDS, 0 }, { "flags", U64, 0 } },
	[TSEM_EVENT_key_permission] = { { "key_ref.possessed", U32, 0 }, { "key_ref.uid", U32, 0 },
					{ "key_ref.gid", U32, 0 }, { "key_ref.flags", U64, 0 }, { "cred", CREDS, 0 },
					{ "perm", U32, 0 } },
	[TSEM_EVENT_ipc_permission] = { { "ipcp", IPC, 0 }, { "flag", U16, 0 } },
	[TSEM_EVENT_shm_associate] = { PERM_FIELD, { "flags", U32, 0 } },
	[TSEM_EVENT_shm_shmat] = { PERM_FIELD, { "flags", U32, 0 } },
	[TSEM_EVENT_sem_associate] = { PERM_FIELD, { "flags", U32, 0 } },
	[TSEM_EVENT_msg_queue_associate] = { PERM_FIELD, { "flags", U32, 0 } },
	[TSEM_EVENT_shm_shmctl] = { PERM_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_sem_semctl] = { PERM_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_msg_queue_msgctl] = { PERM_FIELD, { "cmd", U32, 0 } },
	[TSEM_EVENT_msg_queue_msgrcv] = { PERM_FIELD, { "target", TASK, 0 }, { "type", U64, 0 }, { "mode", U32, 0 } },
	[TSEM_EVENT_sem_semop] = { PERM_FIELD, { "nsops", U32, 0 }, { "alter", U32, 0 } },
	[TSEM_EVENT_syslog] = { { "type", U32, 0 } },
	[TSEM_EVENT_settime] = { { "ts.seconds", U64, TSEM_SHAPE_FIRST }, { "ts.nsecs", U64, TSEM_SHAPE_FIRST },
				 { "tz.minuteswest", U32, TSEM_SHAPE_SECOND }, { "tz.dsttime", U32, TSEM_SHAPE_SECOND } },
	[TSEM_EVENT_sb_mount] = { { "dev_name", STR, TSEM_SHAPE_FIRST }, { "path", PATH, 0 },
				  { "type", STR, TSEM_SHAPE_SECOND }, { "flags", U64, 0 } },
	[TSEM_EVENT_sb_umount] = { { "mnt", DENTRY, 0 }, { "flags", U32, 0 } },
	[TSEM_EVENT_sb_remount] = { { "sb.dentry", DENTRY, 0 }, { "sb.fstype", STR, 0 }, { "sb.s_flags", U64, 0 } },
	[TSEM_EVENT_sb_pivotroot] = { { "old_path", PATH, 0 }, { "new_path", PATH, 0 } },
	[TSEM_EVENT_move_mount] = { { "from_path", PATH, 0 }, { "to_path", PATH, 0 } },
	[TSEM_EVENT_quotactl] = { { "cmds", U32, 0 }, { "type", U32, 0 }, { "id", U32, 0 }, { "sb.dentry", DENTRY, 0 },
				  { "sb.fstype", STR, 0 }, { "sb.s_flags", U64, 0 } },
	[TSEM_EVENT_bpf] = { { "cmd", U32, 0 }, { "attr.size", U32, 0 } },
	[TSEM_EVENT_bpf_map] = { { "map.map_type", U32, 0 }, { "fmode", U32, 0 } },
	[TSEM_EVENT_bpf_prog] = { { "prog.type", U32, 0 }, { "prog.attach_type", U32, 0 } },
};
/* clang-format on */

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

enum operation { ENCODE, DECODE, HASH };

struct codec {
	enum operation op;
	struct tsem_record *record; /* written by ENCODE only */
	u32 at; /* in record->cell, for DECODE and HASH */
	bool portable;
	int paths; /* PATH and DENTRY met so far */
	u32 remembered; /* value of the last REMEMBERED32 or NSID_SET */
	const char *fault;
	u8 *hashed; /* HASH: what goes into H(CELL) */
	size_t hashed_size;
};

/* Bytes of a digest. */
static size_t width(const struct codec *c)
{
	return c->record->digest_size;
}

/* The next `size` bytes of the description: room to write, or bytes to read. NULL if they are not there. */
static void *codec_bytes(struct codec *c, size_t size, bool hashed)
{
	struct tsem_record *r = c->record;
	u8 *p;

	if (c->op == ENCODE) {
		if (size > TSEM_CELL_MAX - r->cell_size)
			return NULL;
		p = r->cell + r->cell_size;
		r->cell_size += size;
		return p;
	}
	if (c->at > r->cell_size || size > r->cell_size - c->at)
		return NULL;
	p = r->cell + c->at;
	c->at += size;
	if (c->op == HASH && hashed) {
		memcpy(c->hashed + c->hashed_size, p, size);
		c->hashed_size += size;
	}
	return p;
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

static struct json_object *string_to_json(const void *bytes, size_t size)
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

/* The bytes that a string stands for, at most `max`, into `out`; their number, or -EINVAL. */
static long string_from_json(struct json_object *json, u8 *out, size_t max)
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

/* Size without the NULs at the end of a padded name; one inside of it is shown, since it is hashed. */
static size_t unpadded(const void *bytes, size_t size)
{
	const char *s = bytes;

	while (size && !s[size - 1])
		size--;
	return size;
}

/* ---- leaves ---- */

static struct json_object *get_string(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_string))
		return value;
	c->fault = key;
	return NULL;
}

static struct json_object *get_object(struct codec *c, struct json_object *o, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_object))
		return value;
	c->fault = key;
	return NULL;
}

static int get_number(struct codec *c, struct json_object *o, const char *key, int base, u64 max, u64 *out)
{
	struct json_object *value = get_string(c, o, key);
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

static int put(struct json_object *o, const char *key, struct json_object *value)
{
	return value && !json_object_object_add(o, key, value) ? 0 : -ENOMEM;
}

static int put_number(struct json_object *o, const char *key, const char *format, u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	return put(o, key, json_object_new_string(text));
}

static int put_hex(struct json_object *o, const char *key, const u8 *data, size_t size)
{
	char text[2 * TSEM_OWNER_SIZE + 1];

	digest__to_hex(data, size, text);
	return put(o, key, json_object_new_string(text));
}

enum format { DECIMAL, HEXADECIMAL, OCTAL };

/* An integer of `width` bytes; its value in *value where that is not NULL. */
static int leaf_number(struct codec *c, struct json_object *o, const char *key, size_t width, enum format format,
		       bool hashed, u64 *value)
{
	static const char *const formats[] = { "%" PRIu64, "0x%" PRIx64, "0%" PRIo64 };
	static const int bases[] = { 10, 16, 8 };
	u64 v = 0;
	void *p;
	int err = 0;

	if (c->op == ENCODE) {
		err = get_number(c, o, key, bases[format], ~0ULL >> (64 - 8 * width), &v);
		if (err)
			return err;
	}
	p = codec_bytes(c, width, hashed);
	if (!p) {
		c->fault = key;
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	}
	if (c->op == ENCODE) {
		v = htole64(v);
		memcpy(p, &v, width);
	} else {
		memcpy(&v, p, width);
	}
	v = le64toh(v);
	if (value)
		*value = v;
	if (c->op == DECODE)
		err = put_number(o, key, formats[format], v);
	return err;
}

static int leaf_u32(struct codec *c, struct json_object *o, const char *key)
{
	return leaf_number(c, o, key, 4, DECIMAL, true, NULL);
}

/* `size` bytes as hex, in a place of `room` bytes padded with zeros. */
static int leaf_hex(struct codec *c, struct json_object *o, const char *key, size_t size, size_t room, bool hashed)
{
	u8 *p = codec_bytes(c, room, hashed);
	struct json_object *value;

	c->fault = p ? c->fault : key;
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	if (c->op == DECODE)
		return put_hex(o, key, p, size);
	if (c->op == ENCODE) {
		value = get_string(c, o, key);
		memset(p, 0, room);
		if (!value ||
		    digest__from_hex(json_object_get_string(value), json_object_get_string_len(value), p, size)) {
			c->fault = key;
			return -EINVAL;
		}
	}
	return 0;
}

/* STR: the bytes of a string behind their length. */
static int leaf_string(struct codec *c, struct json_object *o, const char *key, bool hashed)
{
	struct json_object *value;
	u8 bytes[TSEM_CELL_MAX], *p;
	long size = 0;
	u32 length;

	c->fault = key;
	if (c->op == ENCODE) {
		value = get_string(c, o, key);
		size = value ? string_from_json(value, bytes, sizeof(bytes)) : -EINVAL;
		if (size < 0)
			return size;
	}
	p = codec_bytes(c, 4, hashed);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	length = htole32(size);
	if (c->op == ENCODE)
		memcpy(p, &length, 4);
	else
		memcpy(&length, p, 4);
	length = le32toh(length);
	p = codec_bytes(c, length, hashed);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	if (c->op == ENCODE)
		memcpy(p, bytes, length);
	c->fault = NULL;
	return c->op == DECODE ? put(o, key, string_to_json(p, length)) : 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes as base64, behind a length that is not hashed. */
static int leaf_value(struct codec *c, struct json_object *o, const char *key)
{
	/* EVP_DecodeBlock() writes whole groups of three. */
	u8 bytes[TSEM_CELL_MAX + 4];
	char text[TSEM_CELL_MAX * 2];
	const char *s;
	struct json_object *value;
	u32 length = 0;
	u8 *p;

	c->fault = key;
	if (c->op == ENCODE) {
		int size, in;

		value = get_string(c, o, key);
		in = value ? json_object_get_string_len(value) : -1;
		if (in < 0 || in % 4)
			return -EINVAL;
		s = json_object_get_string(value);
		size = in / 4 * 3;
		for (int i = 0; i < 2 && in && s[in - 1] == '='; i++, in--)
			size--;
		/* EVP_DecodeBlock() alone would skip blanks and take '=' for a digit. */
		if (strspn(s, base64_digits) != (size_t)in)
			return -EINVAL;
		if (size > TSEM_CELL_MAX)
			return -E2BIG;
		if (EVP_DecodeBlock(bytes, (const u8 *)s, json_object_get_string_len(value)) < 0)
			return -EINVAL;
		length = size;
	}
	p = codec_bytes(c, 4, false);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	if (c->op == ENCODE)
		memcpy(p, &length, 4);
	else
		memcpy(&length, p, 4);
	p = codec_bytes(c, length, true);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	if (c->op == ENCODE)
		memcpy(p, bytes, length);
	c->fault = NULL;
	if (c->op != DECODE)
		return 0;
	EVP_EncodeBlock((u8 *)text, p, length);
	return put(o, key, json_object_new_string(text));
}

/* ---- blocks ---- */

/* The object of a block: the one under `key` to read from, a new one under `key` to fill; NULL for HASH. */
static int block_object(struct codec *c, struct json_object *o, const char *key, struct json_object **block)
{
	*block = NULL;
	if (c->op == ENCODE) {
		*block = get_object(c, o, key);
		return *block ? 0 : -EINVAL;
	}
	if (c->op == DECODE) {
		*block = json_object_new_object();
		return put(o, key, *block);
	}
	return 0;
}

#define TRY(call)                 \
	do {                      \
		int e = (call);   \
		if (e)            \
			return e; \
	} while (0)

static int block_inode(struct codec *c, struct json_object *o)
{
	bool hashed = !c->portable;
	struct json_object *value;
	u64 magic = 0;
	u8 *p;

	TRY(leaf_u32(c, o, "uid"));
	TRY(leaf_u32(c, o, "gid"));
	TRY(leaf_number(c, o, "mode", 4, OCTAL, true, NULL));
	TRY(leaf_number(c, o, "s_magic", 4, HEXADECIMAL, true, &magic));
	p = codec_bytes(c, 32, hashed);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	if (c->op == ENCODE) {
		memset(p, 0, 32);
		value = get_string(c, o, "s_id");
		c->fault = "s_id";
		if (!value || string_from_json(value, p, 32) < 0)
			return -EINVAL;
		c->fault = NULL;
	} else if (c->op == DECODE) {
		TRY(put(o, "s_id", string_to_json(p, unpadded(p, 32))));
	}
	TRY(leaf_hex(c, o, "s_uuid", 16, 16, hashed));
	/* A tmpfs has another UUID after every boot: it counts as zero bytes. */
	if (c->op == HASH && hashed && magic == TMPFS_MAGIC)
		memset(c->hashed + c->hashed_size - 16, 0, 16);
	return 0;
}

static int block_path(struct codec *c, struct json_object *o)
{
	int n = c->paths++;
	u32 device = n ? TSEM_SHAPE_DEVICE1 : TSEM_SHAPE_DEVICE0, owned = n ? TSEM_SHAPE_OWNED1 : TSEM_SHAPE_OWNED0;
	u32 *shape = &c->record->shape;
	struct json_object *dev = NULL;

	if (n > 1)
		return -EINVAL;
	if (c->op == ENCODE) {
		*shape |= json_object_object_get_ex(o, "dev", NULL) ? device : 0;
		*shape |= json_object_object_get_ex(o, "owner", NULL) ? owned : 0;
	}
	if (*shape & device) {
		TRY(block_object(c, o, "dev", &dev));
		TRY(leaf_number(c, dev, "major", 4, DECIMAL, !c->portable, NULL));
		TRY(leaf_number(c, dev, "minor", 4, DECIMAL, !c->portable, NULL));
	}
	if (!(*shape & owned))
		return leaf_string(c, o, "pathname", true);

	/* A created inode: directory, instance, owner and, not hashed, the name. JSON has the two parts joined. */
	if (c->op == ENCODE) {
		struct json_object *path = get_string(c, o, "pathname"), *parts;
		u8 bytes[TSEM_CELL_MAX];
		long size = path ? string_from_json(path, bytes, sizeof(bytes)) : -EINVAL, split;
		int err;

		if (size < 0) {
			c->fault = "pathname";
			return size;
		}
		for (split = size; split && bytes[split - 1] != '/';)
			split--;
		parts = json_object_new_object();
		err = put(parts, "directory", string_to_json(bytes, split));
		err = err ?: put(parts, "name", string_to_json(bytes + split, size - split));
		err = err ?: leaf_string(c, parts, "directory", true);
		err = err ?: leaf_number(c, o, "instance", 8, DECIMAL, true, NULL);
		err = err ?: leaf_hex(c, o, "owner", width(c), width(c), true);
		err = err ?: leaf_string(c, parts, "name", false);
		json_object_put(parts);
		return err;
	}
	if (c->op == HASH) {
		TRY(leaf_string(c, NULL, "pathname", true));
		TRY(leaf_number(c, NULL, "instance", 8, DECIMAL, true, NULL));
		TRY(leaf_hex(c, NULL, "owner", width(c), width(c), true));
		return leaf_string(c, NULL, "pathname", false);
	} else {
		u8 path[2 * TSEM_CELL_MAX];
		const u8 *p, *instance, *owner;
		u32 directory, name;
		u64 value;
		int err = -EINVAL;

		p = codec_bytes(c, 4, false);
		if (p)
			memcpy(&directory, p, 4);
		p = p ? codec_bytes(c, directory, false) : NULL;
		if (p)
			memcpy(path, p, directory);
		instance = p ? codec_bytes(c, 8, false) : NULL;
		owner = instance ? codec_bytes(c, width(c), false) : NULL;
		p = owner ? codec_bytes(c, 4, false) : NULL;
		if (p)
			memcpy(&name, p, 4);
		p = p ? codec_bytes(c, name, false) : NULL;
		if (p) {
			memcpy(path + directory, p, name);
			memcpy(&value, instance, 8);
			err = put_hex(o, "owner", owner, width(c));
			err = err ?: put_number(o, "instance", "%" PRIu64, value);
			err = err ?: put(o, "pathname", string_to_json(path, directory + name));
		}
		return err;
	}
}

static int block_dentry(struct codec *c, struct json_object *o)
{
	u32 bit = c->paths ? TSEM_SHAPE_INODE1 : TSEM_SHAPE_INODE0;
	struct json_object *block;

	if (c->op == ENCODE && json_object_object_get_ex(o, "inode", NULL))
		c->record->shape |= bit;
	if (c->record->shape & bit) {
		TRY(block_object(c, o, "inode", &block));
		TRY(block_inode(c, block));
	}
	TRY(block_object(c, o, "path", &block));
	return block_path(c, block);
}

static int block_file(struct codec *c, struct json_object *o)
{
	struct json_object *block;

	TRY(leaf_u32(c, o, "flags"));
	TRY(block_object(c, o, "inode", &block));
	TRY(block_inode(c, block));
	TRY(block_object(c, o, "path", &block));
	TRY(block_path(c, block));
	return leaf_hex(c, o, "digest", width(c), width(c), true);
}

static int block_sock(struct codec *c, struct json_object *o)
{
	TRY(leaf_u32(c, o, "family"));
	TRY(leaf_u32(c, o, "type"));
	TRY(leaf_u32(c, o, "protocol"));
	return leaf_hex(c, o, "owner", width(c), TSEM_OWNER_SIZE, true);
}

static int block_ipc(struct codec *c, struct json_object *o)
{
	TRY(leaf_u32(c, o, "uid"));
	TRY(leaf_u32(c, o, "gid"));
	TRY(leaf_u32(c, o, "cuid"));
	TRY(leaf_u32(c, o, "cgid"));
	TRY(leaf_number(c, o, "mode", 2, OCTAL, true, NULL));
	return leaf_hex(c, o, "owner", width(c), width(c), true);
}

static int block_coe(struct codec *c, struct json_object *o)
{
	static const char *const ids[] = { "uid", "euid", "suid", "gid", "egid", "sgid", "fsuid", "fsgid" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		TRY(leaf_u32(c, o, ids[i]));
	return leaf_number(c, o, "capeff", 8, HEXADECIMAL, true, NULL);
}

static int block_creds(struct codec *c, struct json_object *o)
{
	TRY(block_coe(c, o));
	return leaf_u32(c, o, "securebits");
}

static int block_device(struct codec *c, struct json_object *o)
{
	u64 major = 0, minor = 0;
	u32 dev;
	u8 *p;

	if (c->op == ENCODE) {
		TRY(get_number(c, o, "major", 10, 0xfff, &major));
		TRY(get_number(c, o, "minor", 10, 0xfffff, &minor));
	}
	p = codec_bytes(c, 4, true);
	if (!p)
		return c->op == ENCODE ? -E2BIG : -EINVAL;
	dev = major << 20 | minor;
	if (c->op == ENCODE)
		memcpy(p, &dev, 4);
	memcpy(&dev, p, 4);
	if (c->op == DECODE) {
		TRY(put_number(o, "major", "%" PRIu64, dev >> 20));
		TRY(put_number(o, "minor", "%" PRIu64, dev & 0xfffff));
	}
	return 0;
}

/* ADDR, LADDR or MADDR; the kind of address is in the shape, the encoding depends on both. */
static int block_address(struct codec *c, struct json_object *o, enum kind kind)
{
	static const char *const names[] = { NULL, "af_inet", "af_inet6", "af_unix", "af_other" };
	u32 family = (c->record->shape & TSEM_SHAPE_ADDR_MASK) >> TSEM_SHAPE_ADDR_SHIFT;
	struct json_object *a;

	if (c->op == ENCODE) {
		for (family = TSEM_ADDR_OTHER; family; family--) {
			if (json_object_object_get_ex(o, names[family], NULL))
				break;
		}
		c->record->shape |= family << TSEM_SHAPE_ADDR_SHIFT;
	}
	c->fault = "addr";
	if (family < TSEM_ADDR_INET || family > TSEM_ADDR_OTHER || (kind == MADDR && family > TSEM_ADDR_INET6))
		return -EINVAL;
	TRY(block_object(c, o, names[family], &a));
	switch (family) {
	case TSEM_ADDR_INET:
		TRY(leaf_number(c, a, "port", 2, DECIMAL, true, NULL));
		return leaf_u32(c, a, "address");
	case TSEM_ADDR_INET6:
		TRY(leaf_number(c, a, "port", 2, DECIMAL, true, NULL));
		if (kind != ADDR)
			return leaf_hex(c, a, "address", 16, 16, true);
		if (c->op == DECODE) {
			/* The description has the address first, JSON has it last. */
			const u8 *address = codec_bytes(c, 16, true);

			TRY(leaf_u32(c, a, "flow"));
			TRY(leaf_u32(c, a, "scope"));
			return address ? put_hex(a, "address", address, 16) : -EINVAL;
		}
		TRY(leaf_hex(c, a, "address", 16, 16, true));
		TRY(leaf_u32(c, a, "flow"));
		return leaf_u32(c, a, "scope");
	case TSEM_ADDR_UNIX:
		/* Last in the description, without a length. */
		if (c->op == ENCODE) {
			struct json_object *value = get_string(c, a, "address");
			u8 bytes[TSEM_CELL_MAX], *p;
			long size = value ? string_from_json(value, bytes, sizeof(bytes)) : -EINVAL;

			if (size < 0)
				return size;
			p = codec_bytes(c, size, true);
			if (!p)
				return -E2BIG;
			memcpy(p, bytes, size);
			return 0;
		} else {
			u32 size = c->record->cell_size - c->at;
			u8 *p = codec_bytes(c, size, true);

			return c->op == DECODE ? put(a, "address", string_to_json(p, size)) : 0;
		}
	default:
		return leaf_hex(c, a, "address", width(c), width(c), true);
	}
}

/* A u32 or u64 that is hashed as zero unless `counts`. */
static int leaf_if(struct codec *c, struct json_object *o, const char *key, size_t width, enum format format,
		   bool counts)
{
	TRY(leaf_number(c, o, key, width, format, counts, NULL));
	if (c->op == HASH && !counts) {
		memset(c->hashed + c->hashed_size, 0, width);
		c->hashed_size += width;
	}
	return 0;
}

#define PR_GET_PDEATHSIG 2
#define PR_SET_NAME 15
#define PR_GET_NAME 16

static int walk_field(struct codec *c, struct json_object *o, const char *key, enum kind kind)
{
	static int (*const blocks[])(struct codec *, struct json_object *) = {
		[INODE] = block_inode, [PATH] = block_path, [DENTRY] = block_dentry, [FILE_BLOCK] = block_file,
		[SOCK] = block_sock,   [IPC] = block_ipc,   [CREDS] = block_creds,   [DEVICE] = block_device,
	};
	struct json_object *block;
	u64 value = 0;

	switch (kind) {
	case U16:
		return leaf_number(c, o, key, 2, DECIMAL, true, NULL);
	case U32:
		return leaf_u32(c, o, key);
	case U64:
		return leaf_number(c, o, key, 8, DECIMAL, true, NULL);
	case HEX64:
		return leaf_number(c, o, key, 8, HEXADECIMAL, true, NULL);
	case MODE16:
		return leaf_number(c, o, key, 2, OCTAL, true, NULL);
	case MODE32:
		return leaf_number(c, o, key, 4, OCTAL, true, NULL);
	case STR:
		return leaf_string(c, o, key, true);
	case VALUE:
		return leaf_value(c, o, key);
	case TASK:
		return leaf_hex(c, o, key, width(c), width(c), true);
	case TASK64:
		return leaf_hex(c, o, key, width(c), TSEM_OWNER_SIZE, true);
	case INODE:
	case PATH:
	case DENTRY:
	case FILE_BLOCK:
	case SOCK:
	case IPC:
	case CREDS:
	case DEVICE:
		TRY(block_object(c, o, key, &block));
		return blocks[kind](c, block);
	case MADDR:
		if (c->op == ENCODE && !json_object_object_get_ex(o, key, NULL))
			return 0;
		if (!(c->record->shape & TSEM_SHAPE_ADDR_MASK) && c->op != ENCODE)
			return 0;
		/* fall through */
	case ADDR:
	case LADDR:
		TRY(block_object(c, o, key, &block));
		return block_address(c, block, kind);
	case UNHASHED32:
		return leaf_number(c, o, key, 4, DECIMAL, false, NULL);
	case UNHASHED64:
		return leaf_number(c, o, key, 8, DECIMAL, false, NULL);
	case REMEMBERED32:
	case NSID_SET:
		TRY(leaf_number(c, o, key, 4, DECIMAL, kind == REMEMBERED32, &value));
		c->remembered = value;
		return 0;
	case NSID:
		return leaf_number(c, o, key, 4, DECIMAL, c->remembered, NULL);
	case PRCTL_ARG2:
		return leaf_if(c, o, key, 8, DECIMAL,
			       c->remembered != PR_SET_NAME && c->remembered != PR_GET_NAME &&
				       c->remembered != PR_GET_PDEATHSIG);
	case END:
		break;
	}
	return -EINVAL;
}

/* Is the optional field there? For ENCODE that is what JSON says, and goes into the shape. */
static bool field_present(struct codec *c, const struct field *f, struct json_object *cell)
{
	char group[32];

	if (!f->present)
		return true;
	if (c->op == ENCODE) {
		snprintf(group, sizeof(group), "%.*s", (int)strcspn(f->key, "."), f->key);
		if (json_object_object_get_ex(cell, group, NULL))
			c->record->shape |= f->present;
	}
	return c->record->shape & f->present;
}

static int walk_cell(struct codec *c, struct json_object *cell)
{
	const struct field *fields = table[c->record->event];

	for (int i = 0; i < FIELDS_MAX && fields[i].kind != END; i++) {
		const char *key = fields[i].key, *dot = strchr(key, '.');
		struct json_object *o = cell;
		char group[32];
		int err;

		if (!field_present(c, &fields[i], cell))
			continue;
		if (dot && c->op != HASH) {
			snprintf(group, sizeof(group), "%.*s", (int)(dot - key), key);
			if (!json_object_object_get_ex(cell, group, &o)) {
				if (c->op == ENCODE) {
					c->fault = key;
					return -EINVAL;
				}
				o = json_object_new_object();
				err = put(cell, group, o);
				if (err)
					return err;
			}
			if (!json_object_is_type(o, json_type_object)) {
				c->fault = key;
				return -EINVAL;
			}
		}
		err = walk_field(c, o, dot ? dot + 1 : key, fields[i].kind);
		if (err)
			return err;
	}
	/* Bytes behind the last field belong to no description. */
	return c->op != ENCODE && c->at != c->record->cell_size ? -EINVAL : 0;
}

static bool digest_plausible(const struct tsem_record *record)
{
	return record->digest_size >= TSEM_DIGEST_MIN && record->digest_size <= TSEM_DIGEST_MAX;
}

static int read_header(struct codec *c, struct json_object *json, struct json_object *header)
{
	struct tsem_record *r = c->record;
	struct json_object *comm = get_string(c, header, "process");
	struct {
		const char *key;
		u8 *id;
	} ids[] = { { "task_id", r->task_id }, { "p_task_id", r->parent_task_id } };
	u64 pid;

	if (!comm || string_from_json(comm, (u8 *)r->comm, sizeof(r->comm)) < 0) {
		c->fault = "process";
		return -EINVAL;
	}
	TRY(get_number(c, header, "ttd", 10, ~0ULL, &r->task_number));
	TRY(get_number(c, header, "p_ttd", 10, ~0ULL, &r->parent_number));
	TRY(get_number(c, header, "ts", 10, ~0ULL, &r->ts));
	if (json_object_object_get_ex(header, "pid", NULL)) {
		TRY(get_number(c, header, "pid", 10, ~0U, &pid));
		r->pid = pid;
	}
	/* The first one says how wide the digests of this event are. */
	for (int i = 0; i < 2; i++) {
		struct json_object *id = get_string(c, header, ids[i].key);
		size_t size = id ? json_object_get_string_len(id) : 0;

		if (!i)
			r->digest_size = size / 2;
		if (!digest_plausible(r) ||
		    digest__from_hex(json_object_get_string(id), size, ids[i].id, r->digest_size)) {
			c->fault = ids[i].key;
			return -EINVAL;
		}
	}
	(void)json;
	return 0;
}

int event__from_json(struct json_object *json, struct tsem_record *record, const char **fault)
{
	struct codec c = { .op = ENCODE, .record = record };
	struct json_object *header, *coe, *cell, *type;
	int event, err = -EINVAL;

	memset(record, 0, sizeof(*record));
	record->kind = TSEM_RECORD_EVENT;
	if (!json_object_is_type(json, json_type_object)) {
		c.fault = "a JSON object";
		goto out;
	}
	header = get_object(&c, json, "event");
	type = header ? get_string(&c, header, "type") : NULL;
	if (!type)
		goto out;
	event = event__parse(json_object_get_string(type));
	/* A NUL in the string would hide what follows it. */
	if (event < 0 || strlen(event_names[event]) != (size_t)json_object_get_string_len(type)) {
		c.fault = json_object_get_string(type);
		goto out;
	}
	record->event = event;
	err = read_header(&c, json, header);
	if (err)
		goto out;
	err = -EINVAL;
	coe = get_object(&c, json, "COE");
	cell = coe ? get_object(&c, json, event_names[event]) : NULL;
	if (!cell)
		goto out;
	/* The COE has the encoding of a block: it is built where the description goes, and moved. */
	err = block_coe(&c, coe);
	if (err)
		goto out;
	memcpy(&record->coe, record->cell, sizeof(record->coe));
	record->cell_size = 0;
	if (!json_object_object_length(cell))
		record->shape = TSEM_SHAPE_GENERIC;
	else if (!table[event][0].key)
		err = -EINVAL, c.fault = event_names[event];
	else
		err = walk_cell(&c, cell);
	record->size = TSEM_RECORD_HEADER_SIZE + record->cell_size;
out:
	*fault = err ? (c.fault ?: "event") : NULL;
	return err;
}

bool event__plausible(const struct tsem_record *record, size_t size)
{
	if (size < TSEM_RECORD_HEADER_SIZE || record->cell_size > TSEM_CELL_MAX ||
	    record->size != TSEM_RECORD_HEADER_SIZE + record->cell_size || record->size > size ||
	    !digest_plausible(record))
		return false;
	return record->event && event__name(record->event) &&
	       (record->kind == TSEM_RECORD_EVENT || (record->kind == TSEM_RECORD_LOG && !record->cell_size));
}

static struct json_object *log_to_json(const struct tsem_record *record)
{
	struct json_object *json = json_object_new_object(), *log = json_object_new_object();
	bool denied = record->flags & TSEM_RECORD_DENIED;

	if (put(json, "log", log) ||
	    put(log, "process", string_to_json(record->comm, strnlen(record->comm, sizeof(record->comm)))) ||
	    put(log, "event", json_object_new_string(event__name(record->event))) ||
	    put(log, "action", json_object_new_string(denied ? "DENY" : "LOG"))) {
		json_object_put(json);
		return NULL;
	}
	return json;
}

static int write_header(const struct tsem_record *r, bool with_pid, struct json_object *header)
{
	if (with_pid)
		TRY(put_number(header, "pid", "%" PRIu64, r->pid));
	TRY(put(header, "process", string_to_json(r->comm, strnlen(r->comm, sizeof(r->comm)))));
	TRY(put(header, "type", json_object_new_string(event__name(r->event))));
	TRY(put_number(header, "ttd", "%" PRIu64, r->task_number));
	TRY(put_number(header, "p_ttd", "%" PRIu64, r->parent_number));
	TRY(put_hex(header, "task_id", r->task_id, r->digest_size));
	TRY(put_hex(header, "p_task_id", r->parent_task_id, r->digest_size));
	return put_number(header, "ts", "%" PRIu64, r->ts);
}

struct json_object *event__to_json(const struct tsem_record *record, bool with_pid)
{
	struct json_object *json, *header, *coe, *cell;
	struct tsem_record credentials = { .cell_size = sizeof(record->coe) };
	struct codec c = { .op = DECODE, .record = &credentials };
	int err;

	if (!event__plausible(record, record->size))
		return NULL;
	if (record->kind == TSEM_RECORD_LOG)
		return log_to_json(record);
	json = json_object_new_object();
	header = json_object_new_object();
	coe = json_object_new_object();
	cell = json_object_new_object();
	memcpy(credentials.cell, &record->coe, sizeof(record->coe));
	err = put(json, "event", header);
	err = put(json, "COE", coe) ?: err;
	err = put(json, event__name(record->event), cell) ?: err;
	err = err ?: write_header(record, with_pid, header);
	err = err ?: block_coe(&c, coe);
	if (!err && !(record->shape & TSEM_SHAPE_GENERIC)) {
		/* DECODE does not write to the record. */
		c = (struct codec){ .op = DECODE, .record = (struct tsem_record *)record };
		err = table[record->event][0].key ? walk_cell(&c, cell) : -EINVAL;
	}
	if (err) {
		json_object_put(json);
		return NULL;
	}
	return json;
}

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

int event__coefficient(const struct tsem_record *record, u32 digest, u32 model, struct event_digests *out)
{
	u8 hashed[2 * TSEM_CELL_MAX], message[TSEM_EVENT_NAME_MAX + 4 * TSEM_DIGEST_MAX], *p = message;
	size_t size = digest__size(digest);
	struct codec c = { .op = HASH,
			   .record = (struct tsem_record *)record,
			   .portable = model == TSEM_MODEL_PORTABLE,
			   .hashed = hashed };
	const char *name = event__name(record->event);
	int err;

	memset(out, 0, sizeof(*out));
	if (!name || record->cell_size > TSEM_CELL_MAX || !size || record->digest_size != size)
		return -EINVAL;
	if (record->shape & TSEM_SHAPE_GENERIC) {
		/* NAME, Z */
		memcpy(hashed, name, strlen(name));
		err = digest__hash(digest, "", 0, hashed + strlen(name));
		c.hashed_size = strlen(name) + size;
	} else {
		err = table[record->event][0].key ? walk_cell(&c, NULL) : -EINVAL;
	}
	err = err ?: digest__hash(digest, hashed, c.hashed_size, out->cell);
	err = err ?: digest__hash(digest, &record->coe, sizeof(record->coe), out->coe);
	if (err)
		return err;
	p = mempcpy(p, name, strlen(name));
	p = mempcpy(p, record->parent_task_id, size);
	p = mempcpy(p, record->task_id, size);
	p = mempcpy(p, out->coe, size);
	p = mempcpy(p, out->cell, size);
	return digest__hash(digest, message, p - message, out->coefficient);
}
