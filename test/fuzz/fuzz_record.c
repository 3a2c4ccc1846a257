// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the event codec (loader/lib/event.c). An input is taken twice: as a record, the way a reader of a journal
 * gets it, and as a line of JSON, the way `coefficients` gets it.
 *
 * A record lies in memory of exactly its own size, so that a sanitizer sees a read of the first byte behind it. What is
 * printed for it must be valid JSON in valid UTF-8 on one line, must be read back, and must then print the same: bytes
 * that JSON does not show (behind the NUL of a name, in the padding of an owner) get lost on the first way only.
 *
 * Build with `clang -fsanitize=fuzzer,address,undefined`, or with -DFUZZ_MAIN to run over a corpus.
 */
#include <errno.h>
#include <string.h>

#include "digest.h"
#include "event.h"
#include "fuzz_main.h"

/* All digests and models over one record: they walk the same description with other parts hashed. */
static void check_coefficients(const struct tsem_record *record, int expected)
{
	for (u32 digest = TSEM_DIGEST_SHA256; digest <= TSEM_DIGEST_SM3; digest++) {
		for (u32 model = TSEM_MODEL_MODEL0; model <= TSEM_MODEL_PORTABLE; model++) {
			struct event_digests out;

			FUZZ_CHECK(event__coefficient(record, digest, model, &out) == expected);
		}
	}
}

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
 * A record that from_json made has a coefficient, and one that was made from what is printed for it has the same.
 *
 * Compared in `portable`, which leaves out s_id: JSON does not show what stands behind a NUL in it. A settime with
 * neither time nor zone is printed as `{}`, and that is how the format writes a generic event.
 */
static void check_read(const struct tsem_record *record)
{
	static struct tsem_record again;
	bool narrow = record->digest_size == digest__size(TSEM_DIGEST_SHA256);
	struct event_digests before, after;
	struct json_object *json, *second, *parsed;
	const char *fault;

	FUZZ_CHECK(event__plausible(record, sizeof(*record)));
	/* The hashes that are tried have digests of 32 bytes, the record may have others. */
	check_coefficients(record, narrow ? 0 : -EINVAL);
	json = event__to_json(record, true);
	FUZZ_CHECK(json);
	parsed = parse_printed(event__line(json));
	FUZZ_CHECK(!event__from_json(parsed, &again, &fault));
	second = event__to_json(&again, true);
	FUZZ_CHECK(second);
	FUZZ_CHECK(!strcmp(event__line(json), event__line(second)));
	if (record->cell_size || record->shape & TSEM_SHAPE_GENERIC) {
		FUZZ_CHECK(record->shape == again.shape && record->cell_size == again.cell_size);
	}
	if (narrow && (record->cell_size || record->shape & TSEM_SHAPE_GENERIC)) {
		FUZZ_CHECK(!event__coefficient(record, TSEM_DIGEST_SHA256, TSEM_MODEL_PORTABLE, &before));
		FUZZ_CHECK(!event__coefficient(&again, TSEM_DIGEST_SHA256, TSEM_MODEL_PORTABLE, &after));
		FUZZ_CHECK(!memcmp(&before, &after, sizeof(before)));
	}
	json_object_put(second);
	json_object_put(parsed);
	json_object_put(json);
}

static void fuzz_record(const u8 *data, size_t size)
{
	static struct tsem_record read;
	struct tsem_record *record = malloc(size ?: 1);
	struct json_object *json, *parsed, *second;
	struct event_digests out;
	const char *fault;
	int err;

	FUZZ_CHECK(record);
	if (size)
		memcpy(record, data, size);
	if (!event__plausible(record, size))
		goto out;
	err = event__coefficient(record, TSEM_DIGEST_SHA256, TSEM_MODEL_MODEL0, &out);
	check_coefficients(record, err);
	json = event__to_json(record, true);
	/* A log record has no coefficient of its own; an event that has one can be shown. */
	FUZZ_CHECK(json || err || record->kind != TSEM_RECORD_EVENT);
	if (!json)
		goto out;
	parsed = parse_printed(event__line(json));
	if (record->kind == TSEM_RECORD_EVENT) {
		FUZZ_CHECK(!event__from_json(parsed, &read, &fault));
		check_read(&read);
		second = event__to_json(&read, true);
		FUZZ_CHECK(second);
		FUZZ_CHECK(!strcmp(event__line(json), event__line(second)));
		json_object_put(second);
	}
	json_object_put(parsed);
	json_object_put(json);
out:
	free(record);
}

static void fuzz_json(const u8 *data, size_t size)
{
	static struct tsem_record record;
	char *line = malloc(size + 1);
	struct json_object *json;
	const char *fault = NULL;
	int err;

	FUZZ_CHECK(line);
	if (size)
		memcpy(line, data, size);
	line[size] = 0;
	json = json_tokener_parse(line);
	if (json) {
		err = event__from_json(json, &record, &fault);
		FUZZ_CHECK(!err || err == -EINVAL || err == -E2BIG);
		/* Whoever reports a bad line needs the word at fault. */
		FUZZ_CHECK(!err == !fault);
		if (!err)
			check_read(&record);
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
