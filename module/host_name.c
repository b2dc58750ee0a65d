/*
 * What does not look like a name is not looked up.
 */
#include "host_name.h"

#include <arpa/inet.h>
#include <stdint.h>

static bool
char_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool
host_is_name(const char *text)
{
	const char *p = text;

	while (char_ok(*p))
		p++;
	return *p == '\0' && p > text;
}

bool
host_is_address(const char *text)
{
	uint8_t address[16];

	return inet_pton(AF_INET, text, address) == 1 ||
	       inet_pton(AF_INET6, text, address) == 1;
}
