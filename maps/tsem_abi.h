/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The types that the BPF programs and the loader share: keys and values of the maps and the records of the rings.
 *
 * This is the ABI that `bpftool map dump` shows. All integers have a fixed width and are little-endian. Padding has a
 * name, and sizes are asserted. Enumerations only grow at the end; no value is reused. docs/abi.md describes it.
 *
 * The includer provides u8, u16, u32, u64 and s32: vmlinux.h on the BPF side, maps/tsem_types.h in user space.
 */
#ifndef TSEM_ABI_H
#define TSEM_ABI_H

#include "tsem_events.h"

/* Sizes in bytes of the largest and the smallest digest of a namespace; in a larger field the rest is zero. */
#define TSEM_DIGEST_MAX 64
#define TSEM_DIGEST_MIN 16
/* Bytes of a digest that are a key. The rest of a wider digest is in tsem_tails. */
#define TSEM_KEY_SIZE 32
#define TSEM_COMM_SIZE 16
#define TSEM_NAME_SIZE 32
/* Bytes of the text of a pattern. */
#define TSEM_PATTERN_MAX 512
/* Patterns and directories with strict names of a namespace. */
#define TSEM_PATTERNS_MAX 64
/* A pathname is shorter than this. An event with a longer one is outside of every model. */
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

/* How events are hashed. */
enum tsem_encoding {
	TSEM_ENCODING_HOST = 1,
	TSEM_ENCODING_PORTABLE = 2,
};

/* The kind of model. */
enum tsem_model_type {
	TSEM_MODEL_SET = 1,
};

/* Which filesystems are modeled. */
enum tsem_scope {
	TSEM_SCOPE_ALL = 1,
	TSEM_SCOPE_FILES = 2,
};

/* What follows an event outside of the model. */
enum tsem_action {
	TSEM_ACTION_LOG = 1,
	TSEM_ACTION_DENY = 2,
	TSEM_ACTION_UNTRUST = 3,
	TSEM_ACTION_KILL = 4,
	TSEM_ACTION_END = 5,
};

/* Who decides about an event that the namespace does not know yet. */
enum tsem_agent {
	TSEM_AGENT_INTERNAL = 0, /* the decide step, by the namespace's mode */
	TSEM_AGENT_EXTERNAL = 1, /* an agent outside of the kernel, which is asked */
};

/* Which events of an external namespace the agent is asked about. */
enum tsem_ask {
	TSEM_ASK_NEW = 1, /* each coefficient until it has a verdict */
	TSEM_ASK_EVERY = 2, /* each event */
};

/* What an event of an external namespace gets that has no verdict in time. */
enum tsem_no_verdict {
	TSEM_NO_VERDICT_DENY = 1,
	TSEM_NO_VERDICT_ALLOW = 2,
};

/* An agent's verdict. */
enum tsem_verdict {
	TSEM_VERDICT_NONE = 0,
	TSEM_VERDICT_TRUSTED = 1,
	TSEM_VERDICT_UNTRUSTED = 2,
};

/* A hook waits this long for a verdict at most, in milliseconds. */
#define TSEM_WAIT_MAX 1000

enum tsem_nsref {
	TSEM_NSREF_INITIAL = 1,
	TSEM_NSREF_CURRENT = 2,
};

enum tsem_mode {
	TSEM_MODE_FREE = 0,
	TSEM_MODE_SEALED = 1,
	TSEM_MODE_ENFORCING = 2,
};

/* The reason of a loss; the index of tsem_namespace.lost. */
enum tsem_loss {
	TSEM_LOSS_RING = 0, /* a description did not fit the ring (it is sent again with the next occurrence) */
	TSEM_LOSS_LOG = 1, /* a log record of an untrusted task did not fit its half of the ring */
	TSEM_LOSS_MAP_FULL = 2, /* a coefficient did not fit tsem_coefficients */
	TSEM_LOSS_CONTENT = 3, /* the content of a file could not be hashed: the event is outside of every model */
	TSEM_LOSS_PATH = 4, /* a path kept changing or was too long: the event is outside of every model */
	TSEM_LOSS_CELL = 5, /* a description was larger than TSEM_CELL_MAX: the event is outside of every model */
	TSEM_LOSS_STORAGE = 6, /* no memory for a mark, or the namespace's share of marks is used up */
	TSEM_LOSS_HASH = 7, /* no memory for hashing, or the hash function failed: the event is outside of every model
			     */
	TSEM_LOSS_END = 8,
};

