// SPDX-License-Identifier: GPL-2.0
/* CMS: checks a signature over the attributes, and the attributes over the text. */
#include "sign_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

/* The hash that the signature uses; NULL: it is weak. */
static const EVP_MD *strong_digest(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *name;

	X509_ALGOR_get0(&name, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(name)) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return EVP_get_digestbyobj(name);
	}
	return NULL;
}

u8 *sign__attributes(CMS_SignerInfo *info, size_t *size)
{
	int count = CMS_signed_get_attr_count(info), inside = 0;
	u8 *der, *p;

	for (int i = 0; i < count; i++)
		inside += i2d_X509_ATTRIBUTE(CMS_signed_get_attr(info, i), NULL);
	*size = ASN1_object_size(1, inside, V_ASN1_SET);
	der = p = OPENSSL_malloc(*size);
	if (!der)
		return NULL;
	ASN1_put_object(&p, 1, inside, V_ASN1_SET, V_ASN1_UNIVERSAL);
	for (int i = 0; i < count; i++)
		i2d_X509_ATTRIBUTE(CMS_signed_get_attr(info, i), &p);
	return der;
}

static bool ed25519_attributes_verify(CMS_SignerInfo *info, EVP_PKEY *key)
{
	ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(info);
	size_t size;
	u8 *der = sign__attributes(info, &size);
	bool good = der && sign__ed25519_verify(key,
						(struct sign_bytes){ ASN1_STRING_get0_data(signature),
								     ASN1_STRING_length(signature) },
						(struct sign_bytes){ der, size });

	OPENSSL_free(der);
	return good;
}

/* Checks that the attributes have the hash of the text and are signed with the key of the certificate. */
static bool cms_matches(CMS_SignerInfo *info, EVP_PKEY *key, const EVP_MD *digest, struct sign_bytes text)
{
	/* -3: demands exactly one such attribute, with one value. */
	const ASN1_OCTET_STRING *wanted =
		CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	const ASN1_OBJECT *type =
		CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
	u8 hash[EVP_MAX_MD_SIZE];
	unsigned int size;

	return wanted && type && OBJ_obj2nid(type) == NID_pkcs7_data &&
	       EVP_Digest(text.data, text.size, hash, &size, digest, NULL) == 1 &&
	       ASN1_STRING_length(wanted) == (int)size && !memcmp(ASN1_STRING_get0_data(wanted), hash, size) &&
	       (EVP_PKEY_is_a(key, "ED25519") ? ed25519_attributes_verify(info, key)
					      : CMS_SignerInfo_verify(info) == 1);
}

/* Is it a signature of the one form that is taken? 0, or -EKEYREJECTED with *error filled. */
static int check_form(CMS_ContentInfo *cms, bool whole, struct sign_anchors *anchors, struct sign_error *error)
{
	STACK_OF(CMS_SignerInfo) *infos = cms ? CMS_get0_SignerInfos(cms) : NULL;

	if (!cms || !whole || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return sign__fail(error, -EKEYREJECTED,
				  "the signature cannot be read: it is neither CMS in DER nor %d bytes of "
				  "Ed25519; make it with 'tsem-bpf model sign'",
				  SIGN_RAW_SIZE);
	if (!sk_X509_num(anchors->certificates))
		return sign__fail(
			error, -EKEYREJECTED,
			"the signature is CMS, which needs a certificate as the trust anchor, not a public key");
	if (CMS_is_detached(cms) != 1 || OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data ||
	    sk_CMS_SignerInfo_num(infos) != 1 || CMS_signed_get_attr_count(sk_CMS_SignerInfo_value(infos, 0)) <= 0)
		return sign__fail(
			error, -EKEYREJECTED,
			"the signature is not detached, has no signed attributes, or has not exactly one signer; "
			"make it with 'tsem-bpf model sign'");
	return 0;
}

int sign__verify_cms(struct sign_bytes text, struct sign_bytes signature, struct sign_anchors *anchors,
		     struct sign_signer *signer, struct sign_error *error)
{
	const u8 *p = signature.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, signature.size);
	STACK_OF(X509) *between = NULL;
	CMS_SignerInfo *info;
	const EVP_MD *digest;
	X509_ALGOR *algorithm;
	X509 *certificate;
	EVP_PKEY *key;
	int err;

	err = check_form(cms, p == signature.data + signature.size, anchors, error);
	if (err)
		goto out;
	info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	between = CMS_get1_certs(cms);
	/* If an anchor is the signer's own certificate, the signature need not have it. */
	CMS_set1_signers_certs(cms, anchors->certificates, 0);
	CMS_SignerInfo_get0_algs(info, &key, &certificate, &algorithm, NULL);
	if (!certificate || !key) {
		err = sign__fail(error, -EKEYREJECTED,
				 "the signature lacks the certificate of its signer, or that cannot be read");
		goto out;
	}
	digest = strong_digest(algorithm);
	if (!digest) {
		err = sign__fail(error, -EKEYREJECTED,
				 "the signature is made with a weak hash; sign with sha256 or better");
		goto out;
	}
	err = sign__check_chain(certificate, between, anchors, error);
	if (err)
		goto out;
	sign__subject(certificate, signer->name, sizeof(signer->name));
	if (!cms_matches(info, key, digest, text)) {
		err = sign__fail(error, -EKEYREJECTED,
				 "the signature of '%s' does not match: the model is not the one that was signed",
				 signer->name);
		goto out;
	}
	signer->x509 = true;
	sign__fingerprint(key, signer->fingerprint);
	/* The subject may be empty if the names are in an extension. */
	if (!*signer->name)
		snprintf(signer->name, sizeof(signer->name), "x509:%s", signer->fingerprint);
out:
	sk_X509_pop_free(between, X509_free);
	CMS_ContentInfo_free(cms);
	return err;
}
