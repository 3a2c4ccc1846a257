// SPDX-License-Identifier: GPL-2.0
/*
 * Groups events outside of the model by cause.
 *
 * Some deviations have the same cause wherever they occur: a file with other content, another user, a descriptor that
 * is a terminal now. They are found by a key. A program that was executed against the model has a TASK_ID that the
 * model does not have, so everything that it does follows from the exec. What is left is new: the first of a task is a
 * cause, and the later ones of the task may follow from it if it was denied.
 *
 * Only numbers are kept of most events; the records of the first event of a cause, and of a few others, are packed.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "explain_causes.h"
#include "names.h"

struct causes *causes__new(void)
{
	return calloc(1, sizeof(struct causes));
}

void causes__free(struct causes *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->cause[i].log);
	free(c->cause);
	free(c->deviation);
	free(c->task);
	numbers__free(&c->ids);
	numbers__free(&c->keys);
	numbers__free(&c->tasks);
	numbers__free(&c->strange_values);
	free(c);
}

/* Makes room for one more. Doubles if `count` is a power of two. */
static int more(void **array, size_t count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return 0;
	bigger = count < UINT32_MAX / 2 ? reallocarray(*array, count ? 2 * count : 1, size) : NULL;
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

/* ---- what is known ---- */

/* Is this event among the deviations already? */
static bool repeated(struct causes *c, const u8 id[EXPLAIN_ID_SIZE])
{
	u32 hash;

	memcpy(&hash, id, sizeof(hash));
	for (const struct number *n = numbers__first(&c->ids, hash); n; n = numbers__next(&c->ids, n)) {
		if (!memcmp(c->deviation[n->value].id, id, EXPLAIN_ID_SIZE))
			return true;
	}
	return false;
}

/* The cause that a task has; NO_CAUSE: none. */
static u32 cause_of_task(const struct causes *c, u64 task)
{
	for (const struct number *n = numbers__first(&c->tasks, task ^ task >> 32); n;
	     n = numbers__next(&c->tasks, n)) {
		if (c->task[n->value].number == task)
			return c->task[n->value].cause;
	}
	return NO_CAUSE;
}

static int set_cause_of_task(struct causes *c, u64 task, u32 cause)
{
	int err;

	if (!task || cause_of_task(c, task) != NO_CAUSE)
		return 0;
	err = more((void **)&c->task, c->tasks_count, sizeof(*c->task));
	if (err)
		return err;
	c->task[c->tasks_count].number = task;
	c->task[c->tasks_count].cause = cause;
	return numbers__add(&c->tasks, task ^ task >> 32, c->tasks_count++, UINT32_MAX);
}

/* The cause by which a program came, by the hash of its TASK_ID; NO_CAUSE: the model has it, or nobody knows. */
static u32 cause_of_value(const struct causes *c, u32 value)
{
	const struct number *n = numbers__first(&c->strange_values, value);

	return n ? n->value : NO_CAUSE;
}

/* Remembers that the program of the exec at hand came by a cause. */
static int mark_program(struct explain *explain, u32 cause)
{
	const struct program_ids *ids = &explain->ids;
	int err = 0;

	/* By the same hash as the feature of a TASK_ID. */
	for (u32 i = 0; i < ids->count && !err; i++)
		err = numbers__add(&explain->causes->strange_values,
				   index__hash(explain->index, ids->hex[i], strlen(ids->hex[i])), cause, 1);
	return err;
}

/* Does a TASK_ID differ for another reason than a program that came by a cause? */
static bool not_strange(const struct feature *feature, void *data)
{
	return cause_of_value(data, feature->value) == NO_CAUSE;
}

/* ---- what the cause is ---- */

/* What an inherited descriptor is if it has this path; 0: none of the usual files. */
static enum explain_stream stream_of(struct json_object *event)
{
	static const struct {
		const char *prefix;
		enum explain_stream stream;
	} prefixes[] = {
		{ "/dev/pts/", EXPLAIN_TERMINAL },
		{ "/dev/tty", EXPLAIN_TERMINAL },
		{ "/dev/console", EXPLAIN_TERMINAL },
		{ "/dev/null", EXPLAIN_NULL },
		{ "pipe:", EXPLAIN_PIPE },
		{ "/pipe:", EXPLAIN_PIPE },
		{ "socket:", EXPLAIN_SOCKET },
	};
	struct json_object *cell = event__member(event, json_object_get_string(event__lookup(event, "event.type")));
	struct json_object *path = event__lookup(cell, "file.path.pathname")
					   ?: event__lookup(cell, "path.path.pathname");

	for (size_t i = 0; path && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!strncmp(json_object_get_string(path), prefixes[i].prefix, strlen(prefixes[i].prefix)))
			return prefixes[i].stream;
	}
	return 0;
}

