// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf attest verify: checks that evidence is genuine, and that the machine did only what its model has. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "attest_job.h"
#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "explain.h"
#include "model.h"

static int read_model(const struct attest_job *job, struct model *model)
{
	struct model_error error;
	FILE *file = stream__read(job->model);
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->model, strerror(errno));
	err = model__read(file, model, &error);
	fclose(file);
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "attest verify: %s: line %zu: '%s' %s", job->model, error.line,
				 error.word, error.why);
	return err ? cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->model, strerror(-err)) : 0;
}

static int read_key(const struct attest_job *job, EVP_PKEY **key)
{
	FILE *file = stream__read(job->ak);

	if (!file)
		return cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->ak, strerror(errno));
	*key = attest__key(file);
	fclose(file);
	if (*key)
		return 0;
	return cmd__fail(EXIT_FAILED,
			 "attest verify: %s: is no public key in PEM of P-256, or of RSA with 2048 bits; 'attest ak' "
			 "writes it",
			 job->ak);
}

/* The evidence proves nothing: prints one line, and an object with --json. */
static int bad(const struct attest_job *job, const char *fault)
{
	struct json_object *o;

	if (job->json) {
		o = json_object_new_object();
		json_object_object_add(o, "genuine", json_object_new_boolean(false));
		json_object_object_add(o, "fault", json_object_new_string(fault));
		puts(event__line(o));
		json_object_put(o);
	}
	return cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->evidence, fault);
}

static int read_evidence(const struct attest_job *job, struct attest *a)
{
	FILE *file = stream__read(job->evidence);
	const char *fault;
	char text[80];
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->evidence, strerror(errno));
	err = attest__read(file, a, &fault);
	fclose(file);
	if (err == -EINVAL && fault) {
		snprintf(text, sizeof(text), "'%s' is missing or malformed", fault);
		return bad(job, text);
	}
	if (err == -EINVAL)
		return bad(job, "it is not in the form that 'attest quote' writes");
	return err ? cmd__fail(EXIT_FAILED, "attest verify: %s: %s", job->evidence, strerror(-err)) : 0;
}

/* The event at this position as a sentence, with names from the events before it. NULL: it is not described. */
static char *sentence(const struct attest *a, u64 position)
{
	struct explain *explain;
	struct explanation text;
	struct json_object *event;
	const char *fault;
	char *out = NULL;

	if (position >= json_object_array_length(a->events))
		return NULL;
	event = json_object_array_get_idx(a->events, position);
	explain = event ? explain__new() : NULL;
	if (!explain)
		return NULL;
	for (u64 i = 0; i < position; i++) {
		struct json_object *earlier = json_object_array_get_idx(a->events, i);

		if (earlier)
			explain__learn(explain, earlier, &fault);
	}
	if (!explain__event(explain, event, EXPLAIN_UNKNOWN, &text, &fault)) {
		out = strdup(text.sentence);
		explain__free_text(&text);
	}
	explain__free(explain);
	return out;
}

/* The answer for genuine evidence. */
struct report {
	const struct attest *a;
	const struct attest_verdict *verdict;
	char aggregate[2 * TSEM_DIGEST_MAX + 1];
	char first[2 * TSEM_DIGEST_MAX + 1];
	char *sentence;
};

static void print_text(const struct report *r)
{
	const struct attest *a = r->a;
	char hex[2 * TSEM_DIGEST_MAX + 1];

	printf("register %u is that of a log of %zu events, %" PRIu64 " of them outside of the model\n", a->root.pcr,
	       a->log.count, r->verdict->outside);
	if (r->verdict->waiting)
		printf("%" PRIu64 " events waited for the TPM\n", r->verdict->waiting);
	printf("aggregate %s\n", r->aggregate);
	for (size_t i = 0; i < a->namespace_count; i++) {
		const struct attest_namespace *ns = &a->namespaces[i];
		char *name = explain__safe(ns->name, strlen(ns->name));

		digest__to_hex(ns->state, digest__size(ns->digest), hex);
		printf("namespace %u \"%s\" %s %s %s, %" PRIu64 " coefficients, %" PRIu64 " forensics, state %s\n",
		       ns->id, name ?: "", cmd__mode(ns->mode), digest__name(ns->digest),
		       digest__encoding_name(ns->encoding), ns->coefficients, ns->forensics, hex);
		free(name);
	}
}

