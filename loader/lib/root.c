// SPDX-License-Identifier: GPL-2.0
/* The programs write the log to two maps. This file extends the TPM only if the kernel cannot. */
#include "root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "digest.h"
#include "namespace.h"
#include "tpm2.h"

/* Entries of an earlier load in the kernel's queue would count as our own. */
static int queue_empty(struct tsem *tsem)
{
	for (int i = 0; i < 300; i++) {
		u8 value[TSEM_DIGEST_MAX] = {};
		struct tsem_extend kernel;
		int err = tsem__control_answer(tsem, TSEM_CONTROL_EXTEND, 0, value, NULL);

		memcpy(&kernel, value, sizeof(kernel));
		if (err || !kernel.pending)
			return err == -EOPNOTSUPP ? 0 : err;
		usleep(100000);
	}
	return -EBUSY;
}

int root__create(struct tsem *tsem, const struct root_settings *settings)
{
	struct namespace_spec spec = { .settings = settings->namespace, .name = "root", .root = true };
	struct tsem_root root = { .pcr = settings->pcr };
	u32 id = 0;
	int err = 0;

	if (root.pcr != ROOT_NO_PCR)
		err = queue_empty(tsem) ?: tpm__register(TPM_PCRS, root.pcr, root.initial);
	if (!err && bpf_map_update_elem(tsem->root, &id, &root, BPF_ANY))
		err = -errno;
	return err ?: namespace__create(tsem, &spec, &id);
}

int root__state(struct tsem *tsem, struct root_state *state)
{
	struct bpf_map_info info = {};
	struct tsem_namespace ns;
	struct tsem_root root;
	struct tsem_extend kernel = {};
	u8 value[TSEM_DIGEST_MAX] = {};
	u32 zero = 0, size = sizeof(info);
	int err;

	memset(state, 0, sizeof(*state));
	state->pcr = ROOT_NO_PCR;
	err = namespace__read(tsem, 0, &ns);
	if (err)
		return err == -ENOENT ? 0 : err;
	/* On a patched kernel, ask the queue first: this moves entries to it, and the counters below include them. */
	if (tsem__patched() && !tsem__control_answer(tsem, TSEM_CONTROL_EXTEND, 0, value, NULL))
		memcpy(&kernel, value, sizeof(kernel));
	if (bpf_map_lookup_elem(tsem->root, &zero, &root) || bpf_map_get_info_by_fd(tsem->log, &info, &size))
		return -errno;
	state->on = true;
	state->pcr = root.pcr;
	state->digest = ns.digest;
	memcpy(state->base, ns.base, sizeof(state->base));
	memcpy(state->initial, root.initial, sizeof(state->initial));
	state->logged = root.logged < info.max_entries ? root.logged : info.max_entries;
	state->lost = root.logged - state->logged;
	state->extended = root.extended;
	/* The queue counts what it took and the TPM then refused. */
	state->failed = root.failed + kernel.failed;
	state->error = kernel.error ?: root.error;
	state->pending = kernel.pending;
	return 0;
}

int root__log(struct tsem *tsem, u64 count, u8 (**log)[TSEM_DIGEST_MAX])
{
	struct tsem_log entry;

	*log = malloc((count ?: 1) * sizeof(**log));
	if (!*log)
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		int err = bpf_map_lookup_elem(tsem->log, &i, &entry) ? -errno : 0;

		/* An event has taken this position, but has not written the entry yet. */
		if (!err && !entry.ready)
			err = -EAGAIN;
		if (err) {
			free(*log);
			*log = NULL;
			return err;
		}
		memcpy((*log)[i], entry.coefficient, sizeof(**log));
	}
	return 0;
}

/* H( base || coefficient ), zero padded to TSEM_DIGEST_MAX. */
static int extension(const struct root_chain *chain, const u8 *coefficient, u8 *out)
{
	size_t size = digest__size(chain->digest);
	u8 message[2 * TSEM_DIGEST_MAX];

	memset(out, 0, TSEM_DIGEST_MAX);
	memcpy(message, chain->base, size);
	memcpy(message + size, coefficient, size);
	return digest__hash(chain->digest, message, 2 * size, out);
}

