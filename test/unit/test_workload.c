// SPDX-License-Identifier: GPL-2.0
/* What a workload takes from its model, and which models it refuses, as far as no kernel is asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "digest.h"
#include "versions.h"
#include "workload.h"

#define A "aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SETTINGS "digest sm3\nencoding portable\ncontent sha256\nscope files\ninstances 9\n"

static char place[] = "/tmp/tsem-test-XXXXXX", model[64], signature[64], key[64], anchor[64], versions[64], recent[64];
static struct workload w;
static struct workload_error error;

/* A key of Ed25519, and the anchor that vouches for it. */
static void make_key(void)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *file = fopen(key, "w");

	assert_non_null(pair);
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	file = fopen(anchor, "w");
	assert_int_equal(PEM_write_PUBKEY(file, pair), 1);
	fclose(file);
	EVP_PKEY_free(pair);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(place + strlen(place) - 6, "XXXXXX", 6);
	if (!mkdtemp(place))
		return -1;
	snprintf(model, sizeof(model), "%s/model", place);
	snprintf(signature, sizeof(signature), "%s/model.sig", place);
	snprintf(key, sizeof(key), "%s/key", place);
	snprintf(anchor, sizeof(anchor), "%s/anchor", place);
	snprintf(versions, sizeof(versions), "%s/versions", place);
	snprintf(recent, sizeof(recent), "%s/recent", place);
	make_key();
	workload__init(&w);
	w.versions = versions;
	w.recent_versions = recent;
	return 0;
}

static int tear_down(void **state)
{
	char command[80];

	(void)state;
	workload__free(&w);
	snprintf(command, sizeof(command), "rm -r %s", place);
	return system(command);
}

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Reads a model of this text. Another model may be read after it. */
static int read_model(const char *text)
{
	model__free(&w.model);
	put(model, text, strlen(text));
	return workload__model(&w, model, &error);
}

/* The same, signed. */
static int read_signed(const char *text)
{
	struct sign_error refusal;
	u8 *bytes;
	size_t size;

	assert_int_equal(sign__sign((struct sign_bytes){ (const u8 *)text, strlen(text) }, key, NULL, &bytes, &size,
				    &refusal),
			 0);
	put(signature, bytes, size);
	free(bytes);
	w.trust_anchor = anchor;
	return read_model(text);
}

static void option(const char *name, const char *value)
{
	struct control_error refusal;

	assert_int_equal(control__namespace_option(&w.spec.settings, name, value, &refusal), 0);
}

static void refused(int err, int want, const char *word)
{
	assert_int_equal(err, want);
	if (!strstr(error.text, word))
		fail_msg("'%s' does not name %s", error.text, word);
	assert_null(strchr(error.text, '\n'));
	assert_null(w.spec.model);
}

static void settings_are_those_of_the_model(void **state)
{
	const struct control_namespace *s = &w.spec.settings;

	(void)state;
	assert_int_equal(read_model(SETTINGS "pattern /a/*\nstrict /b\nstate " A "\nevent {}\nend\n"), 0);
	assert_int_equal(s->digest, TSEM_DIGEST_SM3);
	assert_int_equal(s->content, TSEM_DIGEST_SHA256);
	assert_int_equal(s->encoding, TSEM_ENCODING_PORTABLE);
	assert_int_equal(s->scope, TSEM_SCOPE_FILES);
	assert_int_equal(s->instances, 9);
	assert_ptr_equal(w.spec.model, &w.model);
	assert_int_equal(w.model.patterns.count, 2);
	assert_true(pattern__is_strict(&w.model.patterns.pattern[1]));
	assert_null(w.model.events);
}

