// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf load: attaches and pins everything; starts the agent if the root is modeled. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cmd.h"
#include "digest.h"
#include "journal.h"
#include "patience.h"
#include "policy.h"
#include "root.h"
#include "sign.h"
#include "skel.h"
#include "tsem.h"

#define MAX_COEFFICIENTS 262144
#define MAX_NAMESPACES 64
#define BPF_FS_MAGIC 0xcafe4a11

static int lsm_has_bpf(void)
{
	char list[512] = "";
	FILE *file = fopen("/sys/kernel/security/lsm", "re");

	/* Without securityfs there is nothing to read; attaching will show it. */
	if (!file)
		return 1;
	if (!fgets(list, sizeof(list), file))
		list[0] = 0;
	fclose(file);
	for (char *word = strtok(list, ",\n"); word; word = strtok(NULL, ",\n")) {
		if (!strcmp(word, "bpf"))
			return 1;
	}
	return 0;
}

/* The register that the root extends: the one that was given, else the default if there is a TPM. */
static int choose_register(struct root_settings *root, bool asked)
{
	u8 value[TPM_PCR_SIZE];
	int err = tpm__register(TPM_PCRS, root->pcr, value);

	if (!err)
		return 0;
	if (err != -ENODEV)
		return cmd__fail(EXIT_FAILED, "load: register %u of the TPM cannot be read at " TPM_PCRS, root->pcr);
	if (asked)
		return cmd__fail(EXIT_KERNEL, "load: --pcr %u: there is no TPM (" TPM_PCRS "); leave it out",
				 root->pcr);
	root->pcr = ROOT_NO_PCR;
	return 0;
}

/* Starts the agent of the root namespace in the background, in its own session. */
static int start_agent(void)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		return cmd__fail(EXIT_FAILED, "load: cannot start the agent: %s; run 'tsem-bpf agent'",
				 strerror(errno));
	if (pid)
		return 0;
	setsid();
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	close_range(3, ~0U, 0);
	execl("/proc/self/exe", "tsem-bpf", "agent", NULL);
	_exit(EXIT_FAILED);
}

static int explain(int err, const struct skel_error *error, const struct control_namespace *root)
{
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED,
				 "load: already loaded: " TSEM_PINS " exists; run 'tsem-bpf unload' first");
	if (err == -EALREADY)
		return cmd__fail(EXIT_FAILED,
				 "load: another 'tsem-bpf load' or 'unload' is under way; wait until it ends "
				 "(/proc/locks has its process)");
	if (err == -ENOKEY)
		return cmd__fail(EXIT_FAILED,
				 "load: cannot %s: /proc/kallsyms hides addresses; load with CAP_SYSLOG and "
				 "'sysctl kernel.kptr_restrict=1' (2 may be set again after that)",
				 error->what);
	if (err == -ENXIO)
		return cmd__fail(EXIT_KERNEL,
				 "load: cannot %s in /proc/kallsyms; the kernel needs CONFIG_KALLSYMS_ALL=y",
				 error->what);
	/* A kernel without BPF LSM also returns -ENOTSUP. */
	if ((err == -ENOTSUP && root->digest >= TSEM_DIGEST_BPF_END) || err == -ENODATA)
		return cmd__fail(EXIT_KERNEL, "load: --%s %s: this kernel has no such hash%s",
				 err == -ENOTSUP ? "digest" : "content",
				 digest__name(err == -ENOTSUP ? root->digest : root->content),
				 err == -ENOTSUP ? "" : " for the content of files; add --content sha256");
	return cmd__fail(err == -EOPNOTSUPP || err == -EINVAL || err == -EACCES ? EXIT_KERNEL : EXIT_FAILED,
			 "load: cannot %s: %s; nothing stays loaded ('tsem-bpf probe' says what the kernel lacks)",
			 error->what, strerror(-err));
}

/* The options of the command line. */
struct load {
	struct skel_settings settings;
	const char *root_option; /* the last option that is only for the root namespace */
	const char *trust_anchor;
	bool agent, pcr;
};

/* The keys of options that are settings of the root namespace, by their letters. */
static const struct {
	int letter;
	const char *key;
} root_options[] = {
	{ 'd', "digest" },   { 'o', "content" }, { 'f', "nsref" },     { 'C', "cache" },        { 'm', "model" },
	{ 'E', "encoding" }, { 'y', "scope" },   { 'i', "instances" }, { 'V', "on_violation" },
};

/* 1: it is a setting of the root namespace; 0: it is another option; negative: the exit code, after a message. */
static int take_setting(struct load *load, int option)
{
	struct control_error error;

	for (size_t i = 0; i < sizeof(root_options) / sizeof(root_options[0]); i++) {
		if (root_options[i].letter != option)
			continue;
		load->root_option = root_options[i].key;
		if (!control__namespace_option(&load->settings.root.namespace, load->root_option, optarg, &error))
			return 1;
		return -cmd__fail(EXIT_USAGE, "load: %s", error.text);
	}
	return 0;
}

static int take_root_model(struct load *load)
{
	if (!strcmp(optarg, "export"))
		return cmd__fail(EXIT_KERNEL, "load: --root-model export: there is no export yet; give off or model");
	load->settings.root.on = !strcmp(optarg, "model");
	if (!load->settings.root.on && strcmp(optarg, "off"))
		return cmd__fail(EXIT_USAGE, "load: --root-model: '%s' is unknown; give off or model", optarg);
	return 0;
}

