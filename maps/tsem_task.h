/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Task storage: what a task of a namespace carries, and the scratch in which its events are described and hashed.
 *
 * The scratch is in task storage and not per CPU: a sleepable program migrates and is preempted. The loader writes a
 * whole struct tsem_task once, for the first task of a namespace (only the part before `logged` need be set). From then
 * on BPF owns it.
 */
#ifndef TSEM_TASK_H
#define TSEM_TASK_H

#include "tsem_abi.h"

/* Zeroed or overwritten bytes behind the end of a description. */
#define TSEM_CELL_SLACK 272
/* Bytes of message that a digest may cover at once: a description, or the digests of a coefficient. */
#define TSEM_MESSAGE_MAX (TSEM_CELL_MAX + 8)
/* Bytes that padding may add to a message, and more that are zeroed behind it. */
#define TSEM_MESSAGE_SLACK 288
/* Pieces of a description that are told and not hashed. */
#define TSEM_TOLD_MAX 12
/* Created components of a path. */
#define TSEM_CREATED_MAX 23

/* tsem_tasks: what every hook reads. */
struct tsem_task {
	u32 ns;
	u32 untrusted;
	u64 number;
	u64 parent_number;
	u8 task_id[TSEM_DIGEST_MAX];
	u8 parent_task_id[TSEM_DIGEST_MAX];
	/* Settings of the namespace that never change: copied to every task so that a hook need not look them up. */
	u32 digest;
	u32 content;
	u32 encoding;
	u32 nsref;
	u32 scope;
	u32 digest_size;
	u8 empty[TSEM_DIGEST_MAX]; /* Z, the digest of nothing */

	u64 logged[TSEM_EVENT_ROOM / 64]; /* events that an untrusted task's log has, a bit each */
};

/* The state of a file's pages that makes a digest of its content stale. */
struct tsem_content {
	u64 host; /* address of the inode that holds the pages */
	u64 size;
	u64 ctime_sec;
	u64 ctime_nsec;
	u64 change;
	s32 writers;
	u32 reserved;
};

/* A piece of record.cell. */
struct tsem_piece {
	u16 offset;
	u16 size;
};

/*
 * tsem_scratch: the event at hand. Made empty at the fork (record.magic is 0), filled when a task first describes
 * something.
 *
 * record.cell holds the hashed bytes from its start on (record.hashed_size), and the told bytes in pieces at its end,
 * from `told_floor` on. Who acts (record.task_id, coe, and the settings) is kept from event to event.
 */
struct tsem_scratch {
	u32 busy; /* an event is being described: what our own work reaches is no event */
	u32 untrusted; /* as in struct tsem_task */
	u32 unmodeled; /* enum tsem_loss + 1: the event at hand can be in no model */
	u32 in_tail; /* the description ends in a raw address that has to be hashed first, from here; 0: none */
	u64 address; /* see address_of() */
	u32 told_floor;
	u32 cell_limit; /* the hashed bytes end here at the latest: a little before the told ones begin */
	u32 told_count;
	u32 path_at; /* STR of the last path's real name: an offset in record.cell */
	struct tsem_piece told[TSEM_TOLD_MAX];
	u16 nsref; /* as in struct tsem_task */
	u16 scope; /* the same */
	u32 inode_magic; /* s_magic of the filesystem of the last INODE */
	/* Of the namespace: */
	u16 pseudonyms; /* it has pseudonyms */
	u16 asks; /* its agent is asked about every event */
	u32 patterns; /* number of its patterns and directories with strict names */
	u64 instances;
	u64 mark_devices;
	u8 empty[TSEM_DIGEST_MAX];

	/* A path that was walked: cell[path_start .. path_start + path_size). */
	u32 path_start;
	u32 path_size;
	u32 path_end; /* where a walk begins to write, downwards */
	u32 root_start; /* where the name below the root of the file's own filesystem begins */
	u32 walk_flags; /* enum walk_flags */
	u32 walk_look; /* enum walk_look: why the component at hand has to be looked at; 0: it need not */
	u32 created_count;
	u32 pattern; /* index + 1 of the pattern that matched */
	u64 created_inode[TSEM_CREATED_MAX]; /* addresses, from the last component to the first; 0: the one to be */
	u16 created_start[TSEM_CREATED_MAX];
	u16 created_size[TSEM_CREATED_MAX];
	u64 walk_dentry; /* where a walk is */
	u64 walk_inode; /* what is mounted there, with LOOK_MOUNTED */
	u64 walk_mnt;
	u64 walk_root; /* of that mount */

	/* The inode that this task is about to make for `creating`. */
	u64 creating; /* address of the dentry; 0: none */
	u64 creating_parent; /* address of its parent */
	u64 creating_directory; /* address of the inode of that */
	u64 creating_name; /* hash and length of its name */
	u64 creating_instance;
	struct tsem_coefficient_key pending_key; /* of the inode_create that is pending */
	u32 pending; /* enum pending */
	u32 traced; /* pid of the task of the namespace that was last looked at as by ptrace */
	u64 text; /* address of the inode that this task is about to map as code; 0: none */
	struct tsem_creation_key creation;
	struct tsem_mark mark;
	struct tsem_inode_key inode_key;

	struct tsem_content before; /* a digest was taken */
	struct tsem_content after;
	u64 version; /* i_version that vouches for that digest, or 0 */
	u64 memo[2]; /* hash of the event at hand */
	u64 memo_owner; /* struct tsem_memo_entry.owner of what the namespace may take from the memo; ~0 - 1: nothing */
	u64 subject[2]; /* hash of who acts: task ids, COE, and how the namespace hashes */
	u64 generation; /* tsem_generation + 1 of subject; 0: none */
	u64 ids[4]; /* the ids of the credentials that COE was made from, as the kernel has them */
	u8 next_task_id[TSEM_DIGEST_MAX]; /* of the exec at hand, taken over when its credentials are committed */
	struct tsem_coefficient_key key;
	struct tsem_tail tail; /* of key.coefficient, which it follows */
	u32 memo_bucket; /* of that hash */
	u32 zero; /* always 0, which the verifier does not know: a loop that begins here converges */
	u32 file_look; /* enum walk_look of the filesystem in which the last walk began */
	struct tsem_inode inode; /* copy of the inode record at hand */
	struct tsem_record record;
	u8 slack[TSEM_CELL_SLACK];
};

/* tsem_hashing: scratch of the hash functions. */
struct tsem_hashing {
	u64 state[25]; /* of the hash function */
	u32 schedule[68]; /* of SHA-256 and SM3 */
	u32 message_size;
	u32 reserved;
	u8 digest[TSEM_DIGEST_MAX]; /* the result */
	u8 cell[TSEM_DIGEST_MAX];
	u8 coe[TSEM_DIGEST_MAX];
	u8 message[TSEM_MESSAGE_MAX + TSEM_MESSAGE_SLACK];
};

/*
 * Kernel 7.3 answers ENOMEM to a larger value of task storage (6.12 does not): this and the kernel's own header of an
 * element have to fit into two pages.
 */
#define TSEM_STORAGE_MAX (8192 - 192)
_Static_assert(__builtin_offsetof(struct tsem_scratch, tail) ==
		       __builtin_offsetof(struct tsem_scratch, key) + sizeof(struct tsem_coefficient_key),
	       "a coefficient is key and tail in one piece");
_Static_assert(sizeof(struct tsem_scratch) <= TSEM_STORAGE_MAX, "task storage is too large");
_Static_assert(sizeof(struct tsem_hashing) <= TSEM_STORAGE_MAX, "task storage is too large");

#endif
