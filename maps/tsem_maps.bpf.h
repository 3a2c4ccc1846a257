/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every map, written once. This header is part of the one object that bpf/tsem.bpf.c
 * makes. Sizes marked "load" are set by `tsem-bpf load` before the maps are made.
 */
#ifndef TSEM_MAPS_BPF_H
#define TSEM_MAPS_BPF_H

#include "tsem_task.h"

/*
 * Task -> its namespace, trust, ids and scratch. Written by task_alloc for a child and by `tsem-bpf run` for the first
 * task; read by every hook. Full: the fork fails with ENOMEM.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_task);
} tsem_tasks SEC(".maps");

/*
 * Task -> scratch in which its events are described. Made empty at the fork, where memory is available, and filled when
 * the task first describes something; only that task uses it. Separate from tsem_tasks, which every hook reads and
 * which stays small. Full: the fork fails. A task that had none gets one at its first event, or is denied
 * (TSEM_LOSS_STORAGE).
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_scratch);
} tsem_scratch SEC(".maps");

/*
 * Namespace id -> settings, mode and counters. Made and removed by the loader, changed only by tsem_control and the
 * decide step. Full: no further namespace.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64); /* load */
	__type(key, u32);
	__type(value, struct tsem_namespace);
} tsem_namespaces SEC(".maps");

/*
 * {namespace, coefficient} -> its state. Filled by the decide step, and by the loader from a model. Full: the event is
 * outside of a sealed model; in a free namespace it counts as lost (TSEM_LOSS_MAP_FULL).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144); /* load */
	__type(key, struct tsem_coefficient_key);
	__type(value, struct tsem_coefficient);
} tsem_coefficients SEC(".maps");

/*
 * Task -> scratch of the hash functions. Made when a task of a namespace first hashes; only the map step uses it.
 * Separate from tsem_scratch, since kernel 7.3 limits the size of a value. Full: the event is counted (TSEM_LOSS_HASH)
 * and outside of every model.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_hashing);
} tsem_hashing SEC(".maps");

/*
 * Hash of an event -> its coefficient: a cache, written by the map step. Of two ways and not an LRU hash, whose lookup
 * costs ten times as much. Full: the older entry of the bucket goes; costs time only.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_MEMO_BUCKETS);
	__type(key, u32);
	__type(value, struct tsem_memo);
} tsem_memo SEC(".maps");

/*
 * Inode -> digest of its content, and the state that it is valid for. Written by the file hooks. Full: hashed every
 * time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_inode);
} tsem_inodes SEC(".maps");

/* Socket -> its creator. Written by socket_post_create, copied by the kernel to accepted sockets. Full: ENOMEM. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tsem_owner);
} tsem_sockets SEC(".maps");

/*
 * Address of a System V IPC object -> its creator. Written when a task of a namespace makes one, removed when the
 * object is freed, whoever frees it. Full, or more than a namespace's share: ENOMEM.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_IPC_MAX);
	__type(key, u64);
	__type(value, struct tsem_owner);
} tsem_ipc SEC(".maps");

/*
 * Inode -> its mark: its creator. Written by the hooks that see an inode made, removed by them when the inode is
 * deleted, and by the loader with the namespace. A mark outlives the inode in memory. Full, or more than a namespace's
 * share: the creation is outside of every model (TSEM_LOSS_STORAGE).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_MARKS_MAX);
	__type(key, struct tsem_inode_key);
	__type(value, struct tsem_mark);
} tsem_marks SEC(".maps");

/*
 * {directory, namespace, creator} -> number of files made. Written by the hooks that see an inode made, removed by them
 * when the directory is deleted (tsem_directories), and by the loader with the namespace. Full, or more than a
 * namespace's share: the creation is outside of every model (TSEM_LOSS_STORAGE).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_CREATIONS_MAX);
	__type(key, struct tsem_creation_key);
	__type(value, u64);
} tsem_creations SEC(".maps");

/*
 * Directory -> the entries of tsem_creations that are removed with it. Written and removed by the same hooks. Full:
 * those entries stay until the namespace goes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_CREATIONS_MAX);
	__type(key, struct tsem_inode_key);
	__type(value, struct tsem_directory);
} tsem_directories SEC(".maps");

/*
 * Address of an inode -> number of tasks that are about to map it as code, from the hook on until they are seen again.
 * Written by the hooks of files. Full, or more than a namespace's share: the mapping is outside of every model
 * (TSEM_LOSS_CONTENT).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_TEXTS_MAX);
	__type(key, u64);
	__type(value, struct tsem_text);
} tsem_texts SEC(".maps");

/*
 * {file, namespace} -> an open file that the first task held before it entered. Written by tsem_control when that task
 * joins, removed by the loader with the namespace. Full: the join fails.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct tsem_inherited_key);
	__type(value, struct tsem_inherited);
} tsem_inherited SEC(".maps");

/*
 * {namespace, slot} -> listening sockets whose port the kernel chose. Written when its port is asked for or it
 * listens, removed by the loader with the namespace. Every namespace has its slots. A slot is full of sockets that
 * listen: a connection to one more is described with the number of its port.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64 * TSEM_PORT_SLOTS); /* load */
	__type(key, struct tsem_port_key);
	__type(value, struct tsem_ports);
} tsem_ports SEC(".maps");

