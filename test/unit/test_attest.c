// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence: genuine passes, whatever differs by a bit does not, and each check fails for its own reason. A key of the
 * test's own signs what a TPM would; a real quote comes from swtpm.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "attest.h"
#include "digest.h"
#include "event.h"
#include "root.h"
#include "swtpm.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

#define LOG 5
#define DESCRIBED 4
/* The one that is described as unknown. */
#define SILENT 2

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static EVP_PKEY *ec, *rsa, *other;
static u8 log_of[LOG + 1][TSEM_DIGEST_MAX];
static struct tsem_record records[LOG + 1];
static struct model model;

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(o, key, &value));
	return value;
}

/* Events whose coefficients are known. */
static void take_vectors(void)
{
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0, n = 0;
	const char *fault;

	assert_non_null(file);
	while (n <= LOG && getline(&line, &size, file) > 0) {
		struct json_object *o = json_tokener_parse(line);
		const char *hex = json_object_get_string(member(o, "coefficient"));

		if (!strcmp(json_object_get_string(member(o, "digest")), "sha256") &&
		    !strcmp(json_object_get_string(member(o, "encoding")), "host")) {
			assert_int_equal(event__from_json(member(o, "event"), TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST,
							  &records[n], &fault),
					 0);
			assert_int_equal(digest__from_hex(hex, strlen(hex), log_of[n++], 32), 0);
		}
		json_object_put(o);
	}
	free(line);
	fclose(file);
	assert_int_equal(n, LOG + 1);
}

static int make_keys(void **state)
{
	(void)state;
	ec = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	rsa = EVP_RSA_gen(2048);
	take_vectors();
	for (int i = 0; i < LOG; i++)
		assert_int_equal(digests__add(&model.states, log_of[i]), 0);
	model.width = 32;
	return ec && other && rsa ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other);
	EVP_PKEY_free(rsa);
	model__free(&model);
	return 0;
}

/* What is signed, with what may be wrong about it. */
struct forged {
	u32 magic, type, banks, bank, selected;
	u8 extra[ATTEST_SIZE], digest[ATTEST_SIZE];
	size_t extra_size, trailing;
};

static u8 *put(u8 *p, u64 value, size_t size)
{
	while (size--)
		*p++ = value >> 8 * size;
	return p;
}

static void put_attest(const struct forged *f, struct tpm2_quote *quote)
{
	u8 *p = quote->attest;

	p = put(p, f->magic, 4);
	p = put(p, f->type, 2);
	p = put(p, 34, 2);
	p = memset(p, 0x0b, 34) + 34;
	p = put(p, f->extra_size, 2);
	p = mempcpy(p, f->extra, f->extra_size);
	p = put(p, 123456, 8); /* clock, resets, restarts, safe, firmware */
	p = put(p, 7, 4);
	p = put(p, 0, 4);
	p = put(p, 1, 1);
	p = put(p, 0x20240101, 8);
	p = put(p, f->banks, 4);
	for (u32 i = 0; i < f->banks; i++) {
		p = put(p, f->bank, 2);
		p = put(p, 3, 1);
		p = put(p, f->selected, 1);
		p = put(p, f->selected >> 8, 1);
		p = put(p, f->selected >> 16, 1);
	}
	p = put(p, ATTEST_SIZE, 2);
	p = mempcpy(p, f->digest, ATTEST_SIZE);
	p = memset(p, 0, f->trailing) + f->trailing;
	quote->attest_size = p - quote->attest;
}

static void sign(EVP_PKEY *key, struct tpm2_quote *quote)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	u8 signature[512], *p = quote->signature;
	size_t size = sizeof(signature);
	const u8 *der = signature;
	ECDSA_SIG *pair;

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &size, quote->attest, quote->attest_size), 1);
	EVP_MD_CTX_free(context);
	p = put(p, EVP_PKEY_is_a(key, "EC") ? 0x0018 : 0x0014, 2);
	p = put(p, 0x000b, 2);
	if (EVP_PKEY_is_a(key, "EC")) {
		pair = d2i_ECDSA_SIG(NULL, &der, size);
		assert_non_null(pair);
		p = put(p, 32, 2);
		p += BN_bn2binpad(ECDSA_SIG_get0_r(pair), p, 32);
		p = put(p, 32, 2);
		p += BN_bn2binpad(ECDSA_SIG_get0_s(pair), p, 32);
		ECDSA_SIG_free(pair);
	} else {
		p = put(p, size, 2);
		p = mempcpy(p, signature, size);
	}
	quote->signature_size = p - quote->signature;
}