/* The names of losses: an array. */
static struct json_object *losses_object(u32 losses)
{
	struct json_object *list = json_object_new_array();

	for (; losses; losses &= losses - 1)
		json_object_array_add(list, json_object_new_string(attest__loss_name(losses)));
	return list;
}

static void print_json(const struct report *r)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *first = NULL;
	const struct attest *a = r->a;

	if (r->verdict->outside) {
		first = json_object_new_object();
		json_object_object_add(first, "position", json_object_new_int64(r->verdict->first + 1));
		json_object_object_add(first, "coefficient", json_object_new_string(r->first));
		json_object_object_add(first, "sentence", r->sentence ? json_object_new_string(r->sentence) : NULL);
	}
	for (size_t i = 0; i < a->namespace_count; i++) {
		const struct attest_namespace *ns = &a->namespaces[i];
		struct json_object *entry = json_object_new_object();
		char hex[2 * TSEM_DIGEST_MAX + 1];

		json_object_object_add(entry, "id", json_object_new_int64(ns->id));
		json_object_object_add(entry, "name", json_object_new_string(ns->name));
		json_object_object_add(entry, "mode", json_object_new_string(cmd__mode(ns->mode)));
		json_object_object_add(entry, "digest", json_object_new_string(digest__name(ns->digest)));
		json_object_object_add(entry, "encoding", json_object_new_string(digest__encoding_name(ns->encoding)));
		json_object_object_add(entry, "coefficients", json_object_new_int64(ns->coefficients));
		json_object_object_add(entry, "forensics", json_object_new_int64(ns->forensics));
		digest__to_hex(ns->measurement, digest__size(ns->digest), hex);
		json_object_object_add(entry, "measurement", json_object_new_string(hex));
		digest__to_hex(ns->state, digest__size(ns->digest), hex);
		json_object_object_add(entry, "state", json_object_new_string(hex));
		json_object_array_add(list, entry);
	}
	json_object_object_add(o, "genuine", json_object_new_boolean(true));
	json_object_object_add(o, "pcr", json_object_new_int64(a->root.pcr));
	json_object_object_add(o, "events", json_object_new_int64(a->log.count));
	json_object_object_add(o, "outside", json_object_new_int64(r->verdict->outside));
	json_object_object_add(o, "first", first);
	json_object_object_add(o, "waiting", json_object_new_int64(r->verdict->waiting));
	json_object_object_add(o, "lost", json_object_new_int64(a->root.lost));
	json_object_object_add(o, "losses", losses_object(r->verdict->losses));
	json_object_object_add(o, "aggregate", json_object_new_string(r->aggregate));
	json_object_object_add(o, "namespaces", list);
	puts(event__line(o));
	json_object_put(o);
}

/* Prints the first loss that was not allowed. */
static int judge_losses(const struct report *r)
{
	const struct attest_root *root = &r->a->root;
	u32 first = r->verdict->losses & -r->verdict->losses;
	const char *name = attest__loss_name(first);

	if (first == ATTEST_LOSS_UNLOGGED)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: the log had no room for %" PRIu64
				 " coefficients, so these are unknown; load with a larger --max-coefficients, or "
				 "give --allow-loss %s",
				 root->lost, name);
	if (first == ATTEST_LOSS_WAITING)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: %" PRIu64
				 " events of the log waited for the TPM, so these are unknown; quote again, or "
				 "give --allow-loss %s",
				 r->verdict->waiting, name);
	return cmd__fail(EXIT_DENIED,
			 "attest verify: the machine lost %" PRIu64
			 " events (%s), which are not in the log; see tsem-bpf(8), LOSSES, or give --allow-loss %s",
			 root->losses[__builtin_ctz(first)], name, name);
}

