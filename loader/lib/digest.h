/* SPDX-License-Identifier: GPL-2.0 */
/* The hash functions of coefficients in user space: OpenSSL's, or the kernel's where OpenSSL does not have one. */
#ifndef TSEM_DIGEST_H
#define TSEM_DIGEST_H

#include <stddef.h>

#include "tsem_types.h"

/* For messages: the names that --digest and digest= accept, on every kernel and with kernel-patches/. */
#define DIGEST_NAMES                                                                                                     \
	"sha256, sha3-256, sm3 and, where the kernel is patched, sha224, sha384, sha512, sha3-224, sha3-384, sha3-512, " \
	"blake2b-160, blake2b-256, blake2b-384, blake2b-512, streebog256, streebog512, rmd160, wp256, wp384, wp512"

/* The enum tsem_digest_type of a kernel crypto name, or -EINVAL. */
int digest__parse(const char *name);
/* The name of an enum tsem_digest_type, or NULL; static. */
const char *digest__name(u32 type);
/* The enum tsem_encoding of `host` or `portable`, or -EINVAL. And its name, static; NULL: it is no encoding. */
int digest__parse_encoding(const char *name);
const char *digest__encoding_name(u32 encoding);

/* Bytes of a digest of this type, from TSEM_DIGEST_MIN to TSEM_DIGEST_MAX; 0: there is no such type. */
size_t digest__size(u32 type);

/*
 * Writes the digest of `size` bytes at `data` to `out`: digest__size() bytes. 0; -EINVAL: there is no such type; -EIO:
 * neither libcrypto nor the running kernel (AF_ALG) has the function.
 */
int digest__hash(u32 type, const void *data, size_t size, u8 *out);

/*
 * The same in pieces: init, any number of updates, final. Call digest__final() after every digest__init(), also after
 * an error. It frees the stream and returns the first error of any step; then `out` is unchanged.
 */
struct digest_stream {
	u32 type;
	int error;
	int operation; /* socket of the kernel's function, or -1 */
	struct evp_md_ctx_st *context; /* EVP_MD_CTX */
};

int digest__init(struct digest_stream *stream, u32 type);
void digest__update(struct digest_stream *stream, const void *data, size_t size);
int digest__final(struct digest_stream *stream, u8 *out);

/* Writes `size` bytes as 2 * size lower case digits and a NUL to `out`. */
void digest__to_hex(const u8 *data, size_t size, char *out);
/* Exactly 2 * size digits of either case into `out`. 0, or -EINVAL; then `out` is unchanged. */
int digest__from_hex(const char *hex, size_t length, u8 *out, size_t size);

#endif