/* The number of the inherited descriptor that an event is about, plus 1; 0: it is about none. */
static u32 descriptor_of(struct json_object *event)
{
	struct json_object *cell = event__member(event, json_object_get_string(event__lookup(event, "event.type")));
	struct json_object *number = event__lookup(cell, "file.inherited") ?: event__lookup(cell, "path.inherited");

	return number ? event__number(number) + 1 : 0;
}

/* The number of the inherited descriptor plus 1 if the event only asks a terminal; 0: it does not. */
static u32 asks_terminal(struct json_object *event)
{
	struct json_object *cell = event__member(event, "file_ioctl");

	return cell && names__terminal_ioctl(event__number_at(cell, "cmd")) ? descriptor_of(event) : 0;
}

/*
 * Is the cause that a descriptor is of another kind than in the model? Fills stream and descriptor. The model shows it
 * if it has the descriptor by path. Or a program asks a terminal for the first time.
 */
static bool other_stream(struct explain *explain, struct json_object *event, const struct nearest *nearest,
			 struct cause *cause)
{
	u32 own = descriptor_of(event), asks = asks_terminal(event);
	struct json_object *other;

	if (!nearest->found || (!asks && !(cause->classes & FEATURE_STREAM)))
		goto out;
	index__record(explain->index, nearest->number, &explain->scratch);
	other = event__to_json(&explain->scratch, true);
	if (cause->classes & FEATURE_STREAM) {
		/* It was one of these, opened by the workload; or it is one now. */
		cause->stream = !own ? stream_of(event) : stream_of(other) ? EXPLAIN_INHERITED : 0;
		cause->descriptor = (own ?: descriptor_of(other)) - 1;
	}
	if (asks_terminal(other))
		asks = 0;
	json_object_put(other);
out:
	if (!cause->stream && asks) {
		cause->stream = EXPLAIN_TERMINAL;
		cause->descriptor = asks - 1;
	}
	return cause->stream;
}

static u64 mix(u64 a, u64 b)
{
	return (a ^ b) * 0x9e3779b97f4a7c15 ^ b >> 29;
}

static u64 values_of(const struct flat *flat, u32 classes)
{
	u64 hash = classes;

	for (u32 i = 0; i < flat->count; i++) {
		if (flat->feature[i].class & classes)
			hash = mix(hash, (u64)flat->feature[i].place << 32 | flat->feature[i].value);
	}
	return hash;
}

/* The values that all events of a cause share, by enum explain_why. */
static const u32 shared[] = {
	[EXPLAIN_CONTENT] = FEATURE_PATH | FEATURE_CONTENT,
	[EXPLAIN_NEW_PROGRAM] = FEATURE_PATH | FEATURE_CONTENT,
	[EXPLAIN_UNKNOWN_PROGRAM] = FEATURE_PROGRAM,
	[EXPLAIN_CREDENTIALS] = FEATURE_PROGRAM | FEATURE_CREDENTIAL,
	[EXPLAIN_PARENT] = FEATURE_PROGRAM | FEATURE_PARENT,
	[EXPLAIN_NEW] = FEATURE_PROGRAM | FEATURE_DIRECTORY | FEATURE_OTHER | FEATURE_ADDRESS,
};

/* Fills why, and the stream if it is one. */
static void classify(struct explain *explain, struct json_object *event, const struct nearest *nearest,
		     struct cause *cause)
{
	u32 classes = cause->classes;
	bool exec = explain->record.event == TSEM_EVENT_bprm_committing_creds;

