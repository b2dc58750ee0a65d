/*
 * A TLS server that accepts any device of yours by its PSK, after the
 * example of the original's application note: the callback gets the PSK
 * identity from the handshake, fetches the key with GetPSK, and OpenSSL does
 * the rest, in TLS 1.2 and 1.3. It sends back what it receives; with a third
 * argument it passes it on to a server there, such as an MQTT broker or a web
 * server, and back.
 *
 *	HOLDFAST_TOKEN=... psk-server 0.0.0.0:8883 http://127.0.0.1:8080 \
 *	    127.0.0.1:1883
 *
 * One connection at a time: an example, not a server for production.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#define ANSWER_MAX 4096
#define IDENTITY_LEN 28

static const char *service_url;
static const char *auth_token;
static struct sockaddr_in forward; /* no family: sends back */

/* What libcurl has received; an answer over ANSWER_MAX ends the call. */
struct answer {
	char text[ANSWER_MAX];
	size_t len;
};

static size_t
answer_add(char *data, size_t size, size_t count, void *arg)
{
	struct answer *a = arg;
	size_t len = size * count;

	if (len > sizeof(a->text) - a->len)
		return 0;
	memcpy(a->text + a->len, data, len);
	a->len += len;
	return len;
}

/* Says whether an identity is 28 hex digits: nothing else goes to the API. */
static int
identity_is_ours(const char *identity)
{
	return strlen(identity) == IDENTITY_LEN &&
	       strspn(identity, "0123456789ABCDEFabcdef") == IDENTITY_LEN;
}

/* POST /v1/GetPSK; 1 when the service answered 200. */
static int
service_ask(const char *identity, struct answer *a)
{
	char url[512], body[128], header[512];
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	long status = 0;

	if (curl == NULL)
		return 0;
	snprintf(url, sizeof(url), "%s/v1/GetPSK", service_url);
	snprintf(body, sizeof(body),
	    "{\"KeyID\": \"%s\", \"KeyLength\": \"128\"}", identity);
	snprintf(header, sizeof(header), "Authorization: %s", auth_token);
	headers = curl_slist_append(headers, header);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return status == 200;
}

/* Takes Key, base64 of 16 bytes, out of the answer; its length or 0. */
static unsigned int
answer_key(const struct answer *a, unsigned char *psk, unsigned int max)
{
	json_t *root = json_loadb(a->text, a->len, 0, NULL);
	const char *text = json_string_value(json_object_get(root, "Key"));
	unsigned char key[18];
	unsigned int len = 0;

	/* 24 characters with two of padding are 16 bytes. */
	if (text != NULL && strlen(text) == 24 && max >= 16 &&
	    EVP_DecodeBlock(key, (const unsigned char *)text, 24) == 18) {
		memcpy(psk, key, 16);
		len = 16;
	}
	OPENSSL_cleanse(key, sizeof(key));
	json_decref(root);
	return len;
}

/* Called by OpenSSL when the client has named its identity. */
static unsigned int
psk_server_cb(SSL *ssl, const char *identity, unsigned char *psk,
    unsigned int max_psk_len)
{
	struct answer a = {.len = 0};
	unsigned int len = 0;

	(void)ssl;
	if (identity == NULL || !identity_is_ours(identity))
		return 0;
	if (service_ask(identity, &a))
		len = answer_key(&a, psk, max_psk_len);
	OPENSSL_cleanse(&a, sizeof(a));
	return len;
}

static SSL_CTX *
context_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_use_psk_identity_hint(ctx, "hint hint");
	SSL_CTX_set_psk_server_callback(ctx, psk_server_cb);
	/* TLS 1.3 takes a PSK of the callback with SHA-256 suites only. */
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
	return ctx;
}

/* Sends back what comes, until the client is done. */
static void
connection_echo(SSL *ssl)
{
	char buf[4096];
	int n;

	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		if (SSL_write(ssl, buf, n) <= 0)
			break;
}

