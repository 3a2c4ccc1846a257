// SPDX-License-Identifier: GPL-2.0
/*
 * Compares two models by their values, and describes by their events what only one has. Where both have an event in the
 * same words, the keys of the two events say what differs.
 */
#include "model_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "digest.h"
#include "explain.h"
#include "model_words.h"

struct diff {
	const struct model *model[2];
	struct model_events events[2];
	struct model_words *words;
	struct json_object *out;
	struct json_object *lacking; /* events by their sentence, of which only the first model has the coefficient */
};

static const char *const changes[] = { "lacks", "adds" };

static struct json_object *add(struct diff *d, int side, const char *kind, const char *text)
{
	struct json_object *o = json_object_new_object();
	char *safe = explain__plain(text, strlen(text));

	json_object_object_add(o, "change", json_object_new_string(changes[side]));
	json_object_object_add(o, "kind", json_object_new_string(kind));
	json_object_object_add(o, "text", json_object_new_string(safe ?: "?"));
	free(safe);
	json_object_array_add(d->out, o);
	return o;
}

/* Each setting that both do not have alike. */
static void diff_setting(struct diff *d, const char *word, const char *a, const char *b)
{
	const char *values[] = { a, b };
	char text[128];

	if (a == b || (a && b && !strcmp(a, b)))
		return;
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "%s %s", word, values[i]);
		if (values[i])
			add(d, i, "setting", text);
	}
}

static void diff_settings(struct diff *d)
{
	const struct model *a = d->model[0], *b = d->model[1];
	char left[24], right[24];

	diff_setting(d, "digest", digest__name(a->digest), digest__name(b->digest));
	diff_setting(d, "encoding", a->encoding ? control__word(CONTROL_WORDS_ENCODING, a->encoding) : NULL,
		     b->encoding ? control__word(CONTROL_WORDS_ENCODING, b->encoding) : NULL);
	diff_setting(d, "content", digest__name(a->content), digest__name(b->content));
	diff_setting(d, "scope", a->scope ? control__word(CONTROL_WORDS_SCOPE, a->scope) : NULL,
		     b->scope ? control__word(CONTROL_WORDS_SCOPE, b->scope) : NULL);
	snprintf(left, sizeof(left), "%llu", (unsigned long long)a->instances);
	snprintf(right, sizeof(right), "%llu", (unsigned long long)b->instances);
	diff_setting(d, "instances", a->has_instances ? left : NULL, b->has_instances ? right : NULL);
}

static bool has_pattern(const struct patterns *list, const struct tsem_pattern *pattern)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!memcmp(&list->pattern[i], pattern, sizeof(*pattern)))
			return true;
	}
	return false;
}

/* Adds the patterns of one model that the other does not have, or all. Returns their number. */
static size_t diff_patterns_of(struct diff *d, int side, bool all)
{
	const struct patterns *ours = &d->model[side]->patterns, *theirs = &d->model[!side]->patterns;
	char line[PATTERN_LINE_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < ours->count; i++) {
		if (!all && has_pattern(theirs, &ours->pattern[i]))
			continue;
		pattern__line(&ours->pattern[i], line);
		add(d, side, pattern__is_strict(&ours->pattern[i]) ? "strict" : "pattern", line);
		count++;
	}
	return count;
}

/* The first match counts, so the order of patterns does. */
static void diff_patterns(struct diff *d)
{
	const struct patterns *a = &d->model[0]->patterns, *b = &d->model[1]->patterns;

	if (diff_patterns_of(d, 0, false) + diff_patterns_of(d, 1, false))
		return;
	if (a->count == b->count && (!a->count || !memcmp(a->pattern, b->pattern, a->count * sizeof(*a->pattern))))
		return;
	diff_patterns_of(d, 0, true);
	diff_patterns_of(d, 1, true);
}

static void add_value(struct diff *d, int side, const char *word, const u8 *value)
{
	char text[2 * TSEM_DIGEST_MAX + 32], hex[2 * TSEM_DIGEST_MAX + 1];

	digest__to_hex(value, d->model[side]->width, hex);
	snprintf(text, sizeof(text), "%s %s", word, hex);
	add(d, side, word, text);
}

static void diff_once(struct diff *d, const char *word, const u8 *a, const u8 *b)
{
	if (a && b && !memcmp(a, b, TSEM_DIGEST_MAX))
		return;
	if (a)
		add_value(d, 0, word, a);
	if (b)
		add_value(d, 1, word, b);
}

/* ---- sets of values ---- */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

/* A sorted copy; the caller frees it. NULL: no memory. */
static u8 (*sorted(const struct digests *list))[TSEM_DIGEST_MAX]
{
	u8(*copy)[TSEM_DIGEST_MAX] = malloc((list->count + 1) * sizeof(*copy));

	if (!copy)
		return NULL;
	if (list->count) {
		memcpy(copy, list->digest, list->count * sizeof(*copy));
		qsort(copy, list->count, sizeof(*copy), compare);
	}
	return copy;
}

typedef int only_function(struct diff *d, int side, size_t index);

/* Calls `only` for each value of one model that the other one lacks, in the order of the file. */
static int each_only(struct diff *d, int side, const struct digests *ours, const struct digests *theirs,
		     only_function *only)
{
	u8(*others)[TSEM_DIGEST_MAX] = sorted(theirs);
	int err = others ? 0 : -ENOMEM;

	for (size_t i = 0; i < ours->count && !err; i++) {
		if (!bsearch(ours->digest[i], others, theirs->count, sizeof(*others), compare))
			err = only(d, side, i);
	}
	free(others);
	return err;
}

