// SPDX-License-Identifier: GPL-2.0
/* The sentence of an event: who, what it did, and whether the model has it; and the nearest event. */
#include "explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "explain_words.h"

struct explain *explain__new(void)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (!explain)
		return NULL;
	explain->programs = json_object_new_object();
	explain->comms = json_object_new_object();
	if (!explain->programs || !explain->comms) {
		explain__free(explain);
		return NULL;
	}
	return explain;
}

void explain__free(struct explain *explain)
{
	if (!explain)
		return;
	for (int i = 0; i < TSEM_EVENT_END; i++) {
		for (size_t k = 0; k < explain->of[i].count; k++)
			json_object_put(explain->of[i].event[k]);
		free(explain->of[i].event);
	}
	json_object_put(explain->programs);
	json_object_put(explain->comms);
	free(explain);
}

void explain__compare(struct explain *explain)
{
	explain->comparing = true;
}

/* The first hash whose digests have the size of the event's; 0: there is none. */
static u32 likely_digest(struct json_object *json)
{
	struct json_object *id = words__lookup(json, "event.task_id");
	size_t size = json_object_is_type(id, json_type_string) ? json_object_get_string_len(id) / 2 : 0;

	for (u32 i = TSEM_DIGEST_SHA256; i < TSEM_DIGEST_END && size; i++) {
		if (digest__size(i) == size)
			return i;
	}
	return 0;
}

/*
 * The TASK_ID from an exec is its coefficient computed with a TASK_ID of zero bytes. A trajectory does not say its hash
 * and encoding. So this computes the TASK_ID for all of them; only the right one occurs in later events.
 */
static void learn_program(struct explain *explain, struct json_object *json)
{
	struct json_object *path = words__lookup(json, "bprm_committing_creds.file.path.pathname");
	struct tsem_record *exec = &explain->record;
	char hex[2 * TSEM_DIGEST_MAX + 1];
	struct event_digests out;
	const char *fault;

	for (u32 i = 0; path && i < 2 * TSEM_DIGEST_END; i++) {
		u32 digest = i / 2, encoding = i % 2 ? TSEM_ENCODING_PORTABLE : TSEM_ENCODING_HOST;

		if (!digest__size(digest) || event__from_json(json, digest, encoding, exec, &fault))
			continue;
		memset(exec->task_id, 0, sizeof(exec->task_id));
		if (event__coefficient(exec, &out))
			continue;
		digest__to_hex(out.coefficient, exec->digest_size, hex);
		json_object_object_add(explain->programs, hex, json_object_get(path));
	}
}

/* Converts the event to the form of event__to_json(), into *out, and remembers its names. */
static int take(struct explain *explain, struct json_object *json, struct json_object **out, const char **fault)
{
	struct tsem_record *record = &explain->record;
	u32 digest = likely_digest(json) ?: TSEM_DIGEST_SHA256;
	int err = event__from_json(json, digest, TSEM_ENCODING_HOST, record, fault), event;
	const char *id;

	if (err)
		return err;
	*out = event__to_json(record, true);
	if (!*out)
		return -ENOMEM;
	id = json_object_get_string(words__lookup(*out, "event.task_id"));
	if (!words__member(explain->comms, id))
		json_object_object_add(explain->comms, id, json_object_get(words__lookup(*out, "event.process")));
	event = record->event;
	if (event == TSEM_EVENT_bprm_committing_creds)
		learn_program(explain, *out);
	return event;
}

int explain__learn(struct explain *explain, struct json_object *json, const char **fault)
{
	struct json_object *event = NULL, **more;
	struct events *of;
	int type = take(explain, json, &event, fault);

	if (type < 0)
		return type;
	explain->comparing = true;
	of = &explain->of[type];
	/* Double the room whenever the count is a power of two. */
	if (!(of->count & (of->count - 1))) {
		more = realloc(of->event, (of->count ? 2 * of->count : 1) * sizeof(*more));
		if (!more) {
			json_object_put(event);
			return -ENOMEM;
		}
		of->event = more;
	}
	of->event[of->count++] = event;
	return 0;
}

