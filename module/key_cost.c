/*
 * Reads the parameters only. What is not known is too much: OpenSSL may know
 * it, and take any time over it.
 */
#include "key_cost.h"

#include "credentials.h"

static bool
number_get(const ASN1_INTEGER *number, uint64_t max, uint64_t *ret_value)
{
	return number != NULL &&
	       ASN1_INTEGER_get_uint64(ret_value, number) == 1 &&
	       *ret_value >= 1 && *ret_value <= max;
}

static bool
rounds_ok(const ASN1_INTEGER *rounds)
{
	uint64_t value;

	return number_get(rounds, CREDENTIAL_ROUNDS_MAX, &value);
}

/* The parameters of an algorithm as a structure; the caller frees it. */
static void *
parameters(const X509_ALGOR *algorithm, const ASN1_ITEM *item)
{
	const ASN1_OBJECT *object;
	const void *value;
	int type;

	X509_ALGOR_get0(&object, &type, &value, algorithm);
	return type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, item) : NULL;
}

static bool
pbkdf2_ok(const X509_ALGOR *algorithm)
{
	PBKDF2PARAM *p = parameters(algorithm, ASN1_ITEM_rptr(PBKDF2PARAM));
	bool good = p != NULL && rounds_ok(p->iter);

	PBKDF2PARAM_free(p);
	return good;
}

static bool
scrypt_ok(const X509_ALGOR *algorithm)
{
	SCRYPT_PARAMS *p = parameters(algorithm, ASN1_ITEM_rptr(SCRYPT_PARAMS));
	uint64_t n, r, parallel, max = CREDENTIAL_SCRYPT_MAX;
	bool good = p != NULL && number_get(p->costParameter, max, &n) &&
		    number_get(p->blockSize, max, &r) &&
		    number_get(p->parallelizationParameter, max, &parallel) &&
		    n * r <= max && n * r * parallel <= max;

	SCRYPT_PARAMS_free(p);
	return good;
}

static bool
pbes2_ok(const X509_ALGOR *algorithm)
{
	PBE2PARAM *p = parameters(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
	bool good = false;

	if (p != NULL && OBJ_obj2nid(p->keyfunc->algorithm) == NID_id_pbkdf2)
		good = pbkdf2_ok(p->keyfunc);
	else if (p != NULL &&
		 OBJ_obj2nid(p->keyfunc->algorithm) == NID_id_scrypt)
		good = scrypt_ok(p->keyfunc);
	PBE2PARAM_free(p);
	return good;
}

/* The older ways have one form of parameters. */
static bool
older_ok(const X509_ALGOR *algorithm)
{
	PBEPARAM *p = parameters(algorithm, ASN1_ITEM_rptr(PBEPARAM));
	bool good = p != NULL && rounds_ok(p->iter);

	PBEPARAM_free(p);
	return good;
}

bool
key_cost_ok(const X509_SIG *encrypted)
{
	const X509_ALGOR *algorithm;
	bool good;

	X509_SIG_get0(encrypted, &algorithm, NULL);
	if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
		good = pbes2_ok(algorithm);
	else
		good = older_ok(algorithm);
	ERR_clear_error();
	return good;
}
