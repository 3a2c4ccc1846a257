/* SPDX-License-Identifier: GPL-2.0 */
/* The BPF object: lists its programs; loads and attaches all of them or none. */
#ifndef TSEM_SKEL_H
#define TSEM_SKEL_H

#include <stdbool.h>

#include "root.h"
#include "tsem_types.h"

struct skel_settings {
	u32 max_coefficients;
	u32 max_namespaces;
	struct root_settings root;
	u64 policy; /* enum tsem_policy */
	bool verbose; /* libbpf may print */
};

/* What failed. */
struct skel_error {
	char what[128]; /* which step, with which program or file */
};

/*
 * Loads, attaches and pins everything. 0, or -errno with *error filled; after an error nothing stays attached or
 * pinned. -EEXIST: there are pins already; -EALREADY: another process loads or unloads; -ENOKEY: the address of a
 * kernel variable is hidden from this process; -ENXIO: the variable is not in /proc/kallsyms.
 */
int skel__load(const struct skel_settings *settings, struct skel_error *error);

/* Removes every pin. Without its link each program is detached. 0 or -errno; -EALREADY: as above. */
int skel__unload(void);

enum skel_state {
	SKEL_ATTACHED, /* its link is pinned */
	SKEL_MISSING, /* the kernel has the hook, but no link is pinned */
	SKEL_NO_HOOK, /* this kernel has no such hook */
};

/*
 * Calls `each` for every LSM program of the object with its name, its hook and its state. 0 or -errno. Stops when
 * `each` returns non-zero, and returns that.
 */
int skel__programs(int (*each)(const char *program, const char *hook, enum skel_state state, void *data), void *data);

#endif
