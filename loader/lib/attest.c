// SPDX-License-Identifier: GPL-2.0
/*
 * The form of the evidence: one JSON object in one line, all leaves strings, keys in one order, so that the same
 *evidence has one form only. A reader writes again what it has read and compares: what differs (a key that stands twice
 *or is not known, a blank, a digit in upper case) is refused without a rule for each.
 *
 *	{"version":"1","nonce":HEX,"pcrs":{"0":HEX, ... "7":HEX,"11":HEX},
 *	 "root":{"pcr","digest","model","base","initial","logged","lost"},
 *	 "namespaces":[{"id","name","mode","digest","model","coefficients","forensics","measurement","state"}...],
 *	 "events":[EVENT or null...],"log":[HEX...],"quote":HEX,"signature":HEX}
 *
 * What the TPM signed is parsed by hand, as the TPM 2.0 specification has it (part 2, TPMS_ATTEST and TPMT_SIGNATURE;
 * integers are big-endian): a verifier is not to need a TPM's software, nor to trust its parsers with foreign bytes.
 */
#include "attest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "digest.h"
#include "event.h"
#include "root.h"

#define VERSION_TEXT "1"
#define LABEL "tsem-bpf attest 1"

#define GENERATED 0xff544347U /* TPM_GENERATED_VALUE: the TPM made it, no key that is restricted signs it otherwise */
#define ST_ATTEST_QUOTE 0x8018
#define ALG_SHA256 0x000b
#define ALG_RSASSA 0x0014
#define ALG_ECDSA 0x0018

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const modes[] = { "free", "sealed", "enforcing" };

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

/* Room for one more. */
static struct attest_namespace *namespace_new(struct attest *a)
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
	struct attest_namespace *out = namespace_new(a);
	const u8 *base = ns->has_base ? ns->base : NULL;
	u8 aggregate[TSEM_DIGEST_MAX];
	int err;

	if (!out)
		return -ENOMEM;
	out->id = ns->id;
	out->mode = ns->mode;
	out->digest = ns->digest;
	out->model = ns->model;
	out->coefficients = ns->coefficients;
	out->forensics = ns->forensics;
	memcpy(out->name, ns->name, TSEM_NAME_SIZE);
	err = attest__aggregate(a, ns->digest, aggregate);
	err = err ?: model__measurement(ns->digest, aggregate, base, coefficients, count, out->measurement);
	return err ?: model__state(ns->digest, aggregate, base, coefficients, count, out->state);
}

/* Is it a description of this coefficient, in the one form that such a description has? */
static bool describes(const struct attest_root *root, struct json_object *event, const u8 *coefficient)
{
	static struct tsem_record record;
	struct event_digests digests;
	struct json_object *again;
	const char *fault;
	bool same;

	if (event__from_json(event, &record, &fault) ||
	    event__coefficient(&record, root->digest, root->model, &digests) ||
	    memcmp(digests.coefficient, coefficient, TSEM_DIGEST_MAX))
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
	if (event && !describes(&a->root, event, coefficient)) {
		json_object_put(event);
		event = NULL;
	}
	if (!a->events || json_object_array_add(a->events, event)) {
		json_object_put(event);
		return -ENOMEM;
	}
	return 0;
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void add_number(struct json_object *o, const char *key, u64 number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_text(o, key, text);
}

static struct json_object *hex_object(const u8 *data, size_t size)
{
	char hex[2 * (sizeof(struct tpm2_quote)) + 1];

	digest__to_hex(data, size, hex);
	return json_object_new_string(hex);
}

static void add_hex(struct json_object *o, const char *key, const u8 *data, size_t size)
{
	json_object_object_add(o, key, hex_object(data, size));
}

static struct json_object *root_object(const struct attest_root *root)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "pcr", root->pcr);
	add_text(o, "digest", digest__name(root->digest) ?: "");
	add_text(o, "model", digest__model_name(root->model) ?: "");
	add_hex(o, "base", root->base, digest__size(root->digest));
	add_hex(o, "initial", root->initial, ATTEST_SIZE);
	add_number(o, "logged", root->logged);
	add_number(o, "lost", root->lost);
	return o;
}

