/*
 * See birth.h.
 */
#include "birth.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "rot/port_file.h"
#include "rot/rot.h"

const uint8_t birth_uid[8] = {0, 2, 0, 0, 0x89, 0x28, 0x22, 0x45};

void
birth_make(char dir[BIRTH_DIR_SIZE])
{
	static struct rot rot;
	struct port_file file;
	struct rot_birth birth;
	struct p256_secret secret;
	struct p256_point public;
	const struct random_source *random;
	char path[BIRTH_DIR_SIZE + 8];

	assert_int_equal(crypto_init(), ERR_OK);
	(void)snprintf(dir, BIRTH_DIR_SIZE, "/tmp/test_module.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/rot", dir);
	memset(&birth, 0, sizeof(birth));
	memcpy(birth.uid, birth_uid, sizeof(birth.uid));
	memset(birth.chip_id, 1, sizeof(birth.chip_id));
	memset(&birth.factory, 2, sizeof(birth.factory));
	birth.credential_count = 1;
	birth.credential[0].kid = 1;
	assert_int_equal(port_file_create(&file, path), ERR_OK);
	random = &file.port.random;
	assert_int_equal(
	    p256_generate(random, &secret, &birth.credential[0].public_key),
	    ERR_OK);
	assert_int_equal(p256_generate(random, &birth.key, &public), ERR_OK);
	assert_int_equal(rot_open(&rot, &file.port), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
	rot_done(&rot);
	port_file_close(&file);
}

void
birth_remove(const char *dir)
{
	char path[BIRTH_DIR_SIZE + 8], name[BIRTH_DIR_SIZE + 300];
	const struct dirent *entry;
	DIR *rot;

	(void)snprintf(path, sizeof(path), "%s/rot", dir);
	rot = opendir(path);
	assert_non_null(rot);
	while ((entry = readdir(rot)) != NULL) {
		(void)snprintf(
		    name, sizeof(name), "%s/%s", path, entry->d_name);
		(void)unlink(name);
	}
	(void)closedir(rot);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}
