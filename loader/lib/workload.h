/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A workload in a namespace of its own, from its creation to its outputs: what `run` and the OCI hook have in common.
 *
 *	workload__init()
 *	workload__model()      what to load first, if anything
 *	workload__create()     the namespace, and this process as its collector
 *	workload__join()       the first task, before it does anything
 *	workload__step()       again and again, until ns.live_tasks is 0
 *	workload__write()      model, trajectory, forensics
 *	workload__delete()
 */
#ifndef TSEM_WORKLOAD_H
#define TSEM_WORKLOAD_H

#include <stdbool.h>
#include <sys/types.h>

#include "journal.h"
#include "model.h"
#include "namespace.h"
#include "sign.h"
#include "stream.h"
#include "tsem.h"

/* One line for the user: what could not be done, with what, and what helps; without the name of the command. */
struct workload_error {
	char text[512];
};

struct workload {
	/* What is asked for: the caller's to fill in. Strings are borrowed. */
	struct namespace_spec spec;
	struct model model; /* the loaded one; spec.model points to it if there is one */
	u8 base[TSEM_DIGEST_MAX];
	const char *output, *trajectory, *forensics; /* files, or NULL */
	const char *directory; /* that these files, the model and its signature are in, as in stream.h; or NULL */
	const char *trust_anchor; /* file of those who may sign models, or NULL: the model need not be signed */
	const char *signature; /* file of the model's signature, or NULL: beside the model */
	const char *versions; /* directory of the versions of signed models that were used */
	bool named; /* spec.name is the workload's: a signed model for another one is refused */
	u64 journal_limit; /* bytes; 0: JOURNAL_LIMIT */

	/* What there is of it. */
	struct sign_signer signer; /* of the model; zeros: it is not verified, or more was added to it */
	struct tsem tsem; /* opened by the caller */
	struct tsem_namespace ns; /* as it was at the last step */
	struct journal *journal;
	struct stream *output_stream, *trajectory_stream, *forensics_stream; /* opened by workload__create() */
	u64 pins_device, pins_inode; /* of the load that the namespace is of */
	int lost; /* the first -errno that keeping descriptions met */
};

/* What came of a workload. */
struct workload_summary {
	u64 events;
	size_t coefficients;
	size_t missing; /* coefficients without a description */
	u64 dropped; /* records that the journal had no room for */
};

/* A workload of which nothing is asked and that has nothing, so that workload__free() may follow at once. */
void workload__init(struct workload *workload);

/*
 * Can this be the name of a namespace: 1 to TSEM_NAME_SIZE - 1 letters, digits and ._+-, not only digits, nor a name
 * that others are given (`root`, `ns` and a number)?
 */
bool workload__name_ok(const char *name);

/*
 * Reads the model file `path` into model and spec.model, verified if there is a trust_anchor: the bytes that are parsed
 * are those that were verified. Settings that were not named are the model's from then on; a model that says otherwise
 * than those that were named is refused (-EINVAL), and so is a signed one for another workload (-EKEYREJECTED) or of an
 * older version than was used (-ESTALE). 0, or -errno with the line in *error, which begins with path.
 */
int workload__model(struct workload *workload, const char *path, struct workload_error *error);

/*
 * Adds a pseudonym, of TSEM_DIGEST_MAX bytes, to what is loaded first; a signed model is no longer that then. 0 or
 * -ENOMEM.
 */
int workload__pseudonym(struct workload *workload, const u8 *digest);

/* Adds a pattern, behind those of the model; as above. 0, -ENOMEM, or -E2BIG: there are too many. */
int workload__pattern(struct workload *workload, const struct tsem_pattern *pattern);

/*
 * Opens the outputs, makes the namespace of `spec` and becomes its collector. 0, or -errno with the line in *error;
 * nothing of it is left then. -EKEYREJECTED: by the policy of this load models have to be signed.
 */
int workload__create(struct workload *workload, struct workload_error *error);

/*
 * Puts the task `pid`, which must not go on before this returns, into the namespace. 0 or -errno;
 * workload__join_error() says in words what it means, static.
 */
int workload__join(struct workload *workload, pid_t pid);
const char *workload__join_error(int err);

/*
 * Waits for events, `ms` milliseconds at most, keeps their descriptions, and reads ns anew. 0, or -ENOENT: somebody has
 * removed the namespace, or tsem-bpf was unloaded. Descriptions that cannot be kept end nothing: see lost.
 */
int workload__step(struct workload *workload, int ms);

/*
 * Writes the files that were asked for, all that can be written. 0 and *summary filled, or -errno with the first line
 * in *error.
 */
int workload__write(struct workload *workload, struct workload_summary *summary, struct workload_error *error);

/* Gives up the outputs: what was written of them is removed. */
void workload__drop(struct workload *workload);

/*
 * Ends collecting and removes the namespace, unless `keep`. 0; -EBUSY: it has live tasks and goes on; another -errno.
 * Takes a workload that has none.
 */
int workload__delete(struct workload *workload, bool keep);

/* Frees the model and closes what is open. */
void workload__free(struct workload *workload);

#endif
