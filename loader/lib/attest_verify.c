// SPDX-License-Identifier: GPL-2.0
/*
 * Checks evidence: the quote is the TPM's, the log gives the register, the descriptions are those of the log, nothing
 * is missing, and every entry is in the model.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attest_parts.h"
#include "digest.h"
#include "loss.h"

/* Did the TPM quote this nonce, these statements and these registers? NULL, or why not. */
static const char *quote_fault(const struct attest *a, const struct attest_policy *policy, int *err)
{
	u8 challenge[ATTEST_SIZE], registers[ATTEST_SIZE];
	struct attest_quoted q;

	if (a->nonce_size != policy->nonce_size || memcmp(a->nonce, policy->nonce, a->nonce_size))
		return "it was made for another nonce";
	if (a->root.pcr != policy->pcr)
		return "its log is that of another register";
	if (!attest__signed(&a->quote, policy->key))
		return "the signature is not that of this key";
	if (attest__parse_quote(&a->quote, &q) || q.magic != ATTEST_GENERATED || q.type != ATTEST_ST_QUOTE)
		return "the signed data is no quote of a TPM";
	if (q.banks != 1 || q.bank != ATTEST_ALG_SHA256 || q.selected != (0xffU | 1U << a->root.pcr))
		return "the quote is of other registers than 0 to 7 and that of the log, in the sha256 bank";
	*err = attest__challenge(a, challenge) ?: attest__registers(a, a->pcr, registers);
	if (*err)
		return NULL;
	if (!attest__equal(&q.extra, challenge))
		return "the quote was made for another nonce, or for other statements (root, namespaces, events)";
	return attest__equal(&q.digest, registers) ? NULL : "the registers are not those of the quote";
}

/* Does the log give the register, and do its descriptions match? NULL, or why not. */
static const char *log_fault(const struct attest *a, const struct attest_policy *policy, int *err)
{
	static const u8 zeros[ATTEST_SIZE];
	size_t count = a->events ? json_object_array_length(a->events) : 0;
	struct root_chain chain = attest__chain(&a->root);
	u8 pcr[ATTEST_SIZE];

	if (memcmp(a->root.initial, policy->initial ?: zeros, ATTEST_SIZE))
		return "the register of the log held another value when tsem-bpf was loaded (root.initial)";
	memcpy(pcr, a->root.initial, sizeof(pcr));
	for (size_t i = 0; i < a->log.count && !*err; i++)
		*err = root__next(&chain, a->log.digest[i], pcr);
	if (*err)
		return NULL;
	if (memcmp(pcr, a->pcr, sizeof(pcr)))
		return "the log does not lead to the value of its register";
	if (count > a->log.count)
		return "it describes more events than the log has";
	for (size_t i = 0; i < count; i++) {
		struct json_object *event = json_object_array_get_idx(a->events, i);

		if (event && !attest__describes(&a->root, event, a->log.digest[i]))
			return "a described event is not the one in the log";
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

/* Looks every coefficient up in the model. */
static int look_up(const struct attest *a, const struct model *model, struct attest_verdict *verdict)
{
	size_t size = model->states.count * TSEM_DIGEST_MAX;
	void *sorted = malloc(size ?: 1);

	if (!sorted)
		return -ENOMEM;
	if (size) {
		memcpy(sorted, model->states.digest, size);
		qsort(sorted, model->states.count, TSEM_DIGEST_MAX, compare);
	}
	for (size_t i = 0; i < a->log.count; i++) {
		if (bsearch(a->log.digest[i], sorted, model->states.count, TSEM_DIGEST_MAX, compare))
			continue;
		if (!verdict->outside++)
			verdict->first = i;
	}
	free(sorted);
	return 0;
}

u32 attest__parse_loss(const char *name)
{
	int loss = loss__parse(name);

	if (!strcmp(name, "unlogged"))
		return ATTEST_LOSS_UNLOGGED;
	if (!strcmp(name, "waiting"))
		return ATTEST_LOSS_WAITING;
	return loss < 0 || loss == TSEM_LOSS_RING || loss == TSEM_LOSS_LOG ? 0 : 1U << loss;
}

const char *attest__loss_name(u32 losses)
{
	u32 lowest = losses & -losses;

	if (lowest == ATTEST_LOSS_UNLOGGED)
		return "unlogged";
	return lowest == ATTEST_LOSS_WAITING ? "waiting" : lowest ? loss__name(__builtin_ctz(lowest)) : NULL;
}

u32 attest__losses(const struct attest *a)
{
	u32 losses = (a->root.lost ? ATTEST_LOSS_UNLOGGED : 0) | (attest__waiting(a) ? ATTEST_LOSS_WAITING : 0);

	for (u32 i = 0; i < TSEM_LOSS_END; i++) {
		if (a->root.losses[i] && i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG)
			losses |= 1U << i;
	}
	return losses;
}

int attest__verify(const struct attest *a, const struct attest_policy *policy, struct attest_verdict *verdict)
{
	const struct model *model = policy->model;
	u8 aggregate[TSEM_DIGEST_MAX];
	int err = 0;

	memset(verdict, 0, sizeof(*verdict));
	verdict->waiting = attest__waiting(a);
	verdict->losses = attest__losses(a) & ~policy->allowed;
	verdict->fault = quote_fault(a, policy, &err);
	if (!verdict->fault && !err)
		verdict->fault = log_fault(a, policy, &err);
	if (err || verdict->fault)
		return err ?: -EBADMSG;
	if (model->width && model->width != digest__size(a->root.digest))
		return -EDOM;
	err = attest__aggregate(a, a->root.digest, aggregate);
	verdict->aggregate = model->has_aggregate && memcmp(model->aggregate, aggregate, sizeof(aggregate));
	verdict->base = model->has_base && memcmp(model->base, a->root.base, sizeof(a->root.base));
	return err ?: look_up(a, model, verdict);
}
