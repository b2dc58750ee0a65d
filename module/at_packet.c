/*
 * Commands of packet data: attachment, contexts, profiles, addresses,
 * counters. The network is the host's own, so that every context has its
 * address, and cid 1 is active as soon as there is data, as on LTE.
 */
#include "at_table.h"
#include "host_net.h"
#include "module.h"

#define CREDENTIAL_MAX 64 /* user name and password of +UAUTHREQ */

static const char *const pdp_types[PDP_TYPES] = {
    [PDP_NONE] = "",
    [PDP_IP] = "IP",
    [PDP_IPV6] = "IPV6",
    [PDP_IPV4V6] = "IPV4V6",
};

/* --- attachment --- */

static enum at_result
cgatt_set(struct terminal *t, const struct at_command *c)
{
	struct network *n = &t->module->network;
	uint32_t attach;

	if (c->count != 1 || !at_param_number(c, 0, 0, 1, &attach))
		return CME_BAD_PARAMETERS;
	if (attach == 1 && !n->registered) {
		t->module->radio.cause = "Not registered";
		return CME_NO_SERVICE;
	}
	network_attach(n, attach == 1);
	return AT_DONE;
}

static enum at_result
cgatt_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CGATT: %d", network_up(&t->module->network) ? 1 : 0);
	return AT_DONE;
}

/* --- contexts --- */

/* The place of the cid at parameter i: one of the contexts there may be. */
static bool
cid_read(const struct at_command *c, size_t i, size_t *ret_place)
{
	uint32_t cid;

	if (!at_param_number(c, i, 1, PDP_CONTEXTS, &cid))
		return false;
	*ret_place = cid - 1;
	return true;
}

static bool
context_active(const struct module *m, size_t place)
{
	uint32_t session = m->network.session;

	if (!network_up(&m->network) || m->settings.pdp[place].type == PDP_NONE)
		return false;
	if (place == 0)
		return m->radio.off[place] != session;
	return m->radio.on[place] == session;
}

static enum at_result
type_read(const struct at_command *c, size_t i, enum pdp_type *ret_type)
{
	struct bytes text;
	size_t type;

	if (!at_param_text(c, i, &text))
		return CME_BAD_PARAMETERS;
	for (type = PDP_IP; type < PDP_TYPES; type++) {
		if (bytes_equal(text, bytes_str(pdp_types[type]))) {
			*ret_type = (enum pdp_type)type;
			return AT_DONE;
		}
	}
	return CME_NOT_SUPPORTED;
}

/* +CGDCONT=<cid>[,"<type>"[,"<APN>"[,...]]]: with the cid alone it goes. */
static enum at_result
cgdcont_apply(struct settings *s, const struct at_command *c)
{
	struct pdp_context context;
	enum at_result result;
	size_t place;

	memset(&context, 0, sizeof(context));
	if (!cid_read(c, 0, &place))
		return CME_BAD_PARAMETERS;
	if (c->count > 1) {
		result = type_read(c, 1, &context.type);
		if (result != AT_DONE)
			return result;
	}
	if (c->count > 2 && c->params[2].type != AT_OMITTED &&
	    !at_param_copy(c, 2, context.apn, sizeof(context.apn)))
		return CME_BAD_PARAMETERS;
	s->pdp[place] = context;
	return AT_DONE;
}

static void
cgdcont_write(const struct settings *s, struct writer *out)
{
	size_t i;

	for (i = 0; i < PDP_CONTEXTS; i++) {
		if (s->pdp[i].type != PDP_NONE)
			setting_put(out, "AT+CGDCONT=%zu,\"%s\",\"%s\"", i + 1,
			    pdp_types[s->pdp[i].type], s->pdp[i].apn);
		else if (i == 0) /* there is one unless it was removed */
			setting_put(out, "AT+CGDCONT=1");
	}
}