static struct json_object *namespaces_object(const struct attest *a)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < a->namespace_count; i++) {
		const struct attest_namespace *ns = &a->namespaces[i];
		struct json_object *o = json_object_new_object();
		size_t size = digest__size(ns->digest);

		add_number(o, "id", ns->id);
		add_text(o, "name", ns->name);
		add_text(o, "mode", ns->mode < LENGTH(modes) ? modes[ns->mode] : "");
		add_text(o, "digest", digest__name(ns->digest) ?: "");
		add_text(o, "model", digest__model_name(ns->model) ?: "");
		add_number(o, "coefficients", ns->coefficients);
		add_number(o, "forensics", ns->forensics);
		add_hex(o, "measurement", ns->measurement, size);
		add_hex(o, "state", ns->state, size);
		json_object_array_add(array, o);
	}
	return array;
}

/* What this program says, beside the log: the part that the challenge covers. */
static void add_statements(struct json_object *o, const struct attest *a)
{
	json_object_object_add(o, "root", root_object(&a->root));
	json_object_object_add(o, "namespaces", namespaces_object(a));
	json_object_object_add(o, "events", a->events ? json_object_get(a->events) : json_object_new_array());
}

int attest__challenge(const struct attest *a, u8 *out)
{
	struct json_object *o = json_object_new_object();
	u8 message[sizeof(LABEL) - 1 + ATTEST_NONCE_MAX + ATTEST_SIZE], *p = message;
	const char *text;
	int err;

	add_statements(o, a);
	text = event__line(o);
	p = mempcpy(p, LABEL, sizeof(LABEL) - 1);
	p = mempcpy(p, a->nonce, a->nonce_size);
	err = text ? digest__hash(TSEM_DIGEST_SHA256, text, strlen(text), p) : -ENOMEM;
	json_object_put(o);
	return err ?: digest__hash(TSEM_DIGEST_SHA256, message, p + ATTEST_SIZE - message, out);
}

static struct root_chain chain_of(const struct attest_root *root)
{
	return (struct root_chain){ .digest = root->digest, .base = root->base, .initial = root->initial };
}

/* Bytes of somebody else, from the front. What is not there reads as zeros, and `short_of` stays set. */
struct bytes {
	const u8 *p;
	size_t left;
	bool short_of;
};

static const u8 *take(struct bytes *b, size_t size)
{
	const u8 *p = b->p;

	if (b->short_of || size > b->left) {
		b->short_of = true;
		return NULL;
	}
	b->p += size;
	b->left -= size;
	return p;
}

static u64 take_integer(struct bytes *b, size_t size)
{
	const u8 *p = take(b, size);
	u64 value = 0;

	for (size_t i = 0; p && i < size; i++)
		value = value << 8 | p[i];
	return value;
}

/* A TPM2B: a size of two bytes, and as many bytes. */
static struct bytes take_sized(struct bytes *b)
{
	size_t size = take_integer(b, 2);
	const u8 *p = take(b, size);

	return (struct bytes){ .p = p, .left = p ? size : 0, .short_of = !p };
}

/* TPMS_ATTEST of a quote. */
struct quoted {
	u32 magic, type;
	struct bytes extra;
	u32 banks, bank, selected; /* the registers as bits */
	struct bytes digest; /* SHA-256 of the selected registers */
};

static int parse_quote(const struct tpm2_quote *quote, struct quoted *q)
{
	struct bytes b = { .p = quote->attest, .left = quote->attest_size };
	const u8 *bits;
	u32 size;

	memset(q, 0, sizeof(*q));
	q->magic = take_integer(&b, 4);
	q->type = take_integer(&b, 2);
	take_sized(&b); /* name of the key, which the signature proves */
	q->extra = take_sized(&b);
	take(&b, 8 + 4 + 4 + 1); /* clock, resets, restarts, safe */
	take(&b, 8); /* version of the firmware */
	if (b.short_of || q->type != ST_ATTEST_QUOTE)
		return b.short_of ? -EINVAL : 0;
	q->banks = take_integer(&b, 4);
	if (q->banks != 1)
		return b.short_of ? -EINVAL : 0;
	q->bank = take_integer(&b, 2);
	size = take_integer(&b, 1);
	bits = take(&b, size);
	for (u32 i = 0; bits && i < size; i++) {
		/* A register that this file does not know of. */
		if (i >= 4 && bits[i])
			return -EINVAL;
		q->selected |= i < 4 ? (u32)bits[i] << 8 * i : 0;
	}
	q->digest = take_sized(&b);
	return b.short_of || b.left ? -EINVAL : 0;
}

