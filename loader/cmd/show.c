// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf show: prints the files that the reference system has for a namespace, by name. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "journal.h"
#include "model.h"
#include "namespace.h"
#include "tpm.h"
#include "tsem.h"

struct show {
	struct tsem tsem;
	struct tsem_namespace ns;
	struct namespace_coefficients all;
	struct json_object *json; /* array for the lines; NULL: print them */
};

struct name {
	const char *name;
	int (*show)(struct show *show);
	bool list; /* the answer may have any number of lines */
};

/* Adds one line to the answer; takes ownership of the object. */
static void line(struct show *show, struct json_object *value)
{
	if (show->json) {
		json_object_array_add(show->json, value);
		return;
	}
	puts(json_object_is_type(value, json_type_string) ? json_object_get_string(value) : event__line(value));
	json_object_put(value);
}

static void line_hex(struct show *show, const u8 *digest)
{
	char hex[2 * TSEM_DIGEST_MAX + 1];

	digest__to_hex(digest, show->ns.digest_size, hex);
	line(show, json_object_new_string(hex));
}

static int show_id(struct show *show)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", show->ns.id);
	line(show, json_object_new_string(text));
	return 0;
}

static int show_aggregate(struct show *show)
{
	u8 aggregate[TSEM_DIGEST_MAX];

	if (tpm__aggregate(TPM_PCRS, show->ns.digest, aggregate) < 0)
		return cmd__fail(EXIT_FAILED, "show aggregate: the TPM's registers cannot be read at " TPM_PCRS);
	line_hex(show, aggregate);
	return 0;
}

typedef int extension(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[TSEM_DIGEST_MAX],
		      size_t count, u8 *out);

static int show_extension(struct show *show, extension *extend)
{
	const struct tsem_namespace *ns = &show->ns;
	u8 aggregate[TSEM_DIGEST_MAX], value[TSEM_DIGEST_MAX];
	struct digests list = {};
	int err = 0;

	if (tpm__aggregate(TPM_PCRS, ns->digest, aggregate) < 0)
		return cmd__fail(EXIT_FAILED, "show: the TPM's registers cannot be read at " TPM_PCRS);
	for (size_t i = 0; i < show->all.count && !err; i++)
		err = digests__add(&list, show->all.entry[i].coefficient);
	err = err ?: extend(ns->digest, aggregate, ns->has_base ? ns->base : NULL, list.digest, list.count, value);
	free(list.digest);
	if (err)
		return cmd__fail(EXIT_FAILED, "show: cannot compute the value: %s", strerror(-err));
	line_hex(show, value);
	return 0;
}

static int show_measurement(struct show *show)
{
	return show_extension(show, model__measurement);
}

static int show_state(struct show *show)
{
	return show_extension(show, model__state);
}

static int show_descriptions(struct show *show, bool valid, bool log)
{
	struct journal_view view;
	u64 dropped;
	int err = journal__view(&show->tsem, &show->ns, &show->all, &view);

	if (err)
		return cmd__fail(EXIT_FAILED, "show: cannot read the descriptions: %s", strerror(-err));
	for (size_t i = 0; i < view.logs && log; i++)
		line(show, event__to_json(view.log[i], false));
	for (size_t i = 0; i < show->all.count && !log; i++) {
		if (view.description[i] && show->all.entry[i].info.valid == valid)
			line(show, event__to_json(view.description[i], false));
	}
	cmd__incomplete("show", log ? 0 : view.missing, view.skipped);
	dropped = journal__dropped(show->ns.id);
	if (dropped)
		fprintf(stderr,
			"tsem-bpf: show: %" PRIu64
			" records had no room in the journal; a larger --journal keeps them\n",
			dropped);
	journal__free_view(&view);
	return 0;
}

static int show_trajectory(struct show *show)
{
	return show_descriptions(show, true, false);
}

static int show_forensics(struct show *show)
{
	return show_descriptions(show, false, false);
}

static int show_log(struct show *show)
{
	return show_descriptions(show, false, true);
}

static int show_coefficients(struct show *show, bool valid)
{
	for (size_t i = 0; i < show->all.count; i++) {
		if (show->all.entry[i].info.valid == valid)
			line_hex(show, show->all.entry[i].coefficient);
	}
	return 0;
}

