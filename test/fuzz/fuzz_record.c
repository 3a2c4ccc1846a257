// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the event codec (loader/lib/event*.c). An input is taken twice: as a record, the way a reader of a
 * journal gets it, and as a line of JSON, the way `coefficients` gets it.
 *
 * A record lies in memory of exactly its own size, so that a sanitizer sees a read of the first byte behind it. What is
 * printed for it must be valid JSON in valid UTF-8 on one line, must be read back to a record of the same coefficient,
 * and must then print the same.
 *
 * Build with `clang -fsanitize=fuzzer,address,undefined`, or with -DFUZZ_MAIN to run over a corpus.
 */
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "fuzz_main.h"

/* The JSON object of a line that event__line() printed. */
static struct json_object *parse_printed(const char *line)
{
	struct json_tokener *tokener = json_tokener_new();
	size_t size = strlen(line);
	struct json_object *json;

	FUZZ_CHECK(tokener);
	FUZZ_CHECK(!strchr(line, '\n'));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, line, size);
	FUZZ_CHECK(json_tokener_get_error(tokener) == json_tokener_success);
	FUZZ_CHECK(json_tokener_get_parse_end(tokener) == size);
	json_tokener_free(tokener);
	return json;
}

/*
 * The JSON of a record is enough to compute its coefficient, and prints the same once more. Only what could not be
 * described in full is in no model, and need not be the same.
 */
static void check_printed(const struct tsem_record *record, struct json_object *json)
{
	static struct tsem_record again;
	struct json_object *parsed = parse_printed(event__line(json)), *second;
	struct event_digests before, after;
	const char *fault;

	FUZZ_CHECK(!event__from_json(parsed, record->digest, record->encoding, &again, &fault));
	FUZZ_CHECK(event__plausible(&again, sizeof(again)));
	FUZZ_CHECK(!event__coefficient(record, &before));
	FUZZ_CHECK(!event__coefficient(&again, &after));
	if (!(record->flags & TSEM_RECORD_UNMODELED))
		FUZZ_CHECK(!memcmp(&before, &after, sizeof(before)));
	second = event__to_json(&again, true);
	FUZZ_CHECK(second);
	FUZZ_CHECK(!strcmp(event__line(json), event__line(second)));
	json_object_put(second);
	json_object_put(parsed);
}

/* Can the coefficients of this record be computed everywhere? Others ask the kernel, which may not have the hash. */
static bool hashable(const struct tsem_record *record)
{
	return record->digest < TSEM_DIGEST_BPF_END;
}

static void fuzz_record(const u8 *data, size_t size)
{
	struct tsem_record *record = malloc(size ?: 1);
	struct json_object *json, *parsed;
	struct event_digests out;

	FUZZ_CHECK(record);
	if (size)
		memcpy(record, data, size);
	if (!event__plausible(record, size) || !hashable(record))
		goto out;
	FUZZ_CHECK(event__coefficient(record, &out) == (record->kind == TSEM_RECORD_EVENT ? 0 : -EINVAL));
	json = event__to_json(record, true);
	if (json && record->kind == TSEM_RECORD_EVENT) {
		check_printed(record, json);
	} else if (json) {
		parsed = parse_printed(event__line(json));
		json_object_put(parsed);
	}
	json_object_put(json);
out:
	free(record);
}

/* A line is read for every digest and encoding: the width of its digests says which of them fit. */
static void read_json(struct json_object *json, u32 digest, u32 encoding)
{
	static struct tsem_record record;
	struct json_object *printed;
	const char *fault = NULL;
	int err = event__from_json(json, digest, encoding, &record, &fault);

	FUZZ_CHECK(!err || err == -EINVAL || err == -E2BIG);
	/* Whoever reports a bad line needs the word at fault. */
	FUZZ_CHECK(!err == !fault);
	if (err)
		return;
	FUZZ_CHECK(event__plausible(&record, sizeof(record)));
	printed = event__to_json(&record, true);
	FUZZ_CHECK(printed);
	if (hashable(&record))
		check_printed(&record, printed);
	json_object_put(printed);
}

static void fuzz_json(const u8 *data, size_t size)
{
	char *line = malloc(size + 1);
	struct json_object *json;

	FUZZ_CHECK(line);
	if (size)
		memcpy(line, data, size);
	line[size] = 0;
	json = json_tokener_parse(line);
	if (json) {
		read_json(json, TSEM_DIGEST_SHA256, TSEM_ENCODING_HOST);
		read_json(json, TSEM_DIGEST_SM3, TSEM_ENCODING_PORTABLE);
		read_json(json, TSEM_DIGEST_SHA512, TSEM_ENCODING_HOST);
	}
	json_object_put(json);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_record(data, size);
	fuzz_json(data, size);
	return 0;
}
