/*
 * One device: born here, stored as the state of its module, and written down
 * for the service. Its key and F leave this file in those two forms only,
 * each sealed.
 */
#include "factory.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/text.h"
#include "base/wipe.h"
#include "crypto/hpke.h"
#include "rot/port_file.h"

enum err
factory_device_make(const uint8_t uid[UID_LEN],
    const struct factory_service *service, const struct random_source *random,
    bool inside, struct factory_device *ret_device)
{
	struct factory_device d;
	enum err err;

	memset(&d, 0, sizeof(d));
	memcpy(d.birth.uid, uid, UID_LEN);
	d.birth.credential_count = service->credential_count;
	memcpy(d.birth.credential, service->credential,
	    sizeof(d.birth.credential));
	d.birth.has_boot_key = service->has_boot_key;
	d.birth.boot_key = service->boot_key;
	d.birth.boot_version = service->boot_version;
	err = random_fill(random, d.birth.chip_id, CHIP_ID_LEN);
	if (err == ERR_OK)
		err = random_fill(random, d.birth.factory.k, KEY_LEN);
	d.birth.key_inside = inside;
	if (err == ERR_OK && !inside)
		err = p256_generate(random, &d.birth.key, &d.public_key);
	if (err == ERR_OK)
		*ret_device = d;
	wipe(&d, sizeof(d));
	return err;
}

static enum err
rot_store(const struct rot_port *port, struct factory_device *device)
{
	struct rot rot;
	enum err err;

	err = rot_open(&rot, port);
	if (err == ERR_OK)
		err = rot_provision(&rot, &device->birth);
	if (err == ERR_OK)
		err = rot_public_key(&rot, &device->public_key);
	rot_done(&rot);
	return err;
}

static enum err
file_store(const char *dir, struct factory_device *device)
{
	struct port_file file;
	enum err err = port_file_create(&file, dir);

	if (err != ERR_OK)
		return err;
	err = rot_store(&file.port, device);
	port_file_close(&file);
	return err;
}

static enum err
tpm2_store(const struct factory_place *place, const char *dir,
    struct factory_device *device)
{
	struct port_tpm2 tpm2;
	enum err err;

	err = port_tpm2_create(&tpm2, dir, place->tpm->fd, place->replace);
	if (err != ERR_OK)
		return err;
	err = rot_store(&tpm2.port, device);
	port_tpm2_close(&tpm2);
	return err;
}

enum err
factory_device_store(
    const struct factory_place *place, struct factory_device *device)
{
	char path[PATH_MAX], uid[HEX_SIZE(UID_LEN)];
	int len;

	hex_encode(BYTES_OF(device->birth.uid), uid);
	len = snprintf(path, sizeof(path), "%s/%s", place->dir, uid);
	if (len < 0 || (size_t)len + sizeof("/rot") > sizeof(path))
		return ERR_SPACE;
	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	memcpy(path + len, "/rot", sizeof("/rot"));
	return place->tpm != NULL ? tpm2_store(place, path, device)
				  : file_store(path, device);
}

/* What binds a sealed secret to its device: uid | public key. */
static void
record_aad(
    const struct factory_device *device, uint8_t out[UID_LEN + P256_POINT_LEN])
{
	memcpy(out, device->birth.uid, UID_LEN);
	p256_point_encode(&device->public_key, out + UID_LEN);
}

/* The record as JSON; NULL without memory. */
static json_t *
record_pack(const uint8_t aad[UID_LEN + P256_POINT_LEN],
    const uint8_t enc[HPKE_ENC_LEN],
    const uint8_t sealed[KEY_LEN + HPKE_TAG_LEN])
{
	char uid[HEX_SIZE(UID_LEN)], key[BASE64_SIZE(P256_POINT_LEN)];
	char enc_text[BASE64_SIZE(HPKE_ENC_LEN)];
	char secret[BASE64_SIZE(KEY_LEN + HPKE_TAG_LEN)];

	hex_encode(bytes_make(aad, UID_LEN), uid);
	base64_encode(bytes_make(aad + UID_LEN, P256_POINT_LEN), key);
	base64_encode(bytes_make(enc, HPKE_ENC_LEN), enc_text);
	base64_encode(bytes_make(sealed, KEY_LEN + HPKE_TAG_LEN), secret);
	return json_pack("{s:s, s:s, s:s, s:s}", "ROTPublicUID", uid,
	    "PublicKey", key, "Enc", enc_text, "Secret", secret);
}

enum err
factory_record_write(const struct factory_device *device,
    const struct factory_service *service, const struct random_source *random,
    char ret_line[FACTORY_RECORD_SIZE])
{
	uint8_t aad[UID_LEN + P256_POINT_LEN], enc[HPKE_ENC_LEN];
	uint8_t sealed[KEY_LEN + HPKE_TAG_LEN];
	json_t *record;
	size_t len;
	enum err err;

	record_aad(device, aad);
	err = hpke_seal(random, &service->import_key,
	    BYTES_LIT("holdfast factory v1"), BYTES_OF(aad),
	    BYTES_OF(device->birth.factory.k), enc, sealed);
	if (err != ERR_OK)
		return err;
	record = record_pack(aad, enc, sealed);
	if (record == NULL)
		return ERR_NOMEM;
	len = json_dumpb(record, ret_line, FACTORY_RECORD_SIZE - 2, 0);
	json_decref(record);
	if (len == 0 || len > FACTORY_RECORD_SIZE - 2)
		return ERR_SPACE;
	memcpy(ret_line + len, "\n", 2);
	return ERR_OK;
}