/* Writes all of it; 0 when the other side has gone. */
static int
server_write(int server, const char *data, int len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (int)n) {
		n = write(server, data, (size_t)len);
		if (n <= 0)
			return 0;
	}
	return 1;
}

/* Passes on what comes from either side, until one is done. */
static void
connection_forward(SSL *ssl, int server)
{
	struct pollfd fds[2] = {{.fd = SSL_get_fd(ssl), .events = POLLIN},
	    {.fd = server, .events = POLLIN}};
	char buf[4096];
	int n;

	for (;;) {
		if (SSL_pending(ssl) == 0 && poll(fds, 2, -1) < 0)
			return;
		if (SSL_pending(ssl) > 0 || fds[0].revents != 0) {
			n = SSL_read(ssl, buf, sizeof(buf));
			if (n <= 0 || !server_write(server, buf, n))
				return;
		}
		if (fds[1].revents != 0) {
			n = (int)read(server, buf, sizeof(buf));
			if (n <= 0 || SSL_write(ssl, buf, n) <= 0)
				return;
		}
		fds[0].revents = fds[1].revents = 0;
	}
}

/* Shakes hands, and serves until one side is done. */
static void
connection_serve(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);
	int server = -1;

	if (ssl == NULL || SSL_set_fd(ssl, fd) == 0 || SSL_accept(ssl) <= 0) {
		ERR_print_errors_fp(stderr);
		goto out;
	}
	if (forward.sin_family == 0) {
		connection_echo(ssl);
		goto out;
	}
	server = socket(AF_INET, SOCK_STREAM, 0);
	if (server >= 0 &&
	    connect(server, (struct sockaddr *)&forward, sizeof(forward)) == 0)
		connection_forward(ssl, server);
	else
		perror("psk-server: the server to pass on to");
	(void)SSL_shutdown(ssl);
out:
	if (server >= 0)
		close(server);
	SSL_free(ssl);
}

/* Reads A.B.C.D:PORT; 0 when it is none. */
static int
address_read(const char *text, struct sockaddr_in *sin)
{
	char host[64], *colon;
	char *end;
	long port;

	snprintf(host, sizeof(host), "%s", text);
	colon = strchr(host, ':');
	if (colon == NULL)
		return 0;
	*colon = '\0';
	port = strtol(colon + 1, &end, 10);
	if (*end != '\0' || port < 0 || port > 65535 ||
	    inet_pton(AF_INET, host, &sin->sin_addr) != 1)
		return 0;
	sin->sin_port = htons((uint16_t)port);
	sin->sin_family = AF_INET;
	return 1;
}

/* Listens at A.B.C.D:PORT and says where; -1 with a message if it cannot. */
static int
listen_at(const char *where)
{
	struct sockaddr_in sin = {.sin_family = 0};
	socklen_t len = sizeof(sin);
	char host[64];
	int fd, one = 1;

	if (!address_read(where, &sin))
		return -1;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0) {
		close(fd);
		return -1;
	}
	if (inet_ntop(AF_INET, &sin.sin_addr, host, sizeof(host)) == NULL)
		host[0] = '\0';
	printf("listening on %s:%u\n", host, ntohs(sin.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx;
	int fd, client;

	auth_token = getenv("HOLDFAST_TOKEN");
	if (argc < 3 || argc > 4 || auth_token == NULL ||
	    (argc == 4 && !address_read(argv[3], &forward))) {
		fprintf(stderr,
		    "usage: HOLDFAST_TOKEN=... psk-server HOST:PORT URL "
		    "[HOST:PORT]\n");
		return 2;
	}
	service_url = argv[2];
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ctx = context_new();
	fd = listen_at(argv[1]);
	if (ctx == NULL || fd < 0) {
		fprintf(stderr, "psk-server: cannot listen at %s\n", argv[1]);
		return 1;
	}
	while ((client = accept(fd, NULL, NULL)) >= 0 || errno == EINTR) {
		if (client < 0)
			continue;
		connection_serve(ctx, client);
		close(client);
	}
	SSL_CTX_free(ctx);
	return 0;
}
