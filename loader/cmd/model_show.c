// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model show: what a model permits, by program and by what the program does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "control.h"
#include "digest.h"
#include "event.h"
#include "explain.h"
#include "model_job.h"
#include "model_summary.h"

/* Deeper programs of a tree are indented as much: a hostile model could else fill the screen with blanks. */
#define DEPTH_MAX 20

static void add_text(struct json_object *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_object_add(o, key, json_object_new_string(text));
}

static void add_patterns(struct json_object *o, const struct model *model)
{
	struct json_object *array = json_object_new_array(), *strict = json_object_new_array();
	char text[PATTERN_TEXT_SIZE];

	for (size_t i = 0; i < model->patterns.count; i++) {
		struct json_object *pattern;

		pattern__text(&model->patterns.pattern[i], text);
		if (pattern__is_strict(&model->patterns.pattern[i])) {
			json_object_array_add(strict, json_object_new_string(text));
			continue;
		}
		pattern = json_object_new_object();
		json_object_object_add(pattern, "text", json_object_new_string(text));
		json_object_object_add(pattern, "any",
				       json_object_new_boolean(model->patterns.pattern[i].flags & TSEM_PATTERN_ANY));
		json_object_array_add(array, pattern);
	}
	json_object_object_add(o, "patterns", array);
	json_object_object_add(o, "strict", strict);
}

static void print_json(const char *path, const struct model *model, struct json_object *summary)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "model", path);
	add_text(o, "name", model->name);
	if (model->has_version)
		json_object_object_add(o, "version", json_object_new_uint64(model->version));
	add_text(o, "digest", digest__name(model->digest));
	add_text(o, "encoding", model->encoding ? control__word(CONTROL_WORDS_ENCODING, model->encoding) : NULL);
	add_text(o, "content", digest__name(model->content));
	add_text(o, "scope", model->scope ? control__word(CONTROL_WORDS_SCOPE, model->scope) : NULL);
	if (model->has_instances)
		json_object_object_add(o, "instances", json_object_new_uint64(model->instances));
	json_object_object_add(o, "sealed", json_object_new_boolean(model->sealed));
	json_object_object_add(o, "pseudonyms", json_object_new_int64(model->pseudonyms.count));
	add_patterns(o, model);
	json_object_object_foreach(summary, key, value)
		json_object_object_add(o, key, json_object_get(value));
	puts(event__line(o));
	json_object_put(o);
}

/* The name and the patterns of a model are chosen by its author. */
static void print_safe(const char *text, size_t size)
{
	char *safe = explain__plain(text, size);

	fputs(safe ?: "?", stdout);
	free(safe);
}

static void print_settings(const struct model *model)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return;
	model__write_settings(file, model);
	if (!fclose(file)) {
		for (char *line = text; *line; line += size + 1) {
			size = strcspn(line, "\n");
			print_safe(line, size);
			putchar('\n');
		}
	}
	free(text);
}

static void print_head(const char *path, const struct model *model, struct json_object *summary)
{
	int64_t undescribed = json_object_get_int64(json_object_object_get(summary, "undescribed"));
	int64_t mismatched = json_object_get_int64(json_object_object_get(summary, "mismatched"));

	printf("%s:", path);
	if (*model->name) {
		fputs(" for ", stdout);
		print_safe(model->name, strlen(model->name));
		putchar(',');
	}
	if (model->has_version)
		printf(" version %" PRIu64 ",", model->version);
	printf(" %zu coefficients, %s\n", model->states.count, model->sealed ? "sealed" : "not sealed");
	print_settings(model);
	if (model->pseudonyms.count)
		printf("%zu pseudonyms\n", model->pseudonyms.count);
	if (undescribed)
		printf("%" PRId64 " coefficients have no description and are not shown\n", undescribed);
	if (mismatched)
		printf("%" PRId64 " descriptions do not belong to their coefficient and are not shown\n", mismatched);
}

static void print_group(const char *name, struct json_object *items, int indent)
{
	printf("%*s%s (%zu)\n", indent, "", name, json_object_array_length(items));
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		int64_t count = json_object_get_int64(json_object_object_get(item, "coefficients"));

		printf("%*s%s", indent + 2, "", json_object_get_string(json_object_object_get(item, "what")));
		if (count > 1)
			printf(" (%" PRId64 " coefficients)", count);
		putchar('\n');
	}
}

static void print_program(struct json_object *program)
{
	struct json_object *users = json_object_object_get(program, "users");
	int64_t count = json_object_get_int64(json_object_object_get(program, "coefficients"));
	int depth = json_object_get_int(json_object_object_get(program, "depth"));
	int indent = 2 * (depth < DEPTH_MAX ? depth : DEPTH_MAX);

	printf("\n%*s%s", indent, "", json_object_get_string(json_object_object_get(program, "program")));
	for (size_t i = 0; i < json_object_array_length(users); i++)
		printf("%s%" PRId64, i ? ", " : " as uid ", json_object_get_int64(json_object_array_get_idx(users, i)));
	printf(": %" PRId64 " coefficient%s\n", count, count == 1 ? "" : "s");
	json_object_object_foreach(json_object_object_get(program, "does"), name, items)
		print_group(name, items, indent + 2);
}

int model_show(struct job *job)
{
	struct json_object *summary, *programs;
	struct model model;
	int err;

	if (job->count != 1)
		return cmd__fail(EXIT_USAGE, "model show: takes one file; '%s' is one too many", job->files[1]);
	err = job__read_model(job, job->files[0], &model);
	if (err)
		return err;
	err = model_summary__make(&model, job->tree, &summary);
	if (err) {
		err = job__fail(job, job->files[0], err);
		goto out;
	}
	if (job->json) {
		print_json(job->files[0], &model, summary);
	} else {
		print_head(job->files[0], &model, summary);
		programs = json_object_object_get(summary, "programs");
		for (size_t i = 0; i < json_object_array_length(programs); i++)
			print_program(json_object_array_get_idx(programs, i));
	}
	json_object_put(summary);
out:
	model__free(&model);
	return err;
}