/* The formulas, written out. */
static void register_after(const struct attest_root *root, size_t count, u8 *pcr)
{
	u8 buffer[64];

	memcpy(pcr, root->initial, 32);
	for (size_t i = 0; i < count; i++) {
		memcpy(buffer, root->base, 32);
		memcpy(buffer + 32, log_of[i], 32);
		digest__hash(TSEM_DIGEST_SHA256, buffer, 64, buffer + 32);
		memcpy(buffer, pcr, 32);
		digest__hash(TSEM_DIGEST_SHA256, buffer, 64, pcr);
	}
}

/* All that comes before the quote. */
static void statements(struct attest *a)
{
	struct tsem_namespace ns = { .id = 3,
				     .mode = TSEM_MODE_SEALED,
				     .digest = TSEM_DIGEST_SHA512,
				     .encoding = TSEM_ENCODING_PORTABLE,
				     .coefficients = 2,
				     .forensics = 1,
				     .name = "web \"\x1b\xff" };
	u8 coefficients[2][TSEM_DIGEST_MAX] = { { 2 }, { 1 } };

	memset(a, 0, sizeof(*a));
	for (int i = 0; i < 24; i++)
		a->nonce[i] = i;
	a->nonce_size = 24;
	for (int i = 0; i < ATTEST_BOOT; i++)
		memset(a->boot[i], 0x10 + i, ATTEST_SIZE);
	a->root = (struct attest_root){
		.pcr = 11, .digest = TSEM_DIGEST_SHA256, .encoding = TSEM_ENCODING_HOST, .logged = DESCRIBED
	};
	memset(a->root.base, 0xba, 32);
	assert_int_equal(attest__add_namespace(a, &ns, coefficients, 2), 0);
	ns = (struct tsem_namespace){
		.id = 4, .digest = TSEM_DIGEST_SHA256, .encoding = TSEM_ENCODING_HOST, .name = "ns4"
	};
	assert_int_equal(attest__add_namespace(a, &ns, coefficients, 0), 0);
	for (int i = 0; i < DESCRIBED; i++)
		assert_int_equal(attest__add_event(a, log_of[i], i == SILENT ? NULL : &records[i]), 0);
}

static struct forged quote_of(struct attest *a)
{
	struct forged f = { .magic = 0xff544347,
			    .type = 0x8018,
			    .banks = 1,
			    .bank = 0x000b,
			    .selected = 0x8ff,
			    .extra_size = ATTEST_SIZE };
	u8 registers[9][32];

	memcpy(registers, a->boot, sizeof(a->boot));
	register_after(&a->root, LOG, registers[8]);
	digest__hash(TSEM_DIGEST_SHA256, registers, sizeof(registers), f.digest);
	assert_int_equal(attest__challenge(a, f.extra), 0);
	return f;
}

static void make(struct attest *a, EVP_PKEY *key)
{
	struct forged f;

	statements(a);
	f = quote_of(a);
	put_attest(&f, &a->quote);
	sign(key, &a->quote);
	assert_int_equal(attest__complete(a, log_of, LOG + 1), 0);
	assert_int_equal(a->log.count, LOG);
}

static struct attest_policy policy_of(const struct attest *a, EVP_PKEY *key)
{
	return (struct attest_policy){
		.key = key, .pcr = 11, .nonce = a->nonce, .nonce_size = a->nonce_size, .model = &model
	};
}

static void to_text(const struct attest *a, char **text, size_t *size)
{
	FILE *file = open_memstream(text, size);

	assert_int_equal(attest__write(file, a), 0);
	fclose(file);
}

static int read_text(const char *text, size_t size, struct attest *a, const char **fault)
{
	FILE *file = fmemopen((void *)text, size, "r");
	int err;

	assert_non_null(file);
	err = attest__read(file, a, fault);
	fclose(file);
	return err;
}

