// SPDX-License-Identifier: GPL-2.0
/* Hash functions by name and number, and hexadecimal. libcrypto does the hashing; each hash is fetched once. */
#include "digest.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

static const char *const names[] = {
	[TSEM_DIGEST_SHA256] = "sha256",
	[TSEM_DIGEST_SHA3_256] = "sha3-256",
	[TSEM_DIGEST_SM3] = "sm3",
};

static const char *const models[] = {
	[TSEM_MODEL_MODEL0] = "model0",
	[TSEM_MODEL_PORTABLE] = "portable",
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int find(const char *const *table, size_t n, const char *name)
{
	for (size_t i = 1; i < n; i++) {
		if (!strcmp(table[i], name))
			return i;
	}
	return -EINVAL;
}

int digest__parse(const char *name)
{
	return find(names, LENGTH(names), name);
}

const char *digest__name(u32 type)
{
	return type < LENGTH(names) ? names[type] : NULL;
}

int digest__parse_model(const char *name)
{
	return find(models, LENGTH(models), name);
}

const char *digest__model_name(u32 model)
{
	return model < LENGTH(models) ? models[model] : NULL;
}

int digest__hash(u32 type, const void *data, size_t size, u8 *out)
{
	static EVP_MD *fetched[LENGTH(names)];

	if (!digest__name(type))
		return -EINVAL;
	if (!fetched[type])
		fetched[type] = EVP_MD_fetch(NULL, names[type], NULL);
	if (!fetched[type] || !EVP_Digest(data, size, out, NULL, fetched[type], NULL))
		return -EIO;
	return 0;
}

void digest__to_hex(const u8 *data, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 0xf];
	}
	*out = 0;
}

/* Value of a digit, by its character; 0xff for every other character. */
static const u8 *digit_values(void)
{
	static u8 values[256];

	if (!values[0]) {
		memset(values, 0xff, sizeof(values));
		for (int i = 0; i < 10; i++)
			values['0' + i] = i;
		for (int i = 0; i < 6; i++)
			values['a' + i] = values['A' + i] = 10 + i;
	}
	return values;
}

int digest__from_hex(const char *hex, size_t length, u8 *out, size_t size)
{
	const u8 *values = digit_values();
	const u8 *in = (const u8 *)hex;
	u8 bytes[64], bad = 0;

	if (length != 2 * size || size > sizeof(bytes))
		return -EINVAL;
	for (size_t i = 0; i < size; i++) {
		u8 high = values[in[2 * i]], low = values[in[2 * i + 1]];

		bad |= high | low;
		bytes[i] = high << 4 | low;
	}
	if (bad & 0xf0)
		return -EINVAL;
	memcpy(out, bytes, size);
	return 0;
}
