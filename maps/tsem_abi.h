/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The types that the BPF programs and the loader share: keys and values of the maps and the records of the rings.
 *
 * This is the ABI that `bpftool map dump` shows. All integers are of fixed width and little-endian, padding has a name,
 * sizes are asserted, enumerations are appended to and never reused. docs/abi.md describes it for readers.
 *
 * The includer provides u8, u16, u32, u64 and s32: vmlinux.h on the BPF side, maps/tsem_types.h in user space.
 */
#ifndef TSEM_ABI_H
#define TSEM_ABI_H

#include "tsem_events.h"

/* Bytes of the largest digest that a namespace may use, and of the smallest; shorter ones leave the rest zero. */
#define TSEM_DIGEST_MAX 64
#define TSEM_DIGEST_MIN 16
/* Bytes of a digest that are a key: the rest of a wider one is in tsem_tails. */
#define TSEM_KEY_SIZE 32
#define TSEM_COMM_SIZE 16
#define TSEM_NAME_SIZE 32
/* A pathname is shorter than this; a longer one makes an event of no model. */
#define TSEM_PATH_MAX 4096
/* Bytes of the largest event description (the CELL as it goes into a ring). */
#define TSEM_CELL_MAX 6144
/* The owner of a socket is zero padded to this size. */
#define TSEM_OWNER_SIZE 64

/* Hash functions: the first three in BPF on every kernel, the others by the patched kernel's crypto API. */
enum tsem_digest_type {
	TSEM_DIGEST_SHA256 = 1,
	TSEM_DIGEST_SHA3_256 = 2,
	TSEM_DIGEST_SM3 = 3,
	TSEM_DIGEST_BPF_END = 4,
	TSEM_DIGEST_SHA224 = 4,
	TSEM_DIGEST_SHA384 = 5,
	TSEM_DIGEST_SHA512 = 6,
	TSEM_DIGEST_SHA3_224 = 7,
	TSEM_DIGEST_SHA3_384 = 8,
	TSEM_DIGEST_SHA3_512 = 9,
	TSEM_DIGEST_BLAKE2B_160 = 10,
	TSEM_DIGEST_BLAKE2B_256 = 11,
	TSEM_DIGEST_BLAKE2B_384 = 12,
	TSEM_DIGEST_BLAKE2B_512 = 13,
	TSEM_DIGEST_STREEBOG256 = 14,
	TSEM_DIGEST_STREEBOG512 = 15,
	TSEM_DIGEST_RMD160 = 16,
	TSEM_DIGEST_WP256 = 17,
	TSEM_DIGEST_WP384 = 18,
	TSEM_DIGEST_WP512 = 19,
	TSEM_DIGEST_END = 20,
};

enum tsem_model_type {
	TSEM_MODEL_MODEL0 = 1,
	TSEM_MODEL_PORTABLE = 2,
};

enum tsem_nsref {
	TSEM_NSREF_INITIAL = 1,
	TSEM_NSREF_CURRENT = 2,
};

enum tsem_mode {
	TSEM_MODE_FREE = 0,
	TSEM_MODE_SEALED = 1,
	TSEM_MODE_ENFORCING = 2,
};

/* Why something that belongs to an event was lost; the index of tsem_namespace.lost. */
enum tsem_loss {
	TSEM_LOSS_RING = 0, /* a description did not fit the ring (it is sent again with the next occurrence) */
	TSEM_LOSS_LOG = 1, /* a log record of an untrusted task did not fit its half of the ring */
	TSEM_LOSS_MAP_FULL = 2, /* a coefficient did not fit tsem_coefficients */
	TSEM_LOSS_CONTENT = 3, /* the content of a file could not be hashed: the event is outside of every model */
	TSEM_LOSS_PATH = 4, /* a path kept changing or was too long: the event is outside of every model */
	TSEM_LOSS_CELL = 5, /* a description was larger than TSEM_CELL_MAX: the event is outside of every model */
	TSEM_LOSS_STORAGE = 6, /* no memory for task, inode or socket storage */
	TSEM_LOSS_END = 7,
};

/* COE, exactly as it is hashed: who. User and group ids are expressed in the namespace's nsref. */
struct tsem_coe {
	u32 uid;
	u32 euid;
	u32 suid;
	u32 gid;
	u32 egid;
	u32 sgid;
	u32 fsuid;
	u32 fsgid;
	u64 capeff;
};

