// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf attest: its options, and ak, the key of this machine. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest_job.h"
#include "cmd.h"
#include "digest.h"
#include "root.h"

/* Seconds that quote waits for the TPM: the default, and the maximum. */
#define WAIT_S 10
#define WAIT_MAX_S 3600

/* Handles of persistent objects that belong to the owner of a TPM. */
#define HANDLE_FIRST 0x81000000U
#define HANDLE_LAST 0x817fffffU

int attest_job__open_tpm(const struct attest_job *job, const char *action, bool make, struct tpm2 **tpm)
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

struct stream *attest_job__create(const struct attest_job *job, const char *action)
{
	struct stream *stream = stream__create(job->output ?: "-");

	if (!stream)
		cmd__fail(EXIT_FAILED, "attest %s: %s: %s", action, job->output ?: "-", strerror(errno));
	return stream;
}

int attest_job__commit(const struct attest_job *job, const char *action, struct stream *stream)
{
	int err = stream__commit(stream);

	return err ? cmd__fail(EXIT_FAILED, "attest %s: %s: %s", action, job->output ?: "-", strerror(-err))
		   : EXIT_DONE;
}

static int ak(struct attest_job *job)
{
	struct stream *stream;
	struct tpm2 *tpm;
	char *pem;
	int err = attest_job__open_tpm(job, "ak", true, &tpm);

	if (err)
		return err;
	err = tpm2__key_public(tpm, &pem);
	tpm2__close(tpm);
	if (err)
		return cmd__fail(EXIT_FAILED, "attest ak: %s", tpm2__error());
	stream = attest_job__create(job, "ak");
	if (stream)
		fputs(pem, stream__file(stream));
	free(pem);
	return stream ? attest_job__commit(job, "ak", stream) : EXIT_FAILED;
}

enum {
	ON_AK = 1,
	ON_QUOTE = 2,
	ON_VERIFY = 4,
};

static const struct {
	const char *name;
	int (*run)(struct attest_job *job);
	int flag;
} actions[] = { { "ak", ak, ON_AK },
		{ "quote", cmd_attest_quote, ON_QUOTE },
		{ "verify", cmd_attest_verify, ON_VERIFY } };

static const struct option options[] = {
	{ "tcti", required_argument, NULL, 't' },
	{ "handle", required_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "nonce", required_argument, NULL, 'n' },
	{ "ak", required_argument, NULL, 'a' },
	{ "model", required_argument, NULL, 'm' },
	{ "initial", required_argument, NULL, 'i' },
	{ "pcr", required_argument, NULL, 'p' },
	{ "wait", required_argument, NULL, 'w' },
	{ "allow-waiting", no_argument, NULL, 'W' },
	{ "allow-loss", required_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },
	{},
};

/* The actions that take an option. */
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
	char command[32];

	snprintf(command, sizeof(command), "attest %s", action);
	return cmd__number(command, option, optarg, least, most, out);
}

static int take_handle(struct attest_job *job, const char *action)
{
	unsigned long handle;
	char *end;

	errno = 0;
	handle = strtoul(optarg, &end, 16);
	if (errno || *end || handle < HANDLE_FIRST || handle > HANDLE_LAST)
		return cmd__fail(EXIT_USAGE, "attest %s: --handle: '%s' is no persistent handle; give 0x%08x to 0x%08x",
				 action, optarg, HANDLE_FIRST, HANDLE_LAST);
	job->handle = handle;
	return 0;
}

static int take_option(struct attest_job *job, const char *action, int option)
{
	size_t digits = optarg ? strlen(optarg) : 0;

	switch (option) {
	case 't':
		job->tcti = optarg;
		return 0;
	case 'h':
		return take_handle(job, action);
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
		return take_number(action, "--pcr", ROOT_PCR_FIRST, ROOT_PCR_LAST, &job->pcr);
	case 'w':
		return take_number(action, "--wait", 0, WAIT_MAX_S, &job->wait);
	case 'W':
		job->allowed |= ATTEST_LOSS_WAITING;
		return 0;
	case 'l':
		if (!attest__parse_loss(optarg))
			return cmd__fail(EXIT_USAGE,
					 "attest %s: --allow-loss: '%s' is no loss; there are map_full, content, path, "
					 "cell, storage, hash, unlogged, waiting",
					 action, optarg);
		job->allowed |= attest__parse_loss(optarg);
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
	struct attest_job job = { .evidence = "-", .pcr = ROOT_PCR, .wait = WAIT_S };
	int (*run)(struct attest_job *job) = NULL;
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
