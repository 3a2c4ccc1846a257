// SPDX-License-Identifier: GPL-2.0
/*
 * Parses what a TPM signs, and its signature, by the TPM 2.0 specification (part 2, TPMS_ATTEST and TPMT_SIGNATURE;
 * integers are big-endian). So a verifier needs no TPM software, and need not trust its parsers with foreign bytes.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "attest_parts.h"
#include "digest.h"

#define ALG_RSASSA 0x0014
#define ALG_ECDSA 0x0018

static const u8 *take(struct attest_bytes *b, size_t size)
{
	const u8 *p = b->p;

	if (b->short_of || size > b->left) {
		b->short_of = true;
		return NULL;
	}
	b->p += size;
	b->left -= size;
	return p;
}

static u64 take_integer(struct attest_bytes *b, size_t size)
{
	const u8 *p = take(b, size);
	u64 value = 0;

	for (size_t i = 0; p && i < size; i++)
		value = value << 8 | p[i];
	return value;
}

/* A TPM2B: a size of two bytes, and as many bytes. */
static struct attest_bytes take_sized(struct attest_bytes *b)
{
	size_t size = take_integer(b, 2);
	const u8 *p = take(b, size);

	return (struct attest_bytes){ .p = p, .left = p ? size : 0, .short_of = !p };
}

int attest__parse_quote(const struct tpm2_quote *quote, struct attest_quoted *q)
{
	struct attest_bytes b = { .p = quote->attest, .left = quote->attest_size };
	const u8 *bits;
	u32 size;

	memset(q, 0, sizeof(*q));
	q->magic = take_integer(&b, 4);
	q->type = take_integer(&b, 2);
	take_sized(&b); /* name of the key; not needed, since the signature proves the key */
	q->extra = take_sized(&b);
	take(&b, 8 + 4 + 4 + 1); /* clock, resets, restarts, safe */
	take(&b, 8); /* version of the firmware */
	if (b.short_of || q->type != ATTEST_ST_QUOTE)
		return b.short_of ? -EINVAL : 0;
	q->banks = take_integer(&b, 4);
	if (q->banks != 1)
		return b.short_of ? -EINVAL : 0;
	q->bank = take_integer(&b, 2);
	size = take_integer(&b, 1);
	bits = take(&b, size);
	for (u32 i = 0; bits && i < size; i++) {
		/* A register that the evidence does not have. */
		if (i >= 4 && bits[i])
			return -EINVAL;
		q->selected |= i < 4 ? (u32)bits[i] << 8 * i : 0;
	}
	q->digest = take_sized(&b);
	return b.short_of || b.left ? -EINVAL : 0;
}

bool attest__equal(const struct attest_bytes *b, const u8 *value)
{
	return b->left == ATTEST_SIZE && !memcmp(b->p, value, ATTEST_SIZE);
}

int attest__registers(const struct attest *a, const u8 *pcr, u8 *out)
{
	u8 registers[ATTEST_BOOT + 1][ATTEST_SIZE];

	memcpy(registers, a->boot, sizeof(a->boot));
	memcpy(registers[ATTEST_BOOT], pcr, ATTEST_SIZE);
	return digest__hash(TSEM_DIGEST_SHA256, registers, sizeof(registers), out);
}

EVP_PKEY *attest__key(FILE *file)
{
	EVP_PKEY *key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	char group[32] = "";

	if (key && EVP_PKEY_is_a(key, "EC"))
		EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
	if (key && (!strcmp(group, "prime256v1") || (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= 2048)))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/*
 * Converts TPMT_SIGNATURE of ECDSA to libcrypto's form: a DER sequence, which the caller frees. Returns its size, or 0.
 */
static int ecdsa_der(struct attest_bytes *b, u8 **der)
{
	struct attest_bytes r = take_sized(b), s = take_sized(b);
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *rn, *sn;
	int size = 0;

	*der = NULL;
	if (!signature || r.short_of || s.short_of || r.left > ATTEST_SIZE || s.left > ATTEST_SIZE) {
		ECDSA_SIG_free(signature);
		return 0;
	}
	rn = BN_bin2bn(r.p, r.left, NULL);
	sn = BN_bin2bn(s.p, s.left, NULL);
	if (rn && sn && ECDSA_SIG_set0(signature, rn, sn)) {
		size = i2d_ECDSA_SIG(signature, der);
	} else {
		BN_free(rn);
		BN_free(sn);
	}
	ECDSA_SIG_free(signature);
	return size > 0 ? size : 0;
}

bool attest__signed(const struct tpm2_quote *quote, EVP_PKEY *key)
{
	struct attest_bytes b = { .p = quote->signature, .left = quote->signature_size }, rsa;
	u32 algorithm = take_integer(&b, 2), hash = take_integer(&b, 2);
	bool ecdsa = EVP_PKEY_is_a(key, "EC"), holds = false;
	EVP_MD_CTX *context;
	const u8 *signature;
	u8 *der = NULL;
	size_t size;

	if (algorithm != (ecdsa ? ALG_ECDSA : ALG_RSASSA) || hash != ATTEST_ALG_SHA256)
		return false;
	if (ecdsa) {
		size = ecdsa_der(&b, &der);
		signature = der;
	} else {
		rsa = take_sized(&b);
		size = rsa.left;
		signature = rsa.p;
	}
	context = EVP_MD_CTX_new();
	/* The default RSA padding is PKCS 1.5, which is RSASSA. */
	if (context && size && !b.short_of && !b.left &&
	    EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1)
		holds = EVP_DigestVerify(context, signature, size, quote->attest, quote->attest_size) == 1;
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	return holds;
}