static int show_counts(struct show *show, bool valid)
{
	char text[32];

	for (size_t i = 0; i < show->all.count; i++) {
		if (show->all.entry[i].info.valid != valid)
			continue;
		snprintf(text, sizeof(text), "%" PRIu64, (u64)show->all.entry[i].info.count);
		line(show, json_object_new_string(text));
	}
	return 0;
}

static int show_trajectory_coefficients(struct show *show)
{
	return show_coefficients(show, true);
}

static int show_trajectory_counts(struct show *show)
{
	return show_counts(show, true);
}

static int show_forensics_coefficients(struct show *show)
{
	return show_coefficients(show, false);
}

static int show_forensics_counts(struct show *show)
{
	return show_counts(show, false);
}

static const struct name names[] = {
	{ "id", show_id, false },
	{ "aggregate", show_aggregate, false },
	{ "measurement", show_measurement, false },
	{ "state", show_state, false },
	{ "trajectory", show_trajectory, true },
	{ "trajectory-coefficients", show_trajectory_coefficients, true },
	{ "trajectory-counts", show_trajectory_counts, true },
	{ "forensics", show_forensics, true },
	{ "forensics-coefficients", show_forensics_coefficients, true },
	{ "forensics-counts", show_forensics_counts, true },
	{ "log", show_log, true },
};

/* Accepts a name, or the path in the reference's securityfs that ends in one. */
static const struct name *find(char *word)
{
	static const char reference[] = "internal_tma/model0/";

	if (!strncmp(word, reference, sizeof(reference) - 1))
		word += sizeof(reference) - 1;
	for (char *p = word; *p; p++) {
		if (*p == '_')
			*p = '-';
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i].name, word))
			return &names[i];
	}
	return NULL;
}

/* Answers for the root namespace while it is not modeled and has no entry. */
static bool root_knows(const struct name *name)
{
	return name->show == show_id || name->show == show_aggregate;
}

int cmd_show(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "namespace", required_argument, NULL, 'n' },
						 {} };
	const char *word = NULL;
	const struct name *name;
	/* The root namespace without an entry. */
	struct show show = { .ns = { .digest = TSEM_DIGEST_SHA256, .digest_size = digest__size(TSEM_DIGEST_SHA256) } };
	bool json = false;
	int option, err;

	while ((option = cmd__option(argc, argv, "+:n:", options)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 'n')
			word = optarg;
		else
			return cmd__bad_option(argv, option);
	}
	if (optind >= argc)
		return cmd__fail(EXIT_USAGE,
				 "show: a name is missing: id, aggregate, measurement, state, trajectory, forensics, "
				 "either of the two with -coefficients or -counts, log");
	if (optind + 1 < argc)
		return cmd__fail(EXIT_USAGE, "show: '%s' is one word too many; options stand before the name",
				 argv[optind + 1]);
	if (!strncmp(argv[optind], "external_tma/", 13))
		return cmd__fail(EXIT_KERNEL, "show: '%s': there are no external namespaces here", argv[optind]);
	name = find(argv[optind]);
	if (!name) {
		if (!strcmp(argv[optind], "control"))
			return cmd__fail(EXIT_USAGE, "show: control is written only; use 'tsem-bpf control'");
		return cmd__fail(EXIT_USAGE, "show: '%s' is unknown; 'tsem-bpf show' names what there is",
				 argv[optind]);
	}
	err = cmd__open(&show.tsem);
	if (err)
		return err;
	if (!root_knows(name) || (word && strcmp(word, "0"))) {
		err = cmd__namespace(&show.tsem, word, &show.ns);
		if (!err && namespace__coefficients(&show.tsem, show.ns.id, &show.all))
			err = cmd__fail(EXIT_FAILED, "show: cannot read the coefficients");
	} else {
		namespace__read(&show.tsem, 0, &show.ns);
	}
	if (!err) {
		show.json = json ? json_object_new_array() : NULL;
		err = name->show(&show);
		if (show.json && !err)
			puts(event__line(name->list ? show.json : json_object_array_get_idx(show.json, 0)));
		json_object_put(show.json);
	}
	free(show.all.entry);
	tsem__close(&show.tsem);
	return err;
}