static void genuine_evidence_passes(void **state)
{
	EVP_PKEY *keys[] = { ec, rsa };

	(void)state;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		struct attest a, back;
		struct attest_policy policy;
		struct attest_verdict verdict;
		const char *fault;
		size_t size;
		char *text;

		make(&a, keys[i]);
		policy = policy_of(&a, keys[i]);
		to_text(&a, &text, &size);
		assert_int_equal(read_text(text, size, &back, &fault), 0);
		assert_int_equal(attest__verify(&back, &policy, &verdict), 0);
		assert_null(verdict.fault);
		assert_int_equal(verdict.outside, 0);
		assert_int_equal(back.log.count, LOG);
		assert_int_equal(json_object_array_length(back.events), DESCRIBED);
		assert_null(json_object_array_get_idx(back.events, SILENT));
		assert_non_null(json_object_array_get_idx(back.events, SILENT + 1));
		assert_int_equal(back.namespace_count, 2);
		assert_string_equal(back.namespaces[0].name, "web \"\x1b\xff");
		assert_memory_equal(back.namespaces[0].state, a.namespaces[0].state, 64);
		attest__free(&back);
		attest__free(&a);
		free(text);
	}
}

/* By another program: what a register holds, and what a TPM is asked to sign. */
static void known_answers_hold(void **state)
{
	static const char want_pcr[] = "c9cdf42743ea88963eb8c433d86905f12c9e443286ee9ed907d73a52d78416f4",
			  want_challenge[] = "c2a9fdca4de4507d3fe0e0c221ccda68f033f0013e7af1463703da15189562df";
	char hex[65];
	struct attest a;
	struct root_chain chain;
	u8 out[32];

	(void)state;
	make(&a, ec);
	digest__to_hex(a.pcr, 32, hex);
	assert_string_equal(hex, want_pcr);
	assert_int_equal(attest__challenge(&a, out), 0);
	digest__to_hex(out, 32, hex);
	assert_string_equal(hex, want_challenge);
	chain = (struct root_chain){ .digest = a.root.digest, .base = a.root.base, .initial = a.root.initial };
	assert_int_equal(root__position(&chain, log_of, 0, LOG + 1, a.pcr), LOG);
	assert_int_equal(root__position(&chain, log_of, 0, LOG - 1, a.pcr), -ENOENT);
	assert_int_equal(root__position(&chain, log_of, 0, LOG, a.root.initial), 0);
	assert_int_equal(root__position(&chain, log_of, 1, LOG, a.root.initial), -ENOENT);
	attest__free(&a);
}

static void an_event_outside_of_the_model_is_found(void **state)
{
	struct model small = { .width = 32 };
	struct attest_policy policy;
	struct attest_verdict verdict;
	struct attest a;
	u8 aggregate[TSEM_DIGEST_MAX];

	(void)state;
	make(&a, ec);
	policy = policy_of(&a, ec);
	policy.model = &small;
	for (int i = LOG - 1; i >= 0; i--) {
		if (i != 1 && i != 3)
			assert_int_equal(digests__add(&small.states, log_of[i]), 0);
	}
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.outside, 2);
	assert_int_equal(verdict.first, 1);
	assert_false(verdict.aggregate || verdict.base);
	/* An aggregate and a base are to be those of the machine. */
	small.has_aggregate = small.has_base = true;
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_true(verdict.aggregate && verdict.base);
	assert_int_equal(attest__aggregate(&a, TSEM_DIGEST_SHA256, aggregate), 0);
	memcpy(small.aggregate, aggregate, sizeof(aggregate));
	memcpy(small.base, a.root.base, sizeof(small.base));
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_false(verdict.aggregate || verdict.base);
	small.width = 48;
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EDOM);
	/* A model without any coefficient has room for none. */
	policy.model = &(struct model){};
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.outside, LOG);
	assert_int_equal(verdict.first, 0);
	model__free(&small);
	attest__free(&a);
}

