// SPDX-License-Identifier: GPL-2.0
/*
 * Uses ESYS with the empty authorization, which hierarchies and registers have by default.
 *
 * The key for quotes is a primary key: the TPM derives it from its endorsement seed. Neither a reboot nor TPM2_Clear()
 * changes this seed (TPM2_Clear() changes the owner's seed). So nothing has to be stored, and every call gives the same
 * key. It is restricted: it signs no forged quotes.
 */
#include "tpm2.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#define RSA_EXPONENT 65537

struct tpm2 {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	TPML_PCR_SELECTION banks;
	ESYS_TR key; /* ESYS_TR_NONE: no key is prepared */
	bool key_transient;
	TPM2B_PUBLIC *key_public;
};

static const struct {
	TPM2_ALG_ID hash;
	UINT16 size;
} hashes[] = {
	{ TPM2_ALG_SHA1, TPM2_SHA1_DIGEST_SIZE },       { TPM2_ALG_SHA256, TPM2_SHA256_DIGEST_SIZE },
	{ TPM2_ALG_SHA384, TPM2_SHA384_DIGEST_SIZE },   { TPM2_ALG_SHA512, TPM2_SHA512_DIGEST_SIZE },
	{ TPM2_ALG_SM3_256, TPM2_SM3_256_DIGEST_SIZE },
};

static __thread char error_text[256];

const char *tpm2__error(void)
{
	return error_text;
}

/* Keeps the meaning of a response code, which may be 0. */
static int answer(TSS2_RC rc)
{
	if (!rc)
		return 0;
	snprintf(error_text, sizeof(error_text), "%s", Tss2_RC_Decode(rc));
	return (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MEMORY && rc & TSS2_RC_LAYER_MASK ? -ENOMEM : -EIO;
}

static int complain(int err, const char *why)
{
	snprintf(error_text, sizeof(error_text), "%s", why);
	return err;
}

static UINT16 hash_size(TPM2_ALG_ID hash)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i].hash == hash)
			return hashes[i].size;
	}
	return 0;
}

static bool selected(const TPMS_PCR_SELECTION *bank, u32 pcr)
{
	return pcr / 8 < bank->sizeofSelect && bank->pcrSelect[pcr / 8] & 1 << pcr % 8;
}

int tpm2__open(const char *tcti, struct tpm2 **out)
{
	struct tpm2 *tpm = calloc(1, sizeof(*tpm));
	TPMS_CAPABILITY_DATA *data = NULL;
	int err;

	*out = NULL;
	if (!tpm)
		return complain(-ENOMEM, strerror(ENOMEM));
	tpm->key = ESYS_TR_NONE;
	/*
	 * Keeps the stack from printing on the standard error, unless the user has set the variable.
	 */
	setenv("TSS2_LOG", "all+NONE", 0);
	tcti = tcti ?: getenv(TPM2_TCTI_VARIABLE);
	err = answer(Tss2_TctiLdr_Initialize(tcti && *tcti ? tcti : TPM2_TCTI, &tpm->tcti)) ? -ENODEV : 0;
	err = err ?: answer(Esys_Initialize(&tpm->esys, tpm->tcti, NULL));
	err = err
		      ?: answer(Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_PCRS,
						   0, 1, NULL, &data));
	if (err) {
		tpm2__close(tpm);
		return err;
	}
	tpm->banks = data->data.assignedPCR;
	Esys_Free(data);
	*out = tpm;
	return 0;
}

static void key_close(struct tpm2 *tpm)
{
	Esys_Free(tpm->key_public);
	tpm->key_public = NULL;
	if (tpm->key == ESYS_TR_NONE)
		return;
	if (tpm->key_transient)
		Esys_FlushContext(tpm->esys, tpm->key);
	else
		Esys_TR_Close(tpm->esys, &tpm->key);
	tpm->key = ESYS_TR_NONE;
}

void tpm2__close(struct tpm2 *tpm)
{
	if (!tpm)
		return;
	if (tpm->esys) {
		key_close(tpm);
		Esys_Finalize(&tpm->esys);
	}
	Tss2_TctiLdr_Finalize(&tpm->tcti);
	free(tpm);
}

int tpm2__extend(struct tpm2 *tpm, u32 pcr, const u8 *value, size_t size)
{
	TPML_DIGEST_VALUES values = {};

	if (pcr >= TPM2_PCRS)
		return complain(-EINVAL, "no such register");
	for (UINT32 i = 0; i < tpm->banks.count; i++) {
		const TPMS_PCR_SELECTION *bank = &tpm->banks.pcrSelections[i];
		TPMT_HA *next = &values.digests[values.count];
		UINT16 width = hash_size(bank->hash);

		if (!selected(bank, pcr))
			continue;
		if (!width) {
			snprintf(error_text, sizeof(error_text), "the bank of the hash 0x%x is unknown", bank->hash);
			return -EOPNOTSUPP;
		}
		next->hashAlg = bank->hash;
		memcpy(&next->digest, value, size < width ? size : width);
		values.count++;
	}
	if (!values.count)
		return complain(-EINVAL, "no bank has this register");
	return answer(
		Esys_PCR_Extend(tpm->esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values));
}

