/*
 * Zero-touch provisioning: the host reads key and certificates for its cloud
 * as PEM.
 */
#include "at_table.h"
#include "base/wipe.h"
#include "module.h"
#include "pki/pem.h"

static enum err
devcert_ask(
    struct terminal *t, enum tee_ztp which, struct tee_answer *ret_answer)
{
	struct tee_request request = {.op = TEE_ZTP_GET, .u.ztp = which};

	return tee_ask(&t->module->tee, &request, ret_answer);
}

/* +USECDEVCERT=0, 1 or 2: private key, device certificate, CA */
static enum at_result
devcert_set(struct terminal *t, const struct at_command *c)
{
	char head[24], pem[PKI_PEM_MAX];
	struct tee_answer answer;
	uint32_t which;
	enum err err;

	if (c->count != 1 || !at_param_number(c, 0, 0, TEE_ZTP_CA, &which))
		return CME_BAD_PARAMETERS;
	err = devcert_ask(t, (enum tee_ztp)which, &answer);
	if (err == ERR_OK)
		err = pki_pem_write(
		    which == TEE_ZTP_KEY ? "EC PRIVATE KEY" : "CERTIFICATE",
		    bytes_make(answer.u.ztp.der, answer.u.ztp.len), pem);
	wipe(&answer, sizeof(answer));
	if (err != ERR_OK)
		return at_feature_result(t, err, TEE_FEATURE_ZTP);
	(void)snprintf(
	    head, sizeof(head), "+USECDEVCERT: %u,", (unsigned)which);
	terminal_info_data(t, head, bytes_str(pem));
	wipe(pem, sizeof(pem));
	return AT_DONE;
}

/* +USECDEVCERT?: 0 for what is there, 1 for what is not */
static enum at_result
devcert_read(struct terminal *t, UNUSED const struct at_command *c)
{
	struct tee_answer answer;
	int missing[3];

	for (int i = 0; i < 3; i++)
		missing[i] =
		    devcert_ask(t, (enum tee_ztp)i, &answer) == ERR_OK ? 0 : 1;
	wipe(&answer, sizeof(answer));
	terminal_info(
	    t, "+USECDEVCERT: %d,%d,%d", missing[0], missing[1], missing[2]);
	return AT_DONE;
}

const struct at_entry at_ztp[] = {
    {.name = "+USECDEVCERT",
	.set = devcert_set,
	.read = devcert_read,
	.values = "(0-2)"},
    {.name = NULL},
};