/*
 * Shape: what an event description holds. Fields that may be missing have a bit; a description is then its fields one
 * after the other in the order of the table in loader/lib/event.c, in these encodings:
 *
 *   u16 u32 u64   little-endian
 *   STR           u32 length, bytes
 *   INODE         uid gid mode s_magic (u32 each), s_id 32 bytes, s_uuid 16 bytes
 *   PATH          major u32, minor u32 if DEVICE; STR pathname; if OWNED the STR holds the directory part only and
 *                 instance u64, owner (digest size), STR of the last component follow
 *   DENTRY        INODE if INODE, PATH
 *   FILE          flags u32, INODE, PATH, content digest
 *   SOCK          family type protocol (u32 each), owner (TSEM_OWNER_SIZE bytes)
 *   ADDR          by address kind; last in the description, so that a unix path needs no length
 *
 * DEVICE, OWNED and INODE come per path of the event: the second path has its own bits.
 */
enum tsem_shape {
	TSEM_SHAPE_DEVICE0 = 1 << 0,
	TSEM_SHAPE_DEVICE1 = 1 << 1,
	TSEM_SHAPE_OWNED0 = 1 << 2,
	TSEM_SHAPE_OWNED1 = 1 << 3,
	TSEM_SHAPE_INODE0 = 1 << 4,
	TSEM_SHAPE_INODE1 = 1 << 5,
	TSEM_SHAPE_FILE = 1 << 6, /* mmap_file: not anonymous */
	TSEM_SHAPE_FIRST = 1 << 7, /* sb_mount: device name; settime: time */
	TSEM_SHAPE_SECOND = 1 << 8, /* sb_mount: type; settime: zone */
	TSEM_SHAPE_GENERIC = 1 << 9, /* no CELL: it is hashed as NAME, Z */
	TSEM_SHAPE_ADDR_SHIFT = 12, /* enum tsem_addr_kind, four bits */
	TSEM_SHAPE_ADDR_MASK = 0xf << 12,
};

enum tsem_addr_kind {
	TSEM_ADDR_NONE = 0,
	TSEM_ADDR_INET = 1,
	TSEM_ADDR_INET6 = 2,
	TSEM_ADDR_UNIX = 3,
	TSEM_ADDR_OTHER = 4, /* digest of the address bytes after the family */
};

enum tsem_record_kind {
	TSEM_RECORD_EVENT = 1, /* the description of a coefficient */
	TSEM_RECORD_LOG = 2, /* an untrusted task reached a hook; no cell */
};

enum tsem_record_flags {
	TSEM_RECORD_DENIED = 1 << 0, /* log: the hook returned EPERM */
};

/* What a ring carries. `size` is that of the record: this header and cell_size bytes of cell. */
struct tsem_record {
	u32 size;
	u16 kind;
	u16 event;
	u32 ns;
	u32 pid;
	u64 task_number;
	u64 parent_number;
	u64 ts; /* CLOCK_BOOTTIME, ns */
	u32 shape;
	u32 flags;
	char comm[TSEM_COMM_SIZE];
	u8 task_id[TSEM_DIGEST_MAX];
	u8 parent_task_id[TSEM_DIGEST_MAX];
	u8 coefficient[TSEM_DIGEST_MAX];
	struct tsem_coe coe;
	u32 cell_size;
	u32 digest_size; /* bytes of a digest, here and in the cell */
	u8 cell[TSEM_CELL_MAX];
};

#define TSEM_RECORD_HEADER_SIZE 304

/* tsem_namespaces: namespace id -> this. */
struct tsem_namespace {
	u32 id;
	u32 mode; /* enum tsem_mode */
	u32 digest; /* enum tsem_digest_type */
	u32 content; /* enum tsem_digest_type */
	u32 model; /* enum tsem_model_type */
	u32 nsref; /* enum tsem_nsref */
	u32 ring_size; /* bytes */
	u32 has_base;
	u32 digest_size; /* bytes */
	u32 creations; /* entries in tsem_creations, those without a directory not counted */
	u64 created; /* CLOCK_BOOTTIME, ns */
	u64 live_tasks;
	u64 next_sequence; /* of the next new coefficient */
	u64 coefficients; /* in tsem_coefficients, valid and invalid */
	u64 forensics; /* the invalid among them */
	u64 pseudonyms;
	u64 violations; /* events outside of the model */
	u64 denied; /* hooks that returned EPERM, those of untrusted tasks included */
	u64 untrusted_events; /* hooks that untrusted tasks reached */
	u64 untrusted_tasks;
	u64 lost[TSEM_LOSS_END];
	u8 base[TSEM_DIGEST_MAX];
	char name[TSEM_NAME_SIZE];
};