static bool equal(const struct bytes *b, const u8 *value)
{
	return b->left == ATTEST_SIZE && !memcmp(b->p, value, ATTEST_SIZE);
}

/* What a quote has as its digest if these are the registers. */
static int registers_digest(const struct attest *a, const u8 *pcr, u8 *out)
{
	u8 registers[ATTEST_BOOT + 1][ATTEST_SIZE];

	memcpy(registers, a->boot, sizeof(a->boot));
	memcpy(registers[ATTEST_BOOT], pcr, ATTEST_SIZE);
	return digest__hash(TSEM_DIGEST_SHA256, registers, sizeof(registers), out);
}

int attest__complete(struct attest *a, u8 (*log)[TSEM_DIGEST_MAX], u64 count)
{
	u64 least = a->events ? json_object_array_length(a->events) : 0;
	struct root_chain chain = chain_of(&a->root);
	u8 pcr[ATTEST_SIZE], digest[ATTEST_SIZE];
	struct quoted q;
	int err = parse_quote(&a->quote, &q);

	memcpy(pcr, a->root.initial, sizeof(pcr));
	for (u64 i = 0; !err; i++) {
		err = registers_digest(a, pcr, digest);
		if (err || (i >= least && equal(&q.digest, digest)))
			break;
		err = i < count ? root__next(&chain, log[i], pcr) : -ESTALE;
		err = err ?: digests__add(&a->log, log[i]);
	}
	memcpy(a->pcr, pcr, sizeof(pcr));
	return err;
}

/* The whole of it. NULL: no memory. */
static struct json_object *to_json(const struct attest *a)
{
	struct json_object *o = json_object_new_object(), *pcrs = json_object_new_object();
	struct json_object *log = json_object_new_array();
	char key[16];

	if (!o || !pcrs || !log)
		return NULL;
	add_text(o, "version", VERSION_TEXT);
	add_hex(o, "nonce", a->nonce, a->nonce_size);
	for (u32 i = 0; i <= ATTEST_BOOT; i++) {
		snprintf(key, sizeof(key), "%u", i < ATTEST_BOOT ? i : a->root.pcr);
		add_hex(pcrs, key, i < ATTEST_BOOT ? a->boot[i] : a->pcr, ATTEST_SIZE);
	}
	json_object_object_add(o, "pcrs", pcrs);
	add_statements(o, a);
	for (size_t i = 0; i < a->log.count; i++)
		json_object_array_add(log, hex_object(a->log.digest[i], digest__size(a->root.digest)));
	json_object_object_add(o, "log", log);
	add_hex(o, "quote", a->quote.attest, a->quote.attest_size);
	add_hex(o, "signature", a->quote.signature, a->quote.signature_size);
	return o;
}

u64 attest__waiting(const struct attest *a)
{
	return a->root.logged > a->log.count ? a->root.logged - a->log.count : 0;
}

int attest__write(FILE *file, const struct attest *a)
{
	struct json_object *o = to_json(a);
	const char *line = o ? event__line(o) : NULL;
	int err = line ? 0 : -ENOMEM;

	if (line && (fputs(line, file) < 0 || fputc('\n', file) < 0))
		err = -EIO;
	json_object_put(o);
	return err;
}

/* Reading: the value of a key, in each of the forms. False, and the key in *fault, if it is missing or malformed. */
struct reader {
	struct json_object *o;
	const char *key; /* the last that was asked for */
	bool bad;
};