static int explain_log(struct explain *explain, struct json_object *log, struct explanation *out, const char **fault)
{
	struct json_object *process = words__member(log, "process"), *event = words__member(log, "event"),
			   *action = words__member(log, "action");
	const char *name = event ? json_object_get_string(event) : "";
	bool denied = action && !strcmp(json_object_get_string(action), "DENY");
	int type = event__parse(name);
	size_t size;
	FILE *text;

	*fault = !json_object_is_type(process, json_type_string)                         ? "process"
		 : !json_object_is_type(event, json_type_string)                         ? "event"
		 : type < 0 || strlen(name) != (size_t)json_object_get_string_len(event) ? name
		 : !json_object_is_type(action, json_type_string)                        ? "action"
		 : !denied && strcmp(json_object_get_string(action), "LOG") ? json_object_get_string(action)
									    : NULL;
	if (*fault)
		return -EINVAL;
	text = open_memstream(&out->sentence, &size);
	if (!text)
		return -ENOMEM;
	words__string(text, process, explain);
	fprintf(text, " %s, which could not be described; %s", explain__bare(type), denied ? "denied" : "logged");
	return fclose(text) ? -ENOMEM : 0;
}

/* "nginx (pid 311)" */
static void write_subject(FILE *out, struct json_object *json, const struct explain *explain)
{
	struct json_object *process = words__lookup(json, "event.process"),
			   *program = words__member(explain->programs,
						    json_object_get_string(words__lookup(json, "event.task_id")));
	u64 pid = words__number_at(json, "event.pid");

	words__string(out, process, explain);
	fputs(" (", out);
	if (program) {
		const char *path = json_object_get_string(program), *name = strrchr(path, '/');

		if (strcmp(name ? name + 1 : path, json_object_get_string(process))) {
			words__string(out, program, explain);
			fputs(", ", out);
		}
	}
	fprintf(out, "%s %" PRIu64 ") ", pid ? "pid" : "task", pid ?: words__number_at(json, "event.ttd"));
}

static int write_sentence(struct json_object *event, u32 verdict, bool comparing, bool outside,
			  const struct explain *explain, char **sentence)
{
	size_t size;
	FILE *text = open_memstream(sentence, &size);

	if (!text)
		return -ENOMEM;
	write_subject(text, event, explain);
	explain__deed(text, event, explain);
	if (outside)
		fputs(", outside the model", text);
	else if (comparing)
		fputs(", in the model", text);
	if (verdict != EXPLAIN_UNKNOWN)
		fputs(verdict & EXPLAIN_DENIED ? "; denied" : "; allowed", text);
	if (verdict & EXPLAIN_UNTRUSTED)
		fputs(", untrusted from then on", text);
	if (verdict & EXPLAIN_KILLED)
		fputs(", killed", text);
	return fclose(text) ? -ENOMEM : 0;
}

static int write_nearest(struct json_object *event, const struct explain *explain, char **nearest)
{
	const char *id = json_object_get_string(words__lookup(event, "event.task_id"));
	size_t size;
	FILE *text = open_memstream(nearest, &size);

	if (!text)
		return -ENOMEM;
	words__string(text, words__member(explain->programs, id) ?: words__lookup(event, "event.process"), explain);
	putc(' ', text);
	explain__deed(text, event, explain);
	return fclose(text) ? -ENOMEM : 0;
}

int explain__event(struct explain *explain, struct json_object *json, u32 verdict, struct explanation *out,
		   const char **fault)
{
	struct json_object *event = NULL, *nearest = NULL, *log = words__member(json, "log");
	int type, err, least = 0;
	const struct events *of;

	*out = (struct explanation){};
	*fault = NULL;
	if (json_object_is_type(log, json_type_object)) {
		err = explain_log(explain, log, out, fault);
		if (err)
			explain__free_text(out);
		return err;
	}
	type = take(explain, json, &event, fault);
	if (type < 0)
		return type;
	of = &explain->of[type];
	for (size_t i = 0; i < of->count && (!nearest || least); i++) {
		int cost = explain__distance(explain, event__name(type), event, of->event[i]);

		if (!nearest || cost < least) {
			nearest = of->event[i];
			least = cost;
		}
	}
	if (explain->comparing && !nearest)
		out->missing = event__name(type);
	err = write_sentence(event, verdict, explain->comparing,
			     verdict != EXPLAIN_UNKNOWN || (explain->comparing && (!nearest || least)), explain,
			     &out->sentence);
	if (!err && nearest) {
		err = write_nearest(nearest, explain, &out->nearest);
		out->differs = explain__differences(explain, event__name(type), event, nearest);
		err = err ?: out->differs ? 0 : -ENOMEM;
	}
	if (err)
		explain__free_text(out);
	json_object_put(event);
	return err;
}

void explain__free_text(struct explanation *explanation)
{
	free(explanation->sentence);
	free(explanation->nearest);
	json_object_put(explanation->differs);
	*explanation = (struct explanation){};
}