static enum at_result
cgdcont_read(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct pdp_context *p;
	char address[HOST_NET_TEXT];
	size_t i;

	host_net_address(address);
	for (i = 0; i < PDP_CONTEXTS; i++) {
		p = &t->module->settings.pdp[i];
		if (p->type != PDP_NONE)
			terminal_info(t,
			    "+CGDCONT: %zu,\"%s\",\"%s\",\"%s\",0,0", i + 1,
			    pdp_types[p->type], p->apn,
			    context_active(t->module, i) ? address : "0.0.0.0");
	}
	return AT_DONE;
}

static void
context_switch(struct module *m, size_t place, bool on)
{
	uint32_t session = m->network.session;

	m->radio.on[place] = on ? session : 0;
	m->radio.off[place] = on ? 0 : session;
}

static void
context_report(struct terminal *t, size_t place, bool on)
{
	if (t->settings.context_reports != 0)
		terminal_urc(
		    t, "+CGEV: ME PDN %s %zu", on ? "ACT" : "DEACT", place + 1);
}

/* +CGACT=<0|1>,<cid> */
static enum at_result
cgact_set(struct terminal *t, const struct at_command *c)
{
	struct module *m = t->module;
	enum at_result result;
	uint32_t on;
	size_t place;
	bool was;

	if (c->count != 2 || !at_param_number(c, 0, 0, 1, &on) ||
	    !cid_read(c, 1, &place))
		return CME_BAD_PARAMETERS;
	result = at_network_need(t);
	if (result != AT_DONE)
		return result;
	if (m->settings.pdp[place].type == PDP_NONE)
		return CME_UNKNOWN_CONTEXT;
	was = context_active(m, place);
	context_switch(m, place, on == 1);
	if (was != (on == 1))
		context_report(t, place, on == 1);
	return AT_DONE;
}

static enum at_result
cgact_read(struct terminal *t, UNUSED const struct at_command *c)
{
	size_t i;

	for (i = 0; i < PDP_CONTEXTS; i++) {
		if (t->module->settings.pdp[i].type != PDP_NONE)
			terminal_info(t, "+CGACT: %zu,%d", i + 1,
			    context_active(t->module, i));
	}
	return AT_DONE;
}

/*
 * +UAUTHREQ=<cid>,<0 none, 1 PAP, 2 CHAP, 3 either>[,"..","<.."]: this
 * network lets everybody in, so that nobody has to keep the password.
 */
static enum at_result
uauthreq_set(UNUSED struct terminal *t, const struct at_command *c)
{
	struct bytes first, second;
	uint32_t type;
	size_t place;

	if (!cid_read(c, 0, &place) || !at_param_number(c, 1, 0, 3, &type))
		return CME_BAD_PARAMETERS;
	if (type == 0 && c->count == 2)
		return AT_DONE;
	if (c->count != 4 || !at_param_text(c, 2, &first) ||
	    !at_param_text(c, 3, &second) || first.len > CREDENTIAL_MAX ||
	    second.len > CREDENTIAL_MAX)
		return CME_BAD_PARAMETERS;
	return AT_DONE;
}

/* --- addresses --- */

static void
cgpaddr_tell(struct terminal *t, size_t place)
{
	char address[HOST_NET_TEXT];

	host_net_address(address);
	if (context_active(t->module, place))
		terminal_info(t, "+CGPADDR: %zu,\"%s\"", place + 1, address);
	else
		terminal_info(t, "+CGPADDR: %zu", place + 1);
}

static void
cgcontrdp_tell(struct terminal *t, size_t place)
{
	char address[HOST_NET_TEXT], dns[HOST_NET_DNS_MAX][HOST_NET_TEXT];

	if (!context_active(t->module, place))
		return;
	host_net_address(address);
	host_net_dns(dns);
	terminal_info(t,
	    "+CGCONTRDP: %zu,%zu,\"%s\",\"%s.255.255.255.255\",\"0.0.0.0\","
	    "\"%s\",\"%s\"",
	    place + 1, place + 5, t->module->settings.pdp[place].apn, address,
	    dns[0], dns[1]);
}