static int only_pseudonym(struct diff *d, int side, size_t index)
{
	add_value(d, side, "pseudonym", d->model[side]->pseudonyms.digest[index]);
	return 0;
}

/* ---- what differs between two events in the same words ---- */

/* What the value under a key is; the first row that fits counts. NULL: the key itself. */
static const struct {
	const char *key, *label;
} labels[] = {
	{ "digest", "content" },
	{ "task_id", "programs before it" },
	{ "p_task_id", "program of its parent" },
	{ "COE", "credentials" },
	{ "cred", "credentials" },
	{ "tcred", "credentials" },
	{ "dev", "device" },
	{ "rdev", "device number" },
	{ "s_id", "filesystem" },
	{ "s_uuid", "filesystem" },
	{ "s_magic", "filesystem" },
	{ "owner", "creator" },
	{ "instance", "instance number" },
};

static const char *label_of(const char *key)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!strcmp(labels[i].key, key))
			return labels[i].label;
	}
	return key;
}

static void add_label(struct json_object *out, const char *key)
{
	const char *label = label_of(key);

	for (size_t i = 0; i < json_object_array_length(out); i++) {
		if (!strcmp(json_object_get_string(json_object_array_get_idx(out, i)), label))
			return;
	}
	json_object_array_add(out, json_object_new_string(label));
}

/* Both are in the form of event__to_json(): equal values are equal strings, and the depth is that of an event. */
static void differ(struct json_object *a, struct json_object *b, const char *key, struct json_object *out)
{
	bool objects = json_object_is_type(a, json_type_object) && json_object_is_type(b, json_type_object);
	struct json_object *other;

	if (!objects || label_of(key) != key) {
		if (!json_object_equal(a, b))
			add_label(out, key);
		return;
	}
	json_object_object_foreach(a, name, value) {
		if (json_object_object_get_ex(b, name, &other))
			differ(value, other, name, out);
		else
			add_label(out, name);
	}
	json_object_object_foreach(b, more, ignored) {
		(void)ignored;
		if (!json_object_object_get_ex(a, more, NULL))
			add_label(out, more);
	}
}

static struct json_object *differences(struct json_object *a, struct json_object *b)
{
	static const char *const ids[] = { "task_id", "p_task_id" };
	struct json_object *out = json_object_new_array();

	for (int i = 0; i < 2; i++)
		differ(json_object_object_get(json_object_object_get(a, "event"), ids[i]),
		       json_object_object_get(json_object_object_get(b, "event"), ids[i]), ids[i], out);
	json_object_object_foreach(a, key, value) {
		if (strcmp(key, "event"))
			differ(value, json_object_object_get(b, key), key, out);
	}
	return out;
}

static int only_coefficient(struct diff *d, int side, size_t index)
{
	char hex[2 * TSEM_DIGEST_MAX + 1], text[2 * TSEM_DIGEST_MAX + 80];
	struct json_object *json = NULL, *o, *other;
	int err = model_events__get(&d->events[side], index, &json);
	char *sentence;

	digest__to_hex(d->model[side]->states.digest[index], d->model[side]->width, hex);
	if (err && err != -ENOENT && err != -EBADMSG)
		return err;
	if (err) {
		snprintf(text, sizeof(text), "coefficient %s, %s", hex,
			 err == -ENOENT ? "which has no description" : "whose description does not belong to it");
		o = add(d, side, "coefficient", text);
		json_object_object_add(o, "value", json_object_new_string(hex));
		return 0;
	}
	sentence = model_words__sentence(d->words, json);
	if (!sentence) {
		json_object_put(json);
		return -ENOMEM;
	}
	o = add(d, side, "coefficient", sentence);
	json_object_object_add(o, "value", json_object_new_string(hex));
	if (!side)
		json_object_object_add(d->lacking, sentence, json_object_get(json));
	else if (json_object_object_get_ex(d->lacking, sentence, &other))
		json_object_object_add(o, "differs", differences(other, json));
	free(sentence);
	json_object_put(json);
	return 0;
}

static int diff_all(struct diff *d)
{
	const struct model *a = d->model[0], *b = d->model[1];
	int err = 0;

	diff_settings(d);
	diff_patterns(d);
	diff_once(d, "aggregate", a->has_aggregate ? a->aggregate : NULL, b->has_aggregate ? b->aggregate : NULL);
	diff_once(d, "base", a->has_base ? a->base : NULL, b->has_base ? b->base : NULL);
	for (int i = 0; i < 2 && !err; i++)
		err = each_only(d, i, &d->model[i]->pseudonyms, &d->model[!i]->pseudonyms, only_pseudonym);
	for (int i = 0; i < 2 && !err; i++)
		err = each_only(d, i, &d->model[i]->states, &d->model[!i]->states, only_coefficient);
	if (a->sealed != b->sealed)
		add(d, b->sealed, "seal", "seal");
	return err;
}

int model_diff__make(const struct model *a, const struct model *b, struct json_object **out)
{
	struct diff *d = calloc(1, sizeof(*d));
	int err = d ? 0 : -ENOMEM;

	if (err)
		return err;
	d->words = model_words__new();
	d->out = json_object_new_array();
	d->lacking = json_object_new_object();
	err = d->words && d->out && d->lacking ? 0 : -ENOMEM;
	for (int i = 0; i < 2 && !err; i++) {
		d->model[i] = i ? b : a;
		err = model_events__init(&d->events[i], d->model[i]);
		err = err ?: model_words__take(d->words, &d->events[i]);
	}
	err = err ?: diff_all(d);
	model_words__free(d->words);
	json_object_put(d->lacking);
	if (err)
		json_object_put(d->out);
	else
		*out = d->out;
	free(d);
	return err;
}
