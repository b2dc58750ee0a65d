/*
 * The network of the computer that the module runs on, which plays the
 * operator's: what addresses its sockets have.
 */
#ifndef MODULE_HOST_NET_H
#define MODULE_HOST_NET_H

#define HOST_NET_TEXT 46 /* an address as text, with its NUL */
#define HOST_NET_DNS_MAX 2

/*
 * The IPv4 address that outgoing datagrams leave from, loopback when nothing
 * leads out. Sends nothing.
 */
void host_net_address(char out[HOST_NET_TEXT]);

/* Its name servers; "0.0.0.0" in places that have none. */
void host_net_dns(char out[HOST_NET_DNS_MAX][HOST_NET_TEXT]);

#endif
