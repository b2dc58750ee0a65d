/*
 * Names and addresses of servers, as hosts give them.
 */
#ifndef MODULE_HOST_NAME_H
#define MODULE_HOST_NAME_H

#include <stdbool.h>

/* Letters, digits, hyphens, underscores and dots, one at least. */
bool host_is_name(const char *text);

/* An IPv4 or IPv6 address, without brackets. */
bool host_is_address(const char *text);

#endif