/* One context that is defined, by its cid. */
static enum at_result
tell_one(struct terminal *t, const struct at_command *c,
    void (*tell)(struct terminal *t, size_t place))
{
	size_t place;

	if (c->count != 1 || !cid_read(c, 0, &place))
		return CME_BAD_PARAMETERS;
	if (t->module->settings.pdp[place].type == PDP_NONE)
		return CME_UNKNOWN_CONTEXT;
	tell(t, place);
	return AT_DONE;
}

static enum at_result
tell_all(struct terminal *t, void (*tell)(struct terminal *t, size_t place))
{
	size_t i;

	for (i = 0; i < PDP_CONTEXTS; i++) {
		if (t->module->settings.pdp[i].type != PDP_NONE)
			tell(t, i);
	}
	return AT_DONE;
}

static enum at_result
cgpaddr_set(struct terminal *t, const struct at_command *c)
{
	return tell_one(t, c, cgpaddr_tell);
}

static enum at_result
cgpaddr_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	return tell_all(t, cgpaddr_tell);
}

static enum at_result
cgcontrdp_set(struct terminal *t, const struct at_command *c)
{
	return tell_one(t, c, cgcontrdp_tell);
}

static enum at_result
cgcontrdp_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	return tell_all(t, cgcontrdp_tell);
}

/* --- profiles --- */

static struct psd_profile *
psd_read(struct terminal *t, const struct at_command *c, uint32_t *ret_number)
{
	if (!at_param_number(c, 0, 0, PSD_PROFILES - 1, ret_number))
		return NULL;
	return &t->module->radio.psd[*ret_number];
}

static bool
psd_active(const struct module *m, const struct psd_profile *p)
{
	return network_up(&m->network) && p->session == m->network.session;
}

/*
 * The value of a profile that a tag names: 0 is the protocol, 100 the
 * context.
 */
static enum at_result
psd_place(const struct at_command *c, struct psd_values *values,
    unsigned **ret_place, uint32_t *ret_max)
{
	uint32_t tag;

	if (c->count < 2 || c->count > 3 ||
	    !at_param_number(c, 1, 0, 100, &tag))
		return CME_BAD_PARAMETERS;
	if (tag != 0 && tag != 100)
		return CME_NOT_SUPPORTED;
	*ret_place = tag == 0 ? &values->protocol : &values->cid;
	*ret_max = tag == 0 ? 3 : PDP_CONTEXTS;
	return AT_DONE;
}

/* +UPSD=<profile>,<tag>[,<value>] */
static enum at_result
upsd_set(struct terminal *t, const struct at_command *c)
{
	uint32_t number, max, value;
	struct psd_profile *p = psd_read(t, c, &number);
	enum at_result result;
	unsigned *place;

	if (p == NULL)
		return CME_BAD_PARAMETERS;
	result = psd_place(c, &p->values, &place, &max);
	if (result != AT_DONE)
		return result;
	if (c->count == 2) {
		terminal_info(
		    t, "+UPSD: %u,%u,%u", number, c->params[1].number, *place);
		return AT_DONE;
	}
	if (!at_param_number(c, 2, 0, max, &value))
		return CME_BAD_PARAMETERS;
	if (psd_active(t->module, p))
		return CME_NOT_ALLOWED;
	*place = value;
	return AT_DONE;
}

/* What +UPSDA=<profile>,1 has stored is told as +UPSD sets it. */
static enum at_result
upsd_apply(struct settings *s, const struct at_command *c)
{
	uint32_t number, max, value;
	enum at_result result;
	unsigned *place;

	if (c->count != 3 ||
	    !at_param_number(c, 0, 0, PSD_PROFILES - 1, &number))
		return CME_BAD_PARAMETERS;
	result = psd_place(c, &s->psd[number], &place, &max);
	if (result != AT_DONE)
		return result;
	if (!at_param_number(c, 2, 0, max, &value))
		return CME_BAD_PARAMETERS;
	*place = value;
	return AT_DONE;
}

