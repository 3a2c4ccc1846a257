// SPDX-License-Identifier: GPL-2.0
/* Measurement and state of a model (coefficients.md, Measurement, state, PCR). */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "model.h"

#define MAX TSEM_DIGEST_MAX

static int extend(u32 digest, const u8 *base, const u8 *coefficient, u8 *m)
{
	size_t size = digest__size(digest);
	u8 message[3 * MAX];
	int err;

	memcpy(message, base, size);
	memcpy(message + size, coefficient, size);
	err = digest__hash(digest, message, 2 * size, message + size);
	memcpy(message, m, size);
	return err ?: digest__hash(digest, message, 2 * size, m);
}

int model__measurement(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[MAX], size_t count, u8 *out)
{
	static const u8 none[MAX];
	int err;

	memset(out, 0, MAX);
	err = extend(digest, base ?: none, aggregate ?: none, out);
	for (size_t i = 0; i < count && !err; i++)
		err = extend(digest, base ?: none, coefficients[i], out);
	return err;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, MAX);
}

int model__state(u32 digest, const u8 *aggregate, const u8 *base, u8 (*coefficients)[MAX], size_t count, u8 *out)
{
	if (count)
		qsort(coefficients, count, MAX, compare);
	return model__measurement(digest, aggregate, base, coefficients, count, out);
}
