// SPDX-License-Identifier: GPL-2.0
/*
 * Hash functions by name and number, and hexadecimal. libcrypto does the hashing; each hash is fetched once. For hashes
 * that it lacks (Streebog, Whirlpool) the kernel does it, through an AF_ALG socket, if the kernel has them.
 *
 * The table has every unkeyed cryptographic hash of the kernel's crypto API except MD4, MD5 and SHA-1: a model proves
 * nothing if collisions of its hash can be computed.
 */
#include "digest.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_alg.h>
#include <openssl/evp.h>

static const struct {
	const char *name; /* in the kernel */
	const char *fetch; /* in libcrypto; NULL: it has no hash of the same size */
	size_t size;
} types[TSEM_DIGEST_END] = {
	[TSEM_DIGEST_SHA256] = { "sha256", "sha256", 32 },
	[TSEM_DIGEST_SHA3_256] = { "sha3-256", "sha3-256", 32 },
	[TSEM_DIGEST_SM3] = { "sm3", "sm3", 32 },
	[TSEM_DIGEST_SHA224] = { "sha224", "sha224", 28 },
	[TSEM_DIGEST_SHA384] = { "sha384", "sha384", 48 },
	[TSEM_DIGEST_SHA512] = { "sha512", "sha512", 64 },
	[TSEM_DIGEST_SHA3_224] = { "sha3-224", "sha3-224", 28 },
	[TSEM_DIGEST_SHA3_384] = { "sha3-384", "sha3-384", 48 },
	[TSEM_DIGEST_SHA3_512] = { "sha3-512", "sha3-512", 64 },
	[TSEM_DIGEST_BLAKE2B_160] = { "blake2b-160", NULL, 20 },
	[TSEM_DIGEST_BLAKE2B_256] = { "blake2b-256", NULL, 32 },
	[TSEM_DIGEST_BLAKE2B_384] = { "blake2b-384", NULL, 48 },
	[TSEM_DIGEST_BLAKE2B_512] = { "blake2b-512", "blake2b-512", 64 },
	[TSEM_DIGEST_STREEBOG256] = { "streebog256", NULL, 32 },
	[TSEM_DIGEST_STREEBOG512] = { "streebog512", NULL, 64 },
	[TSEM_DIGEST_RMD160] = { "rmd160", "ripemd-160", 20 },
	[TSEM_DIGEST_WP256] = { "wp256", NULL, 32 },
	[TSEM_DIGEST_WP384] = { "wp384", NULL, 48 },
	[TSEM_DIGEST_WP512] = { "wp512", NULL, 64 },
};

static const char *const encodings[] = {
	[TSEM_ENCODING_HOST] = "host",
	[TSEM_ENCODING_PORTABLE] = "portable",
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
	for (int i = 1; i < TSEM_DIGEST_END; i++) {
		if (!strcmp(types[i].name, name))
			return i;
	}
	return -EINVAL;
}

const char *digest__name(u32 type)
{
	return type < TSEM_DIGEST_END ? types[type].name : NULL;
}

size_t digest__size(u32 type)
{
	return type < TSEM_DIGEST_END ? types[type].size : 0;
}

int digest__parse_encoding(const char *name)
{
	return find(encodings, LENGTH(encodings), name);
}

const char *digest__encoding_name(u32 encoding)
{
	return encoding < LENGTH(encodings) ? encodings[encoding] : NULL;
}

/* libcrypto's function; NULL: use the kernel's. */
static const EVP_MD *fetch(u32 type)
{
	static EVP_MD *fetched[TSEM_DIGEST_END];

	if (!fetched[type] && types[type].fetch)
		fetched[type] = EVP_MD_fetch(NULL, types[type].fetch, NULL);
	return fetched[type];
}

/*
 * A socket of the kernel's hash function, or -EIO. Each digest opens its own: speed does not matter here.
 */
static int kernel_open(u32 type)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "hash" };
	int function = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), operation = -1;

	if (function < 0)
		return -EIO;
	memcpy(address.salg_name, types[type].name, strlen(types[type].name));
	if (!bind(function, (struct sockaddr *)&address, sizeof(address)))
		operation = accept4(function, NULL, NULL, SOCK_CLOEXEC);
	close(function);
	return operation < 0 ? -EIO : operation;
}

static int kernel_update(int operation, const void *data, size_t size)
{
	const u8 *next = data;

	while (size) {
		ssize_t sent = send(operation, next, size, MSG_MORE);

		if (sent <= 0)
			return -EIO;
		next += sent;
		size -= sent;
	}
	return 0;
}

int digest__init(struct digest_stream *stream, u32 type)
{
	*stream = (struct digest_stream){ .type = type, .operation = -1 };
	if (!digest__name(type)) {
		stream->error = -EINVAL;
	} else if (fetch(type)) {
		stream->context = EVP_MD_CTX_new();
		if (!stream->context || !EVP_DigestInit_ex2(stream->context, fetch(type), NULL))
			stream->error = -EIO;
	} else {
		stream->operation = kernel_open(type);
		stream->error = stream->operation < 0 ? -EIO : 0;
	}
	return stream->error;
}

void digest__update(struct digest_stream *stream, const void *data, size_t size)
{
	if (stream->error)
		return;
	if (stream->operation >= 0)
		stream->error = kernel_update(stream->operation, data, size);
	else if (!EVP_DigestUpdate(stream->context, data, size))
		stream->error = -EIO;
}

int digest__final(struct digest_stream *stream, u8 *out)
{
	u8 digest[EVP_MAX_MD_SIZE];
	ssize_t size;

	if (!stream->error && stream->operation >= 0) {
		size = types[stream->type].size;
		if (send(stream->operation, NULL, 0, 0) || recv(stream->operation, digest, size, 0) != size)
			stream->error = -EIO;
	} else if (!stream->error && !EVP_DigestFinal_ex(stream->context, digest, NULL)) {
		stream->error = -EIO;
	}
	if (!stream->error)
		memcpy(out, digest, types[stream->type].size);
	EVP_MD_CTX_free(stream->context);
	if (stream->operation >= 0)
		close(stream->operation);
	return stream->error;
}

int digest__hash(u32 type, const void *data, size_t size, u8 *out)
{
	struct digest_stream stream;

	digest__init(&stream, type);
	digest__update(&stream, data, size);
	return digest__final(&stream, out);
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

/* Value of a hexadecimal digit, by its character; 0xff for other characters. */
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
