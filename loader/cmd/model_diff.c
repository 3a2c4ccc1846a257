// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model diff: what the second model lacks and what it adds, in words. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "event.h"
#include "model_diff.h"
#include "model_job.h"

static const char *text_at(struct json_object *o, const char *key)
{
	return json_object_get_string(json_object_object_get(o, key));
}

static void print_change(struct json_object *change)
{
	struct json_object *differs = json_object_object_get(change, "differs");

	printf("  %s", text_at(change, "text"));
	for (size_t i = 0; differs && i < json_object_array_length(differs); i++)
		printf("%s%s", i ? ", " : " (another ", json_object_get_string(json_object_array_get_idx(differs, i)));
	puts(differs && json_object_array_length(differs) ? ")" : "");
}

/* Prints the changes of one kind below a heading. */
static void print_changes(struct json_object *changes, const char *which, const char *path)
{
	bool first = true;

	for (size_t i = 0; i < json_object_array_length(changes); i++) {
		struct json_object *change = json_object_array_get_idx(changes, i);

		if (strcmp(text_at(change, "change"), which))
			continue;
		if (first)
			printf("%s %s:\n", path, which);
		first = false;
		print_change(change);
	}
}

int model_diff(struct job *job)
{
	struct json_object *changes;
	size_t count;
	int err;

	if (job->count != 2)
		return cmd__fail(EXIT_USAGE, "model diff: needs exactly two files");
	err = model_diff__make(&job->models[0], &job->models[1], &changes);
	if (err)
		return job__fail(job, job->files[1], err);
	count = json_object_array_length(changes);
	for (size_t i = 0; job->json && i < count; i++)
		puts(event__line(json_object_array_get_idx(changes, i)));
	if (!job->json) {
		print_changes(changes, "lacks", job->files[1]);
		print_changes(changes, "adds", job->files[1]);
	}
	json_object_put(changes);
	return count ? EXIT_FAILED : EXIT_DONE;
}