/* COE, in the form that is hashed: who. User and group ids are expressed in the namespace's nsref. */
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
 * SHAPE: which optional parts a CELL has. It is hashed before the CELL. Paths and inodes have one bit for the first and
 * one for the second path of the event.
 */
enum tsem_shape {
	TSEM_SHAPE_DEVICE0 = 1 << 0,
	TSEM_SHAPE_DEVICE1 = 1 << 1,
	TSEM_SHAPE_INODE0 = 1 << 2,
	TSEM_SHAPE_INODE1 = 1 << 3,
	TSEM_SHAPE_FILE = 1 << 4, /* mmap_file: not anonymous */
	TSEM_SHAPE_FIRST = 1 << 5, /* sb_mount: device name; settime: time */
	TSEM_SHAPE_SECOND = 1 << 6, /* sb_mount: type; settime: zone */
	TSEM_SHAPE_INHERITED = 1 << 7, /* FILE, or the path of inode_getattr, is an inherited descriptor */
	TSEM_SHAPE_ADDR_SHIFT = 8, /* enum tsem_addr_kind, four bits */
	TSEM_SHAPE_ADDR_MASK = 0xf << 8,
	TSEM_SHAPE_PEER_SHIFT = 12, /* enum tsem_peer_kind, two bits */
	TSEM_SHAPE_PEER_MASK = 0x3 << 12,
};

enum tsem_addr_kind {
	TSEM_ADDR_NONE = 0,
	TSEM_ADDR_INET = 1,
	TSEM_ADDR_INET6 = 2,
	TSEM_ADDR_UNIX = 3,
	TSEM_ADDR_OTHER = 4, /* digest of the address bytes after the family */
	TSEM_ADDR_NETLINK = 5, /* of a message only */
};

enum tsem_peer_kind {
	TSEM_PEER_NONE = 0,
	TSEM_PEER_ABSTRACT = 1,
	TSEM_PEER_PATH = 2,
};

/* What a pathname was hashed as. Two bits of tsem_record.forms for the first path, the next two for the second. */
enum tsem_path_form {
	TSEM_PATH_REAL = 0, /* as it is */
	TSEM_PATH_CREATED = 1, /* with created components */
	TSEM_PATH_PATTERN = 2, /* as the text of a pattern */
	TSEM_PATH_NORMAL = 3, /* normalised, in proc or of a segment of shared memory */
};
#define TSEM_PATH_FORM_BITS 2
#define TSEM_PATH_FORM_MASK 3

enum tsem_record_kind {
	TSEM_RECORD_EVENT = 1, /* the description of a coefficient */
	TSEM_RECORD_LOG = 2, /* an untrusted task reached a hook that could not be described; no cell */
};

enum tsem_record_flags {
	TSEM_RECORD_DENIED = 1 << 0, /* the hook returned EPERM */
	TSEM_RECORD_ASYNC = 1 << 1, /* with QUESTION: the event does not wait for the verdict */
	TSEM_RECORD_GENERIC = 1 << 2, /* no CELL: H(CELL) is H(NAME || Z), without SHAPE */
	TSEM_RECORD_VIOLATION = 1 << 3, /* the event is outside of the model; `action` says what followed */
	TSEM_RECORD_UNMODELED = 1 << 4, /* the event could not be described in full: it is in no model */
	TSEM_RECORD_QUESTION = 1 << 5, /* the namespace's agent is asked for a verdict about event `number` */
	TSEM_RECORD_AGAIN = 1 << 6, /* the description was sent before */
};

/* The first bytes of a record: "TSEM" in memory. */
#define TSEM_RECORD_MAGIC 0x4d455354
#define TSEM_RECORD_VERSION 2