/* Signed by the right key, and wrong. */
static void what_is_signed_is_looked_at(void **state)
{
	static const struct {
		const char *fault;
		size_t offset;
		u32 value;
	} cases[] = {
		{ "no quote of a TPM", offsetof(struct forged, magic), 0xff544348 },
		{ "no quote of a TPM", offsetof(struct forged, type), 0x8014 },
		{ "no quote of a TPM", offsetof(struct forged, trailing), 1 },
		{ "other registers", offsetof(struct forged, banks), 0 },
		{ "other registers", offsetof(struct forged, banks), 2 },
		{ "other registers", offsetof(struct forged, bank), 0x000c },
		{ "other registers", offsetof(struct forged, selected), 0x0ff },
		{ "other registers", offsetof(struct forged, selected), 0x18ff },
		{ "other registers", offsetof(struct forged, selected), 0x8fe },
		{ "other statements", offsetof(struct forged, extra), 0 },
		{ "other statements", offsetof(struct forged, extra_size), 31 },
		{ "not those of the quote", offsetof(struct forged, digest), 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct attest_policy policy;
		struct attest_verdict verdict;
		struct attest a;
		struct forged f;

		make(&a, ec);
		policy = policy_of(&a, ec);
		f = quote_of(&a);
		memcpy((char *)&f + cases[i].offset, &cases[i].value, 4);
		put_attest(&f, &a.quote);
		assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
		assert_non_null(strstr(verdict.fault, "signature"));
		sign(ec, &a.quote);
		assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
		if (!strstr(verdict.fault, cases[i].fault))
			fail_msg("case %zu: %s", i, verdict.fault);
		attest__free(&a);
	}
}

static void set_nonce(struct attest *a)
{
	a->nonce[23]++;
}

static void cut_nonce(struct attest *a)
{
	a->nonce_size--;
}

static void set_namespace(struct attest *a)
{
	a->namespaces[0].state[63]++;
}

static void set_root(struct attest *a)
{
	a->root.lost++;
}

static void set_loss(struct attest *a)
{
	a->root.losses[TSEM_LOSS_CONTENT]++;
}

static void set_boot(struct attest *a)
{
	a->boot[7][31]++;
}

static void set_pcr(struct attest *a)
{
	a->pcr[0]++;
}

static void set_log(struct attest *a)
{
	a->log.digest[LOG - 1][0]++;
}

static void cut_log(struct attest *a)
{
	a->log.count--;
}

static void swap_log(struct attest *a)
{
	memcpy(a->log.digest[0], log_of[1], 32);
	memcpy(a->log.digest[1], log_of[0], 32);
}

static void drop_event(struct attest *a)
{
	json_object_array_put_idx(a->events, 0, NULL);
}

static void name_event(struct attest *a)
{
	struct json_object *event = member(json_object_array_get_idx(a->events, 0), "event");

	json_object_object_add(event, "process", json_object_new_string("other"));
}

static void other_key(struct attest *a)
{
	sign(other, &a->quote);
}

static void other_kind(struct attest *a)
{
	sign(rsa, &a->quote);
}

static void no_signature(struct attest *a)
{
	a->quote.signature_size = 0;
}

static void zero_signature(struct attest *a)
{
	memset(a->quote.signature + 4, 0, a->quote.signature_size - 4);
}

static void long_signature(struct attest *a)
{
	a->quote.signature[a->quote.signature_size++] = 0;
}

static void other_hash(struct attest *a)
{
	a->quote.signature[3]++;
}

static void what_is_beside_the_quote_is_looked_at(void **state)
{
	static const struct {
		void (*change)(struct attest *a);
		const char *fault;
	} cases[] = {
		{ set_nonce, "another nonce" },
		{ cut_nonce, "another nonce" },
		{ set_namespace, "other statements" },
		{ set_root, "other statements" },
		{ set_loss, "other statements" },
		{ drop_event, "other statements" },
		{ name_event, "other statements" },
		{ set_boot, "not those of the quote" },
		{ set_pcr, "not those of the quote" },
		{ set_log, "does not lead" },
		{ cut_log, "does not lead" },
		{ swap_log, "does not lead" },
		{ other_key, "signature" },
		{ other_kind, "signature" },
		{ no_signature, "signature" },
		{ zero_signature, "signature" },
		{ long_signature, "signature" },
		{ other_hash, "signature" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct attest_policy policy;
		struct attest_verdict verdict;
		struct attest good, a;

		make(&good, ec);
		make(&a, ec);
		policy = policy_of(&good, ec);
		cases[i].change(&a);
		assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
		if (!strstr(verdict.fault, cases[i].fault))
			fail_msg("case %zu: %s", i, verdict.fault);
		attest__free(&good);
		attest__free(&a);
	}
}

/* A machine that lies, whose TPM signs what it is given. */
static void signed_lies_are_found(void **state)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	struct attest a;
	struct forged f;
	u8 initial[32];

	(void)state;
	/* An event that is not the one that was logged. */
	make(&a, ec);
	policy = policy_of(&a, ec);
	json_object_array_put_idx(a.events, 0, event__to_json(&records[1], false));
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	assert_non_null(strstr(verdict.fault, "not the one in the log"));
	/* The same event with a word more. */
	json_object_array_put_idx(a.events, 0, event__to_json(&records[0], false));
	json_object_object_add(json_object_array_get_idx(a.events, 0), "note", json_object_new_string("all is well"));
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	assert_non_null(strstr(verdict.fault, "not the one in the log"));
	/* More descriptions than events. */
	json_object_array_put_idx(a.events, 0, NULL);
	json_object_array_put_idx(a.events, LOG, NULL);
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	assert_non_null(strstr(verdict.fault, "more events"));
	attest__free(&a);
	/* A register that was not empty, unless the verifier knows of it. */
	statements(&a);
	memset(a.root.initial, 0x1a, 32);
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__complete(&a, log_of, LOG), 0);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	assert_non_null(strstr(verdict.fault, "another value"));
	memset(initial, 0x1a, 32);
	policy.initial = initial;
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	attest__free(&a);
	make(&a, ec);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	attest__free(&a);
}