static void
upsd_write(const struct settings *s, struct writer *out)
{
	unsigned i;

	for (i = 0; i < PSD_PROFILES; i++) {
		if (s->psd[i].protocol != 0)
			setting_put(
			    out, "AT+UPSD=%u,0,%u", i, s->psd[i].protocol);
		if (s->psd[i].cid != 0)
			setting_put(out, "AT+UPSD=%u,100,%u", i, s->psd[i].cid);
	}
}

/* The result of an activation comes as a result code of its own. */
static enum at_result
psd_activate(struct terminal *t, struct psd_profile *p)
{
	char address[HOST_NET_TEXT];
	enum at_result result = at_network_need(t);
	size_t place = p->values.cid == 0 ? 0 : p->values.cid - 1;

	if (result != AT_DONE)
		return result;
	if (t->module->settings.pdp[place].type == PDP_NONE)
		return CME_UNKNOWN_CONTEXT;
	context_switch(t->module, place, true);
	p->session = t->module->network.session;
	host_net_address(address);
	terminal_urc(t, "+UUPSDA: 0,\"%s\"", address);
	return AT_DONE;
}

static enum at_result
psd_store(struct terminal *t, uint32_t number, const struct psd_profile *p)
{
	struct settings next = t->module->settings;

	next.psd[number] = p->values;
	return at_result_of(
	    settings_keep(t->module->state_fd, &t->module->settings, &next));
}

static enum at_result
psd_load(struct terminal *t, uint32_t number, struct psd_profile *p)
{
	if (psd_active(t->module, p))
		return CME_NOT_ALLOWED;
	p->values = t->module->settings.psd[number];
	return AT_DONE;
}

/*
 * +UPSDA=<profile>,<0 resets, 1 stores, 2 loads what was stored, 3
 * activates, 4 deactivates>
 */
static enum at_result
upsda_set(struct terminal *t, const struct at_command *c)
{
	uint32_t number, action;
	struct psd_profile *p = psd_read(t, c, &number);

	if (p == NULL || c->count != 2 || !at_param_number(c, 1, 0, 4, &action))
		return CME_BAD_PARAMETERS;
	switch (action) {
	case 0:
		memset(p, 0, sizeof(*p));
		return AT_DONE;
	case 1:
		return psd_store(t, number, p);
	case 2:
		return psd_load(t, number, p);
	case 3:
		return psd_activate(t, p);
	default:
		p->session = 0;
		return AT_DONE;
	}
}

/* +UPSND=<profile>,<0 address, 1 and 2 name servers, 8 whether active> */
static enum at_result
upsnd_set(struct terminal *t, const struct at_command *c)
{
	char address[HOST_NET_TEXT], dns[HOST_NET_DNS_MAX][HOST_NET_TEXT];
	uint32_t number, what;
	struct psd_profile *p = psd_read(t, c, &number);
	bool active;

	if (p == NULL || c->count != 2 || !at_param_number(c, 1, 0, 8, &what))
		return CME_BAD_PARAMETERS;
	active = psd_active(t->module, p);
	host_net_address(address);
	host_net_dns(dns);
	if (what == 8)
		terminal_info(t, "+UPSND: %u,8,%d", number, active);
	else if (what == 0)
		terminal_info(t, "+UPSND: %u,0,\"%s\"", number,
		    active ? address : "0.0.0.0");
	else if (what <= HOST_NET_DNS_MAX)
		terminal_info(t, "+UPSND: %u,%u,\"%s\"", number, what,
		    active ? dns[what - 1] : "0.0.0.0");
	else
		return CME_NOT_SUPPORTED;
	return AT_DONE;
}

/* --- reports --- */