static TPML_PCR_SELECTION selection(u32 bank, u32 pcrs)
{
	return (TPML_PCR_SELECTION){ .count = 1,
				     .pcrSelections = { { .hash = bank,
							  .sizeofSelect = TPM2_PCRS / 8,
							  .pcrSelect = { pcrs, pcrs >> 8, pcrs >> 16 } } } };
}

int tpm2__read(struct tpm2 *tpm, u32 bank, u32 pcr, u8 *out)
{
	TPML_PCR_SELECTION wanted = selection(bank, 1 << pcr % TPM2_PCRS);
	TPML_DIGEST *digests = NULL;
	int err;

	if (pcr >= TPM2_PCRS || !hash_size(bank))
		return complain(-EINVAL, "no such register");
	err = answer(Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, NULL, NULL, &digests));
	if (err)
		return err;
	/* For an inactive bank the TPM returns no values, but no error. */
	if (digests->count != 1 || digests->digests[0].size != hash_size(bank))
		err = complain(-EINVAL, "the TPM has no such register in this bank");
	else
		memcpy(out, digests->digests[0].buffer, digests->digests[0].size);
	Esys_Free(digests);
	return err;
}

static bool has_curve(struct tpm2 *tpm)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	bool found;

	if (Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_ECC_CURVES,
			       TPM2_ECC_NIST_P256, 1, NULL, &data))
		return false;
	found = data->data.eccCurves.count && data->data.eccCurves.eccCurves[0] == TPM2_ECC_NIST_P256;
	Esys_Free(data);
	return found;
}

/* The TPM derives the key from this template: a change gives every machine another key. */
static TPM2B_PUBLIC template(bool curve)
{
	TPM2B_PUBLIC public = { .publicArea = { .type = curve ? TPM2_ALG_ECC : TPM2_ALG_RSA,
						.nameAlg = TPM2_ALG_SHA256,
						.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
								    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
								    TPMA_OBJECT_SENSITIVEDATAORIGIN |
								    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA } };
	TPMS_ECC_PARMS *ecc = &public.publicArea.parameters.eccDetail;
	TPMS_RSA_PARMS *rsa = &public.publicArea.parameters.rsaDetail;

	if (curve) {
		ecc->symmetric.algorithm = TPM2_ALG_NULL;
		ecc->scheme.scheme = TPM2_ALG_ECDSA;
		ecc->scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
		ecc->curveID = TPM2_ECC_NIST_P256;
		ecc->kdf.scheme = TPM2_ALG_NULL;
	} else {
		rsa->symmetric.algorithm = TPM2_ALG_NULL;
		rsa->scheme.scheme = TPM2_ALG_RSASSA;
		rsa->scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
		rsa->keyBits = 2048;
	}
	return public;
}

static int key_create(struct tpm2 *tpm)
{
	TPM2B_SENSITIVE_CREATE sensitive = {};
	TPM2B_PUBLIC public = template(has_curve(tpm));
	TPM2B_DATA outside = {};
	TPML_PCR_SELECTION pcrs = {};
	int err;

	err = answer(Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
					&sensitive, &public, &outside, &pcrs, &tpm->key, &tpm->key_public, NULL, NULL,
					NULL));
	tpm->key_transient = !err;
	return err;
}

/* The object with this handle. 0, -ENOENT or -EIO. */
static int key_find(struct tpm2 *tpm, u32 handle)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	bool found;
	int err;

	err = answer(Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, handle,
					1, NULL, &data));
	if (err)
		return err;
	found = data->data.handles.count && data->data.handles.handle[0] == handle;
	Esys_Free(data);
	if (!found)
		return complain(-ENOENT, "the TPM has no key of this handle");
	err = answer(Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tpm->key));
	return err
		       ?: answer(Esys_ReadPublic(tpm->esys, tpm->key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						 &tpm->key_public, NULL, NULL));
}

static int key_store(struct tpm2 *tpm, u32 handle)
{
	ESYS_TR stored = ESYS_TR_NONE;
	int err = answer(Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, tpm->key, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					   ESYS_TR_NONE, handle, &stored));

	if (err)
		return err;
	Esys_FlushContext(tpm->esys, tpm->key);
	tpm->key = stored;
	tpm->key_transient = false;
	return 0;
}