/*
 * A ring has records: this header and cell_size bytes of cell. The coefficient follows from the record alone:
 *
 *	H(NAME || parent_task_id || task_id || H(coe) || H(shape || cell[0 .. hashed_size)))
 *
 * with D = digest_size bytes of each id; a GENERIC event has H(NAME || Z) in place of the last hash. The bytes of the
 * cell after hashed_size are told and not hashed.
 *
 * The hashed bytes are the fields of the CELL in their order (docs/abi.md). The told bytes are, in the order of the
 * fields that they belong to:
 *
 *	INODE		encoding portable: s_id 32 bytes, s_uuid 16 bytes
 *	PATH		encoding portable, with a device: major u32, minor u32; then, if its form is not
 *			TSEM_PATH_REAL: STR(real pathname), which is empty if the cell has no room for it
 *	FILE		if inherited: f_flags u32
 *	netlink_send	nsid_set u32; nsid u32 if nsid_set is 0
 *	task_prctl	arg3 u64
 *	inode_setxattr	size of the value u32
 */
struct tsem_record {
	u32 magic; /* TSEM_RECORD_MAGIC */
	u16 version; /* TSEM_RECORD_VERSION */
	u16 kind; /* enum tsem_record_kind */
	u32 size; /* of the record: header and cell */
	u16 event; /* enum tsem_event_type */
	u16 action; /* enum tsem_action, with VIOLATION; else 0 */
	u64 load; /* tsem_globals.load */
	u64 number; /* of this record in its namespace, from 1: the event number of a question */
	u64 task_number;
	u64 parent_number;
	u64 ts; /* CLOCK_BOOTTIME, ns */
	u32 ns;
	u32 pid;
	u16 digest; /* enum tsem_digest_type of coefficients */
	u16 content; /* enum tsem_digest_type of the content of files */
	u16 encoding; /* enum tsem_encoding */
	u16 digest_size; /* D: bytes of a digest, here and in the cell */
	u32 flags; /* enum tsem_record_flags */
	u32 shape; /* enum tsem_shape */
	u32 forms; /* enum tsem_path_form, for each path */
	u32 hashed_size;
	u32 cell_size; /* hashed_size and the told bytes */
	u32 reserved;
	char comm[TSEM_COMM_SIZE];
	u8 task_id[TSEM_DIGEST_MAX];
	u8 parent_task_id[TSEM_DIGEST_MAX];
	u8 coefficient[TSEM_DIGEST_MAX];
	struct tsem_coe coe;
	u8 cell[TSEM_CELL_MAX];
};

#define TSEM_RECORD_HEADER_SIZE 344

/*
 * Maps whose room the namespaces share. An eighth of a map is divided among all namespaces that may be made: each has
 * its part for certain. Three quarters are for whoever comes first; TSEM_SHARE is what one namespace has at most. The
 * rest of tsem_coefficients is for the root and for models that are loaded.
 */
enum tsem_room {
	TSEM_ROOM_COEFFICIENTS = 0, /* those that are no lines of a loaded model, of namespaces other than the root */
	TSEM_ROOM_MARKS = 1,
	TSEM_ROOM_CREATIONS = 2,
	TSEM_ROOM_OBJECTS = 3, /* tsem_ipc */
	TSEM_ROOM_SIGNALS = 4,
	TSEM_ROOM_TEXTS = 5,
	TSEM_ROOM_END,
};

#define TSEM_MARKS_MAX 262144
#define TSEM_CREATIONS_MAX 262144
#define TSEM_IPC_MAX 131072
#define TSEM_SIGNALS_MAX 65536
#define TSEM_TEXTS_MAX 65536
#define TSEM_SHARE(max) ((max) / 4)
#define TSEM_COEFFICIENTS_SHARE(max) ((max) / 2)
#define TSEM_COMMON_ROOM(max) ((max) / 4 * 3)
#define TSEM_OWN_ROOM(max, namespaces) ((max) / 8 / ((namespaces) + 1))

