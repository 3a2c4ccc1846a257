// SPDX-License-Identifier: GPL-2.0
/* The agent's model: many coefficients, no room, and measurement and state against those of the loader. */
#include "tma_fixture.h"

#include "model.h"

static const u64 table_key[TMA_MODEL_KEY] = { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb };

/* The coefficient with this number: bytes in no order. */
static void coefficient_of(u64 number, u32 width, u8 *out)
{
	u8 digest[TSEM_DIGEST_MAX] = { 0 };

	assert_int_equal(digest__hash(TSEM_DIGEST_SHA512, &number, sizeof(number), digest), 0);
	memset(out, 0, TSEM_DIGEST_MAX);
	memcpy(out, digest, width);
}

static void many_coefficients_are_found_at_their_places(void **state)
{
	static const u32 widths[] = { TSEM_DIGEST_MIN, 20, 28, 32, 48, TSEM_DIGEST_MAX };
	const u32 count = 20000;
	u8 c[TSEM_DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		size_t size = tma_model__memory(count, widths[i]);
		u8 *memory = malloc(size);
		struct tma_model model;

		assert_true(tma_model__init(&model, memory, size, ~0U, widths[i], table_key));
		assert_true(model.room >= count);
		for (u32 n = 0; n < count; n++) {
			coefficient_of(n, widths[i], c);
			assert_int_equal(tma_model__find(&model, c), TMA_NOWHERE);
			assert_int_equal(tma_model__add(&model, c, n % 3), n);
		}
		assert_int_equal(model.outside, (count + 2) / 3);
		for (u32 n = 0; n < count; n++) {
			coefficient_of(n, widths[i], c);
			assert_int_equal(tma_model__find(&model, c), n);
			assert_memory_equal(tma_model__coefficient(&model, n), c, widths[i]);
			assert_int_equal(tma_model__valid(&model, n), n % 3 != 0);
			assert_int_equal(tma_model__count(&model, n), 0);
		}
		free(memory);
	}
}

/* Memory of every small size, at every address: not a byte outside of it is touched, and all of the room is usable. */
static void memory_of_any_size_holds_what_it_says(void **state)
{
	u8 c[TSEM_DIGEST_MAX];

	(void)state;
	for (size_t size = 0; size < 600; size += 1 + size / 40) {
		for (size_t offset = 0; offset < 9; offset++) {
			/* Exactly this much: a sanitizer sees the next byte. */
			u8 *all = malloc(size + offset);
			struct tma_model model;
			u32 n = 0;

			if (!tma_model__init(&model, all + offset, size, ~0U, 32, table_key)) {
				assert_true(size < tma_model__memory(1, 32));
				free(all);
				continue;
			}
			assert_true(size + 14 >= tma_model__memory(model.room, 32));
			do
				coefficient_of(n, 32, c);
			while (tma_model__add(&model, c, true) == n++);
			assert_int_equal(n - 1, model.room);
			/* It is full, and has lost nothing. */
			assert_int_equal(tma_model__find(&model, c), TMA_NOWHERE);
			while (--n) {
				coefficient_of(n - 1, 32, c);
				assert_int_equal(tma_model__find(&model, c), n - 1);
			}
			free(all);
		}
	}
}

static void a_limit_is_kept(void **state)
{
	static u64 memory[1000];
	struct tma_model model;
	u8 c[TSEM_DIGEST_MAX];

	(void)state;
	assert_true(tma_model__init(&model, memory, sizeof(memory), 3, 32, table_key));
	assert_int_equal(model.room, 3);
	for (u32 n = 0; n < 4; n++) {
		coefficient_of(n, 32, c);
		assert_int_equal(tma_model__add(&model, c, true), n < 3 ? n : TMA_NOWHERE);
	}
	assert_false(tma_model__init(&model, memory, sizeof(memory), 0, 32, table_key));
	/* The same memory in one more piece than is asked for. */
	assert_true(tma_model__init(&model, memory, tma_model__memory(5, 64), ~0U, 64, table_key));
	assert_int_equal(model.room, 5);
}

static void occurrences_are_counted_and_forgotten(void **state)
{
	static u64 memory[1000];
	struct tma_model model;
	u8 c[TSEM_DIGEST_MAX];

	(void)state;
	tma_model__init(&model, memory, sizeof(memory), ~0U, 32, table_key);
	for (u32 n = 0; n < 10; n++) {
		coefficient_of(n, 32, c);
		tma_model__add(&model, c, n != 1 && n != 8);
		for (u32 i = 0; i < n; i++)
			tma_model__occurred(&model, n);
		assert_int_equal(tma_model__count(&model, n), n);
	}
	tma_model__keep(&model, 5);
	assert_int_equal(model.count, 5);
	assert_int_equal(model.outside, 1);
	for (u32 n = 0; n < 10; n++) {
		coefficient_of(n, 32, c);
		assert_int_equal(tma_model__find(&model, c), n < 5 ? n : TMA_NOWHERE);
	}
	assert_int_equal(tma_model__count(&model, 4), 0);
	assert_false(tma_model__valid(&model, 1));
	assert_true(tma_model__valid(&model, 2));
}

