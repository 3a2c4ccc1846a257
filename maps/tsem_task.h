/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tsem_tasks, task storage: what a task of a namespace carries, and the scratch in which its events are described.
 *
 * The scratch is here and not per CPU, since a sleepable program migrates and is preempted. The loader writes a whole
 * value once, for the first task of a namespace (only the part before `busy` need be set); from then on BPF owns it.
 */
#ifndef TSEM_TASK_H
#define TSEM_TASK_H

#include "tsem_abi.h"

/* Bytes of message that a digest may cover at once: a description and the padding of the largest block. */
#define TSEM_MESSAGE_MAX (TSEM_CELL_MAX + 512)
/* Room for a path that is built from its end: the path and one more component. */
#define TSEM_MESSAGE_SIZE (TSEM_MESSAGE_MAX + 256)
/* Ranges of a description that are not hashed. */
#define TSEM_SKIPS_MAX 8
/* INODE blocks of a description. */
#define TSEM_INODES_MAX 4

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
	u8 task_id[TSEM_DIGEST_SIZE];
	u8 parent_task_id[TSEM_DIGEST_SIZE];
	/* Settings of the namespace that never change; copied to every task so that a hook need not look them up. */
	u32 digest;
	u32 content;
	u32 model;
	u32 nsref;

	u32 busy; /* an event is being described: what our own work reaches is no event */
	u32 reserved;
	u64 address; /* see address_of() */
	u32 unmodeled; /* enum tsem_loss + 1: the event at hand can be in no model */
	u32 in_tail; /* the description ends in a raw address that has to be hashed first, from here */
	u32 skips;
	struct tsem_skip skip[TSEM_SKIPS_MAX];
	u64 sb; /* address of the superblock whose names go into the INODE blocks at inode_at */
	u32 inodes;
	u32 inode_at[TSEM_INODES_MAX];
	struct tsem_content before; /* a digest was taken */
	struct tsem_content after;
	u64 prf[4]; /* SipHash state of the event at hand */
	u64 subject[2]; /* SipHash of who acts: namespace, task ids, COE */
	u64 subject_generation; /* tsem_globals.pseudonym_generation + 1 of subject; 0: none */
	u8 next_task_id[TSEM_DIGEST_SIZE]; /* of the exec at hand, taken over when its credentials are committed */
	u8 digest_out[TSEM_DIGEST_SIZE];
	u8 cell_digest[TSEM_DIGEST_SIZE];
	u8 coe_digest[TSEM_DIGEST_SIZE];
	struct tsem_coefficient_key key;
	u32 reserved2;
	u64 state[25]; /* of the hash function */
	u32 schedule[68]; /* of SHA-256 and SM3 */
	u64 walk_dentry; /* where a walk is */
	u64 walk_mnt;
	u32 message_size;
	u32 path_start; /* a path that was walked: message[path_start .. path_start + path_size) */
	u32 path_size;
	u32 name_size;
	struct tsem_inode inode; /* copy of the inode record at hand */
	struct tsem_record record; /* the event at hand; record.coe is kept from event to event as the COE of subject */
	u8 message[TSEM_MESSAGE_SIZE];
};

/*
 * Kernel 7.3 answers ENOMEM to a larger value of task storage (6.12 does not): this and the kernel's own header of an
 * element have to fit into two pages.
 */
_Static_assert(sizeof(struct tsem_task) <= 8192 - 192, "task storage is too large");

#endif