/* A model that is written needs them, for what does not occur in this run. */
static void events_are_kept_for_the_output_only(void **state)
{
	static const char text[] = "state " A "\nevent {\"a\":1}\nend\n";

	(void)state;
	w.output = "model";
	assert_int_equal(read_model(text), 0);
	assert_non_null(w.model.events);
	assert_int_equal(w.model.events[0].size, 7);
	assert_memory_equal(w.model.events[0].json, "{\"a\":1}", 7);
	w.bare = true;
	assert_int_equal(read_model(text), 0);
	assert_null(w.model.events);
	w.bare = false;
	w.output = NULL;
	assert_int_equal(read_model(text), 0);
	assert_null(w.model.events);
}

static void a_model_that_says_nothing_leaves_them(void **state)
{
	const struct control_namespace *s = &w.spec.settings;

	(void)state;
	option("digest", "sha3-256");
	option("scope", "files");
	option("instances", "3");
	assert_int_equal(read_model("state " A "\nend\n"), 0);
	assert_int_equal(s->digest, TSEM_DIGEST_SHA3_256);
	assert_int_equal(s->content, TSEM_DIGEST_SHA3_256);
	assert_int_equal(s->encoding, TSEM_ENCODING_HOST);
	assert_int_equal(s->scope, TSEM_SCOPE_FILES);
	assert_int_equal(s->instances, 3);
}

/* Where the model says no content it is the digest's, whoever said that. */
static void content_follows_the_digest(void **state)
{
	(void)state;
	assert_int_equal(read_model("digest sm3\nend\n"), 0);
	assert_int_equal(w.spec.settings.content, TSEM_DIGEST_SM3);
	option("content", "sha256");
	assert_int_equal(read_model("digest sm3\nend\n"), 0);
	assert_int_equal(w.spec.settings.content, TSEM_DIGEST_SHA256);
}

static void a_contradiction_is_refused(void **state)
{
	static const char *const options[][3] = {
		{ "digest", "sha256", "sm3" }, { "content", "sm3", "sha256" }, { "encoding", "host", "portable" },
		{ "scope", "all", "files" },   { "instances", "0", "9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		workload__free(&w);
		workload__init(&w);
		option(options[i][0], options[i][1]);
		refused(read_model(SETTINGS "end\n"), -EINVAL, options[i][0]);
		assert_non_null(strstr(error.text, options[i][1]));
		assert_non_null(strstr(error.text, options[i][2]));
		/* The same, named, is none. */
		workload__free(&w);
		workload__init(&w);
		option(options[i][0], options[i][2]);
		assert_int_equal(read_model(SETTINGS "end\n"), 0);
	}
	workload__free(&w);
	workload__init(&w);
	option("digest", "sha512");
	refused(read_model("state " A "\nend\n"), -EINVAL, "sha512");
}

static void a_signed_model_fits_its_name_only(void **state)
{
	(void)state;
	w.spec.name = "other";
	w.named = true;
	refused(read_signed("name app\nend\n"), -EKEYREJECTED, "'app', not for 'other'");
	/* Of an unsigned one anybody may have changed the name. */
	w.trust_anchor = NULL;
	assert_int_equal(read_model("name app\nend\n"), 0);
	w.spec.model = NULL;
	w.spec.name = "app";
	assert_int_equal(read_signed("name app\nend\n"), 0);
	/* A name that was made up, of a container's id, is no claim. */
	w.spec.name = "c0ffee";
	w.named = false;
	assert_int_equal(read_signed("name app\nend\n"), 0);
	assert_int_equal(read_signed("end\n"), 0);
}

static void an_older_signed_model_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_signed("name app\nversion 4\nend\n"), 0);
	w.spec.model = NULL;
	assert_int_equal(versions__use(versions, "app", 5), 0);
	refused(read_signed("name app\nversion 4\nend\n"), -ESTALE, "version 4");
	assert_non_null(strstr(error.text, "version 5"));
	refused(read_signed("name app\nend\n"), -ESTALE, "has no version");
	assert_int_equal(read_signed("name app\nversion 5\nend\n"), 0);
	assert_int_equal(read_signed("name application\nversion 1\nend\n"), 0);
	w.spec.model = NULL;
	assert_int_equal(chmod(versions, 0755), 0);
	refused(read_signed("name app\nversion 6\nend\n"), -EPERM, versions);
	w.trust_anchor = NULL;
	assert_int_equal(read_model("name app\nversion 1\nend\n"), 0);
}

