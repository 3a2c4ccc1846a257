/* SPDX-License-Identifier: GPL-2.0 */
/* The known answers in test/vectors, for a test that is run where the tree begins, and their records. */
#ifndef VECTORS_H
#define VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "event.h"

#ifndef VECTORS
#define VECTORS "test/vectors/vectors.jsonl"
#endif

static struct json_object *lines[512];
static int line_count;

static inline int load_vectors(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	char *line = NULL;
	size_t size = 0;

	(void)state;
	if (!file)
		return -1;
	while (getline(&line, &size, file) > 0)
		lines[line_count++] = json_tokener_parse(line);
	free(line);
	fclose(file);
	return line_count > 100 ? 0 : -1;
}

static inline int drop_vectors(void **state)
{
	(void)state;
	while (line_count)
		json_object_put(lines[--line_count]);
	return 0;
}

static inline const char *text(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : NULL;
}

static inline struct json_object *event_of(int line)
{
	struct json_object *event;

	assert_true(json_object_object_get_ex(lines[line], "event", &event));
	return event;
}

/* The digest and the encoding of a line. */
static inline u32 digest_of(int line)
{
	int digest = digest__parse(text(lines[line], "digest"));

	assert_true(digest > 0);
	return digest;
}

static inline u32 encoding_of(int line)
{
	int encoding = digest__parse_encoding(text(lines[line], "encoding"));

	assert_true(encoding > 0);
	return encoding;
}

static inline void read_line(int line, struct tsem_record *record)
{
	const char *fault;
	int err = event__from_json(event_of(line), digest_of(line), encoding_of(line), record, &fault);

	if (err)
		fail_msg("line %d: %s: %s", line + 1, fault, strerror(-err));
}

#endif
