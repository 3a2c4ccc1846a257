/* SPDX-License-Identifier: GPL-2.0 */
/* Making, joining, reading and removing namespaces. */
#ifndef TSEM_NAMESPACE_H
#define TSEM_NAMESPACE_H

#include <stddef.h>
#include <sys/types.h>

#include "control.h"
#include "model.h"
#include "pattern.h"
#include "tsem.h"

/* What to make a namespace with. Pointers are borrowed. */
struct namespace_spec {
	struct control_namespace settings;
	const char *name; /* or NULL */
	const struct model *model; /* or NULL; its seal counts */
	const char *agent; /* what the user called the external agent, or NULL */
	const u8 *base; /* or NULL */
	u32 mode; /* enum tsem_mode to begin with */
	bool root; /* it is namespace 0 */
};

/* An entry of tsem_coefficients. */
struct namespace_coefficient {
	u8 coefficient[TSEM_DIGEST_MAX];
	struct tsem_coefficient info;
};

struct namespace_coefficients {
	struct namespace_coefficient *entry; /* by sequence */
	size_t count;
	size_t undone; /* that the namespace does not have: nothing came of their events; they follow the others */
};

/*
 * Makes a namespace that has only its model. 0 and its number in *id; -E2BIG: the model does not fit; -ENOSPC: no more
 * namespaces; -EEXIST: the name is taken; -EACCES: it is locked (verb `lock`), and no other namespace was made with
 * this model, agent and these settings; -EPERM; or another -errno. After an error nothing of it is left.
 */
int namespace__create(struct tsem *tsem, const struct namespace_spec *spec, u32 *id);

/*
 * Puts the task of `pidfd` into the namespace, before the task does anything. 0; -EXDEV: this process is not in the
 * initial pid namespace; or another -errno.
 */
int namespace__join(struct tsem *tsem, const struct tsem_namespace *ns, int pidfd);

/* Reads the namespace `id`. 0 or -ENOENT. */
int namespace__read(struct tsem *tsem, u32 id, struct tsem_namespace *ns);

/* Reads the namespace with the number or the name `word`. 0 or -ENOENT. */
int namespace__find(struct tsem *tsem, const char *word, struct tsem_namespace *ns);

/*
 * Calls `each` for all namespaces in the order of their numbers. Stops at the first result that is not 0, and returns
 * it. Else 0 or -errno.
 */
int namespace__each(struct tsem *tsem, int (*each)(const struct tsem_namespace *ns, void *data), void *data);

/*
 * All coefficients of a namespace, by sequence, then those that were undone; the caller frees out->entry. 0; -ENOENT:
 * no such namespace; or another -errno.
 */
int namespace__coefficients(struct tsem *tsem, u32 id, struct namespace_coefficients *out);

/* Appends all pseudonyms of a namespace to `out`. 0 or -errno. */
int namespace__pseudonyms(struct tsem *tsem, u32 id, struct digests *out);

/* Appends all patterns and directories with strict names of a namespace to `out`, in their order. 0 or -errno. */
int namespace__patterns(struct tsem *tsem, const struct tsem_namespace *ns, struct patterns *out);

/*
 * Removes what there is of a namespace, which may be half made: everything in it, also its journal. It must have no
 * live tasks. 0 or the first -errno; it goes on after an error.
 */
int namespace__remove(struct tsem *tsem, u32 id);

/* Removes a namespace and everything in it, also its journal. 0; -EBUSY: it has live tasks; or another -errno. */
int namespace__delete(struct tsem *tsem, u32 id);

#endif
