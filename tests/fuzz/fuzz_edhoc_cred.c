/*
 * Any bytes as a CCS and as an ID_CRED_x: what is read is written back as it
 * was.
 */
#include "edhoc_pair.h"
#include "fuzz.h"

static void
ccs_check(struct bytes in)
{
	static uint8_t buf[8192];
	struct bytes subject, kid;
	struct p256_point key;
	struct writer w;

	if (edhoc_ccs_read(in, &subject, &kid, &key) != ERR_OK)
		return;
	fuzz_check(p256_point_check(&key) == ERR_OK);
	writer_init(&w, buf, sizeof(buf));
	edhoc_ccs_write(&w, subject, kid, &key);
	fuzz_check(bytes_equal(writer_bytes(&w), in));
}

static void
id_cred_check(struct bytes in)
{
	static uint8_t buf[8192];
	struct bytes kid, ccs;
	struct writer w;

	if (edhoc_kid_read(in, &kid)) {
		writer_init(&w, buf, sizeof(buf));
		edhoc_kid_write(&w, kid);
		fuzz_check(bytes_equal(writer_bytes(&w), in));
		fuzz_check(!edhoc_kccs_read(in, &ccs));
	}
	if (edhoc_kccs_read(in, &ccs))
		ccs_check(ccs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct edhoc_cid cid;
	struct reader r;
	struct writer w;
	uint8_t buf[16];

	if (size > 4096)
		return 0;
	(void)edhoc_pair();
	ccs_check(in);
	id_cred_check(in);
	reader_init(&r, in);
	edhoc_cid_read(&r, &cid);
	if (r.err != ERR_OK)
		return 0;
	writer_init(&w, buf, sizeof(buf));
	edhoc_cid_write(&w, &cid);
	fuzz_check(bytes_equal(writer_bytes(&w), bytes_make(data, r.pos)));
	return 0;
}
