// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf attest quote: evidence of what the root namespace of this machine did.
 *
 * Quoting causes events too, so the log grows between the challenge and the quote. Repeated events are not new. So
 * quoting is repeated a few times, until all of the quoted log is described, and for a while, until everything in the
 * log is in the register.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attest_job.h"
#include "cmd.h"
#include "journal.h"
#include "namespace.h"
#include "root.h"
#include "tsem.h"

#define ROUNDS 5
#define ROUND_US 200000

struct machine {
	struct tsem tsem;
	struct tpm2 *tpm;
	struct attest *a;
	const char *what; /* the step that failed */
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

/* The description of a coefficient. Entries are sorted by coefficient. */
struct entry {
	u8 coefficient[TSEM_DIGEST_MAX];
	size_t index;
};

/* Adds the descriptions of the first `count` entries of the log, as far as the journal has them. */
static int add_events(struct machine *m, u8 (*log)[TSEM_DIGEST_MAX], u64 count)
{
	struct namespace_coefficients all = {};
	struct tsem_namespace ns;
	struct journal_view view = {};
	struct entry *index = NULL;
	int err;

	m->what = "read the descriptions of the root's events";
	err = namespace__read(&m->tsem, 0, &ns) ?: namespace__coefficients(&m->tsem, 0, &all);
	err = err ?: journal__view(&m->tsem, &ns, &all, &view);
	if (!err) {
		index = calloc(all.count ?: 1, sizeof(*index));
		err = index ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < all.count && !err; i++) {
		memcpy(index[i].coefficient, all.entry[i].coefficient, TSEM_DIGEST_MAX);
		index[i].index = i;
	}
	if (!err)
		qsort(index, all.count, sizeof(*index), compare);
	for (u64 i = 0; i < count && !err; i++) {
		const struct entry *found = bsearch(log[i], index, all.count, sizeof(*index), compare);

		err = attest__add_event(m->a, log[i], found ? view.description[found->index] : NULL);
	}
	journal__free_view(&view);
	free(index);
	free(all.entry);
	return err;
}

static int add_namespace(const struct tsem_namespace *ns, void *data)
{
	struct namespace_coefficients all;
	struct machine *m = data;
	struct digests list = {};
	int err = namespace__coefficients(&m->tsem, ns->id, &all);

	/* It was removed meanwhile. */
	if (err)
		return err == -ENOENT ? 0 : err;
	for (size_t i = 0; i < all.count && !err; i++)
		err = digests__add(&list, all.entry[i].coefficient);
	err = err ?: attest__add_namespace(m->a, ns, list.digest, list.count);
	free(list.digest);
	free(all.entry);
	return err;
}

static int read_registers(struct machine *m)
{
	int err = 0;

	m->what = "read the registers of the TPM, which needs its sha256 bank";
	for (u32 i = 0; i < ATTEST_BOOT && !err; i++)
		err = tpm2__read(m->tpm, TPM2_BANK_SHA256, i, m->a->boot[i]);
	return err ?: tpm2__read(m->tpm, TPM2_BANK_SHA256, m->a->root.pcr, m->a->pcr);
}

/*
 * The statements about the machine, made before the quote. 0, or -errno; -ESTALE: the register is not that of the log.
 */
static int state_all(struct machine *m)
{
	struct attest *a = m->a;
	u8(*log)[TSEM_DIGEST_MAX] = NULL;
	struct root_chain chain;
	struct root_state state;
	struct tsem_namespace ns;
	int64_t position;
	int err;

	m->what = "read the state of the root namespace";
	err = root__state(&m->tsem, &state) ?: namespace__read(&m->tsem, 0, &ns);
	if (err)
		return err;
	a->root = (struct attest_root){
		.pcr = state.pcr, .digest = state.digest, .encoding = ns.encoding, .logged = state.logged
	};
	memcpy(a->root.base, state.base, sizeof(a->root.base));
	memcpy(a->root.initial, state.initial, sizeof(a->root.initial));
	a->root.lost = state.lost;
	memcpy(a->root.losses, ns.lost, sizeof(a->root.losses));
	err = read_registers(m);
	m->what = "read the log of the root namespace";
	/* Entries that were made before the register was read are in the register or waiting. */
	err = err ?: root__state(&m->tsem, &state) ?: root__log(&m->tsem, state.logged, &log);
	if (err)
		return err;
	m->what = "find the register's value in the log";
	chain = root__chain(&state);
	position = root__position(&chain, log, 0, state.logged, a->pcr);
	if (position < 0)
		err = position == -ENOENT ? -ESTALE : position;
	else
		err = add_events(m, log, position);
	free(log);
	m->what = err ? m->what : "read the namespaces";
	return err ?: namespace__each(&m->tsem, add_namespace, m);
}

/* One round: statements, quote, and the log after the quote. */
static int evidence(struct machine *m)
{
	u8(*log)[TSEM_DIGEST_MAX] = NULL;
	u8 challenge[ATTEST_SIZE];
	struct root_state state;
	int err = state_all(m);

	if (err)
		return err;
	m->what = "quote";
	err = attest__challenge(m->a, challenge);
	err = err ?: tpm2__quote(m->tpm, 0xffU | 1U << m->a->root.pcr, challenge, sizeof(challenge), &m->a->quote);
	m->what = err ? m->what : "read the log of the root namespace";
	err = err ?: root__state(&m->tsem, &state) ?: root__log(&m->tsem, state.logged, &log);
	m->what = err ? m->what : "find the quoted register's value in the log";
	err = err ?: attest__complete(m->a, log, state.logged);
	free(log);
	return err;
}

static int explain_failure(const struct machine *m, int err)
{
	if (err == -ESTALE)
		return cmd__fail(EXIT_FAILED,
				 "attest quote: register %u does not hold the log of the root namespace: somebody else "
				 "extended it, or the TPM refused an entry ('tsem-bpf status')",
				 m->a->root.pcr);
	return cmd__fail(EXIT_FAILED, "attest quote: cannot %s: %s", m->what,
			 err == -EIO ? tpm2__error() : strerror(-err));
}

static int write_evidence(const struct attest_job *job, const struct attest *a)
{
	struct stream *stream = attest_job__create(job, "quote");
	int err;

	if (!stream)
		return EXIT_FAILED;
	err = attest__write(stream__file(stream), a);
	if (!err)
		return attest_job__commit(job, "quote", stream);
	stream__drop(stream);
	return cmd__fail(EXIT_FAILED, "attest quote: %s: %s", job->output ?: "-", strerror(-err));
}

static bool described(const struct attest *a)
{
	return json_object_array_length(a->events) == a->log.count;
}

/* Repeats rounds until one succeeds or there were enough. 0, or the error of the last. */
static int take_evidence(const struct attest_job *job, struct machine *m)
{
	time_t end = time(NULL) + job->wait;
	int err;

	for (int round = 1;; round++) {
		memcpy(m->a->nonce, job->nonce, job->nonce_size);
		m->a->nonce_size = job->nonce_size;
		err = evidence(m);
		if (!err && described(m->a) && !attest__waiting(m->a))
			return 0;
		if (round >= ROUNDS && (err || !attest__waiting(m->a) || time(NULL) >= end))
			return err;
		attest__free(m->a);
		usleep(ROUND_US);
	}
}

int cmd_attest_quote(struct attest_job *job)
{
	struct attest a = {};
	struct machine m = { .a = &a };
	struct root_state state;
	int err = cmd__open(&m.tsem), error = 0;

	if (err)
		return err;
	error = root__state(&m.tsem, &state);
	if (error)
		err = cmd__fail(EXIT_FAILED, "attest quote: cannot read the state of the root namespace: %s",
				strerror(-error));
	else if (!state.on)
		err = cmd__fail(EXIT_FAILED,
				"attest quote: the root namespace is not modeled; load with --root-model model");
	else if (state.pcr == ROOT_NO_PCR)
		err = cmd__fail(EXIT_FAILED, "attest quote: the root's log extends no TPM: there was none at 'load'");
	err = err ?: attest_job__open_tpm(job, "quote", false, &m.tpm);
	if (!err) {
		error = take_evidence(job, &m);
		err = error ? explain_failure(&m, error) : write_evidence(job, &a);
	}
	if (!err && attest__waiting(&a))
		cmd__fail(EXIT_DONE,
			  "attest quote: %" PRIu64 " events of the log still wait for the TPM and are missing in the "
			  "evidence; quote again, or --wait longer than %u seconds",
			  attest__waiting(&a), job->wait);
	attest__free(&a);
	tpm2__close(m.tpm);
	tsem__close(&m.tsem);
	return err;
}