/* Each directory says it, whatever became of the other. */
static void a_version_is_kept_twice(void **state)
{
	char *const directories[] = { versions, recent };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		w.spec.model = NULL;
		assert_int_equal(versions__use(directories[i], "app", 5 + i), 0);
		refused(read_signed("name app\nversion 4\nend\n"), -ESTALE, i ? "version 6" : "version 5");
		assert_int_equal(read_signed(i ? "name app\nversion 6\nend\n" : "name app\nversion 5\nend\n"), 0);
	}
}

static void a_damaged_version_refuses(void **state)
{
	char *const directories[] = { versions, recent };
	char path[160], name[VERSIONS_FILE_SIZE];

	(void)state;
	assert_int_equal(versions__file("app", name), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(versions__use(directories[i], "app", 5), 0);
		snprintf(path, sizeof(path), "%s/%s", directories[i], name);
		put(path, "five\n", 5);
		refused(read_signed("name app\nversion 6\nend\n"), -EBADMSG, path);
		put(path, "", 0);
		refused(read_signed("name app\nversion 6\nend\n"), -EBADMSG, "no version is in it");
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("elsewhere", path), 0);
		refused(read_signed("name app\nversion 6\nend\n"), -ELOOP, path);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(read_signed("name app\nversion 6\nend\n"), 0);
}

static void a_name_that_was_not_signed_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_signed("name app\nversion 4\nend\n"), 0);
	w.spec.model = NULL;
	refused(read_model("name app\nversion 5\nend\n"), -EKEYREJECTED, model);
}

static void more_than_the_model_takes_the_signature_away(void **state)
{
	struct tsem_pattern pattern;

	(void)state;
	assert_int_equal(read_signed("end\n"), 0);
	assert_int_equal(strlen(w.signer.fingerprint), 64);
	assert_int_equal(strlen(w.signer.anchor), 64);
	assert_null(pattern__parse("/a/*", 4, false, &pattern));
	assert_int_equal(workload__pattern(&w, &pattern), 0);
	assert_int_equal(*w.signer.fingerprint, 0);
	assert_int_equal(read_signed("end\n"), 0);
	assert_int_equal(workload__pseudonym(&w, (u8[TSEM_DIGEST_MAX]){}), 0);
	assert_int_equal(*w.signer.fingerprint, 0);
}

static void what_is_no_file_is_no_model(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(model, 0600), 0);
	refused(workload__model(&w, model, &error), -EMEDIUMTYPE, "no regular file");
	refused(workload__model(&w, "/dev/zero", &error), -EMEDIUMTYPE, "no regular file");
	assert_int_equal(unlink(model), 0);
	refused(workload__model(&w, model, &error), -ENOENT, model);
}

/* Without the maps the policy cannot be read: then it holds. */
static void what_cannot_be_asked_is_refused(void **state)
{
	char output[80];

	(void)state;
	assert_int_equal(read_model("end\n"), 0);
	snprintf(output, sizeof(output), "%s/output", place);
	w.output = output;
	assert_int_equal(workload__create(&w, &error), -EKEYREJECTED);
	assert_non_null(strstr(error.text, "--require-signed-models"));
	assert_int_equal(access(output, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(settings_are_those_of_the_model, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_are_kept_for_the_output_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_model_that_says_nothing_leaves_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(content_follows_the_digest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_contradiction_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signed_model_fits_its_name_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_older_signed_model_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_version_is_kept_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_version_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_that_was_not_signed_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_than_the_model_takes_the_signature_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_no_model, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
