// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model lint: what in a model will not hold, and what permits too much. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "event.h"
#include "model_job.h"
#include "model_lint.h"

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

/* Prints the findings of a kind below a heading. */
static void print_kind(struct json_object *findings, const char *kind)
{
	bool first = true;

	for (size_t i = 0; i < json_object_array_length(findings); i++) {
		struct json_object *finding = json_object_array_get_idx(findings, i);
		int64_t count = json_object_get_int64(json_object_object_get(finding, "coefficients"));

		if (strcmp(text_at(finding, "kind"), kind))
			continue;
		if (first)
			printf("%s:\n", kind);
		first = false;
		printf("  %s", text_at(finding, "text"));
		if (count)
			printf(" (%" PRId64 " coefficient%s)", count, count > 1 ? "s" : "");
		printf("; %s\n", text_at(finding, "cure"));
	}
}

int model_lint(struct job *job)
{
	static const char *const kinds[] = { "machine-bound", "wanders", "too-broad", "opaque" };
	struct json_object *findings;
	struct model model;
	size_t count;
	int err;

	if (job->count != 1)
		return cmd__fail(EXIT_USAGE, "model lint: takes one model; '%s' is one too many", job->files[1]);
	err = job__read_model(job, job->files[0], &model);
	if (err)
		return err;
	err = model_lint__make(&model, &findings);
	model__free(&model);
	if (err)
		return job__fail(job, job->files[0], err);
	count = json_object_array_length(findings);
	for (size_t i = 0; job->json && i < count; i++)
		puts(event__line(json_object_array_get_idx(findings, i)));
	for (size_t i = 0; !job->json && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		print_kind(findings, kinds[i]);
	json_object_put(findings);
	return count ? EXIT_FAILED : EXIT_DONE;
}
