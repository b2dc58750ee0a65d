/*
 * Asks the kernel and the resolver's configuration; no packet leaves.
 */
#include "host_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where a datagram to TEST-NET-1 (RFC 5737) would leave from. */
static bool
source_find(struct sockaddr_in *ret_source)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	socklen_t len = sizeof(*ret_source);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	to.sin_addr.s_addr = htonl(0xc0000201);
	found = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
		getsockname(fd, (struct sockaddr *)ret_source, &len) == 0;
	(void)close(fd);
	return found;
}

void
host_net_address(char out[HOST_NET_TEXT])
{
	struct sockaddr_in source;

	if (!source_find(&source))
		source.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (inet_ntop(AF_INET, &source.sin_addr, out, HOST_NET_TEXT) == NULL)
		(void)snprintf(out, HOST_NET_TEXT, "127.0.0.1");
}

void
host_net_dns(char out[HOST_NET_DNS_MAX][HOST_NET_TEXT])
{
	struct __res_state state;
	int i, count;
	bool known;

	memset(&state, 0, sizeof(state));
	known = res_ninit(&state) == 0;
	count = known ? state.nscount : 0;
	for (i = 0; i < HOST_NET_DNS_MAX; i++) {
		if (i >= count || state.nsaddr_list[i].sin_family != AF_INET ||
		    inet_ntop(AF_INET, &state.nsaddr_list[i].sin_addr, out[i],
			HOST_NET_TEXT) == NULL)
			(void)snprintf(out[i], HOST_NET_TEXT, "0.0.0.0");
	}
	if (known)
		res_nclose(&state);
}