static struct json_object *get(struct reader *r, const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (r->bad)
		return NULL;
	r->key = key;
	r->bad = !json_object_object_get_ex(r->o, key, &value) || !json_object_is_type(value, type);
	return r->bad ? NULL : value;
}

static const char *get_text(struct reader *r, const char *key)
{
	struct json_object *value = get(r, key, json_type_string);

	/* A NUL in it: what is written again ends there. */
	return value ? json_object_get_string(value) : "";
}

static u64 get_number(struct reader *r, const char *key)
{
	const char *text = get_text(r, key);
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 10);
	r->bad |= errno || *end || end == text;
	return value;
}

/* digest__from_hex() of any size. */
static bool from_hex(struct json_object *value, u8 *out, size_t size)
{
	const char *hex = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) || (size_t)json_object_get_string_len(value) != 2 * size)
		return false;
	for (size_t at = 0; at < size; at += TSEM_DIGEST_MAX) {
		size_t n = size - at < TSEM_DIGEST_MAX ? size - at : TSEM_DIGEST_MAX;

		if (digest__from_hex(hex + 2 * at, 2 * n, out + at, n))
			return false;
	}
	return true;
}

static void get_hex(struct reader *r, const char *key, u8 *out, size_t size)
{
	struct json_object *value = get(r, key, json_type_string);

	r->bad = r->bad || !from_hex(value, out, size);
}

/* The same of at most `room` bytes. Their number. */
static size_t get_bytes(struct reader *r, const char *key, u8 *out, size_t room)
{
	struct json_object *value = get(r, key, json_type_string);
	size_t size = value ? json_object_get_string_len(value) / 2 : 0;

	r->bad = r->bad || size > room || !from_hex(value, out, size);
	return r->bad ? 0 : size;
}

/* A name of a table, as its number; 0 is none where `parse` says so. */
static u32 get_name(struct reader *r, const char *key, int (*parse)(const char *name))
{
	int value = parse(get_text(r, key));

	r->bad |= value < 0;
	return r->bad ? 0 : value;
}

static int parse_mode(const char *name)
{
	for (size_t i = 0; i < LENGTH(modes); i++) {
		if (!strcmp(modes[i], name))
			return i;
	}
	return -EINVAL;
}

static void read_root(struct reader *r, struct attest_root *root)
{
	root->pcr = get_number(r, "pcr");
	r->bad = r->bad || root->pcr < ROOT_PCR_FIRST || root->pcr > ROOT_PCR_LAST;
	root->digest = get_name(r, "digest", digest__parse);
	root->model = get_name(r, "model", digest__parse_model);
	get_hex(r, "base", root->base, digest__size(root->digest));
	get_hex(r, "initial", root->initial, ATTEST_SIZE);
	root->logged = get_number(r, "logged");
	root->lost = get_number(r, "lost");
}

static void read_namespace(struct reader *r, struct attest_namespace *ns)
{
	const char *name;

	ns->id = get_number(r, "id");
	name = get_text(r, "name");
	r->bad |= strlen(name) > TSEM_NAME_SIZE;
	strncat(ns->name, name, TSEM_NAME_SIZE);
	ns->mode = get_name(r, "mode", parse_mode);
	ns->digest = get_name(r, "digest", digest__parse);
	ns->model = get_name(r, "model", digest__parse_model);
	ns->coefficients = get_number(r, "coefficients");
	ns->forensics = get_number(r, "forensics");
	get_hex(r, "measurement", ns->measurement, digest__size(ns->digest));
	get_hex(r, "state", ns->state, digest__size(ns->digest));
}

/* A reader of the object that is the value of `key`. */
static struct reader inside(struct reader *r, const char *key)
{
	struct json_object *o = get(r, key, json_type_object);

	return (struct reader){ .o = o, .key = key, .bad = r->bad };
}

/* Back from an object inside: what was wrong there is wrong here. */
static void outside(struct reader *r, const struct reader *in)
{
	if (!in->bad || r->bad)
		return;
	r->bad = true;
	r->key = in->key;
}