/* An unrestricted key would sign forged quotes. */
static bool key_fits(const TPMT_PUBLIC *public)
{
	const TPMA_OBJECT needed = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM;
	const TPMS_ECC_PARMS *ecc = &public->parameters.eccDetail;
	const TPMS_RSA_PARMS *rsa = &public->parameters.rsaDetail;

	if ((public->objectAttributes & needed) != needed || public->objectAttributes & TPMA_OBJECT_DECRYPT)
		return false;
	if (public->type == TPM2_ALG_ECC)
		return ecc->curveID == TPM2_ECC_NIST_P256 && ecc->scheme.scheme == TPM2_ALG_ECDSA &&
		       ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256;
	return public->type == TPM2_ALG_RSA && rsa->keyBits >= 2048 && rsa->scheme.scheme == TPM2_ALG_RSASSA &&
	       rsa->scheme.details.rsassa.hashAlg == TPM2_ALG_SHA256;
}

int tpm2__key(struct tpm2 *tpm, u32 handle, bool make)
{
	int err;

	key_close(tpm);
	err = handle ? key_find(tpm, handle) : key_create(tpm);
	if (err == -ENOENT && make) {
		err = key_create(tpm);
		err = err ?: key_store(tpm, handle);
	}
	if (!err && !key_fits(&tpm->key_public->publicArea))
		err = complain(-ENOKEY,
			       "it is not a restricted signing key with ECDSA on P-256 or RSASSA, and SHA-256");
	if (err)
		key_close(tpm);
	return err;
}

/* A public key in OpenSSL's form. NULL: OpenSSL refuses it. */
static EVP_PKEY *public_key(const TPMT_PUBLIC *public)
{
	const TPM2B_ECC_PARAMETER *x = &public->unique.ecc.x, *y = &public->unique.ecc.y;
	const TPM2B_PUBLIC_KEY_RSA *n = &public->unique.rsa;
	bool ecc = public->type == TPM2_ALG_ECC;
	u8 point[65] = { 4 };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, ecc ? "EC" : "RSA", NULL);
	BIGNUM *modulus = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool ok = build && context && EVP_PKEY_fromdata_init(context) > 0;

	if (ecc && x->size <= 32 && y->size <= 32) {
		/* The TPM may omit leading zeros. */
		memcpy(point + 33 - x->size, x->buffer, x->size);
		memcpy(point + 65 - y->size, y->buffer, y->size);
		ok = ok && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		     OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	} else if (!ecc) {
		modulus = BN_bin2bn(n->buffer, n->size, NULL);
		ok = ok && modulus && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
		     OSSL_PARAM_BLD_push_uint32(build, OSSL_PKEY_PARAM_RSA_E,
						public->parameters.rsaDetail.exponent ?: RSA_EXPONENT);
	} else {
		ok = false;
	}
	params = ok ? OSSL_PARAM_BLD_to_param(build) : NULL;
	if (!params || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(modulus);
	return key;
}

int tpm2__key_public(struct tpm2 *tpm, char **pem)
{
	EVP_PKEY *key;
	size_t size;
	FILE *file;
	bool ok;

	*pem = NULL;
	if (!tpm->key_public)
		return complain(-ENOKEY, "no key is ready");
	key = public_key(&tpm->key_public->publicArea);
	if (!key)
		return complain(-EIO, "libcrypto does not take the public key");
	file = open_memstream(pem, &size);
	ok = file && PEM_write_PUBKEY(file, key);
	EVP_PKEY_free(key);
	if (file && fclose(file))
		ok = false;
	if (ok)
		return 0;
	free(*pem);
	*pem = NULL;
	return complain(-ENOMEM, strerror(ENOMEM));
}

int tpm2__quote(struct tpm2 *tpm, u32 pcrs, const u8 *extra, size_t size, struct tpm2_quote *out)
{
	TPML_PCR_SELECTION wanted = selection(TPM2_BANK_SHA256, pcrs);
	TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL }; /* use the key's scheme */
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_DATA data = { .size = size };
	int err;

	memset(out, 0, sizeof(*out));
	if (tpm->key == ESYS_TR_NONE)
		return complain(-ENOKEY, "no key is ready");
	if (size > 64)
		return complain(-EINVAL, "too much data of the caller's");
	memcpy(data.buffer, extra, size);
	err = answer(Esys_Quote(tpm->esys, tpm->key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data, &scheme,
				&wanted, &attest, &signature));
	if (err)
		return err;
	if (attest->size > sizeof(out->attest)) {
		err = complain(-EIO, "the quote is too large");
		goto out;
	}
	memcpy(out->attest, attest->attestationData, attest->size);
	out->attest_size = attest->size;
	err = answer(Tss2_MU_TPMT_SIGNATURE_Marshal(signature, out->signature, sizeof(out->signature),
						    &out->signature_size));
out:
	Esys_Free(attest);
	Esys_Free(signature);
	return err;
}