/* tsem_namespaces: namespace id -> this. */
struct tsem_namespace {
	u32 id;
	u32 mode; /* enum tsem_mode */
	u32 digest; /* enum tsem_digest_type */
	u32 content; /* enum tsem_digest_type */
	u32 encoding; /* enum tsem_encoding */
	u32 model; /* enum tsem_model_type */
	u32 nsref; /* enum tsem_nsref */
	u32 scope; /* enum tsem_scope */
	u32 ring_size; /* bytes */
	u32 digest_size; /* bytes */
	u32 has_base;
	u32 epoch; /* what an older one put into tsem_memo is decided anew */
	u64 mark_devices; /* filesystems where it has created something, a bit by number: see device_bit() */
	u64 instances; /* a larger instance number counts as this number; 0: no limit */
	u64 created; /* CLOCK_BOOTTIME, ns */
	u64 live_tasks;
	u64 next_sequence; /* of the next new coefficient */
	u64 records; /* put into the ring */
	u64 coefficients; /* in tsem_coefficients, valid and invalid */
	u64 loaded; /* of a model, among them: they have no share */
	u64 forensics; /* the invalid among them */
	u64 pseudonyms;
	u64 patterns;
	u64 used[TSEM_ROOM_END]; /* entries in each map that has shares */
	u64 violations; /* events outside of the model */
	u64 denied; /* hooks that returned EPERM, those of untrusted tasks included */
	u64 killed; /* processes, by the action `kill` */
	u64 untrusted_events; /* hooks that untrusted tasks reached */
	u64 untrusted_tasks;
	u64 lost[TSEM_LOSS_END];
	u32 agent; /* enum tsem_agent; the rest of these is of an external namespace */
	u32 ask; /* enum tsem_ask */
	u32 wait; /* milliseconds that a hook waits for a verdict, if it may sleep */
	u32 no_verdict; /* enum tsem_no_verdict */
	u64 questions; /* sent */
	u64 unsent; /* questions that had no room in the ring, or no slot */
	u64 verdicts; /* that fitted a question */
	u64 misses; /* events that got no verdict in time */
	u64 refused; /* verdicts that fitted no question: never asked, answered before, or of another task */
	u8 action[TSEM_EVENT_ROOM]; /* enum tsem_action, by event */
	u8 base[TSEM_DIGEST_MAX];
	char name[TSEM_NAME_SIZE];
	u8 made_with[32]; /* digest of the model that it was made with and of its settings; zeros: it had no model */
};

/* tsem_coefficients: this -> struct tsem_coefficient. */
struct tsem_coefficient_key {
	u32 ns;
	u8 coefficient[TSEM_KEY_SIZE];
};

/* Nothing came of the event: the namespace does not have the coefficient. Its description went into the ring. */
#define TSEM_UNDONE (~0U)

struct tsem_coefficient {
	u64 count; /* occurrences; 0: loaded from a model, not seen yet */
	u32 sequence; /* order of first occurrence, or of the line in the model; gaps may occur; or TSEM_UNDONE */
	u8 valid;
	u8 described; /* its description went into the ring */
	u8 settled; /* no seal that came meanwhile changes `valid` any more */
	u8 verdict; /* enum tsem_verdict of an external namespace's agent */
};

/*
 * tsem_questions: this -> struct tsem_question. A question of event number N is in slot N modulo TSEM_QUESTION_SLOTS,
 * until its slot is used again. A question that a task waits for keeps its slot.
 */
#define TSEM_QUESTION_SLOTS 2048

struct tsem_question_key {
	u32 ns;
	u32 slot;
};

#define TSEM_QUESTION_STATE_BITS 3

enum tsem_question_state {
	TSEM_QUESTION_FREE = 0, /* there is none, or it was answered */
	TSEM_QUESTION_WAITED = 1, /* its task waits for the verdict */
	TSEM_QUESTION_OPEN = 2, /* nobody waits: the verdict is for the next event of this kind */
	TSEM_QUESTION_TRUSTED = 3, /* answered; the task that waits takes it away */
	TSEM_QUESTION_UNTRUSTED = 4,
	TSEM_QUESTION_MADE = 5, /* it is being written */
};