static void read_pcrs(struct reader *r, struct attest *a)
{
	char key[16];

	for (u32 i = 0; i <= ATTEST_BOOT; i++) {
		snprintf(key, sizeof(key), "%u", i < ATTEST_BOOT ? i : a->root.pcr);
		get_hex(r, key, i < ATTEST_BOOT ? a->boot[i] : a->pcr, ATTEST_SIZE);
	}
	r->key = "pcrs"; /* that of the register is gone with this function */
}

static int read_namespaces(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "namespaces", json_type_array);

	for (size_t i = 0; array && i < json_object_array_length(array) && !r->bad; i++) {
		struct attest_namespace *ns = namespace_new(a);
		struct reader in = { .o = json_object_array_get_idx(array, i) };

		if (!ns)
			return -ENOMEM;
		in.bad = !json_object_is_type(in.o, json_type_object);
		read_namespace(&in, ns);
		outside(r, &in);
	}
	return 0;
}

static int read_log(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "log", json_type_array);
	int err = 0;

	for (size_t i = 0; array && i < json_object_array_length(array) && !err && !r->bad; i++) {
		u8 coefficient[TSEM_DIGEST_MAX] = {};

		r->bad = !from_hex(json_object_array_get_idx(array, i), coefficient, digest__size(a->root.digest));
		err = digests__add(&a->log, coefficient);
	}
	return err;
}

/* Each an object or null; what is in them is looked at with their coefficients. */
static void read_events(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "events", json_type_array);

	a->events = json_object_get(array);
	for (size_t i = 0; array && i < json_object_array_length(array) && !r->bad; i++) {
		struct json_object *event = json_object_array_get_idx(array, i);

		r->bad = event && !json_object_is_type(event, json_type_object);
	}
}

static int from_json(struct json_object *o, struct attest *a, const char **fault)
{
	struct reader r = { .o = o }, in;
	int err;

	r.bad = strcmp(get_text(&r, "version"), VERSION_TEXT);
	a->nonce_size = get_bytes(&r, "nonce", a->nonce, sizeof(a->nonce));
	in = inside(&r, "root");
	read_root(&in, &a->root);
	outside(&r, &in);
	in = inside(&r, "pcrs");
	read_pcrs(&in, a);
	outside(&r, &in);
	err = read_namespaces(&r, a);
	read_events(&r, a);
	err = err ?: read_log(&r, a);
	a->quote.attest_size = get_bytes(&r, "quote", a->quote.attest, sizeof(a->quote.attest));
	a->quote.signature_size = get_bytes(&r, "signature", a->quote.signature, sizeof(a->quote.signature));
	if (err || !r.bad)
		return err;
	*fault = r.key;
	return -EINVAL;
}

int attest__read(FILE *file, struct attest *a, const char **fault)
{
	struct json_object *o = NULL, *again;
	char *text = NULL;
	size_t room = 0;
	ssize_t size = getline(&text, &room, file);
	int err = size < 0 && ferror(file) ? -EIO : 0;

	memset(a, 0, sizeof(*a));
	*fault = NULL;
	if (!err && (size < 1 || text[size - 1] != '\n' || fgetc(file) != EOF))
		err = -EINVAL;
	if (!err && ferror(file))
		err = -EIO;
	if (err)
		goto out;
	text[--size] = 0;
	o = event__from_line(text, size);
	err = json_object_is_type(o, json_type_object) ? from_json(o, a, fault) : -EINVAL;
	if (err)
		goto out;
	again = to_json(a);
	if (!again)
		err = -ENOMEM;
	else if (strlen(text) != (size_t)size || strcmp(event__line(again), text))
		err = -EINVAL;
	json_object_put(again);
out:
	json_object_put(o);
	free(text);
	if (err)
		attest__free(a);
	return err;
}

