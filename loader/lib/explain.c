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
	explain->guesses = json_object_new_object();
	explain->index = index__new();
	explain->causes = causes__new();
	if (!explain->programs || !explain->comms || !explain->guesses || !explain->index || !explain->causes) {
		explain__free(explain);
		return NULL;
	}
	return explain;
}

void explain__free(struct explain *explain)
{
	if (!explain)
		return;
	index__free(explain->index);
	causes__free(explain->causes);
	json_object_put(explain->guesses);
	json_object_put(explain->programs);
	json_object_put(explain->comms);
	free(explain);
}

void explain__compare(struct explain *explain)
{
	explain->comparing = true;
}

/* Adds the TASK_ID that a pair of hash and encoding gives to the record of an exec. */
static void add_program_id(struct explain *explain, struct tsem_record *exec, int pair)
{
	struct program_ids *ids = &explain->ids;
	struct event_digests out;
	u32 digest = pair / 2;

	if (digest__size(digest) != exec->digest_size || explain->no_digest[digest] || ids->count == PROGRAM_IDS)
		return;
	exec->digest = digest;
	if (event__coefficient(exec, &out)) {
		/* To ask the kernel for a hash that it lacks takes long. */
		explain->no_digest[digest] = true;
		return;
	}
	ids->pair[ids->count] = pair;
	digest__to_hex(out.coefficient, exec->digest_size, ids->hex[ids->count++]);
}

/*
 * Fills explain->ids with the TASK_IDs that the program of an exec may have. A TASK_ID is the coefficient of the exec,
 * computed with a TASK_ID of zero bytes. A trajectory does not say its hash and encoding. So this tries all hashes of
 * the right size, until one of the TASK_IDs occurs in a later event: that was with the right pair.
 */
static void find_program_ids(struct explain *explain, struct json_object *json)
{
	struct tsem_record *exec = &explain->scratch;
	u32 digest = event__likely_digest(json);
	const char *fault;

	for (int portable = 0; portable < 2 && digest; portable++) {
		u32 encoding = portable ? TSEM_ENCODING_PORTABLE : TSEM_ENCODING_HOST;

		if ((explain->pair && explain->pair % 2 != portable) ||
		    event__from_json(json, digest, encoding, exec, &fault))
			continue;
		memset(exec->task_id, 0, sizeof(exec->task_id));
		for (int i = 1; i < TSEM_DIGEST_END; i++) {
			if (!explain->pair || explain->pair == 2 * i + portable)
				add_program_id(explain, exec, 2 * i + portable);
		}
	}
}

/* TASK_IDs that are computed in search of hash and encoding. */
#define GUESSES 4096

/* Names the program that an exec begins. */
static void learn_program(struct explain *explain, struct json_object *json)
{
	struct json_object *path = event__lookup(json, "bprm_committing_creds.file.path.pathname");
	const struct program_ids *ids = &explain->ids;

	explain->ids.count = 0;
	/* In so many execs none has shown its TASK_ID: none will. */
	if (!explain->pair && json_object_object_length(explain->guesses) > GUESSES)
		return;
	find_program_ids(explain, json);
	for (u32 i = 0; i < ids->count; i++) {
		if (path)
			json_object_object_add(explain->programs, ids->hex[i], json_object_get(path));
		if (!explain->pair)
			json_object_object_add(explain->guesses, ids->hex[i], json_object_new_int(ids->pair[i]));
	}
}

/* Does the TASK_ID of this event say with which pair the TASK_IDs are computed? */
static void guess_pair(struct explain *explain, const char *id)
{
	struct json_object *guess = explain->pair ? NULL : event__member(explain->guesses, id);

	if (!guess)
		return;
	explain->pair = json_object_get_int(guess);
	json_object_put(explain->guesses);
	explain->guesses = NULL;
}