/*
 * Address of an open file -> namespace whose task named the receiver of its signals. Written by file_set_fowner, and
 * removed by the loader with the namespace. More than a namespace's share: its tasks name no more receivers.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_SIGNALS_MAX);
	__type(key, u64);
	__type(value, u32);
} tsem_signals SEC(".maps");

/*
 * {namespace, coefficient} -> the rest of the coefficient, if the digest is wider than the key. Written and removed
 * together with tsem_coefficients. Full: the same as there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144); /* load */
	__type(key, struct tsem_coefficient_key);
	__type(value, struct tsem_tail);
} tsem_tails SEC(".maps");

/* {namespace, digest of path} -> rest of that digest. Written by tsem_control, removed by the loader. Full: the verb
 * fails. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct tsem_pseudonym_key);
	__type(value, struct tsem_tail);
} tsem_pseudonyms SEC(".maps");

/*
 * {namespace, index} -> pattern, or directory with strict names. Written by tsem_control while the namespace is free,
 * removed by the loader. Full: the verb fails.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct tsem_pattern_key);
	__type(value, struct tsem_pattern);
} tsem_patterns SEC(".maps");

/*
 * {namespace, slot} -> a question to the agent of an external namespace. Written by the decide step, answered by
 * tsem_control, removed by the loader with the namespace. Full: the event has no verdict, and counts as unsent.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64 * TSEM_QUESTION_SLOTS); /* load */
	__type(key, struct tsem_question_key);
	__type(value, struct tsem_question);
} tsem_questions SEC(".maps");

/* Namespace id -> its ring, made by the loader. A full ring costs descriptions (they come again), never verdicts. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 64); /* load */
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 4096);
		});
} tsem_rings SEC(".maps");

/*
 * enum tsem_digest_type -> the kernel's hash function of that name. Only made if the kernel has the functions of
 * kernel-patches/. Written by tsem_control when a namespace asks for it.
 */
struct tsem_kernel_hash {
	struct bpf_tsem_hash __kptr *hash;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_DIGEST_END);
	__type(key, u32);
	__type(value, struct tsem_kernel_hash);
} tsem_hashes SEC(".maps");

/* 0 -> state of the root namespace's log. Written by the root's events and, on a stock kernel, for the agent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tsem_root);
} tsem_root SEC(".maps");

/*
 * Position -> coefficient of the root namespace, in the order in which the TPM is extended. Written once, by the new
 * event. Full: the coefficient is only in tsem_coefficients, and counts as not extended.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* load */
	__type(key, u32);
	__type(value, struct tsem_log);
} tsem_log SEC(".maps");

/* 0 -> counters of this load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tsem_globals);
} tsem_globals SEC(".maps");

#endif
