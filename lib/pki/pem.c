/*
 * Base64 in lines between two labels.
 */
#include "pki/pem.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LINE 64

enum err
pki_pem_write(const char *label, struct bytes der, char ret_pem[PKI_PEM_MAX])
{
	char text[BASE64_SIZE(PKI_CERTIFICATE_MAX)];
	size_t at, pos, len;

	if (der.len > PKI_CERTIFICATE_MAX || strlen(label) > 24)
		return ERR_SPACE;
	base64_encode(der, text);
	len = strlen(text);
	pos = (size_t)snprintf(
	    ret_pem, PKI_PEM_MAX, "-----BEGIN %s-----\n", label);
	for (at = 0; at < len; at += LINE)
		pos += (size_t)snprintf(ret_pem + pos, PKI_PEM_MAX - pos,
		    "%.*s\n", LINE, text + at);
	(void)snprintf(
	    ret_pem + pos, PKI_PEM_MAX - pos, "-----END %s-----\n", label);
	return ERR_OK;
}