/* Measurement and state of `count` coefficients, as the loader has them. */
static void check_values(const struct tma_digest *digest, u32 count, const u8 *base, const u8 *aggregate)
{
	u8(*list)[TSEM_DIGEST_MAX] = calloc(count + 1, sizeof(*list));
	u8 ours[TSEM_DIGEST_MAX], theirs[TSEM_DIGEST_MAX];
	size_t size = tma_model__memory(count + 1, digest->size);
	void *memory = malloc(size);
	struct tma_model model;

	assert_true(tma_model__init(&model, memory, size, ~0U, digest->size, table_key));
	for (u32 n = 0; n < count; n++) {
		coefficient_of(n, digest->size, list[n]);
		/* Many with the same beginning. */
		if (n % 4 == 1)
			memset(list[n], 0x40, 16);
		tma_model__add(&model, list[n], n % 5);
	}
	assert_int_equal(model__measurement(digest->type, aggregate, base, list, count, theirs), 0);
	assert_true(tma_model__measurement(&model, digest, base, aggregate, ours));
	assert_memory_equal(ours, theirs, digest->size);
	assert_true(tma_model__state(&model, digest, base, aggregate, ours));
	/* The table is whole again. */
	for (u32 n = 0; n < count; n++)
		assert_int_equal(tma_model__find(&model, list[n]), n);
	assert_int_equal(model__state(digest->type, aggregate, base, list, count, theirs), 0);
	assert_memory_equal(ours, theirs, digest->size);
	/* The order does not matter to it, nor does a second time. */
	assert_true(tma_model__state(&model, digest, base, aggregate, ours));
	assert_memory_equal(ours, theirs, digest->size);
	free(memory);
	free(list);
}

static void measurement_and_state_are_those_of_the_loader(void **state)
{
	u8 base[TSEM_DIGEST_MAX], aggregate[TSEM_DIGEST_MAX];

	(void)state;
	memset(base, 0xba, sizeof(base));
	memset(aggregate, 0xa9, sizeof(aggregate));
	for (const struct tma_digest *const *digest = tma_digests; *digest; digest++) {
		for (u32 count = 0; count < 40; count++)
			check_values(*digest, count, NULL, NULL);
		check_values(*digest, 1000, base, NULL);
		check_values(*digest, 1000, NULL, aggregate);
		check_values(*digest, 3000, base, aggregate);
	}
}

/* 512-bit digests of a platform: none of the core's own. */
struct foreign {
	u8 message[240];
	u64 size;
};

static void foreign_init(void *context)
{
	((struct foreign *)context)->size = 0;
}

static void foreign_update(void *context, const u8 *data, size_t size)
{
	struct foreign *foreign = context;

	assert_true(foreign->size + size <= sizeof(foreign->message));
	memcpy(foreign->message + foreign->size, data, size);
	foreign->size += size;
}

static bool foreign_final(void *context, u8 *out)
{
	struct foreign *foreign = context;

	return !digest__hash(TSEM_DIGEST_SHA512, foreign->message, foreign->size, out);
}

static bool foreign_fails(void *context, u8 *out)
{
	(void)context;
	(void)out;
	return false;
}

static void a_platform_brings_its_own_hash(void **state)
{
	struct tma_digest sha512 = { .type = TSEM_DIGEST_SHA512,
				     .size = 64,
				     .name = "sha512",
				     .init = foreign_init,
				     .update = foreign_update,
				     .final = foreign_final };
	static u64 memory[100];
	struct tma_model model;
	u8 out[64];

	(void)state;
	check_values(&sha512, 100, NULL, NULL);
	sha512.final = foreign_fails;
	tma_model__init(&model, memory, sizeof(memory), ~0U, 64, table_key);
	assert_false(tma_model__state(&model, &sha512, NULL, NULL, out));
	assert_false(tma_model__measurement(&model, &sha512, NULL, NULL, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_coefficients_are_found_at_their_places),
		cmocka_unit_test(memory_of_any_size_holds_what_it_says),
		cmocka_unit_test(a_limit_is_kept),
		cmocka_unit_test(occurrences_are_counted_and_forgotten),
		cmocka_unit_test(measurement_and_state_are_those_of_the_loader),
		cmocka_unit_test(a_platform_brings_its_own_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
