// SPDX-License-Identifier: GPL-2.0
/*
 * Makes evidence: the statements, the challenge over them, and the entries of the log that the quoted register holds.
 */
#include "attest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attest_parts.h"
#include "digest.h"
#include "event.h"

#define LABEL "tsem-bpf attest 2"

void attest__free(struct attest *a)
{
	free(a->namespaces);
	free(a->log.digest);
	json_object_put(a->events);
	memset(a, 0, sizeof(*a));
}

int attest__aggregate(const struct attest *a, u32 digest, u8 *out)
{
	memset(out, 0, TSEM_DIGEST_MAX);
	return digest__hash(digest, a->boot, sizeof(a->boot), out);
}

struct attest_namespace *attest__new_namespace(struct attest *a)
{
	void *grown = realloc(a->namespaces, (a->namespace_count + 1) * sizeof(*a->namespaces));

	if (!grown)
		return NULL;
	a->namespaces = grown;
	return memset(&a->namespaces[a->namespace_count++], 0, sizeof(*a->namespaces));
}

int attest__add_namespace(struct attest *a, const struct tsem_namespace *ns, u8 (*coefficients)[TSEM_DIGEST_MAX],
			  size_t count)
{
	struct attest_namespace *out = attest__new_namespace(a);
	const u8 *base = ns->has_base ? ns->base : NULL;
	u8 aggregate[TSEM_DIGEST_MAX];
	int err;

	if (!out)
		return -ENOMEM;
	out->id = ns->id;
	out->mode = ns->mode;
	out->digest = ns->digest;
	out->encoding = ns->encoding;
	out->coefficients = ns->coefficients;
	out->forensics = ns->forensics;
	memcpy(out->name, ns->name, TSEM_NAME_SIZE);
	err = attest__aggregate(a, ns->digest, aggregate);
	err = err ?: model__measurement(ns->digest, aggregate, base, coefficients, count, out->measurement);
	return err ?: model__state(ns->digest, aggregate, base, coefficients, count, out->state);
}

bool attest__describes(const struct attest_root *root, struct json_object *event, const u8 *coefficient)
{
	static struct tsem_record record;
	struct event_digests digests;
	struct json_object *again;
	const char *fault;
	bool same;

	if (event__from_json(event, root->digest, root->encoding, &record, &fault) ||
	    event__coefficient(&record, &digests) || memcmp(digests.coefficient, coefficient, TSEM_DIGEST_MAX))
		return false;
	again = event__to_json(&record, false);
	same = again && !strcmp(event__line(again), event__line(event));
	json_object_put(again);
	return same;
}

int attest__add_event(struct attest *a, const u8 *coefficient, const struct tsem_record *record)
{
	struct json_object *event = record ? event__to_json(record, false) : NULL;

	a->events = a->events ?: json_object_new_array();
	if (event && !attest__describes(&a->root, event, coefficient)) {
		json_object_put(event);
		event = NULL;
	}
	if (!a->events || json_object_array_add(a->events, event)) {
		json_object_put(event);
		return -ENOMEM;
	}
	return 0;
}

int attest__challenge(const struct attest *a, u8 *out)
{
	struct json_object *o = json_object_new_object();
	u8 message[sizeof(LABEL) - 1 + ATTEST_NONCE_MAX + ATTEST_SIZE], *p = message;
	const char *text;
	int err;

	attest__add_statements(o, a);
	text = event__line(o);
	p = mempcpy(p, LABEL, sizeof(LABEL) - 1);
	p = mempcpy(p, a->nonce, a->nonce_size);
	err = text ? digest__hash(TSEM_DIGEST_SHA256, text, strlen(text), p) : -ENOMEM;
	json_object_put(o);
	return err ?: digest__hash(TSEM_DIGEST_SHA256, message, p + ATTEST_SIZE - message, out);
}

struct root_chain attest__chain(const struct attest_root *root)
{
	return (struct root_chain){ .digest = root->digest, .base = root->base, .initial = root->initial };
}

int attest__complete(struct attest *a, u8 (*log)[TSEM_DIGEST_MAX], u64 count)
{
	u64 least = a->events ? json_object_array_length(a->events) : 0;
	struct root_chain chain = attest__chain(&a->root);
	u8 pcr[ATTEST_SIZE], digest[ATTEST_SIZE];
	struct attest_quoted q;
	int err = attest__parse_quote(&a->quote, &q);

	memcpy(pcr, a->root.initial, sizeof(pcr));
	for (u64 i = 0; !err; i++) {
		err = attest__registers(a, pcr, digest);
		if (err || (i >= least && attest__equal(&q.digest, digest)))
			break;
		err = i < count ? root__next(&chain, log[i], pcr) : -ESTALE;
		err = err ?: digests__add(&a->log, log[i]);
	}
	memcpy(a->pcr, pcr, sizeof(pcr));
	return err;
}

u64 attest__waiting(const struct attest *a)
{
	return a->root.logged > a->log.count ? a->root.logged - a->log.count : 0;
}
