// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf load: attach everything and pin it; with a modeled root its agent is started. */
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
#include "patience.h"
#include "root.h"
#include "skel.h"
#include "tsem.h"

#define MAX_COEFFICIENTS 262144
#define MAX_NAMESPACES 64
#define BPF_FS_MAGIC 0xcafe4a11

static int number(const char *option, const char *text, u32 least, u32 most, u32 *out)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
		return cmd__fail(EXIT_USAGE, "load: %s: '%s' is no number from %u to %u", option, text, least, most);
	*out = value;
	return 0;
}

static int lsm_has_bpf(void)
{
	char list[512] = "";
	FILE *file = fopen("/sys/kernel/security/lsm", "re");

	/* Without securityfs there is nothing to read; attaching will tell. */
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

/* The register that the root extends: the one that was asked for, else the usual one if there is a TPM. */
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

/* The agent of the root namespace, in the background and in a session of its own. */
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
				 "load: already loaded: " TSEM_PINS " exists; 'tsem-bpf unload' comes first");
	if (err == -EALREADY)
		return cmd__fail(EXIT_FAILED,
				 "load: another 'tsem-bpf load' or 'unload' is under way; wait for its end "
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
	/* -ENOTSUP is what a kernel without BPF LSM answers as well. */
	if ((err == -ENOTSUP && root->digest >= TSEM_DIGEST_BPF_END) || err == -ENODATA)
		return cmd__fail(EXIT_KERNEL, "load: --%s %s: this kernel has no such hash%s",
				 err == -ENOTSUP ? "digest" : "content",
				 digest__name(err == -ENOTSUP ? root->digest : root->content),
				 err == -ENOTSUP ? "" : " for the content of files; add --content sha256");
	return cmd__fail(err == -EOPNOTSUPP || err == -EINVAL || err == -EACCES ? EXIT_KERNEL : EXIT_FAILED,
			 "load: cannot %s: %s; nothing stays loaded ('tsem-bpf probe' says what the kernel lacks)",
			 error->what, strerror(-err));
}

int cmd_load(int argc, char **argv)
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
		{ "no-agent", no_argument, NULL, 'a' },
		{ "require-signed-models", no_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{},
	};
	struct skel_settings settings = {
		.max_coefficients = MAX_COEFFICIENTS,
		.max_namespaces = MAX_NAMESPACES,
		.root = { .pcr = ROOT_PCR },
	};
	const char *root_option = NULL;
	bool agent = true, pcr = false;
	struct control_error control;
	struct skel_error error = {};
	struct statfs fs;
	int option, err;

	control__namespace_defaults(&settings.root.namespace, CONTROL_EXTERNAL);

	while ((option = cmd__option(argc, argv, "+:v", options)) != -1) {
		err = 0;
		switch (option) {
		case 'r':
			if (!strcmp(optarg, "export"))
				return cmd__fail(
					EXIT_KERNEL,
					"load: --root-model export: there is no export yet; give off or model");
			settings.root.on = !strcmp(optarg, "model");
			if (!settings.root.on && strcmp(optarg, "off"))
				return cmd__fail(EXIT_USAGE, "load: --root-model: '%s' is unknown; give off or model",
						 optarg);
			break;
		case 'p':
			err = number("--pcr", optarg, ROOT_PCR_FIRST, ROOT_PCR_LAST, &settings.root.pcr);
			pcr = true;
			root_option = "pcr";
			break;
		case 'd':
		case 'o':
		case 'f':
		case 'C':
		case 'm':
			root_option = option == 'd'   ? "digest"
				      : option == 'o' ? "content"
				      : option == 'f' ? "nsref"
				      : option == 'C' ? "cache"
						      : "model";
			if (control__namespace_option(&settings.root.namespace, root_option, optarg, &control))
				err = cmd__fail(EXIT_USAGE, "load: %s", control.text);
			break;
		case 'a':
			agent = false;
			root_option = "no-agent";
			break;
		case 'c':
			err = number("--max-coefficients", optarg, 16, 1U << 28, &settings.max_coefficients);
			break;
		case 'n':
			err = number("--max-namespaces", optarg, 1, 65536, &settings.max_namespaces);
			break;
		case 's':
			settings.policy |= TSEM_POLICY_SIGNED_MODELS;
			break;
		case 'v':
			settings.verbose = true;
			break;
		default:
			return cmd__bad_option(argv, option);
		}
		if (err)
			return err;
	}
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "load: '%s' is one word too many", argv[optind]);
	if (root_option && !settings.root.on)
		return cmd__fail(EXIT_USAGE, "load: '%s' is for the root namespace; add --root-model model",
				 root_option);
	if (digest__size(settings.root.namespace.content) > digest__size(settings.root.namespace.digest))
		return cmd__fail(EXIT_USAGE, "load: --content %s: is wider than the digest %s",
				 digest__name(settings.root.namespace.content),
				 digest__name(settings.root.namespace.digest));
	err = cmd__need_control("load");
	if (err)
		return err;
	if (!lsm_has_bpf())
		return cmd__fail(EXIT_KERNEL, "load: 'bpf' is not in /sys/kernel/security/lsm; boot with lsm=...,bpf "
					      "('tsem-bpf probe' says more)");
	if (statfs("/sys/fs/bpf", &fs) || (u32)fs.f_type != BPF_FS_MAGIC)
		return cmd__fail(EXIT_FAILED,
				 "load: /sys/fs/bpf is no BPF filesystem; run 'mount -t bpf bpf /sys/fs/bpf'");
	if (settings.root.on) {
		err = choose_register(&settings.root, pcr);
		if (err)
			return err;
	}
	patience__begin("the kernel to verify and attach the programs");
	err = skel__load(&settings, &error);
	patience__end();
	if (err)
		return explain(err, &error, &settings.root.namespace);
	return settings.root.on && agent ? start_agent() : EXIT_DONE;
}