static int take_option(struct load *load, int option, char **argv)
{
	struct skel_settings *settings = &load->settings;
	int taken = take_setting(load, option);

	if (taken)
		return taken < 0 ? -taken : 0;
	switch (option) {
	case 'r':
		return take_root_model(load);
	case 'p':
		load->pcr = true;
		load->root_option = "pcr";
		return cmd__number("load", "--pcr", optarg, ROOT_PCR_FIRST, ROOT_PCR_LAST, &settings->root.pcr);
	case 'a':
		load->agent = false;
		load->root_option = "no-agent";
		return 0;
	case 'c':
		return cmd__number("load", "--max-coefficients", optarg, 16, 1U << 28, &settings->max_coefficients);
	case 'n':
		return cmd__number("load", "--max-namespaces", optarg, 1, 65536, &settings->max_namespaces);
	case 's':
		settings->policy |= TSEM_POLICY_SIGNED_MODELS;
		load->trust_anchor = optarg;
		return 0;
	case 'v':
		settings->verbose = true;
		return 0;
	default:
		return cmd__bad_option(argv, option);
	}
}

static int parse(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{ "root-model", required_argument, NULL, 'r' },
		{ "max-coefficients", required_argument, NULL, 'c' },
		{ "max-namespaces", required_argument, NULL, 'n' },
		{ "pcr", required_argument, NULL, 'p' },
		{ "digest", required_argument, NULL, 'd' },
		{ "content", required_argument, NULL, 'o' },
		{ "nsref", required_argument, NULL, 'f' },
		{ "cache", required_argument, NULL, 'C' },
		{ "model-type", required_argument, NULL, 'm' },
		{ "encoding", required_argument, NULL, 'E' },
		{ "scope", required_argument, NULL, 'y' },
		{ "instances", required_argument, NULL, 'i' },
		{ "on-violation", required_argument, NULL, 'V' },
		{ "no-agent", no_argument, NULL, 'a' },
		{ "require-signed-models", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{},
	};
	const struct control_namespace *root = &load->settings.root.namespace;
	int option, err = 0;

	while (!err && (option = cmd__option(argc, argv, "+:v", options)) != -1)
		err = take_option(load, option, argv);
	if (err)
		return err;
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "load: '%s' is one word too many", argv[optind]);
	if (load->root_option && !load->settings.root.on)
		return cmd__fail(EXIT_USAGE, "load: '%s' is for the root namespace; add --root-model model",
				 load->root_option);
	if (digest__size(root->content) > digest__size(root->digest))
		return cmd__fail(EXIT_USAGE, "load: --content %s: is wider than the digest %s",
				 digest__name(root->content), digest__name(root->digest));
	return 0;
}

/* Checks what is needed before anything is loaded. */
static int check_system(void)
{
	struct statfs fs;

	if (!lsm_has_bpf())
		return cmd__fail(EXIT_KERNEL, "load: 'bpf' is not in /sys/kernel/security/lsm; boot with lsm=...,bpf "
					      "('tsem-bpf probe' says more)");
	if (statfs("/sys/fs/bpf", &fs) || (u32)fs.f_type != BPF_FS_MAGIC)
		return cmd__fail(EXIT_FAILED,
				 "load: /sys/fs/bpf is no BPF filesystem; run 'mount -t bpf bpf /sys/fs/bpf'");
	return 0;
}

/* Keeps the trust anchor that counts from now on. Without it, the policy would refuse every model. */
static int pin_anchor(const struct load *load, const char *anchor)
{
	int err = load->trust_anchor ? policy__pin_anchor(anchor) : 0;

	if (!err)
		return 0;
	skel__unload();
	return cmd__fail(EXIT_FAILED,
			 "load: cannot keep the trust anchor in " JOURNAL_DIRECTORY ": %s; nothing stays loaded",
			 strerror(-err));
}

int cmd_load(int argc, char **argv)
{
	struct load load = {
		.settings = { .max_coefficients = MAX_COEFFICIENTS,
			      .max_namespaces = MAX_NAMESPACES,
			      .root = { .pcr = ROOT_PCR } },
		.agent = true,
	};
	struct skel_settings *settings = &load.settings;
	char anchor[POLICY_ANCHOR_SIZE] = "";
	struct skel_error error = {};
	struct sign_error refusal;
	int err;

	control__namespace_defaults(&settings->root.namespace, CONTROL_INTERNAL);
	settings->root.namespace.cache = CONTROL_CACHE_EXTERNAL;
	err = parse(&load, argc, argv) ?: cmd__need_control("load") ?: check_system();
	if (err)
		return err;
	if (load.trust_anchor && sign__anchor(load.trust_anchor, anchor, &refusal))
		return cmd__fail(EXIT_FAILED, "load: --require-signed-models: %s", refusal.text);
	if (settings->root.on) {
		err = choose_register(&settings->root, load.pcr);
		if (err)
			return err;
	}
	patience__begin("the kernel to verify and attach the programs");
	err = skel__load(settings, &error);
	patience__end();
	if (err)
		return explain(err, &error, &settings->root.namespace);
	err = pin_anchor(&load, anchor);
	if (err)
		return err;
	if (!tsem__patched() && tsem__ima_policy())
		cmd__fail(0,
			  "load: an IMA policy is loaded: a file that is open for writing is outside of every model");
	return settings->root.on && load.agent ? start_agent() : EXIT_DONE;
}
