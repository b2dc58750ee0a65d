/*
 * HOST:PORT to socket address and back, without any look-up of names.
 */
#include "cloud/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>

/* 0 to 65535 in decimal digits only. */
static enum err
port_parse(const char *text, uint16_t *ret_port)
{
	uint32_t port = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 5; i++)
		port = port * 10 + (uint32_t)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || port > UINT16_MAX)
		return ERR_FORMAT;
	*ret_port = (uint16_t)port;
	return ERR_OK;
}

static void
address_set4(struct address *a, struct in_addr host, uint16_t port)
{
	struct sockaddr_in in4 = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = host};

	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, &in4, sizeof(in4));
	a->len = sizeof(in4);
}

static void
address_set6(struct address *a, struct in6_addr host, uint16_t port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
	    .sin6_port = htons(port),
	    .sin6_addr = host};

	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, &in6, sizeof(in6));
	a->len = sizeof(in6);
}

enum err
address_parse(const char *text, struct address *ret_address)
{
	const char *colon = strrchr(text, ':');
	char host[ADDRESS_TEXT_MAX];
	struct in6_addr host6;
	struct in_addr host4;
	uint16_t port;
	size_t len;

	if (colon == NULL || port_parse(colon + 1, &port) != ERR_OK)
		return ERR_FORMAT;
	len = (size_t)(colon - text);
	if (len >= sizeof(host))
		return ERR_FORMAT;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &host4) == 1) {
		address_set4(ret_address, host4, port);
		return ERR_OK;
	}
	if (len < 2 || host[0] != '[' || host[len - 1] != ']')
		return ERR_FORMAT;
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &host6) != 1)
		return ERR_FORMAT;
	address_set6(ret_address, host6, port);
	return ERR_OK;
}

/* Writes a number and what follows it, and says where the text goes on. */
static char *
put_number(char *at, unsigned number, char then)
{
	unsigned unit = 1;

	while (number / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*at++ = (char)('0' + number / unit % 10);
	*at++ = then;
	return at;
}

/* Each datagram's sender comes by here: inet_ntop and printf take longer. */
static void
format4(const struct sockaddr_in *in4, char *text)
{
	uint8_t host[4];

	memcpy(host, &in4->sin_addr, sizeof(host));
	for (size_t i = 0; i < sizeof(host); i++)
		text = put_number(text, host[i], i < 3 ? '.' : ':');
	(void)put_number(text, ntohs(in4->sin_port), '\0');
}

enum err
address_format(const struct address *address, char ret_text[ADDRESS_TEXT_MAX])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;
	char host[INET6_ADDRSTRLEN];

	switch (address->sa.ss_family) {
	case AF_INET:
		memcpy(&in4, &address->sa, sizeof(in4));
		format4(&in4, ret_text);
		return ERR_OK;
	case AF_INET6:
		memcpy(&in6, &address->sa, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		snprintf(ret_text, ADDRESS_TEXT_MAX, "[%s]:%u", host,
		    (unsigned)ntohs(in6.sin6_port));
		return ERR_OK;
	default:
		return ERR_INVALID;
	}
}

enum err
address_of_socket(int fd, struct address *ret_address)
{
	struct address a;

	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.sa);
	if (getsockname(fd, (struct sockaddr *)&a.sa, &a.len) != 0)
		return ERR_IO;
	*ret_address = a;
	return ERR_OK;
}
