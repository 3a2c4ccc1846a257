/* SPDX-License-Identifier: GPL-2.0 */
/* Events and models for the tests of what reads descriptions. */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "model_events.h"

#define NONE "0000000000000000000000000000000000000000000000000000000000000000"
#define EMPTY_CONTENT "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define CONTENT "1111111111111111111111111111111111111111111111111111111111111111"

/* A file of the specification with the content digest `digest`; all texts have ' for ". */
#define FIXTURE_FILE(path, mode, flags, digest)                                                                       \
	"'file':{'flags':'" flags "','inode':{'uid':'0','gid':'0','mode':'" mode "','s_magic':'0xef53','s_id':'vda'," \
	"'s_uuid':'469635615d9d469198bb99f4cffc443d'},'path':{'dev':{'major':'254','minor':'0'},'pathname':'" path    \
	"'},"                                                                                                         \
	"'digest':'" digest "'}"

/* A line of an event; the caller frees it. */
static char *fixture_event(const char *type, const char *id, const char *parent, const char *cell)
{
	char *text;

	if (asprintf(
		    &text,
		    "{'event':{'process':'app','type':'%s','ttd':'7','p_ttd':'1','task_id':'%s','p_task_id':'%s','ts':'1'},"
		    "'COE':{'uid':'0','euid':'0','suid':'0','gid':'0','egid':'0','sgid':'0','fsuid':'0','fsgid':'0',"
		    "'capeff':'0x0'},'%s':{%s}}",
		    type, id, parent, type, cell) < 0)
		abort();
	for (char *p = text; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return text;
}

/* Adds an event, which is freed, to the text of a model that `out` is. If `id`, it gets the TASK_ID of an exec. */
static void fixture_state(FILE *out, struct model_events *events, char *line, char *id)
{
	struct json_object *json = event__from_line(line, strlen(line)), *event = NULL;
	char hex[2 * TSEM_DIGEST_MAX + 1];
	const char *fault = "JSON";

	if (!json || model_events__read(events, json, &event, &fault)) {
		fprintf(stderr, "%s in %s\n", fault, line);
		abort();
	}
	digest__to_hex(events->digests.coefficient, events->width, hex);
	fprintf(out, "state %s\nevent %s\n", hex, event__line(event));
	if (id && model_events__task_id(events, id))
		abort();
	json_object_put(event);
	json_object_put(json);
	free(line);
}

/* A model is written between these two. */
struct fixture {
	char *text;
	size_t size;
	FILE *out;
	struct model_events events;
	struct model model;
};

static void fixture_begin(struct fixture *f, const char *lines)
{
	static struct model settings = { .digest = TSEM_DIGEST_SHA256, .encoding = TSEM_ENCODING_PORTABLE };

	memset(f, 0, sizeof(*f));
	f->out = open_memstream(&f->text, &f->size);
	if (!f->out || model_events__init(&f->events, &settings))
		abort();
	fprintf(f->out, "digest sha256\nencoding portable\ncontent sha256\nscope all\ninstances 0\n%s", lines);
}

static void fixture_end(struct fixture *f)
{
	struct model_error error;

	fputs("seal\nend\n", f->out);
	if (fclose(f->out) || model__parse(f->text, f->size, &f->model, &error) ||
	    model_events__init(&f->events, &f->model)) {
		fprintf(stderr, "line %zu: %s %s\n", error.line, error.word, error.why ?: "");
		abort();
	}
}

static void fixture_free(struct fixture *f)
{
	model__free(&f->model);
	free(f->text);
}

#endif
