/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Task storage: what a task of a namespace carries, and the scratch in which its events are described and hashed.
 *
 * The scratch is here and not per CPU, since a sleepable program migrates and is preempted. The loader writes a whole
 * struct tsem_task once, for the first task of a namespace (only the part before `busy` need be set); from then on BPF
 * owns it.
 */
#ifndef TSEM_TASK_H
#define TSEM_TASK_H

#include "tsem_abi.h"

/* Ranges of a description that are not hashed. */
#define TSEM_SKIPS_MAX 8
/* Zeroed or overwritten bytes behind the end of a description. */
#define TSEM_CELL_SLACK 272
/* Bytes of message that a digest may cover at once: a description, or the digests of a coefficient. */
#define TSEM_MESSAGE_MAX TSEM_CELL_MAX
/* Bytes that padding may add to a message, and more that are zeroed behind it. */
#define TSEM_MESSAGE_SLACK 288

struct tsem_skip {
	u32 offset;
	u32 size;
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

struct tsem_task {
	u32 ns;
	u32 untrusted;
	u64 number;
	u64 parent_number;
	u8 task_id[TSEM_DIGEST_MAX];
	u8 parent_task_id[TSEM_DIGEST_MAX];
	/* Settings of the namespace that never change; copied to every task so that a hook need not look them up. */
	u32 digest;
	u32 content;
	u32 model;
	u32 nsref;
	u32 digest_size;
	u32 reserved0;
	u8 empty[TSEM_DIGEST_MAX]; /* Z, the digest of nothing */

	u32 busy; /* an event is being described: what our own work reaches is no event */
	u32 unmodeled; /* enum tsem_loss + 1: the event at hand can be in no model */
	u64 address; /* see address_of() */
	u32 in_tail; /* the description ends in a raw address that has to be hashed first, from here */
	u32 skips;
	struct tsem_skip skip[TSEM_SKIPS_MAX];
	u32 reserved1;
	u32 owned; /* the next PATH names a created inode, marked so: */
	u64 instance;
	u8 owner[TSEM_DIGEST_MAX];
	struct tsem_creation_key creation;
	u64 creating; /* address of the dentry that gets an inode with the mark `created_instance` */
	u64 created_instance;
	u64 mounted; /* address of the dentry of the created inode that the task mounted on last, with this mark */
	u64 mounted_instance;
	u8 mounted_owner[TSEM_DIGEST_MAX];
	u64 reserved2;
	struct tsem_content before; /* a digest was taken */
	struct tsem_content after;
	u64 version; /* i_version that vouches for that digest, or 0 */
	u64 memo[2]; /* hash of the event at hand */
	u64 subject[2]; /* hash of who acts: namespace, task ids, COE */
	u64 subject_generation; /* tsem_globals.pseudonym_generation + 1 of subject; 0: none */
	u64 ids[4]; /* the ids of the credentials that COE was made from, as the kernel has them */
	u8 next_task_id[TSEM_DIGEST_MAX]; /* of the exec at hand, taken over when its credentials are committed */
	struct tsem_coefficient_key key;
	struct tsem_tail tail; /* of key.coefficient, which it follows */
	u32 path_start; /* a path that was walked ends at the end of the cell and begins here */
	u32 path_size;
	u32 name_size; /* its last component */
	u64 walk_dentry; /* where a walk is */
	u64 walk_mnt;
	u64 walk_root; /* of that mount */
	struct tsem_inode inode; /* copy of the inode record at hand */
	struct tsem_record record; /* the event at hand; record.coe is kept from event to event as the COE of subject */
	u8 slack[TSEM_CELL_SLACK];
};

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
_Static_assert(__builtin_offsetof(struct tsem_task, tail) ==
		       __builtin_offsetof(struct tsem_task, key) + sizeof(struct tsem_coefficient_key),
	       "a coefficient is key and tail in one piece");
_Static_assert(sizeof(struct tsem_task) <= TSEM_STORAGE_MAX, "task storage is too large");
_Static_assert(sizeof(struct tsem_hashing) <= TSEM_STORAGE_MAX, "task storage is too large");

#endif
