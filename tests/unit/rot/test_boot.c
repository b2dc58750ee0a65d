/*
 * Manifests and the decision by them, over power cuts too.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "birth.h"
#include "golden.h"
#include "internal.h"
#include "rot/boot.h"

static const struct p256_secret vendor = {{1}};
static const struct boot_image image = {.size = 5, .hash = {7}};
static struct ram_port ram;
static struct rot rot;

static int
setup(void **state)
{
	(void)state;
	device_make(&rot, &ram, 1);
	change_begin(&rot)->has_boot_key = true;
	if (change_commit(&rot) != ERR_OK)
		return -1;
	change_begin(&rot);
	if (p256_public(&vendor, &rot.next.boot_key) != ERR_OK)
		return -1;
	return change_commit(&rot) == ERR_OK ? 0 : -1;
}

static struct bytes
manifest_make(uint32_t version, uint8_t buf[BOOT_MANIFEST_MAX])
{
	struct boot_manifest m = {
	    .version = version, .image = image, .name = BYTES_LIT("1.0")};
	struct writer w;

	writer_init(&w, buf, BOOT_MANIFEST_MAX);
	assert_int_equal(boot_manifest_write(&m, &vendor, &w), ERR_OK);
	return writer_bytes(&w);
}

static void
test_what_is_signed_starts(void **state)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct boot_image other = image;
	struct boot_manifest m;

	(void)state;
	assert_int_equal(
	    rot_boot(&rot, manifest_make(3, buf), &image, &m), ERR_OK);
	assert_int_equal(m.version, 3);
	assert_true(bytes_equal(m.name, BYTES_LIT("1.0")));
	other.size++;
	assert_int_equal(
	    rot_boot(&rot, manifest_make(3, buf), &other, &m), ERR_CONFLICT);
	other = image;
	other.hash[31] ^= 1;
	assert_int_equal(
	    rot_boot(&rot, manifest_make(3, buf), &other, &m), ERR_CONFLICT);
	assert_int_equal(
	    rot_boot(&rot, manifest_make(2, buf), &image, &m), ERR_REPLAY);
	change_begin(&rot)->has_boot_key = false;
	assert_int_equal(change_commit(&rot), ERR_OK);
	assert_int_equal(
	    rot_boot(&rot, manifest_make(2, buf), &image, &m), ERR_UNSUPPORTED);
}

/* Signed by others' code, as the page says: it is read, and made the same. */
static void
test_the_manifest_of_the_page(void **state)
{
	struct bytes page = golden("boot-manifest"), bytes;
	struct boot_image of = {.size = golden("boot-image").len};
	struct p256_point signer;
	struct boot_manifest m;
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct writer w;

	(void)state;
	bytes = golden("boot-image");
	assert_int_equal(sha256(&bytes, 1, of.hash), ERR_OK);
	assert_int_equal(
	    p256_point_decode(golden("boot-vendor-key"), &signer), ERR_OK);
	change_begin(&rot)->boot_key = signer;
	assert_int_equal(change_commit(&rot), ERR_OK);
	assert_int_equal(rot_boot(&rot, page, &of, &m), ERR_OK);
	assert_int_equal(m.version, 3);
	assert_true(bytes_equal(m.name, BYTES_LIT("1.2.3")));
	/* Ours has another signature, and the same before it. */
	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(boot_manifest_write(&m, &vendor, &w), ERR_OK);
	assert_int_equal(w.len, page.len);
	assert_memory_equal(buf, page.ptr, page.len - P256_SIGNATURE_LEN);
}

/* The version is remembered before the image starts, or it does not. */
static void
test_version_survives_the_power(void **state)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct boot_manifest m;

	(void)state;
	assert_int_equal(
	    rot_boot(&rot, manifest_make(9, buf), &image, &m), ERR_OK);
	rot_done(&rot);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	assert_int_equal(
	    rot_boot(&rot, manifest_make(8, buf), &image, &m), ERR_REPLAY);
	assert_int_equal(
	    rot_boot(&rot, manifest_make(9, buf), &image, &m), ERR_OK);
}

static void
test_every_bit_of_a_manifest_counts(void **state)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct bytes manifest = manifest_make(1, buf);
	struct boot_manifest m;

	(void)state;
	for (size_t i = 0; i < manifest.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			buf[i] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(
			    rot_boot(&rot, manifest, &image, &m), ERR_OK);
			buf[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t len = 0; len < manifest.len; len++)
		assert_int_not_equal(
		    rot_boot(&rot, bytes_make(buf, len), &image, &m), ERR_OK);
	assert_int_equal(rot_boot(&rot, manifest, &image, &m), ERR_OK);
}