/* Another register, which may be one that the machine can reset, leads to any log. */
static void the_verifier_says_which_register(void **state)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	struct attest a;
	struct forged f;

	(void)state;
	statements(&a);
	a.root.pcr = 12;
	f = quote_of(&a);
	f.selected = 0x10ff;
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__complete(&a, log_of, LOG), 0);
	policy = policy_of(&a, ec);
	assert_int_equal(attest__verify(&a, &policy, &verdict), -EBADMSG);
	assert_non_null(strstr(verdict.fault, "another register"));
	policy.pcr = 12;
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	attest__free(&a);
}

/* Entries that the TPM has not taken, be it late, be it that it refused them, are counted. */
static void what_the_register_lacks_is_counted(void **state)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	struct attest a;
	struct forged f;

	(void)state;
	make(&a, ec);
	policy = policy_of(&a, ec);
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.waiting, 0);
	attest__free(&a);
	statements(&a);
	a.root.logged = LOG + 3;
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	sign(ec, &a.quote);
	assert_int_equal(attest__complete(&a, log_of, LOG), 0);
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.waiting, 3);
	assert_int_equal(verdict.losses, ATTEST_LOSS_WAITING);
	policy.allowed = ATTEST_LOSS_WAITING;
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.losses, 0);
	assert_int_equal(verdict.outside, 0);
	attest__free(&a);
	/* The TPM refused the third: no log leads to what it holds but one without it. */
	statements(&a);
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	memmove(log_of[2], log_of[3], sizeof(log_of[0]) * 2);
	assert_int_equal(attest__complete(&a, log_of, LOG - 1), -ESTALE);
	attest__free(&a);
	take_vectors();
}

/* Each loss counts by itself, unless it is allowed by itself; what is lost for a while only never does. */
static void what_was_lost_is_refused_unless_allowed(void **state)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	struct attest a;
	struct forged f;

	(void)state;
	for (u32 i = 0; i <= TSEM_LOSS_END; i++) {
		bool counts = i != TSEM_LOSS_RING && i != TSEM_LOSS_LOG;
		u32 bit = i < TSEM_LOSS_END ? 1U << i : ATTEST_LOSS_UNLOGGED;

		statements(&a);
		if (i < TSEM_LOSS_END)
			a.root.losses[i] = 2;
		else
			a.root.lost = 2;
		f = quote_of(&a);
		put_attest(&f, &a.quote);
		sign(ec, &a.quote);
		assert_int_equal(attest__complete(&a, log_of, LOG), 0);
		policy = policy_of(&a, ec);
		assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
		assert_int_equal(verdict.losses, counts ? bit : 0);
		policy.allowed = ~bit;
		assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
		assert_int_equal(verdict.losses, counts ? bit : 0);
		policy.allowed = bit;
		assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
		assert_int_equal(verdict.losses, 0);
		if (counts)
			assert_int_equal(attest__parse_loss(attest__loss_name(bit)), bit);
		attest__free(&a);
	}
	assert_int_equal(attest__parse_loss("waiting"), ATTEST_LOSS_WAITING);
	assert_int_equal(attest__parse_loss("ring"), 0);
	assert_int_equal(attest__parse_loss("log"), 0);
	assert_int_equal(attest__parse_loss(""), 0);
	assert_null(attest__loss_name(0));
}