/* +CGEREP=<mode>[,<buffer>] */
static enum at_result
cgerep_set(struct terminal *t, const struct at_command *c)
{
	uint32_t mode, buffer;

	if (c->count > 2 || !at_param_number_or(c, 0, 0, 2, 0, &mode) ||
	    !at_param_number_or(c, 1, 0, 1, 0, &buffer))
		return CME_BAD_PARAMETERS;
	t->settings.context_reports = mode;
	return AT_DONE;
}

static enum at_result
cgerep_read(struct terminal *t, UNUSED const struct at_command *c)
{
	terminal_info(t, "+CGEREP: %u,0", t->settings.context_reports);
	return AT_DONE;
}

void
at_packet_changed(struct terminal *t)
{
	const struct module *m = t->module;
	size_t i;

	if (network_up(&m->network)) {
		if (context_active(m, 0))
			context_report(t, 0, true);
		return;
	}
	if (t->settings.context_reports != 0)
		terminal_urc(t, "+CGEV: ME DETACH");
	for (i = 0; i < PSD_PROFILES; i++) {
		if (m->radio.psd[i].session == m->network.session &&
		    m->network.session != 0)
			terminal_urc(t, "+UUPSDD: %zu", i);
	}
}

/* --- counters --- */

static enum at_result
ugcntrd_execute(struct terminal *t, UNUSED const struct at_command *c)
{
	const struct module *m = t->module;
	struct traffic_count s =
	    traffic_of_session(&m->traffic, m->network.session);

	terminal_info(t, "+UGCNTRD: 1,%llu,%llu,%llu,%llu",
	    (unsigned long long)s.sent, (unsigned long long)s.received,
	    (unsigned long long)m->traffic.all.sent,
	    (unsigned long long)m->traffic.all.received);
	return AT_DONE;
}

/* +UGCNTSET=<cid>,<sent>,<received> sets the totals. */
static enum at_result
ugcntset_set(struct terminal *t, const struct at_command *c)
{
	uint32_t cid, sent, received;

	if (c->count != 3 || !at_param_number(c, 0, 1, 1, &cid) ||
	    !at_param_number(c, 1, 0, UINT32_MAX, &sent) ||
	    !at_param_number(c, 2, 0, UINT32_MAX, &received))
		return CME_BAD_PARAMETERS;
	traffic_set(&t->module->traffic, sent, received);
	return AT_DONE;
}

const struct setting settings_packet[] = {
    {"+CGDCONT", cgdcont_apply, cgdcont_write},
    {"+UPSD", upsd_apply, upsd_write},
    {NULL, NULL, NULL},
};

const struct at_entry at_packet[] = {
    {"+CGATT", NULL, cgatt_set, cgatt_read, "(0,1)"},
    {"+CGDCONT", NULL, at_setting_set, cgdcont_read, "(1-8),\"IP\",,,(0),(0)"},
    {"+CGACT", NULL, cgact_set, cgact_read, "(0,1)"},
    {"+UAUTHREQ", NULL, uauthreq_set, NULL, "(1-8),(0-3),,"},
    {"+CGPADDR", cgpaddr_execute, cgpaddr_set, NULL, "(1-8)"},
    {"+CGCONTRDP", cgcontrdp_execute, cgcontrdp_set, NULL, "(1-8)"},
    {"+UPSD", NULL, upsd_set, NULL, "(0-6),(0,100),(0-8)"},
    {"+UPSDA", NULL, upsda_set, NULL, "(0-6),(0-4)"},
    {"+UPSND", NULL, upsnd_set, NULL, "(0-6),(0-2,8)"},
    {"+CGEREP", NULL, cgerep_set, cgerep_read, "(0-2),(0,1)"},
    {"+UGCNTRD", ugcntrd_execute, NULL, ugcntrd_execute, NULL},
    {"+UGCNTSET", NULL, ugcntset_set, NULL,
	"(1),(0-4294967295),(0-4294967295)"},
    {NULL, NULL, NULL, NULL, NULL},
};