	if (nearest->found && classes & FEATURE_CONTENT && !(classes & ~(FEATURE_CONTENT | FEATURE_INODE)))
		cause->why = EXPLAIN_CONTENT;
	else if (exec && (!nearest->found || classes & FEATURE_PATH))
		cause->why = EXPLAIN_NEW_PROGRAM;
	else if (!index__has_program(explain->index, flat__value(&explain->flat, FEATURE_PROGRAM)) &&
		 cause_of_value(explain->causes, flat__value(&explain->flat, FEATURE_PROGRAM)) == NO_CAUSE)
		cause->why = EXPLAIN_UNKNOWN_PROGRAM;
	else if (other_stream(explain, event, nearest, cause))
		cause->why = EXPLAIN_STREAM;
	else if (nearest->found && classes == FEATURE_CREDENTIAL)
		cause->why = EXPLAIN_CREDENTIALS;
	else if (nearest->found && classes == FEATURE_PARENT)
		cause->why = EXPLAIN_PARENT;
	else
		cause->why = EXPLAIN_NEW;
}

static u64 key_of(const struct explain *explain, const struct cause *cause)
{
	u64 key = cause->why;

	if (cause->why == EXPLAIN_STREAM)
		return mix(mix(key, cause->stream), cause->descriptor);
	if (cause->why == EXPLAIN_NEW)
		key = mix(key, explain->flat.event);
	/* Places differ from type to type, but the content of a file is the same whatever is done with it. */
	if (cause->why == EXPLAIN_CONTENT || cause->why == EXPLAIN_NEW_PROGRAM)
		return mix(mix(key, flat__value(&explain->flat, FEATURE_PATH)),
			   flat__value(&explain->flat, FEATURE_CONTENT));
	return mix(key, values_of(&explain->flat, shared[cause->why]));
}

static u32 find_cause(const struct causes *c, u64 key)
{
	for (const struct number *n = numbers__first(&c->keys, key >> 32); n; n = numbers__next(&c->keys, n)) {
		if (c->cause[n->value].key == key)
			return n->value;
	}
	return NO_CAUSE;
}

/* The cause that an event certainly follows from: its program came by it. NO_CAUSE: none. */
static u32 followed(const struct explain *explain, u32 classes, const struct nearest *nearest)
{
	const struct flat *flat = &explain->flat;
	u32 cause = cause_of_value(explain->causes, flat__value(flat, FEATURE_PROGRAM));

	/* What a new program does is all new. */
	if (cause != NO_CAUSE && explain->causes->cause[cause].why == EXPLAIN_NEW_PROGRAM)
		return cause;
	if (classes || !nearest->found)
		return NO_CAUSE;
	for (u32 i = 0; i < flat->count; i++) {
		u32 class = flat->feature[i].class;

		if (class & (FEATURE_PROGRAM | FEATURE_PARENT | FEATURE_TASK) && cause == NO_CAUSE)
			cause = cause_of_value(explain->causes, flat->feature[i].value);
	}
	return cause;
}

/* ---- adding ---- */

static int new_cause(struct causes *c, const struct cause *cause, u32 *number)
{
	int err = more((void **)&c->cause, c->count, sizeof(*c->cause));

	err = err ?: numbers__add(&c->keys, cause->key >> 32, c->count, UINT32_MAX);
	if (err)
		return err;
	*number = c->count;
	c->cause[c->count] = *cause;
	c->cause[c->count].first = c->cause[c->count].last = c->deviations;
	c->count++;
	return 0;
}

/* Appends the deviation to the list of its cause. */
static int add_deviation(struct causes *c, u32 number, enum explain_relation relation, u64 line,
			 const u8 id[EXPLAIN_ID_SIZE])
{
	struct cause *cause = &c->cause[number];
	struct deviation *d;
	int err = more((void **)&c->deviation, c->deviations, sizeof(*c->deviation));
	u32 hash;

	memcpy(&hash, id, sizeof(hash));
	err = err ?: numbers__add(&c->ids, hash, c->deviations, UINT32_MAX);
	if (err)
		return err;
	d = &c->deviation[c->deviations];
	*d = (struct deviation){ .line = line, .relation = relation, .next = NO_CAUSE };
	memcpy(d->id, id, EXPLAIN_ID_SIZE);
	if (cause->first != c->deviations)
		c->deviation[cause->last].next = c->deviations;
	cause->last = c->deviations++;
	cause->counts[relation]++;
	return 0;
}

/* Decides which cause the event belongs to, a new one in *cause if it is none of the others, and in which way. */
static u32 choose(struct explain *explain, struct json_object *event, const struct nearest *nearest,
		  struct cause *cause, enum explain_relation *relation)
{
	struct causes *c = explain->causes;
	u32 number = followed(explain, cause->classes, nearest);

