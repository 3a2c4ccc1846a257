// SPDX-License-Identifier: GPL-2.0
/*
 * tsem-bpf attest: ak, the key of this machine; quote, evidence of what its root namespace did; verify, on another one.
 *
 * Quoting is made of events as well, so that the log grows between the challenge and the quote. Events that occurred
 * before are not new: it is done again, a few times, until all of the quoted log is described, and for a while, until
 * what was logged is in the register.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "attest.h"
#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "explain.h"
#include "journal.h"
#include "model.h"
#include "namespace.h"
#include "root.h"
#include "stream.h"
#include "tpm2.h"
#include "tsem.h"

#define ROUNDS 5
#define ROUND_US 200000
/* For so long quote waits for the TPM, unless it is told otherwise, and is told at most. */
#define WAIT_S 10
#define WAIT_MAX_S 3600

/* Handles of persistent objects that the owner of a TPM gives out. */
#define HANDLE_FIRST 0x81000000U
#define HANDLE_LAST 0x817fffffU

struct job {
	const char *tcti;
	u32 handle; /* 0: the key that is derived */
	const char *output;
	const char *ak, *model, *evidence; /* files */
	u8 nonce[ATTEST_NONCE_MAX];
	size_t nonce_size;
	u8 initial[ATTEST_SIZE];
	bool has_initial;
	u32 pcr; /* that the evidence is to be about */
	u32 wait; /* seconds, for the TPM */
	bool allow_waiting;
	bool json;
};

static int open_tpm(const struct job *job, const char *action, bool make, struct tpm2 **tpm)
{
	int err = tpm2__open(job->tcti, tpm);

	if (err == -ENODEV)
		return cmd__fail(EXIT_FAILED,
				 "attest %s: no TPM answers at '%s': %s; name it with --tcti, and run it as root", action,
				 job->tcti ?: getenv(TPM2_TCTI_VARIABLE) ?: TPM2_TCTI, tpm2__error());
	if (err)
		return cmd__fail(EXIT_FAILED, "attest %s: the TPM: %s", action, tpm2__error());
	err = tpm2__key(*tpm, job->handle, make);
	if (!err)
		return 0;
	tpm2__close(*tpm);
	*tpm = NULL;
	if (err == -ENOENT)
		return cmd__fail(EXIT_FAILED,
				 "attest %s: --handle 0x%08x: the TPM has no such key; 'attest ak' makes it", action,
				 job->handle);
	if (err == -ENOKEY)
		return cmd__fail(EXIT_FAILED, "attest %s: --handle 0x%08x: %s; name another", action, job->handle,
				 tpm2__error());
	return cmd__fail(EXIT_FAILED, "attest %s: the TPM gives no key: %s", action, tpm2__error());
}

/* The output file of an action. */
static struct stream *create(const struct job *job, const char *action)
{
	struct stream *stream = stream__create(job->output ?: "-");

	if (!stream)
		cmd__fail(EXIT_FAILED, "attest %s: %s: %s", action, job->output ?: "-", strerror(errno));
	return stream;
}

static int commit(const struct job *job, const char *action, struct stream *stream)
{
	int err = stream__commit(stream);

	return err ? cmd__fail(EXIT_FAILED, "attest %s: %s: %s", action, job->output ?: "-", strerror(-err))
		   : EXIT_DONE;
}

static int ak(struct job *job)
{
	struct stream *stream;
	struct tpm2 *tpm;
	char *pem;
	int err = open_tpm(job, "ak", true, &tpm);

	if (err)
		return err;
	err = tpm2__key_public(tpm, &pem);
	tpm2__close(tpm);
	if (err)
		return cmd__fail(EXIT_FAILED, "attest ak: %s", tpm2__error());
	stream = create(job, "ak");
	if (stream)
		fputs(pem, stream__file(stream));
	free(pem);
	return stream ? commit(job, "ak", stream) : EXIT_FAILED;
}

struct machine {
	struct tsem tsem;
	struct tpm2 *tpm;
	struct attest *a;
	const char *what; /* failed */
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

/* Where an entry's description is, sorted by its coefficient. */
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

	/* It has gone meanwhile. */
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

/* What is said of the machine, before the quote. 0, or -errno; -ESTALE: the register is not that of the log. */
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
		.pcr = state.pcr, .digest = state.digest, .model = ns.model, .logged = state.logged
	};
	memcpy(a->root.base, state.base, sizeof(a->root.base));
	memcpy(a->root.initial, state.initial, sizeof(a->root.initial));
	a->root.lost = state.lost;
	err = read_registers(m);
	m->what = "read the log of the root namespace";
	/* Entries that were made before the register was read are in it or wait. */
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