/* tsem_coefficients: this -> struct tsem_coefficient. */
struct tsem_coefficient_key {
	u32 ns;
	u8 coefficient[TSEM_KEY_SIZE];
};

struct tsem_coefficient {
	u64 count; /* occurrences; 0: loaded from a model, not seen yet */
	u32 sequence; /* order of first occurrence, or of the line in the model; gaps may occur */
	u8 valid;
	u8 described; /* its description went into the ring */
	u16 reserved;
};

/* tsem_tails: struct tsem_coefficient_key -> this, where the namespace's digest is wider than a key. */
struct tsem_tail {
	u8 bytes[TSEM_DIGEST_MAX - TSEM_KEY_SIZE];
};

/* tsem_pseudonyms: this -> struct tsem_tail, of the digest. */
struct tsem_pseudonym_key {
	u32 ns;
	u8 digest[TSEM_KEY_SIZE];
};

/*
 * tsem_memo: number of a bucket -> this. `hash` is a universal hash of an event with a random key of this load (see
 * bpf/memo.bpf.h), `coefficient` what it maps to. Written under `lock`, a sequence count: odd while a writer is at
 * work.
 */
#define TSEM_MEMO_WAYS 2
#define TSEM_MEMO_BUCKETS 32768

struct tsem_memo_entry {
	u64 hash[2];
	u8 coefficient[TSEM_DIGEST_MAX];
};

struct tsem_memo {
	u32 lock;
	u32 next; /* the entry that the next writer replaces */
	struct tsem_memo_entry entry[TSEM_MEMO_WAYS];
};

/* tsem_sockets, socket storage; tsem_ipc: address of the object -> this. Who made the object. */
struct tsem_owner {
	u32 ns;
	u32 reserved;
	u8 owner[TSEM_DIGEST_MAX];
};

/* tsem_creations: this -> u64, how many files this creator has made in this directory. */
struct tsem_creation_key {
	u64 directory; /* tsem_inode.identity */
	u32 ns;
	u32 reserved;
	u8 creator[TSEM_KEY_SIZE];
};

/* Entries that there may be, and that one namespace may have. */
#define TSEM_CREATIONS_MAX 262144
#define TSEM_CREATIONS_SHARE (TSEM_CREATIONS_MAX / 4)

/* tsem_directories, inode storage: entries of tsem_creations that go with the inode. */
#define TSEM_DIRECTORY_CREATORS 8

struct tsem_directory {
	struct tsem_creation_key made[TSEM_DIRECTORY_CREATORS];
};

#define TSEM_MARK_ROOT (~0U)

/* tsem_inodes, inode storage. Written under `lock`, a sequence count: odd while a writer is at work. */
struct tsem_inode {
	u32 lock;
	u32 digest_valid;
	u64 identity; /* of a directory in which files were made: its number, the key of tsem_creations */
	/* The state of the file when the digest was taken. */
	u64 host; /* address of the inode that holds the pages (below an overlay) */
	u64 size;
	u64 ctime_sec;
	u64 ctime_nsec;
	u64 change; /* i_version */
	u64 seen; /* CLOCK_BOOTTIME, ns, when this state was first seen */
	u64 content; /* enum tsem_digest_type of digest */
	u8 digest[TSEM_DIGEST_MAX];
	/* The mark of an inode that a task of a namespace created; written once. */
	u64 instance;
	u8 creator[TSEM_DIGEST_MAX];
	u32 creator_ns; /* 0: none; TSEM_MARK_ROOT: the root namespace */
	u32 signal_ns; /* whose task last said who gets the signals of a file of this inode; 0: one outside */
};

enum tsem_policy {
	TSEM_POLICY_SIGNED_MODELS = 1 << 0, /* for the loader: no model, and no part of one, that is not verified */
};

/* tsem_globals: 0 -> this. */
struct tsem_globals {
	u64 next_task_number;
	u64 next_namespace;
	u64 next_serial; /* of tsem_inode.identity */
	u64 pseudonym_generation; /* changes with every pseudonym, so that the memo forgets */
	u64 pseudonyms;
	u64 fork_failures; /* task storage for a child could not be had: the fork failed */
	u64 cross_namespace_signals; /* denied */
	u64 guarded; /* denied attempts of a namespace on tsem-bpf itself */
	u64 max_coefficients;
	u64 max_namespaces;
	u64 load_time; /* CLOCK_BOOTTIME, ns */
	u64 policy; /* enum tsem_policy; as loaded */
};