	*relation = EXPLAIN_FOLLOWS;
	if (number != NO_CAUSE)
		return number;
	classify(explain, event, nearest, cause);
	cause->key = key_of(explain, cause);
	number = find_cause(c, cause->key);
	*relation = EXPLAIN_ALIKE;
	if (number == NO_CAUSE && cause->why == EXPLAIN_NEW && !(cause->verdict & EXPLAIN_ALLOWED)) {
		number = cause_of_task(c, explain->record.task_number);
		*relation = EXPLAIN_LATER;
	}
	if (number == NO_CAUSE)
		*relation = EXPLAIN_FIRST;
	return number;
}

/* Keeps what will be shown of the event. */
static int keep(struct explain *explain, struct json_object *event, u32 number, enum explain_relation relation,
		u32 verdict)
{
	struct cause *cause = &explain->causes->cause[number];
	const void *packed;

	if (relation != EXPLAIN_LATER && !cause->unwise)
		cause->unwise = explain__unwise(explain->record.event, event);
	if (cause->why == EXPLAIN_CREDENTIALS && !cause->unwise)
		cause->unwise = "it has rights that the model does not give it; find out why";
	if (relation != EXPLAIN_FIRST && cause->shown_count == EXPLAIN_SHOWN)
		return 0;
	packed = index__pack(explain->index, &explain->record);
	if (!packed)
		return -ENOMEM;
	if (relation == EXPLAIN_FIRST)
		cause->packed = packed;
	else
		cause->shown[cause->shown_count++] = (struct shown){ .packed = packed,
								     .verdict = verdict,
								     .deviation = explain->causes->deviations };
	return 0;
}

static int add_outside(struct explain *explain, struct json_object *event, u64 line, u32 verdict,
		       const struct nearest *nearest)
{
	struct cause cause = { .nearest = *nearest, .verdict = verdict };
	struct causes *c = explain->causes;
	enum explain_relation relation;
	u32 number;
	int err = 0;

	if (nearest->found)
		cause.classes = index__differences(explain->index, &explain->flat, nearest->number, not_strange, c);
	number = choose(explain, event, nearest, &cause, &relation);
	if (relation == EXPLAIN_FIRST)
		err = new_cause(c, &cause, &number);
	err = err ?: keep(explain, event, number, relation, verdict);
	err = err ?: add_deviation(c, number, relation, line, explain->flat.id);
	err = err ?: set_cause_of_task(c, explain->record.task_number, number);
	if (!err && explain->record.event == TSEM_EVENT_bprm_committing_creds)
		err = mark_program(explain, number);
	return err;
}

/* Log records with the same words are one cause. */
static int add_log(struct explain *explain, struct json_object *log, u64 line, const char **fault)
{
	struct cause cause = { .why = EXPLAIN_UNDESCRIBED };
	struct causes *c = explain->causes;
	u8 id[EXPLAIN_ID_SIZE] = {};
	struct explanation text = {};
	int err = explain__log(explain, log, &text, fault);
	u32 number;

	if (err)
		goto out;
	cause.key = mix(cause.why, index__hash(explain->index, text.sentence, strlen(text.sentence)));
	number = find_cause(c, cause.key);
	memcpy(id, &line, sizeof(line));
	if (number != NO_CAUSE) {
		err = add_deviation(c, number, EXPLAIN_ALIKE, line, id);
		goto out;
	}
	err = new_cause(c, &cause, &number);
	if (!err) {
		c->cause[number].log = text.sentence;
		text.sentence = NULL;
		err = add_deviation(c, number, EXPLAIN_FIRST, line, id);
	}
out:
	explain__free_text(&text);
	return err;
}

int explain__add(struct explain *explain, struct json_object *json, u64 line, u32 verdict, const char **fault)
{
	struct json_object *event = NULL, *log = event__member(json, "log");
	struct nearest nearest;
	int err;

	*fault = NULL;
	if (json_object_is_type(log, json_type_object))
		return add_log(explain, log, line, fault);
	err = explain__take(explain, json, &event, fault);
	if (err)
		return err;
	if (repeated(explain->causes, explain->flat.id)) {
		explain->causes->repeats++;
	} else {
		index__nearest(explain->index, &explain->flat, &nearest);
		if (nearest.same && verdict == EXPLAIN_UNKNOWN)
			explain->causes->inside++;
		else
			err = add_outside(explain, event, line, verdict, &nearest);
	}
	json_object_put(event);
	return err;
}
