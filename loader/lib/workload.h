/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A workload in its own namespace, from creation to outputs: the common part of `run` and the OCI hook.
 *
 *	workload__init()
 *	workload__model()      reads the model, if there is one
 *	workload__create()     makes the namespace; this process becomes its collector
 *	workload__join()       adds the first task, before it does anything
 *	workload__step()       repeat until ns.live_tasks is 0
 *	workload__write()      writes model, trajectory, forensics
 *	workload__delete()
 */
#ifndef TSEM_WORKLOAD_H
#define TSEM_WORKLOAD_H

#include <stdbool.h>
#include <sys/types.h>

#include "external.h"
#include "journal.h"
#include "model.h"
#include "namespace.h"
#include "sign.h"
#include "stream.h"
#include "tsem.h"

/* One line for the user: what failed, with which word, and what to do; without the name of the command. */
struct workload_error {
	char text[512];
};

struct workload {
	/* The request, which the caller fills in. Strings are borrowed. */
	struct namespace_spec spec;
	/* The model that is loaded; spec.model points to it if there is one. It has its events if `output` needs them.
	 */
	struct model model;
	u8 base[TSEM_DIGEST_MAX];
	const char *output, *trajectory, *forensics; /* files, or NULL */
	const char *directory; /* where these files, the model and its signature have to be, as in stream.h; or NULL */
	const char *trust_anchor; /* file that says who may sign models, or NULL: the model need not be signed */
	const char *signature; /* file of the model's signature, or NULL: beside the model */
	const char *versions, *recent_versions; /* directories of the versions of signed models that were used;
						   versions.h */
	bool bare; /* the output has no events */
	bool named; /* spec.name is the workload's name: a signed model with another name is refused */
	u64 journal_limit; /* bytes; 0: JOURNAL_LIMIT */
	const char *agent; /* an external agent, as external__parse() takes it, or NULL: the kernel decides */
	const char *agent_key; /* file of its key, or NULL */

	/* The state. */
	struct sign_signer signer; /* of the model; zeros: it is not verified, or something was added to it */
	struct tsem tsem; /* opened by the caller */
	struct tsem_namespace ns; /* as of the last step */
	struct journal *journal;
	struct external *external; /* the session with the agent, or NULL */
	char brought[128]; /* the name of an agent that `attach` has brought */
	int attach; /* a socket where `attach` brings another agent; -1: none */
	struct stream *output_stream, *trajectory_stream, *forensics_stream; /* opened by workload__create() */
	u64 pins_device, pins_inode; /* of the load that made the namespace */
	int lost; /* the first -errno of keeping descriptions */
};

/* The result of a workload. */
struct workload_summary {
	u64 events;
	size_t coefficients;
	size_t missing; /* coefficients without a description */
	u64 dropped; /* records that the journal had no room for */
};

/* An empty workload. workload__free() may follow at once. */
void workload__init(struct workload *workload);

/*
 * May this be the name of a namespace: 1 to TSEM_NAME_SIZE - 1 letters, digits and ._+-, not only digits, and no
 * reserved name (`root`, `ns` and a number)?
 */
bool workload__name_ok(const char *name);

/*
 * Reads the model file `path` into model and spec.model; set output and bare before. With a trust_anchor it is verified
 * first, and the same bytes are parsed. Settings that were not given are taken from the model. -EINVAL: the model has
 * other settings than those given; -EKEYREJECTED: it is signed for another workload; -ESTALE: a newer version was used
 * already. 0, or -errno with the line in *error, which begins with path.
 */
int workload__model(struct workload *workload, const char *path, struct workload_error *error);

/*
 * Adds a pseudonym, of TSEM_DIGEST_MAX bytes, to the model. The model then no longer counts as signed. 0 or -ENOMEM.
 */
int workload__pseudonym(struct workload *workload, const u8 *digest);

/* Adds a pattern, or a directory with strict names, after those of the model; as above. 0, -ENOMEM, or -E2BIG: there
 * are too many. */
int workload__pattern(struct workload *workload, const struct tsem_pattern *pattern);

/*
 * Opens the outputs, makes the namespace of `spec` and becomes its collector. 0, or -errno with the line in *error;
 * then nothing of it is left. -EKEYREJECTED: the policy of this load demands a signed model.
 */
int workload__create(struct workload *workload, struct workload_error *error);

/*
 * Instead of workload__create(): opens the outputs for a namespace that somebody else has made, and becomes its
 * collector unless it has one. Do not call workload__delete() for it. 0, or -errno with the line in *error.
 */
int workload__observe(struct workload *workload, const struct tsem_namespace *ns, struct workload_error *error);

/*
 * Puts the task `pid` into the namespace; the task must wait until this returns. 0 or -errno, for which
 * workload__join_error() gives the words, static.
 */
int workload__join(struct workload *workload, pid_t pid);
const char *workload__join_error(int err);

/*
 * Waits for events, `ms` milliseconds at most, keeps their descriptions, and reads ns again. 0, or -ENOENT: the
 * namespace was removed, or tsem-bpf was unloaded. A failure to keep descriptions only sets `lost`.
 */
int workload__step(struct workload *workload, int ms);

/*
 * The last task has ended, or this process gives up: takes what is left in the ring, and the verdicts of an external
 * agent that are under way. As workload__step().
 */
int workload__finish(struct workload *workload);

/*
 * Writes the requested files; after a failure still writes the others. 0 and *summary filled, or -errno with the first
 * line in *error.
 */
int workload__write(struct workload *workload, struct workload_summary *summary, struct workload_error *error);

/*
 * Reads the namespace's model with its events into *model, which the caller frees. 0, or -errno with the line in
 * *error; -E2BIG: it is not whole, as there was no room for it.
 */
int workload__learned(struct workload *workload, struct model *model, struct workload_error *error);

/* Gives up the outputs, and removes what was written of them. */
void workload__drop(struct workload *workload);

/*
 * Stops collecting and removes the namespace, unless `keep`. 0; -EBUSY: it has live tasks and stays; or another -errno.
 * Does nothing for a workload without a namespace.
 */
int workload__delete(struct workload *workload, bool keep);

/* Frees the model and closes what is open. */
void workload__free(struct workload *workload);

#endif