int explain__take(struct explain *explain, struct json_object *json, struct json_object **out, const char **fault)
{
	struct tsem_record *record = &explain->record;
	u32 digest = event__likely_digest(json) ?: TSEM_DIGEST_SHA256;
	int err = event__from_json(json, digest, TSEM_ENCODING_HOST, record, fault);
	const char *id;

	if (err)
		return err;
	*out = event__to_json(record, true);
	if (!*out)
		return -ENOMEM;
	id = json_object_get_string(event__lookup(*out, "event.task_id"));
	guess_pair(explain, id);
	if (!event__member(explain->comms, id))
		json_object_object_add(explain->comms, id, json_object_get(event__lookup(*out, "event.process")));
	if (record->event == TSEM_EVENT_bprm_committing_creds)
		learn_program(explain, *out);
	err = index__flatten(explain->index, record, *out, &explain->flat);
	if (err)
		json_object_put(*out);
	return err;
}

int explain__learn(struct explain *explain, struct json_object *json, const char **fault)
{
	struct json_object *event = NULL;
	int err = explain__take(explain, json, &event, fault);

	if (err)
		return err;
	explain->comparing = true;
	json_object_put(event);
	return index__add(explain->index, &explain->flat, &explain->record);
}

size_t explain__learned(const struct explain *explain)
{
	return index__count(explain->index);
}

u64 explain__comparisons(const struct explain *explain)
{
	return index__comparisons(explain->index);
}

int explain__log(struct explain *explain, struct json_object *log, struct explanation *out, const char **fault)
{
	struct json_object *process = event__member(log, "process"), *event = event__member(log, "event"),
			   *action = event__member(log, "action");
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
	struct json_object *process = event__lookup(json, "event.process"),
			   *program = event__member(explain->programs,
						    json_object_get_string(event__lookup(json, "event.task_id")));
	u64 pid = event__number_at(json, "event.pid");

	words__string(out, process, explain);
	fputs(" (", out);
	if (program) {
		const char *path = json_object_get_string(program), *name = strrchr(path, '/');

		if (strcmp(name ? name + 1 : path, json_object_get_string(process))) {
			words__string(out, program, explain);
			fputs(", ", out);
		}
	}
	fprintf(out, "%s %" PRIu64 ") ", pid ? "pid" : "task", pid ?: event__number_at(json, "event.ttd"));
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
	const char *id = json_object_get_string(event__lookup(event, "event.task_id"));
	size_t size;
	FILE *text = open_memstream(nearest, &size);

	if (!text)
		return -ENOMEM;
	words__string(text, event__member(explain->programs, id) ?: event__lookup(event, "event.process"), explain);
	putc(' ', text);
	explain__deed(text, event, explain);
	return fclose(text) ? -ENOMEM : 0;
}

int explain__text(struct explain *explain, struct json_object *event, u32 verdict, const struct nearest *nearest,
		  struct explanation *out)
{
	const char *type = json_object_get_string(event__lookup(event, "event.type"));
	bool outside = verdict != EXPLAIN_UNKNOWN || (explain->comparing && !nearest->same);
	struct json_object *other;
	int err = write_sentence(event, verdict, explain->comparing, outside, explain, &out->sentence);

	if (!nearest->found) {
		out->missing = explain->comparing ? event__name(event__parse(type)) : NULL;
		return err;
	}
	if (err)
		return err;
	index__record(explain->index, nearest->number, &explain->scratch);
	other = event__to_json(&explain->scratch, true);
	err = other ? write_nearest(other, explain, &out->nearest) : -ENOMEM;
	if (!err)
		out->differs = explain__differences(explain, type, event, other);
	json_object_put(other);
	return err ?: out->differs ? 0 : -ENOMEM;
}

int explain__event(struct explain *explain, struct json_object *json, u32 verdict, struct explanation *out,
		   const char **fault)
{
	struct json_object *event = NULL, *log = event__member(json, "log");
	struct nearest nearest;
	int err;

	*out = (struct explanation){};
	*fault = NULL;
	if (json_object_is_type(log, json_type_object)) {
		err = explain__log(explain, log, out, fault);
		goto out;
	}
	err = explain__take(explain, json, &event, fault);
	if (err)
		return err;
	index__nearest(explain->index, &explain->flat, &nearest);
	err = explain__text(explain, event, verdict, &nearest, out);
	json_object_put(event);
out:
	if (err)
		explain__free_text(out);
	return err;
}

void explain__free_text(struct explanation *explanation)
{
	free(explanation->sentence);
	free(explanation->nearest);
	json_object_put(explanation->differs);
	*explanation = (struct explanation){};
}