/* One round: statements, quote, and the log as it then was. */
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

static int write_evidence(const struct job *job, const struct attest *a)
{
	struct stream *stream = create(job, "quote");
	int err;

	if (!stream)
		return EXIT_FAILED;
	err = attest__write(stream__file(stream), a);
	if (!err)
		return commit(job, "quote", stream);
	stream__drop(stream);
	return cmd__fail(EXIT_FAILED, "attest quote: %s: %s", job->output ?: "-", strerror(-err));
}

static bool described(const struct attest *a)
{
	return json_object_array_length(a->events) == a->log.count;
}

/* Rounds, until one is as it should be, or there were enough. 0, or the error of the last. */
static int take_evidence(const struct job *job, struct machine *m)
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

static int quote(struct job *job)
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
		err = cmd__fail(EXIT_FAILED, "attest quote: the root's log goes to no TPM: there was none at 'load'");
	err = err ?: open_tpm(job, "quote", false, &m.tpm);
	if (!err) {
		error = take_evidence(job, &m);
		err = error ? explain_failure(&m, error) : write_evidence(job, &a);
	}
	if (!err && attest__waiting(&a))
		cmd__fail(EXIT_DONE,
			  "attest quote: %" PRIu64 " events of the log still wait for the TPM and are no part of the "
			  "evidence, which 'verify' says; quote again, or --wait longer than %u seconds",
			  attest__waiting(&a), job->wait);
	attest__free(&a);
	tpm2__close(m.tpm);
	tsem__close(&m.tsem);
	return err;
}

static int read_model(const struct job *job, struct model *model)
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

static int read_key(const struct job *job, EVP_PKEY **key)
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

/* The evidence proves nothing: one line, and an object where one was asked for. */
static int bad(const struct job *job, const char *fault)
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

static int read_evidence(const struct job *job, struct attest *a)
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

/* The event at this position in a sentence, as what came before it makes it known. NULL: it is not described. */
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

/* What verify says of evidence that is genuine. */
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
		       ns->id, name ?: "", cmd__mode(ns->mode), digest__name(ns->digest), digest__model_name(ns->model),
		       ns->coefficients, ns->forensics, hex);
		free(name);
	}
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
		json_object_object_add(entry, "model", json_object_new_string(digest__model_name(ns->model)));
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
	json_object_object_add(o, "aggregate", json_object_new_string(r->aggregate));
	json_object_object_add(o, "namespaces", list);
	puts(event__line(o));
	json_object_put(o);
}

/* Genuine, but is it what the model says? */
static int judge(const struct job *job, const struct report *r)
{
	const struct attest_verdict *v = r->verdict;

	if (!r->a->log.count)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: the log is empty: it says nothing of what the machine did");
	if (v->aggregate)
		return cmd__fail(EXIT_DENIED, "attest verify: the model was taken under another aggregate than %s",
				 r->aggregate);
	if (v->base)
		return cmd__fail(EXIT_DENIED, "attest verify: the base of the root is not that of the model");
	if (v->outside)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: %" PRIu64
				 " events are outside of the model, the first at position %" PRIu64
				 " of the log: %s%s%s%s",
				 v->outside, v->first + 1, r->sentence ?: "", r->sentence ? " (" : "", r->first,
				 r->sentence ? ")" : ", which the evidence does not describe");
	if (r->a->root.lost)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: the log had no room for %" PRIu64
				 " coefficients, which nothing is known of; "
				 "load with a larger --max-coefficients",
				 r->a->root.lost);
	if (v->waiting && !job->allow_waiting)
		return cmd__fail(EXIT_DENIED,
				 "attest verify: %" PRIu64
				 " events of the log waited for the TPM, and nothing is known of them; quote again, or "
				 "give --allow-waiting",
				 v->waiting);
	return EXIT_DONE;
}

static int report(const struct job *job, const struct attest *a, const struct attest_verdict *verdict)
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
	err = judge(job, &r);
	free(r.sentence);
	return err;
}

static int verify(struct job *job)
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

enum {
	ON_AK = 1,
	ON_QUOTE = 2,
	ON_VERIFY = 4,
};

static const struct {
	const char *name;
	int (*run)(struct job *job);
	int flag;
} actions[] = { { "ak", ak, ON_AK }, { "quote", quote, ON_QUOTE }, { "verify", verify, ON_VERIFY } };