/* The quote is of fewer entries than are described, or of another log. */
static void evidence_that_does_not_fit_is_not_made(void **state)
{
	u8 wrong[LOG][TSEM_DIGEST_MAX];
	struct attest a;
	struct forged f;

	(void)state;
	statements(&a);
	f = quote_of(&a);
	put_attest(&f, &a.quote);
	assert_int_equal(attest__complete(&a, log_of, LOG - 1), -ESTALE);
	attest__free(&a);
	statements(&a);
	put_attest(&f, &a.quote);
	for (int i = DESCRIBED; i < LOG + 1; i++)
		assert_int_equal(attest__add_event(&a, log_of[i], &records[i]), 0);
	assert_int_equal(attest__complete(&a, log_of, LOG + 1), -ESTALE);
	attest__free(&a);
	statements(&a);
	put_attest(&f, &a.quote);
	memcpy(wrong, log_of, sizeof(wrong));
	wrong[0][0]++;
	assert_int_equal(attest__complete(&a, wrong, LOG), -ESTALE);
	attest__free(&a);
	statements(&a);
	assert_int_equal(attest__complete(&a, log_of, LOG), -EINVAL);
	attest__free(&a);
	/* A description of something else is left out. */
	statements(&a);
	assert_int_equal(attest__add_event(&a, log_of[4], &records[3]), 0);
	assert_null(json_object_array_get_idx(a.events, 4));
	attest__free(&a);
}

/* The text with the first `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return out;
}

static void only_one_form_is_read(void **state)
{
	static const struct {
		const char *from, *to, *fault; /* NULL: not in its form */
	} cases[] = {
		{ "{\"version\":\"2\",", "{\"version\":\"1\",", "version" },
		{ "{\"version\":\"2\",", "{", "version" },
		{ "{\"version\":\"2\",", "{\"version\":2,", "version" },
		{ "{\"version\":\"2\",", "{ \"version\":\"2\",", NULL },
		{ "{\"version\":\"2\",", "{\"version\":\"2\",\"version\":\"2\",", NULL },
		{ "{\"version\":\"2\",", "{\"version\":\"2\",\"more\":\"1\",", NULL },
		{ "{\"version\":\"2\",", "{\"version\":\"2\",\"version\":\"2\",", NULL },
		{ "{\"version\":\"2\",", "/**/{\"version\":\"2\",", NULL },
		{ "{\"version\":\"2\",", "[\"version\",", NULL },
		{ "\"nonce\":\"0001", "\"nonce\":\"001", "nonce" },
		{ "\"nonce\":\"0001", "\"nonce\":\"0x01", "nonce" },
		{ "0a0b0c", "0A0b0c", NULL },
		{ "\"pcr\":\"11\"", "\"pcr\":\"7\"", "pcr" },
		{ "\"pcr\":\"11\"", "\"pcr\":\"16\"", "pcr" },
		{ "\"pcr\":\"11\"", "\"pcr\":\"23\"", "pcr" },
		{ "\"pcr\":\"11\"", "\"pcr\":\"011\"", NULL },
		{ "\"pcr\":\"11\"", "\"pcr\":\"12\"", "pcrs" },
		{ "\"pcr\":\"11\"", "\"pcr\":\"-1\"", "pcr" },
		{ "\"pcr\":\"11\"", "\"pcr\":\"4294967307\"", NULL },
		{ "\"pcr\":\"11\"", "\"pcr\":11", "pcr" },
		{ "\"encoding\":\"host\"", "\"encoding\":\"hots\"", "encoding" },
		{ "\"lost\":\"0\"", "\"lost\":\"x\"", "lost" },
		{ "\"losses\":{", "\"losses\":{\"more\":\"1\",", NULL },
		{ "\"hash\":\"0\"}", "\"hash\":\"-\"}", "hash" },
		{ "\"digest\":\"sha256\"", "\"digest\":\"sha224\"", "base" },
		{ "\"digest\":\"sha256\"", "\"digest\":\"md5\"", "digest" },
		{ "\"initial\":\"00", "\"initial\":\"", "initial" },
		{ "\"mode\":\"sealed\"", "\"mode\":\"SEALED\"", "mode" },
		{ "\"name\":\"ns4\"", "\"name\":\"ns4\\u0000\"", NULL },
		{ "\"name\":\"ns4\"", "\"name\":\"\\u006es4\"", NULL },
		{ "\"name\":\"ns4\"", "\"name\":\"0123456789012345678901234567890123456789\"", "name" },
		{ ",null,", ",1,", "events" },
		{ "\"log\":[", "\"log\":[null,", "log" },
		{ "\"log\":[", "\"log\":[\"\",", "log" },
		{ "\"log\":[", "\"log\":{},\"lag\":[", "log" },
		{ "\"quote\":\"ff", "\"quote\":\"f", "quote" },
		{ "\"signature\":\"", "\"signature\":\"zz", "signature" },
		{ "}\n", "}", NULL },
		{ "}\n", "}\n\n", NULL },
		{ "}\n", "} \n", NULL },
		{ "}\n", "}}\n", NULL },
		{ "}\n", "\n", NULL },
	};
	struct attest a, back;
	const char *fault;
	size_t size;
	char *text;

	(void)state;
	make(&a, ec);
	to_text(&a, &text, &size);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *changed = replaced(text, cases[i].from, cases[i].to);

		if (read_text(changed, strlen(changed), &back, &fault) != -EINVAL)
			fail_msg("case %zu was taken", i);
		if (!fault != !cases[i].fault || (fault && strcmp(fault, cases[i].fault)))
			fail_msg("case %zu: %s, not %s", i, fault, cases[i].fault);
		free(changed);
	}
	/* A NUL, and a file that ends anywhere. */
	text[size - 1] = 0;
	assert_int_equal(read_text(text, size, &back, &fault), -EINVAL);
	text[size - 1] = '\n';
	for (size_t i = 1; i < size; i += 7)
		assert_int_equal(read_text(text, i, &back, &fault), -EINVAL);
	assert_int_equal(read_text("\n", 1, &back, &fault), -EINVAL);
	free(text);
	attest__free(&a);
}

