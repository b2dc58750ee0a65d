/*
 * The public side of the service: the key that factory secrets are sealed
 * to, and the credentials that devices will trust. Everything is checked
 * here, because a device that was born with a wrong key is lost.
 */
#include "factory.h"

#include <jansson.h>

#include "base/text.h"

static enum err
complain(struct factory_error *error, enum err err, const char *path,
    const char *what)
{
	snprintf(error->text, sizeof(error->text), "%s: %s", path, what);
	return err;
}

/* Reads an uncompressed point from base64. */
static enum err
point_read(const char *text, struct p256_point *ret_point)
{
	uint8_t raw[P256_POINT_LEN];
	size_t len;

	if (base64_decode(bytes_str(text), raw, sizeof(raw), &len) != ERR_OK ||
	    len != sizeof(raw))
		return ERR_INVALID;
	return p256_point_decode(BYTES_OF(raw), ret_point);
}

static enum err
credential_read(json_t *item, struct rot_credential *ret_credential)
{
	const char *key;
	int kid;

	if (json_unpack_ex(item, NULL, JSON_STRICT, "{s:i, s:s}", "Kid", &kid,
		"PublicKey", &key) != 0)
		return ERR_FORMAT;
	if (kid < 1 || kid > UINT8_MAX)
		return ERR_INVALID;
	ret_credential->kid = (uint8_t)kid;
	return point_read(key, &ret_credential->public_key);
}

static enum err
credentials_read(json_t *list, struct factory_service *service)
{
	enum err err = ERR_OK;
	size_t i;

	service->credential_count = json_array_size(list);
	if (service->credential_count < 1 ||
	    service->credential_count > ROT_CREDENTIALS)
		return ERR_FORMAT;
	for (i = 0; i < service->credential_count && err == ERR_OK; i++)
		err = credential_read(
		    json_array_get(list, i), &service->credential[i]);
	if (err == ERR_OK && service->credential_count == 2 &&
	    service->credential[0].kid == service->credential[1].kid)
		return ERR_INVALID;
	return err;
}

static enum err
service_unpack(json_t *root, const char *path, struct factory_service *service,
    struct factory_error *error)
{
	json_error_t reason;
	const char *import_key;
	json_t *list;
	enum err err;

	if (json_unpack_ex(root, &reason, JSON_STRICT, "{s:s, s:o}",
		"ImportKey", &import_key, "Credentials", &list) != 0)
		return complain(error, ERR_FORMAT, path, reason.text);
	if (point_read(import_key, &service->import_key) != ERR_OK)
		return complain(error, ERR_INVALID, path,
		    "ImportKey is no point of P-256 (65 bytes in base64)");
	err = credentials_read(list, service);
	if (err == ERR_FORMAT)
		return complain(error, err, path,
		    "Credentials must be one or two of {Kid, PublicKey}");
	if (err != ERR_OK)
		return complain(error, ERR_INVALID, path,
		    "a credential has a kid out of 1 to 255, a kid that is "
		    "taken, or no point of P-256 as its key");
	return ERR_OK;
}

enum err
factory_service_read(const char *path, struct factory_service *ret_service,
    struct factory_error *ret_error)
{
	struct factory_service service;
	json_error_t reason;
	json_t *root;
	FILE *file;
	enum err err;

	memset(&service, 0, sizeof(service));
	file = fopen(path, "re");
	if (file == NULL)
		return complain(ret_error, ERR_IO, path, "cannot be opened");
	root = json_loadf(file, JSON_REJECT_DUPLICATES, &reason);
	fclose(file);
	if (root == NULL)
		return complain(ret_error, ERR_FORMAT, path, reason.text);
	err = service_unpack(root, path, &service, ret_error);
	json_decref(root);
	if (err == ERR_OK)
		*ret_service = service;
	return err;
}
