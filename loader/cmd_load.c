// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf load: attach everything and pin it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>

#include "cmd.h"
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

int cmd_load(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root-model", required_argument, NULL, 'r' },
		{ "max-coefficients", required_argument, NULL, 'c' },
		{ "max-namespaces", required_argument, NULL, 'n' },
		{ "verbose", no_argument, NULL, 'v' },
		{},
	};
	struct skel_settings settings = { MAX_COEFFICIENTS, MAX_NAMESPACES, false };
	struct skel_error error = {};
	struct statfs fs;
	int option, err;

	while ((option = getopt_long(argc, argv, "+:v", options, NULL)) != -1) {
		err = 0;
		switch (option) {
		case 'r':
			if (!strcmp(optarg, "model") || !strcmp(optarg, "export"))
				return cmd__fail(
					EXIT_KERNEL,
					"load: --root-model %s: the root namespace cannot be modeled yet; leave it off",
					optarg);
			if (strcmp(optarg, "off"))
				return cmd__fail(EXIT_USAGE, "load: --root-model: '%s' is unknown; give off", optarg);
			break;
		case 'c':
			err = number("--max-coefficients", optarg, 16, 1U << 28, &settings.max_coefficients);
			break;
		case 'n':
			err = number("--max-namespaces", optarg, 1, 65536, &settings.max_namespaces);
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
	err = cmd__need_control("load");
	if (err)
		return err;
	if (!lsm_has_bpf())
		return cmd__fail(EXIT_KERNEL, "load: 'bpf' is not in /sys/kernel/security/lsm; boot with lsm=...,bpf "
					      "('tsem-bpf probe' says more)");
	if (statfs("/sys/fs/bpf", &fs) || (u32)fs.f_type != BPF_FS_MAGIC)
		return cmd__fail(EXIT_FAILED,
				 "load: /sys/fs/bpf is no BPF filesystem; run 'mount -t bpf bpf /sys/fs/bpf'");
	err = skel__load(&settings, &error);
	if (err == -EEXIST)
		return cmd__fail(EXIT_FAILED,
				 "load: already loaded: " TSEM_PINS " exists; 'tsem-bpf unload' comes first");
	if (err)
		return cmd__fail(
			err == -EOPNOTSUPP || err == -EINVAL || err == -EACCES ? EXIT_KERNEL : EXIT_FAILED,
			"load: cannot %s: %s; nothing stays loaded ('tsem-bpf probe' says what the kernel lacks)",
			error.what, strerror(-err));
	return EXIT_DONE;
}