/* Is the text genuine evidence for this policy? */
static bool accepted(const char *text, size_t size, const struct attest_policy *policy)
{
	struct attest_verdict verdict;
	const char *fault;
	struct attest a;
	int err;

	if (read_text(text, size, &a, &fault))
		return false;
	err = attest__verify(&a, policy, &verdict);
	attest__free(&a);
	return !err;
}

static void no_bit_can_be_flipped(void **state)
{
	struct attest_policy policy;
	struct attest a;
	size_t size;
	char *text;

	(void)state;
	make(&a, ec);
	policy = policy_of(&a, ec);
	to_text(&a, &text, &size);
	assert_true(accepted(text, size, &policy));
	for (size_t i = 0; i < 8 * size; i++) {
		text[i / 8] ^= 1 << i % 8;
		if (accepted(text, size, &policy))
			fail_msg("bit %zu of byte %zu does not count", i % 8, i / 8);
		text[i / 8] ^= 1 << i % 8;
	}
	free(text);
	attest__free(&a);
}

static void only_strong_keys_are_taken(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(1024), EVP_EC_gen("P-256"), EVP_RSA_gen(2048) };
	char *text;
	size_t size;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < LENGTH(keys); i++) {
		EVP_PKEY *back;

		file = open_memstream(&text, &size);
		assert_int_equal(PEM_write_PUBKEY(file, keys[i]), 1);
		fclose(file);
		file = fmemopen(text, size, "r");
		back = attest__key(file);
		fclose(file);
		assert_int_equal(!!back, i >= 2);
		EVP_PKEY_free(back);
		EVP_PKEY_free(keys[i]);
		free(text);
	}
	file = fmemopen("no key\n", 7, "r");
	assert_null(attest__key(file));
	fclose(file);
}