static void
test_bad_manifests_are_not_made(void **state)
{
	const struct bytes names[] = {BYTES_NONE, BYTES_LIT("123456789"),
	    BYTES_LIT("a b"), BYTES_LIT("\x7f")};
	struct boot_manifest m = {.version = 1, .image = image};
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct writer w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		m.name = names[i];
		writer_init(&w, buf, sizeof(buf));
		assert_int_equal(
		    boot_manifest_write(&m, &vendor, &w), ERR_INVALID);
	}
	m.name = BYTES_LIT("1");
	m.version = 0;
	assert_int_equal(boot_manifest_write(&m, &vendor, &w), ERR_INVALID);
	m.version = 1;
	writer_init(&w, buf, 100);
	assert_int_equal(boot_manifest_write(&m, &vendor, &w), ERR_SPACE);
}

/* As production makes it. */
static void
provision(bool has_boot_key, uint32_t boot_version)
{
	struct rot_birth birth;

	birth_make(&birth);
	birth.has_boot_key = has_boot_key;
	birth.boot_version = boot_version;
	assert_int_equal(p256_public(&vendor, &birth.boot_key), ERR_OK);
	ram_port_init(&ram, 1);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	assert_int_equal(rot_provision(&rot, &birth), ERR_OK);
}

static void
reboot(void)
{
	rot_done(&rot);
	ram_boot(&ram);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
}

static enum err
start_version(uint32_t version)
{
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct boot_manifest m;

	return rot_boot(&rot, manifest_make(version, buf), &image, &m);
}

static void
test_another_key(void **state)
{
	struct p256_secret other = {{2}};
	struct boot_manifest m = {
	    .version = 1, .image = image, .name = BYTES_LIT("1.0")};
	uint8_t buf[BOOT_MANIFEST_MAX];
	struct writer w;

	(void)state;
	provision(true, 0);
	writer_init(&w, buf, sizeof(buf));
	assert_int_equal(boot_manifest_write(&m, &other, &w), ERR_OK);
	assert_int_equal(
	    rot_boot(&rot, writer_bytes(&w), &image, &m), ERR_AUTH);
}

static void
test_lowest_of_production(void **state)
{
	(void)state;
	provision(true, 5);
	assert_int_equal(start_version(4), ERR_REPLAY);
	assert_int_equal(start_version(5), ERR_OK);
	assert_int_equal(start_version(UINT32_MAX), ERR_OK);
	reboot();
	assert_int_equal(start_version(UINT32_MAX - 1), ERR_REPLAY);
}

/*
 * The write of the version is cut in every way: then the image does not start,
 * and the device goes on from the old version or the new one.
 */
static void
test_power_cut(void **state)
{
	enum ram_tear tear;
	unsigned cut;
	enum err err;

	(void)state;
	for (tear = RAM_NOTHING; tear < RAM_TEARS; tear++) {
		for (cut = 1; cut <= 2; cut++) {
			provision(true, 1);
			ram.cut_at = ram.writes + cut;
			ram.tear = tear;
			err = start_version(2);
			assert_int_equal(err == ERR_OK, cut > 1);
			reboot();
			if (err == ERR_OK)
				assert_int_equal(start_version(1), ERR_REPLAY);
			assert_int_equal(start_version(2), ERR_OK);
			assert_int_equal(start_version(1), ERR_REPLAY);
		}
	}
}

static void
test_devices_without(void **state)
{
	(void)state;
	provision(false, 0);
	assert_int_equal(start_version(1), ERR_UNSUPPORTED);
	rot_done(&rot);
	ram_port_init(&ram, 1);
	assert_int_equal(rot_open(&rot, &ram.port), ERR_OK);
	assert_int_equal(start_version(1), ERR_STATE);
}

/* Decommissioning takes keys away, not the lock on the firmware. */
static void
test_erased(void **state)
{
	(void)state;
	provision(true, 0);
	assert_int_equal(start_version(2), ERR_OK);
	assert_int_equal(rot_erase(&rot), ERR_OK);
	reboot();
	assert_int_equal(start_version(1), ERR_REPLAY);
	assert_int_equal(start_version(2), ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_what_is_signed_starts, setup),
	    cmocka_unit_test_setup(test_the_manifest_of_the_page, setup),
	    cmocka_unit_test_setup(test_version_survives_the_power, setup),
	    cmocka_unit_test_setup(test_every_bit_of_a_manifest_counts, setup),
	    cmocka_unit_test_setup(test_bad_manifests_are_not_made, setup),
	    cmocka_unit_test(test_another_key),
	    cmocka_unit_test(test_lowest_of_production),
	    cmocka_unit_test(test_power_cut),
	    cmocka_unit_test(test_devices_without),
	    cmocka_unit_test(test_erased),
	};

	if (crypto_init() != ERR_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