/* The evidence is genuine; compares it with the model. */
static int judge(const struct report *r)
{
	const struct attest_verdict *v = r->verdict;

	if (!r->a->log.count)
		return cmd__fail(EXIT_DENIED, "attest verify: the log is empty, so it proves nothing");
	if (v->aggregate)
		return cmd__fail(EXIT_DENIED, "attest verify: the model was taken under another aggregate than %s",
				 r->aggregate);
	if (v->base)
		return cmd__fail(EXIT_DENIED, "attest verify: the root and the model have different bases");
	if (v->outside)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: %" PRIu64
				 " events are outside of the model, the first at position %" PRIu64
				 " of the log: %s%s%s%s",
				 v->outside, v->first + 1, r->sentence ?: "", r->sentence ? " (" : "", r->first,
				 r->sentence ? ")" : ", which the evidence does not describe");
	if (v->losses)
		return judge_losses(r);
	return EXIT_DONE;
}

static int report(const struct attest_job *job, const struct attest *a, const struct attest_verdict *verdict)
{
	struct report r = { .a = a, .verdict = verdict };
	size_t size = digest__size(a->root.digest);
	u8 aggregate[TSEM_DIGEST_MAX];
	int err;

	if (attest__aggregate(a, a->root.digest, aggregate))
		return cmd__fail(EXIT_FAILED, "attest verify: %s", strerror(EIO));
	digest__to_hex(aggregate, size, r.aggregate);
	if (verdict->outside) {
		digest__to_hex(a->log.digest[verdict->first], size, r.first);
		r.sentence = sentence(a, verdict->first);
	}
	if (job->json)
		print_json(&r);
	else
		print_text(&r);
	err = judge(&r);
	free(r.sentence);
	return err;
}

int cmd_attest_verify(struct attest_job *job)
{
	struct attest a = {};
	struct attest_verdict verdict;
	struct model model = {};
	EVP_PKEY *key = NULL;
	char text[80];
	struct attest_policy policy = {
		.pcr = job->pcr,
		.nonce = job->nonce,
		.nonce_size = job->nonce_size,
		.initial = job->has_initial ? job->initial : NULL,
		.model = &model,
		.allowed = job->allowed,
	};
	int err, error;

	if (!job->ak || !job->model)
		return cmd__fail(EXIT_USAGE, "attest verify: --%s FILE is missing", job->ak ? "model" : "ak");
	if (!strcmp(job->ak, job->model) || !strcmp(job->model, job->evidence) || !strcmp(job->ak, job->evidence))
		return cmd__fail(EXIT_USAGE, "attest verify: two of key, model and evidence are the same file");
	err = read_key(job, &key) ?: read_model(job, &model) ?: read_evidence(job, &a);
	if (err)
		goto out;
	policy.key = key;
	error = attest__verify(&a, &policy, &verdict);
	if (error == -EBADMSG && a.root.pcr != job->pcr) {
		snprintf(text, sizeof(text), "its log is that of register %u, not of %u (--pcr)", a.root.pcr, job->pcr);
		err = bad(job, text);
	} else if (error == -EBADMSG)
		err = bad(job, verdict.fault);
	else if (error == -EDOM)
		err = cmd__fail(EXIT_FAILED,
				"attest verify: %s: its values have %zu digits, those of the log (%s) have %zu",
				job->model, 2 * model.width, digest__name(a.root.digest),
				2 * digest__size(a.root.digest));
	else if (error)
		err = cmd__fail(EXIT_FAILED, "attest verify: %s", strerror(-error));
	else
		err = report(job, &a, &verdict);
	if (fflush(stdout) || ferror(stdout))
		err = cmd__fail(EXIT_FAILED, "attest verify: the output cannot be written: %s", strerror(errno));
out:
	EVP_PKEY_free(key);
	model__free(&model);
	attest__free(&a);
	return err;
}