/* Evidence of a TPM that was told the log, by its key `handle`. */
static void quote_and_verify(struct tpm2 *tpm, u32 handle)
{
	struct attest_policy policy;
	struct attest_verdict verdict;
	u8 challenge[ATTEST_SIZE];
	struct attest a;
	EVP_PKEY *key;
	size_t size;
	char *text;
	FILE *file;

	statements(&a);
	for (u32 i = 0; i < ATTEST_BOOT; i++)
		assert_int_equal(tpm2__read(tpm, TPM2_BANK_SHA256, i, a.boot[i]), 0);
	assert_int_equal(tpm2__key(tpm, handle, false), 0);
	assert_int_equal(tpm2__key_public(tpm, &text), 0);
	file = fmemopen(text, strlen(text), "r");
	key = attest__key(file);
	fclose(file);
	free(text);
	assert_non_null(key);
	assert_int_equal(attest__challenge(&a, challenge), 0);
	assert_int_equal(tpm2__quote(tpm, 0x8ff, challenge, sizeof(challenge), &a.quote), 0);
	assert_int_equal(attest__complete(&a, log_of, LOG + 1), 0);
	assert_int_equal(a.log.count, LOG);
	policy = policy_of(&a, key);
	assert_int_equal(attest__verify(&a, &policy, &verdict), 0);
	assert_int_equal(verdict.outside, 0);
	to_text(&a, &text, &size);
	assert_true(accepted(text, size, &policy));
	for (size_t i = 0; i < size; i++) {
		text[i] ^= 1 << i % 8;
		if (accepted(text, size, &policy))
			fail_msg("byte %zu does not count", i);
		text[i] ^= 1 << i % 8;
	}
	free(text);
	EVP_PKEY_free(key);
	attest__free(&a);
}

static void a_tpm_speaks_for_the_log(void **state)
{
	static const char rsa_key[] = "tpm2_createprimary -Q -C e -G rsa2048:rsassa-sha256:null -c %s/rsa -a "
				      "'%sfixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign' && "
				      "tpm2_evictcontrol -Q -c %s/rsa 0x8101004%d && "
				      "tpm2_flushcontext -Q -t";
	struct attest_root root = {};
	struct swtpm swtpm;
	struct tpm2 *tpm;
	u8 value[64], want[32];

	(void)state;
	assert_int_equal(swtpm__start(&swtpm), 0);
	setenv("TPM2TOOLS_TCTI", swtpm.tcti, 1);
	for (int i = 0; i < 2; i++) {
		char command[512];

		snprintf(command, sizeof(command), rsa_key, swtpm.directory, i ? "" : "restricted|", swtpm.directory,
			 i);
		assert_int_equal(system(command), 0);
	}
	assert_int_equal(tpm2__open(swtpm.tcti, &tpm), 0);
	memset(root.base, 0xba, 32);
	for (int i = 0; i < LOG; i++) {
		memcpy(value, root.base, 32);
		memcpy(value + 32, log_of[i], 32);
		digest__hash(TSEM_DIGEST_SHA256, value, 64, value);
		assert_int_equal(tpm2__extend(tpm, 11, value, 32), 0);
	}
	register_after(&root, LOG, want);
	assert_int_equal(tpm2__read(tpm, TPM2_BANK_SHA256, 11, value), 0);
	assert_memory_equal(value, want, 32);
	quote_and_verify(tpm, 0);
	quote_and_verify(tpm, 0x81010040);
	/* The other is not restricted: it would sign anything. */
	assert_int_equal(tpm2__key(tpm, 0x81010041, false), -ENOKEY);
	tpm2__close(tpm);
	swtpm__stop(&swtpm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_evidence_passes),
		cmocka_unit_test(known_answers_hold),
		cmocka_unit_test(an_event_outside_of_the_model_is_found),
		cmocka_unit_test(what_is_signed_is_looked_at),
		cmocka_unit_test(what_is_beside_the_quote_is_looked_at),
		cmocka_unit_test(signed_lies_are_found),
		cmocka_unit_test(the_verifier_says_which_register),
		cmocka_unit_test(what_the_register_lacks_is_counted),
		cmocka_unit_test(what_was_lost_is_refused_unless_allowed),
		cmocka_unit_test(evidence_that_does_not_fit_is_not_made),
		cmocka_unit_test(only_one_form_is_read),
		cmocka_unit_test(no_bit_can_be_flipped),
		cmocka_unit_test(only_strong_keys_are_taken),
		cmocka_unit_test(a_tpm_speaks_for_the_log),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
