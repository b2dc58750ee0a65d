/*
 * The private key leaves the TEE here, for the host asks for it with
 * +USECDEVCERT=0: it is the host's own, for its own connection, and opens
 * nothing of the root of trust's.
 */
#include "tee_ztp.h"

#include "base/wipe.h"

/* ECPrivateKey of SEC 1, C.4, around the scalar and the point. */
static void
key_write(const struct rot_ztp_key *key, struct tee_answer *answer)
{
	static const uint8_t head[] = {
	    0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const uint8_t middle[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00};
	uint8_t point[P256_POINT_LEN];
	struct writer w;

	p256_point_encode(&key->public_key, point);
	writer_init(&w, answer->u.ztp.der, sizeof(answer->u.ztp.der));
	writer_put(&w, BYTES_OF(head));
	writer_put(&w, BYTES_OF(key->secret.d));
	writer_put(&w, BYTES_OF(middle));
	writer_put(&w, BYTES_OF(point));
	answer->u.ztp.len = w.len;
}

static enum err
object_read(const struct tee_device *d, enum device_object object,
    struct tee_answer *answer)
{
	return tee_objects_read(
	    &d->objects, object, answer->u.ztp.der, &answer->u.ztp.len);
}

/* Reads the certificate and says whether it is of the present key. */
static enum err
certificate_read(const struct tee_device *d, const struct rot_ztp_key *key,
    struct tee_answer *answer)
{
	enum err err = object_read(d, DEVICE_CERTIFICATE, answer);

	if (err != ERR_OK)
		return err;
	return device_certificate_fits(
		   key, bytes_make(answer->u.ztp.der, answer->u.ztp.len))
		   ? ERR_OK
		   : ERR_NOT_FOUND;
}

enum err
tee_ztp_do(
    const struct tee_device *d, enum tee_ztp which, struct tee_answer *answer)
{
	struct rot_ztp_key key;
	enum err err = device_ztp_check(d->device);

	if (err == ERR_OK)
		err = rot_ztp_key(d->rot, &key);
	if (err != ERR_OK)
		return err;
	err = certificate_read(d, &key, answer);
	if (err == ERR_OK && which == TEE_ZTP_CA)
		err = object_read(d, DEVICE_CA, answer);
	if (err == ERR_OK && which == TEE_ZTP_KEY)
		key_write(&key, answer);
	wipe(&key, sizeof(key));
	return err;
}