struct tsem_question {
	u64 word; /* number of the event << TSEM_QUESTION_STATE_BITS | enum tsem_question_state */
	u64 task_number;
	u32 pid; /* of the task, in the initial pid namespace */
	u16 event; /* enum tsem_event_type */
	u16 passes; /* the event goes on without a verdict */
	u8 coefficient[TSEM_KEY_SIZE];
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
 * tsem_patterns: this -> struct tsem_pattern. Patterns are compared in the order of their index. Directories with
 * strict names stand between them.
 */
struct tsem_pattern_key {
	u32 ns;
	u32 index; /* from 0 */
};

enum tsem_pattern_flags {
	TSEM_PATTERN_DEEP = 1 << 0, /* it ends in two stars */
	TSEM_PATTERN_ANY = 1 << 1, /* content=any */
	TSEM_PATTERN_STRICT = 1 << 2, /* no pattern, but a directory with strict names; `text` ends in a slash */
};

/*
 * The prefix is the part of `text` before its star; the suffix is the part after it. Of a directory with strict names
 * all of the text is the prefix.
 */
struct tsem_pattern {
	u32 prefix_size;
	u32 suffix_size;
	u32 size;
	u32 flags; /* enum tsem_pattern_flags */
	u8 text[TSEM_PATTERN_MAX]; /* zero padded */
	u8 suffix[TSEM_PATTERN_MAX]; /* zero padded */
};

/*
 * tsem_memo: number of a bucket -> this. `hash` is a universal hash of an event with a random key of this load (see
 * bpf/memo.bpf.h), `coefficient` what it maps to. Written under `lock`, a sequence count: odd while a writer is at
 * work.
 *
 * With an owner, the entry also says that the coefficient is valid in that namespace, and counts it: `uses` has yet to
 * be added to tsem_coefficient.count. What replaces the entry does so.
 */
#define TSEM_MEMO_WAYS 2
#define TSEM_MEMO_BUCKETS 32768
#define TSEM_MEMO_USES_BITS 48

struct tsem_memo_entry {
	u64 hash[2];
	u64 owner; /* id of the namespace, and tsem_namespace.epoch << 32; ~0: nobody's */
	u64 uses; /* the upper 16 bits: how often the entry was replaced */
	u8 coefficient[TSEM_DIGEST_MAX];
};

struct tsem_memo {
	u32 lock;
	u32 next; /* the entry that the next writer replaces */
	struct tsem_memo_entry entry[TSEM_MEMO_WAYS];
};

enum tsem_owner_flags {
	TSEM_OWNER_PORT_FIXED = 1 << 0, /* a socket: its port was named, not chosen by the kernel */
};

/* tsem_sockets, socket storage; tsem_ipc: address of the object -> this. The creator of the object. */
struct tsem_owner {
	u32 ns;
	u32 flags; /* enum tsem_owner_flags */
	u8 owner[TSEM_DIGEST_MAX];
};

/* Identifies an inode while its filesystem is mounted, even if the kernel drops the inode from memory. */
struct tsem_inode_key {
	u64 inode; /* its number */
	u32 device; /* of the superblock */
	u32 generation;
};

#define TSEM_MARK_ROOT (~0U)

/* tsem_marks: struct tsem_inode_key -> this: a task of a namespace created the inode. */
struct tsem_mark {
	u32 ns; /* TSEM_MARK_ROOT: the root namespace */
	u32 reserved;
	u64 instance;
	u8 creator[TSEM_DIGEST_MAX];
};

/* tsem_creations: this -> u64, how many files this creator has made in this directory. */
struct tsem_creation_key {
	struct tsem_inode_key directory; /* zeros: files without a name */
	u32 ns;
	u32 reserved;
	u8 creator[TSEM_KEY_SIZE];
};

/* tsem_directories: struct tsem_inode_key -> this: entries of tsem_creations that are removed with the directory. */
#define TSEM_DIRECTORY_CREATORS 4

struct tsem_directory {
	struct tsem_creation_key made[TSEM_DIRECTORY_CREATORS];
};

/* tsem_inherited: this -> struct tsem_inherited: a file that the first task had open before it entered. */
struct tsem_inherited_key {
	u64 file; /* address */
	u32 ns;
	u32 reserved;
};

/* A file at the same address that differs in one of these is another file. */
struct tsem_inherited {
	u64 inode; /* address */
	u64 cred; /* address of the credentials that opened it */
	u32 stream; /* 0, 1, 2: standard input, output, error; 3: another */
	u32 reserved;
};

/*
 * tsem_ports: this -> struct tsem_ports: ports that the kernel chose for listening sockets of the namespace. A
 * namespace has TSEM_PORT_SLOTS entries; a hash of the port and its network says in which one the port is.
 */
#define TSEM_PORT_SLOTS 64
#define TSEM_PORT_WAYS 8

struct tsem_port_key {
	u32 ns;
	u32 slot;
};

struct tsem_port {
	u64 network; /* address of the network namespace */
	u64 sock; /* address */
	u64 inode; /* number of the socket's inode */
	u32 port; /* host order; 0: none */
	u32 reserved;
};

struct tsem_ports {
	struct tsem_port port[TSEM_PORT_WAYS];
};

/* tsem_texts: address of an inode -> this. */
struct tsem_text {
	u32 tasks; /* that are about to map it as code */
	u32 ns; /* whose share the entry takes */
};

/* tsem_inodes, inode storage. Written under `lock`, a sequence count: odd while a writer is at work. */
struct tsem_inode {
	u32 lock;
	u32 digest_valid;
	/* The state of the file when the digest was taken. */
	u64 host; /* address of the inode that holds the pages (below an overlay) */
	u64 size;
	u64 ctime_sec;
	u64 ctime_nsec;
	u64 change; /* i_version */
	u64 seen; /* CLOCK_BOOTTIME, ns, when this state was first seen */
	u64 content; /* enum tsem_digest_type of digest */
	u8 digest[TSEM_DIGEST_MAX];
	u32 executed; /* a task of a namespace has executed it, or mapped it as code */
	u32 terminal; /* of a pseudoterminal: the namespace that made it; 0: it was made outside */
};

enum tsem_policy {
	TSEM_POLICY_SIGNED_MODELS = 1 << 0, /* the loader refuses models, and parts of models, that are not verified */
};

/* tsem_globals: 0 -> this. */
struct tsem_globals {
	u64 next_task_number;
	u64 next_namespace;
	u64 load; /* random number of this load */
	u64 fork_failures; /* forks that failed because there was no memory for task storage */
	u64 cross_namespace_signals; /* denied signals */
	u64 guarded; /* attempts that a guard denied */
	u64 max_coefficients;
	u64 max_namespaces;
	u64 load_time; /* CLOCK_BOOTTIME, ns */
	u64 policy; /* enum tsem_policy; as loaded */
	u64 signals; /* a namespace has named a receiver of signals */
	u64 pooled[TSEM_ROOM_END]; /* entries that are more than their namespace has for certain, of all namespaces */
	u64 locked; /* verb `lock`: the loader accepts no new model, coefficient, pseudonym or pattern */
};

/* tsem_root: 0 -> this. The state of the root namespace's log, and of the TPM's register. */
#define TSEM_NO_PCR (~0U)

struct tsem_root {
	u64 logged; /* entries that were assigned a place in tsem_log; those beyond its end are lost */
	u64 extended; /* entries sent to the TPM, in their order */
	u64 failed; /* refusals; on a patched kernel the register lacks these entries; the agent tries again */
	u32 lock; /* held while a task extends */
	s32 error; /* of the last failure, -errno */
	u32 pcr; /* the register, or TSEM_NO_PCR */
	u32 reserved;
	u8 initial[32]; /* the register in the sha256 bank before the first extension */
};

/* tsem_log: position -> this: a coefficient of the root namespace. */
struct tsem_log {
	u8 coefficient[TSEM_DIGEST_MAX];
	u32 ready; /* 1: the entry is written */
	u32 reserved;
};

/* The verbs of the program tsem_control (BPF_PROG_RUN), the only way from user space to change a namespace. */
enum tsem_control_verb {
	TSEM_CONTROL_NEW = 1, /* result: an unused namespace id */
	TSEM_CONTROL_JOIN = 2, /* value: struct tsem_join. live_tasks + 1; result: an unused task number */
	TSEM_CONTROL_LEAVE = 3, /* live_tasks - 1: undoes a join without a task */
	TSEM_CONTROL_SEAL = 4, /* EALREADY */
	TSEM_CONTROL_ENFORCE = 5, /* EALREADY */
	TSEM_CONTROL_STATE = 6, /* value; EBUSY: sealed; E2BIG: map full */
	TSEM_CONTROL_BASE = 7, /* value; EBUSY: sealed; EEXIST: a coefficient is present */
	TSEM_CONTROL_PSEUDONYM = 8, /* value; EBUSY: sealed */
	TSEM_CONTROL_FORGET = 9, /* value: a coefficient; its description is sent again */
	TSEM_CONTROL_HASH = 10, /* ns: an enum tsem_digest_type; value: its kernel name; ENOENT: no such hash */
	TSEM_CONTROL_EXTEND = 11, /* sends waiting entries to the kernel's queue; value: struct tsem_extend; EOPNOTSUPP
				   */
	TSEM_CONTROL_EXTENDED = 12, /* the agent reports the next entry; value: struct tsem_extend; EINVAL: not the next
				     */
	TSEM_CONTROL_PATTERN = 13, /* pattern, or a directory with strict names; EBUSY: sealed; E2BIG: too many */
	TSEM_CONTROL_ACTION = 14, /* value: struct tsem_action_of; EINVAL: no such event or action */
	TSEM_CONTROL_AUDIT = 15, /* sealed, and every action is `log`; EINVAL: free */
	TSEM_CONTROL_LOCK = 16, /* tsem_globals.locked, which the loader obeys; EALREADY */
	TSEM_CONTROL_GONE = 17, /* the namespace goes: its entries in tsem_memo and its share of the maps do not count
				   any more */
	TSEM_CONTROL_VERDICT = 18, /* value: struct tsem_answer; result: enum tsem_answered; ENOENT: fits no question */
};

struct tsem_control {
	u32 verb; /* enum tsem_control_verb */
	u32 ns;
	u8 value[TSEM_DIGEST_MAX];
	u64 result;
	s32 error; /* 0 or -errno: ENOENT no such namespace, EPERM no control capability or inside a namespace */
	u32 reserved;
	struct tsem_pattern pattern; /* of PATTERN */
};

/* In tsem_control.value of JOIN: the process that joins, in the initial pid namespace. */
struct tsem_join {
	u32 pid;
	u32 reserved;
};

/* In tsem_control.value of VERDICT: the verdict about one event of one task. */
struct tsem_answer {
	u64 number; /* of the event */
	u64 task_number;
	u32 verdict; /* enum tsem_verdict: trusted or untrusted */
	u32 reserved;
};

/* The result of VERDICT. */
enum tsem_answered {
	TSEM_ANSWERED = 0,
	TSEM_ANSWERED_KILL = 1, /* too late for the event, and the action is `kill`: end the task of the question */
};

/* In tsem_control.value of ACTION. */
struct tsem_action_of {
	u32 event; /* enum tsem_event_type; 0: all */
	u32 action; /* enum tsem_action */
};

/*
 * In tsem_control.value. Answer of EXTEND: what the kernel's queue has done. Argument of EXTENDED: the position of the
 * entry, and 0 or the error of the TPM.
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
TSEM_ABI_SIZE(struct tsem_namespace, 600);
TSEM_ABI_SIZE(struct tsem_coefficient_key, 36);
TSEM_ABI_SIZE(struct tsem_coefficient, 16);
TSEM_ABI_SIZE(struct tsem_question_key, 8);
TSEM_ABI_SIZE(struct tsem_question, 56);
TSEM_ABI_SIZE(struct tsem_answer, 24);
TSEM_ABI_SIZE(struct tsem_tail, 32);
TSEM_ABI_SIZE(struct tsem_pseudonym_key, 36);
TSEM_ABI_SIZE(struct tsem_pattern_key, 8);
TSEM_ABI_SIZE(struct tsem_pattern, 1040);
TSEM_ABI_SIZE(struct tsem_memo, 200);
TSEM_ABI_SIZE(struct tsem_owner, 72);
TSEM_ABI_SIZE(struct tsem_inode_key, 16);
TSEM_ABI_SIZE(struct tsem_mark, 80);
TSEM_ABI_SIZE(struct tsem_creation_key, 56);
TSEM_ABI_SIZE(struct tsem_directory, 224);
TSEM_ABI_SIZE(struct tsem_inherited_key, 16);
TSEM_ABI_SIZE(struct tsem_inherited, 24);
TSEM_ABI_SIZE(struct tsem_port_key, 8);
TSEM_ABI_SIZE(struct tsem_port, 32);
TSEM_ABI_SIZE(struct tsem_ports, 256);
TSEM_ABI_SIZE(struct tsem_text, 8);
TSEM_ABI_SIZE(struct tsem_inode, 136);
TSEM_ABI_SIZE(struct tsem_globals, 144);
TSEM_ABI_SIZE(struct tsem_root, 72);
TSEM_ABI_SIZE(struct tsem_log, 72);
TSEM_ABI_SIZE(struct tsem_extend, 24);
TSEM_ABI_SIZE(struct tsem_control, 1128);
TSEM_ABI_SIZE(struct tsem_join, 8);
TSEM_ABI_SIZE(struct tsem_action_of, 8);

#endif
