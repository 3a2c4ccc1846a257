/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pinned objects: `load` makes them, and every other command uses them.
 *
 *	/sys/fs/bpf/tsem/maps/<map>  progs/<program>  links/<program>
 */
#ifndef TSEM_TSEM_H
#define TSEM_TSEM_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

#define TSEM_BPF_FS "/sys/fs/bpf"
#define TSEM_PINS TSEM_BPF_FS "/tsem"

/* File descriptors of the pinned objects; -1 where there is none. */
struct tsem {
	int tasks;
	int namespaces;
	int coefficients;
	int memo;
	int tails;
	int pseudonyms;
	int patterns;
	int marks;
	int creations;
	int directories;
	int inherited;
	int ports;
	int questions;
	int ipc;
	int signals;
	int rings;
	int globals;
	int root;
	int log;
	int control;
};

/* Opens them. 0; -ENOENT: not loaded; -EPERM; -EPROTO: pins of another version. On an error nothing stays open. */
int tsem__open(struct tsem *tsem);
void tsem__close(struct tsem *tsem);

/*
 * Runs the control program with `verb` for the namespace `ns`; `value` has TSEM_DIGEST_MAX bytes, or is NULL. 0 or the
 * error of the program (docs/abi.md); *result, unless NULL, is its result.
 */
int tsem__control(struct tsem *tsem, u32 verb, u32 ns, const u8 *value, u64 *result);

/* The same for a verb that also writes an answer to `value`: TSEM_DIGEST_MAX bytes, or NULL. */
int tsem__control_answer(struct tsem *tsem, u32 verb, u32 ns, u8 *value, u64 *result);

/* Adds a pattern, or a directory with strict names, to the namespace `ns`. 0 or the error of the program. */
int tsem__control_pattern(struct tsem *tsem, u32 ns, const struct tsem_pattern *pattern);

/*
 * Does the running kernel have the functions of kernel-patches/? Uses what `load` found, or the kernel's types if
 * nothing is loaded.
 */
bool tsem__patched(void);
/*
 * Is an IMA policy loaded? Then the helper that hashes files returns kept digests, so the content of a file with a
 * writer does not count.
 */
bool tsem__ima_policy(void);

/* A symbol of the kernel itself, not of a module. */
struct tsem_symbol {
	const char *name;
	bool listed; /* in /proc/kallsyms */
	u64 address; /* 0: hidden from this process */
};

/* Sets `listed` and `address` of `count` symbols by their names. 0 or -errno; -ENOTUNIQ: two have the same name. */
int tsem__symbols(struct tsem_symbol *symbols, size_t count);

/* The counters of this load. 0 or -errno. */
int tsem__globals(struct tsem *tsem, struct tsem_globals *globals);

/* Does this load have the policy, an enum tsem_policy? True also if it cannot be read. */
bool tsem__policy(struct tsem *tsem, u64 policy);

#endif
