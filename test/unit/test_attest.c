// SPDX-License-Identifier: GPL-2.0
/* Evidence: genuine passes, whatever differs does not, and each check fails for its own reason. */
#include "attest_fixture.h"

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
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