EVP_PKEY *attest__key(FILE *file)
{
	EVP_PKEY *key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	char group[32] = "";

	if (key && EVP_PKEY_is_a(key, "EC"))
		EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
	if (key && (!strcmp(group, "prime256v1") || (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= 2048)))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* TPMT_SIGNATURE of ECDSA as libcrypto has it: a DER sequence, to be freed. Its size, or 0. */
static int ecdsa_der(struct bytes *b, u8 **der)
{
	struct bytes r = take_sized(b), s = take_sized(b);
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *rn, *sn;
	int size = 0;

	*der = NULL;
	if (!signature || r.short_of || s.short_of || r.left > ATTEST_SIZE || s.left > ATTEST_SIZE) {
		ECDSA_SIG_free(signature);
		return 0;
	}
	rn = BN_bin2bn(r.p, r.left, NULL);
	sn = BN_bin2bn(s.p, s.left, NULL);
	if (rn && sn && ECDSA_SIG_set0(signature, rn, sn)) {
		size = i2d_ECDSA_SIG(signature, der);
	} else {
		BN_free(rn);
		BN_free(sn);
	}
	ECDSA_SIG_free(signature);
	return size > 0 ? size : 0;
}

static bool signature_holds(const struct tpm2_quote *quote, EVP_PKEY *key)
{
	struct bytes b = { .p = quote->signature, .left = quote->signature_size }, rsa;
	u32 algorithm = take_integer(&b, 2), hash = take_integer(&b, 2);
	bool ecdsa = EVP_PKEY_is_a(key, "EC"), holds = false;
	EVP_MD_CTX *context;
	const u8 *signature;
	u8 *der = NULL;
	size_t size;

	if (algorithm != (ecdsa ? ALG_ECDSA : ALG_RSASSA) || hash != ALG_SHA256)
		return false;
	if (ecdsa) {
		size = ecdsa_der(&b, &der);
		signature = der;
	} else {
		rsa = take_sized(&b);
		size = rsa.left;
		signature = rsa.p;
	}
	context = EVP_MD_CTX_new();
	/* The padding of RSA is that of PKCS 1.5 unless one asks for another, which is RSASSA. */
	if (context && size && !b.short_of && !b.left &&
	    EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1)
		holds = EVP_DigestVerify(context, signature, size, quote->attest, quote->attest_size) == 1;
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	return holds;
}

/* Is the quote the TPM's, for this nonce, these statements, these registers? NULL, or why not. */
static const char *quote_fault(const struct attest *a, const struct attest_policy *policy, int *err)
{
	u8 challenge[ATTEST_SIZE], registers[ATTEST_SIZE];
	struct quoted q;

	if (a->nonce_size != policy->nonce_size || memcmp(a->nonce, policy->nonce, a->nonce_size))
		return "it was made for another nonce";
	if (a->root.pcr != policy->pcr)
		return "its log is that of another register";
	if (!signature_holds(&a->quote, policy->key))
		return "the signature is not that of this key";
	if (parse_quote(&a->quote, &q) || q.magic != GENERATED || q.type != ST_ATTEST_QUOTE)
		return "what is signed is no quote of a TPM";
	if (q.banks != 1 || q.bank != ALG_SHA256 || q.selected != (0xffU | 1U << a->root.pcr))
		return "the quote is of other registers than 0 to 7 and that of the log, in the sha256 bank";
	*err = attest__challenge(a, challenge) ?: registers_digest(a, a->pcr, registers);
	if (*err)
		return NULL;
	if (!equal(&q.extra, challenge))
		return "the quote was made for another nonce, or for other statements (root, namespaces, events)";
	return equal(&q.digest, registers) ? NULL : "the registers are not those of the quote";
}

/* Does the log lead to the register, and are its descriptions true? NULL, or why not. */
static const char *log_fault(const struct attest *a, const struct attest_policy *policy, int *err)
{
	static const u8 zeros[ATTEST_SIZE];
	size_t count = a->events ? json_object_array_length(a->events) : 0;
	struct root_chain chain = chain_of(&a->root);
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

		if (event && !describes(&a->root, event, a->log.digest[i]))
			return "an event is described that is not the one in the log";
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

int attest__verify(const struct attest *a, const struct attest_policy *policy, struct attest_verdict *verdict)
{
	const struct model *model = policy->model;
	u8 aggregate[TSEM_DIGEST_MAX];
	int err = 0;

	memset(verdict, 0, sizeof(*verdict));
	verdict->waiting = attest__waiting(a);
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
