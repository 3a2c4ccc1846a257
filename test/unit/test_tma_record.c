// SPDX-License-Identifier: GPL-2.0
/*
 * The coefficients that an agent computes from records: all of test/vectors, and the same as the loader for every
 * record that either of them accepts.
 */
#include <errno.h>

#include "tma_fixture.h"
#include "vectors.h"

static const struct tma_digest *function_of(const struct tsem_record *record)
{
	const struct tma_digest *digest = tma_digest__find(tma_digests, record->digest);

	assert_non_null(digest);
	return digest;
}

static void every_vector_has_its_coefficient(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	/* An agent has records at any address. */
	u8 *moved = malloc(sizeof(*record) + 1);
	char hex[2 * TSEM_DIGEST_MAX + 1];
	u8 out[TSEM_DIGEST_MAX];

	(void)state;
	for (int i = 0; i < line_count; i++) {
		read_line(i, record);
		memcpy(moved + 1, record, record->size);
		assert_int_equal(tma_record__check(moved + 1, record->size), TMA_OK);
		assert_int_equal(tma_record__coefficient(function_of(record), moved + 1, out), TMA_OK);
		digest__to_hex(out, record->digest_size, hex);
		if (strcmp(hex, text(lines[i], "coefficient")))
			fail_msg("line %d: the coefficient is %s, not %s", i + 1, hex, text(lines[i], "coefficient"));
	}
	free(moved);
	free(record);
}

/* Each byte of a record either counts for both or for none; what the loader refuses, the agent refuses. */
static void agent_and_loader_agree_on_every_byte(void **state)
{
	struct tsem_record *record = malloc(sizeof(*record));
	u8 out[TSEM_DIGEST_MAX];

	(void)state;
	for (int i = 0; i < line_count; i += 7) {
		u32 size;

		read_line(i, record);
		size = record->size;
		for (u32 at = 0; at < size; at++) {
			u8 *byte = (u8 *)record + at, was = *byte;
			const struct tma_digest *digest = function_of(record);
			struct event_digests theirs;

			*byte ^= 1 << at % 8;
			if (tma_record__check((u8 *)record, size) ||
			    tma_record__coefficient(digest, (u8 *)record, out)) {
				/* Another digest is no fault of the record, but of its namespace. */
				assert_true(record->digest != digest->type ||
					    event__coefficient(record, &theirs) == -EINVAL || size != record->size);
			} else {
				assert_int_equal(event__coefficient(record, &theirs), 0);
				assert_memory_equal(out, theirs.coefficient, digest->size);
			}
			*byte = was;
		}
	}
	free(record);
}

static void refused(struct tsem_record *record, size_t size)
{
	assert_int_equal(tma_record__check((u8 *)record, size), TMA_ERROR_RECORD);
}

static void a_malformed_record_is_refused(void **state)
{
	static struct tsem_record good, bad;

	(void)state;
	make_event(&good, "usb", 1);
	assert_int_equal(tma_record__check((u8 *)&good, good.size), TMA_OK);
	for (u32 size = 0; size < good.size; size++)
		refused(&good, size);
	refused(&good, good.size + 1);
#define WITH(field, value)                \
	do {                              \
		bad = good;               \
		bad.field = value;        \
		refused(&bad, good.size); \
		refused(&bad, bad.size);  \
	} while (0)
	WITH(magic, 1);
	WITH(version, 1);
	WITH(version, 3);
	WITH(kind, TSEM_RECORD_LOG);
	WITH(kind, 0);
	WITH(size, 0);
	WITH(size, ~0U);
	WITH(cell_size, TSEM_CELL_MAX + 1);
	WITH(cell_size, ~0U);
	WITH(cell_size, ~0U - TSEM_RECORD_HEADER_SIZE);
	WITH(hashed_size, good.cell_size + 1);
	WITH(hashed_size, ~0U);
	WITH(event, 0);
	WITH(event, TSEM_EVENT_END);
	WITH(event, 0xffff);
	WITH(encoding, 0);
	WITH(encoding, 3);
	WITH(digest_size, 0);
	WITH(digest_size, TSEM_DIGEST_MAX + 1);
	WITH(digest_size, 0xffff);
	WITH(flags, TSEM_RECORD_GENERIC);
	/* A cell that is too large by one byte, with sizes that agree. */
	for (u32 cell = TSEM_CELL_MAX; cell <= TSEM_CELL_MAX + 1; cell++) {
		static u8 large[sizeof(good) + 1];

		bad = good;
		bad.cell_size = cell;
		bad.size = TSEM_RECORD_HEADER_SIZE + cell;
		memcpy(large, &bad, TSEM_RECORD_HEADER_SIZE);
		assert_int_equal(tma_record__check(large, bad.size), cell > TSEM_CELL_MAX ? TMA_ERROR_RECORD : TMA_OK);
	}
	assert_int_equal(tma_record__coefficient(&tma_sm3, (u8 *)&good, (u8 *)&bad), TMA_ERROR_SETTINGS);
	bad = good;
	bad.digest_size = 20;
	assert_int_equal(tma_record__coefficient(&tma_sha256, (u8 *)&bad, bad.coefficient), TMA_ERROR_SETTINGS);
}

static bool no_final(void *context, u8 *out)
{
	(void)context;
	(void)out;
	return false;
}

static void a_hash_that_fails_gives_no_coefficient(void **state)
{
	static struct tsem_record record;
	struct tma_digest broken = tma_sha256;
	u8 out[TSEM_DIGEST_MAX];

	(void)state;
	broken.final = no_final;
	make_event(&record, "usb", 1);
	assert_int_equal(tma_record__coefficient(&broken, (u8 *)&record, out), TMA_ERROR_HASH);
	record = (struct tsem_record){ .digest = record.digest,
				       .digest_size = 32,
				       .event = TSEM_EVENT_perf_event_open,
				       .flags = TSEM_RECORD_GENERIC };
	assert_int_equal(tma_record__coefficient(&broken, (u8 *)&record, out), TMA_ERROR_HASH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_has_its_coefficient),
		cmocka_unit_test(agent_and_loader_agree_on_every_byte),
		cmocka_unit_test(a_malformed_record_is_refused),
		cmocka_unit_test(a_hash_that_fails_gives_no_coefficient),
	};

	return cmocka_run_group_tests(tests, load_vectors, drop_vectors);
}