/* tsem_root: 0 -> this. The log of the root namespace, and what the TPM was told of it. */
#define TSEM_NO_PCR (~0U)

struct tsem_root {
	u64 logged; /* entries given out in tsem_log; more than it has room for: the rest is lost */
	u64 extended; /* entries that the TPM was told, in their order */
	u64 failed; /* refusals: on a patched kernel each is an entry that the register lacks; the agent tries again */
	u32 lock; /* somebody extends */
	s32 error; /* of the last failure, -errno */
	u32 pcr; /* the register, or TSEM_NO_PCR */
	u32 reserved;
	u8 initial[32]; /* the register in the sha256 bank before the first extension */
};

/* tsem_log: position -> this: a coefficient of the root namespace. */
struct tsem_log {
	u8 coefficient[TSEM_DIGEST_MAX];
	u32 ready; /* it is written */
	u32 reserved;
};

/* The argument of the program tsem_control (BPF_PROG_RUN): the only writer of a namespace's state from user space. */
enum tsem_control_verb {
	TSEM_CONTROL_NEW = 1, /* result: a fresh namespace id */
	TSEM_CONTROL_JOIN = 2, /* live_tasks + 1; result: a fresh task number */
	TSEM_CONTROL_LEAVE = 3, /* live_tasks - 1: undoes a join whose task never came to be */
	TSEM_CONTROL_SEAL = 4, /* EALREADY */
	TSEM_CONTROL_ENFORCE = 5, /* EALREADY */
	TSEM_CONTROL_STATE = 6, /* value; EBUSY: sealed; E2BIG: map full */
	TSEM_CONTROL_BASE = 7, /* value; EBUSY: sealed; EEXIST: a coefficient is present */
	TSEM_CONTROL_PSEUDONYM = 8, /* value; EBUSY: sealed */
	TSEM_CONTROL_FORGET = 9, /* value: a coefficient whose description shall be sent again */
	TSEM_CONTROL_HASH = 10, /* ns: an enum tsem_digest_type; value: its kernel name; ENOENT: no such hash */
	TSEM_CONTROL_EXTEND = 11, /* brings waiting entries of the log to the TPM; value: struct tsem_extend; EOPNOTSUPP
				   */
	TSEM_CONTROL_EXTENDED = 12, /* value: struct tsem_extend, what the agent did with the next entry; EINVAL: not
				       the next */
};

struct tsem_control {
	u32 verb; /* enum tsem_control_verb */
	u32 ns;
	u8 value[TSEM_DIGEST_MAX];
	u64 result;
	s32 error; /* 0 or -errno: ENOENT no such namespace, EPERM no control capability or inside a namespace */
	u32 reserved;
};

/*
 * In tsem_control.value. The answer to EXTEND: what the kernel's queue has done. For EXTENDED: the position of the
 * entry, and 0 or the error that the TPM gave.
 */
struct tsem_extend {
	u64 extended;
	u64 failed;
	u32 pending;
	s32 error;
};

#define TSEM_ABI_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " is ABI")
TSEM_ABI_SIZE(struct tsem_coe, 40);
TSEM_ABI_SIZE(struct tsem_record, TSEM_RECORD_HEADER_SIZE + TSEM_CELL_MAX);
TSEM_ABI_SIZE(struct tsem_namespace, 272);
TSEM_ABI_SIZE(struct tsem_coefficient_key, 36);
TSEM_ABI_SIZE(struct tsem_coefficient, 16);
TSEM_ABI_SIZE(struct tsem_tail, 32);
TSEM_ABI_SIZE(struct tsem_pseudonym_key, 36);
TSEM_ABI_SIZE(struct tsem_memo, 168);
TSEM_ABI_SIZE(struct tsem_owner, 72);
TSEM_ABI_SIZE(struct tsem_creation_key, 48);
TSEM_ABI_SIZE(struct tsem_inode, 216);
TSEM_ABI_SIZE(struct tsem_globals, 96);
TSEM_ABI_SIZE(struct tsem_root, 72);
TSEM_ABI_SIZE(struct tsem_log, 72);
TSEM_ABI_SIZE(struct tsem_extend, 24);
TSEM_ABI_SIZE(struct tsem_control, 88);

#endif