struct root_chain root__chain(const struct root_state *state)
{
	return (struct root_chain){ .digest = state->digest, .base = state->base, .initial = state->initial };
}

int root__next(const struct root_chain *chain, const u8 *coefficient, u8 *value)
{
	u8 message[TPM_PCR_SIZE + TSEM_DIGEST_MAX];

	memcpy(message, value, TPM_PCR_SIZE);
	return extension(chain, coefficient, message + TPM_PCR_SIZE)
		       ?: digest__hash(TSEM_DIGEST_SHA256, message, 2 * TPM_PCR_SIZE, value);
}

int64_t root__position(const struct root_chain *chain, u8 (*log)[TSEM_DIGEST_MAX], u64 least, u64 count,
		       const u8 *value)
{
	u8 now[TPM_PCR_SIZE];
	int err;

	memcpy(now, chain->initial, sizeof(now));
	for (u64 i = 0;; i++) {
		if (i >= least && !memcmp(now, value, sizeof(now)))
			return i;
		err = i < count ? root__next(chain, log[i], now) : -ENOENT;
		if (err)
			return err;
	}
}

/* Reports the result for the entry at `position`. */
static int tell(struct tsem *tsem, u64 position, int error)
{
	struct tsem_extend done = { .extended = position, .error = error };
	u8 value[TSEM_DIGEST_MAX] = {};

	memcpy(value, &done, sizeof(done));
	return tsem__control(tsem, TSEM_CONTROL_EXTENDED, 0, value, NULL);
}

int root__extend(struct tsem *tsem, struct tpm2 *tpm)
{
	u8 value[TSEM_DIGEST_MAX];
	struct root_chain chain;
	struct root_state state;
	struct tsem_log entry;
	int err;

	/* On a patched kernel, asking for the state also extends. */
	err = root__state(tsem, &state);
	if (err || !state.on || state.pcr == ROOT_NO_PCR || tsem__patched())
		return err;
	chain = root__chain(&state);
	for (u64 i = state.extended; i < state.logged; i++) {
		u32 at = i;

		if (i - state.extended == ROOT_AT_ONCE)
			return 1;
		if (bpf_map_lookup_elem(tsem->log, &at, &entry))
			return -errno;
		if (!entry.ready)
			return 0;
		err = extension(&chain, entry.coefficient, value);
		if (err)
			return err;
		err = tpm ? tpm2__extend(tpm, state.pcr, value, digest__size(state.digest)) : -ENODEV;
		if (err) {
			tell(tsem, i, err);
			return err;
		}
		err = tell(tsem, i, 0);
		if (err)
			return err;
	}
	return 0;
}

int root__catch_up(struct tsem *tsem, struct tpm2 *tpm)
{
	u8(*log)[TSEM_DIGEST_MAX] = NULL, value[TPM_PCR_SIZE];
	struct root_chain chain;
	struct root_state state;
	int64_t position;
	int err;

	err = root__state(tsem, &state);
	if (err || !state.on || state.pcr == ROOT_NO_PCR || tsem__patched())
		return err;
	err = tpm2__read(tpm, TPM2_BANK_SHA256, state.pcr, value) ?: root__log(tsem, state.extended, &log);
	if (err)
		goto out;
	chain = root__chain(&state);
	position = root__position(&chain, log, state.extended, state.extended, value);
	if (position >= 0 || state.extended == state.logged) {
		err = position < 0 ? position : 0;
		goto out;
	}
	free(log);
	err = root__log(tsem, state.extended + 1, &log);
	if (err)
		goto out;
	position = root__position(&chain, log, state.extended + 1, state.extended + 1, value);
	err = position < 0 ? (int)position : tell(tsem, state.extended, 0);
out:
	free(log);
	return err;
}