static const struct option options[] = {
	{ "tcti", required_argument, NULL, 't' },    { "handle", required_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },  { "nonce", required_argument, NULL, 'n' },
	{ "ak", required_argument, NULL, 'a' },      { "model", required_argument, NULL, 'm' },
	{ "initial", required_argument, NULL, 'i' }, { "pcr", required_argument, NULL, 'p' },
	{ "wait", required_argument, NULL, 'w' },    { "allow-waiting", no_argument, NULL, 'W' },
	{ "json", no_argument, NULL, 'j' },          {},
};

/* Which actions take the option. */
static int taken_by(int option)
{
	switch (option) {
	case 't':
	case 'h':
	case 'o':
		return ON_AK | ON_QUOTE;
	case 'n':
		return ON_QUOTE | ON_VERIFY;
	case 'w':
		return ON_QUOTE;
	default:
		return ON_VERIFY;
	}
}

static const char *option_name(int option)
{
	const struct option *o = options;

	while (o->val != option)
		o++;
	return o->name;
}

static int take_number(const char *action, const char *option, u32 least, u32 most, u32 *out)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(optarg, &end, 10);
	if (*optarg < '0' || *optarg > '9' || *end || errno || value < least || value > most)
		return cmd__fail(EXIT_USAGE, "attest %s: --%s: '%s' is no number from %u to %u", action, option, optarg,
				 least, most);
	*out = value;
	return 0;
}

static int take_option(struct job *job, const char *action, int option)
{
	size_t digits = optarg ? strlen(optarg) : 0;
	unsigned long handle;
	char *end;

	switch (option) {
	case 't':
		job->tcti = optarg;
		return 0;
	case 'h':
		errno = 0;
		handle = strtoul(optarg, &end, 16);
		if (errno || *end || handle < HANDLE_FIRST || handle > HANDLE_LAST)
			return cmd__fail(EXIT_USAGE,
					 "attest %s: --handle: '%s' is no persistent handle; give 0x%08x to 0x%08x",
					 action, optarg, HANDLE_FIRST, HANDLE_LAST);
		job->handle = handle;
		return 0;
	case 'o':
		job->output = optarg;
		return 0;
	case 'n':
		job->nonce_size = digits / 2;
		if (digits < 2 * ATTEST_NONCE_MIN || digits > 2 * ATTEST_NONCE_MAX ||
		    digest__from_hex(optarg, digits, job->nonce, job->nonce_size))
			return cmd__fail(EXIT_USAGE, "attest %s: --nonce: '%s' is not 32 to 128 hexadecimal digits",
					 action, optarg);
		return 0;
	case 'i':
		if (digest__from_hex(optarg, digits, job->initial, sizeof(job->initial)))
			return cmd__fail(EXIT_USAGE, "attest %s: --initial: '%s' is not 64 hexadecimal digits", action,
					 optarg);
		job->has_initial = true;
		return 0;
	case 'p':
		return take_number(action, "pcr", ROOT_PCR_FIRST, ROOT_PCR_LAST, &job->pcr);
	case 'w':
		return take_number(action, "wait", 0, WAIT_MAX_S, &job->wait);
	case 'W':
		job->allow_waiting = true;
		return 0;
	case 'a':
		job->ak = optarg;
		return 0;
	case 'm':
		job->model = optarg;
		return 0;
	default:
		job->json = true;
		return 0;
	}
}

int cmd_attest(int argc, char **argv)
{
	struct job job = { .evidence = "-", .pcr = ROOT_PCR, .wait = WAIT_S };
	int (*run)(struct job *job) = NULL;
	int option, flag = 0, err;

	if (argc < 2)
		return cmd__fail(EXIT_USAGE, "attest: ak, quote or verify is missing");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, argv[1]))
			continue;
		run = actions[i].run;
		flag = actions[i].flag;
	}
	if (!run)
		return cmd__fail(EXIT_USAGE, "attest: '%s' is unknown; there are ak, quote, verify", argv[1]);
	optind = 2;
	while ((option = cmd__option(argc, argv, "+:o:m:", options)) != -1) {
		if (option == ':' || option == '?')
			return cmd__bad_option(argv, option);
		if (!(taken_by(option) & flag))
			return cmd__fail(EXIT_USAGE, "attest %s: '--%s' is not for it; see 'tsem-bpf help attest'",
					 argv[1], option_name(option));
		err = take_option(&job, argv[1], option);
		if (err)
			return err;
	}
	if (optind < argc && flag == ON_VERIFY)
		job.evidence = argv[optind++];
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "attest %s: '%s' is one word too many; options stand before others",
				 argv[1], argv[optind]);
	if (!job.nonce_size && flag != ON_AK)
		return cmd__fail(EXIT_USAGE,
				 "attest %s: --nonce HEX is missing: 16 to 64 random bytes of the verifier's", argv[1]);
	return run(&job);
}
