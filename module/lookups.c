/*
 * A look-up that nobody waits for any more ends by itself and is forgotten.
 */
#include "lookups.h"

#include <netdb.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "module.h"
#include "terminal.h"

static void
lookup_free(struct lookup *l)
{
	if (!l->used)
		return;
	if (!l->done) {
		loop_remove(l->module->loop, &l->source);
		(void)close(l->source.fd);
	}
	l->used = false;
}

/* The address as text. */
static enum err
address_write(
    const struct resolve_address *address, char ret_text[RESOLVE_HOST_MAX + 1])
{
	return getnameinfo((const struct sockaddr *)&address->addr,
		   address->len, ret_text, RESOLVE_HOST_MAX + 1, NULL, 0,
		   NI_NUMERICHOST) == 0
		   ? ERR_OK
		   : ERR_NOT_FOUND;
}

static void
on_result(struct loop_source *source, UNUSED uint32_t events)
{
	struct lookup *l = source->owner;
	struct terminal *t = terminal_find(l->module, l->terminal);
	struct resolve_address address;

	loop_remove(l->module->loop, source);
	l->done = true;
	if (l->reverse) {
		l->err = resolve_reverse_end(source->fd, l->text);
	} else {
		l->err = resolve_end(source->fd, &address);
		if (l->err == ERR_OK)
			l->err = address_write(&address, l->text);
	}
	if (t != NULL && !l->asynchronous)
		return; /* its command takes it */
	if (t != NULL)
		terminal_urc(t, "+UUDNSRN: %s%s%s",
		    l->err == ERR_OK ? "\"" : "",
		    l->err == ERR_OK ? l->text : "-1",
		    l->err == ERR_OK ? "\"" : "");
	lookup_free(l);
}

static enum err
begin(const char *host, bool reverse, int *ret_fd)
{
	struct resolve_address address;
	struct resolve_name name = {.port = "0"};
	size_t len = strlen(host);
	enum err err;

	if (len == 0 || len > RESOLVE_HOST_MAX)
		return ERR_FORMAT;
	memcpy(name.host, host, len + 1);
	if (!reverse)
		return resolve_start(&name, ret_fd);
	err = resolve_numeric(&name, &address);
	return err == ERR_OK ? resolve_reverse_start(&address, ret_fd) : err;
}

/* A place for one more; what the terminal's last command left is gone. */
static struct lookup *
lookup_take(struct terminal *t)
{
	struct lookup *l, *found = NULL;
	size_t i;

	for (i = 0; i < LOOKUPS_MAX; i++) {
		l = &t->module->lookups.all[i];
		if (l->used && !l->asynchronous && l->terminal == t->number)
			lookup_free(l);
		if (!l->used)
			found = l;
	}
	return found;
}

enum err
lookup_start(
    struct terminal *t, const char *host, bool reverse, bool asynchronous)
{
	struct lookup *l;
	enum err err;
	int fd;

	if (t->module->loop == NULL)
		return ERR_STATE;
	l = lookup_take(t);
	if (l == NULL)
		return ERR_BUSY;
	err = begin(host, reverse, &fd);
	if (err != ERR_OK)
		return err;
	memset(l, 0, sizeof(*l));
	l->module = t->module;
	l->terminal = t->number;
	l->reverse = reverse;
	l->asynchronous = asynchronous;
	l->source = (struct loop_source){
	    .fd = fd, .events = EPOLLIN, .on_ready = on_result, .owner = l};
	err = loop_add(t->module->loop, &l->source);
	if (err == ERR_OK)
		l->used = true;
	else
		(void)close(fd);
	return err;
}

enum err
lookup_result(struct terminal *t, char ret_text[RESOLVE_HOST_MAX + 1])
{
	struct lookup *l;
	size_t i;

	for (i = 0; i < LOOKUPS_MAX; i++) {
		l = &t->module->lookups.all[i];
		if (!l->used || l->asynchronous || l->terminal != t->number)
			continue;
		if (!l->done)
			return ERR_BUSY;
		memcpy(ret_text, l->text, sizeof(l->text));
		lookup_free(l);
		return l->err;
	}
	return ERR_NOT_FOUND;
}

void
lookups_drop(struct module *module)
{
	size_t i;

	for (i = 0; i < LOOKUPS_MAX; i++)
		lookup_free(&module->lookups.all[i]);
}
