/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Routes.  See route.h.  Addresses are numeric: the parent must not wait for a
 * name server, and nginx takes no names either.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "source.h"
#include "table.h"

/* "imap://[", an IPv6 address, "]:65535" */
#define ENTRY_MAX	80

static const struct {
	const char	*name;
	uint16_t	 port;
} protocols[MAIL_PROTOCOLS] = {
	[MAIL_POP3] = { "pop3", 110 },
	[MAIL_IMAP] = { "imap", 143 },
	[MAIL_SMTP] = { "smtp", 25 }
};

/* One server of a value. */
struct route_entry {
	int		 rte_all;	/* not for one protocol */
	enum mail_protocol rte_protocol;
	struct source	 rte_host;	/* port 0: that of the protocol */
};

const char *
route_protocol(enum mail_protocol protocol)
{
	return (protocols[protocol].name);
}

static const char *
entry_protocol(char **text, struct route_entry *rte)
{
	char	*end;
	int	 i;

	if ((end = strstr(*text, "://")) == NULL) {
		rte->rte_all = 1;
		return (NULL);
	}
	*end = '\0';
	for (i = 0; i < MAIL_PROTOCOLS; i++)
		if (strcmp(*text, protocols[i].name) == 0) {
			rte->rte_protocol = i;
			*text = end + 3;
			return (NULL);
		}
	return ("the protocol of a server must be pop3, imap or smtp");
}

static const char *
entry_address(const char *text, struct source *so)
{
	static const uint8_t	 none[sizeof(so->so_addr)];

	if (inet_pton(AF_INET, text, so->so_addr) == 1)
		so->so_version = 4;
	else if (inet_pton(AF_INET6, text, so->so_addr) == 1)
		so->so_version = 6;
	else
		return ("a server must be a numeric address");
	/* 0.0.0.0 and :: would be the proxy itself. */
	if (memcmp(so->so_addr, none, sizeof(none)) == 0)
		return ("a server must have an address");
	return (NULL);
}

static const char *
entry_port(const char *text, struct source *so)
{
	const char	*errstr;

	so->so_port = (uint16_t)strtonum(text, 1, 65535, &errstr);
	return (errstr == NULL ? NULL : "the port of a server must be a "
	    "number from 1 to 65535");
}

/* Parse address, address:port, [address] or [address]:port; text is changed. */
static const char *
entry_host(char *text, struct source *so)
{
	const char	*why;
	char		*port = NULL;

	if (*text == '[') {
		text++;
		if ((port = strchr(text, ']')) == NULL)
			return ("missing ] after an address");
		*port++ = '\0';
		if (*port != '\0' && *port != ':')
			return ("only a port may follow a bracketed address");
		if (*port == '\0')
			port = NULL;
	} else if ((port = strchr(text, ':')) != NULL &&
	    strchr(port + 1, ':') != NULL)
		port = NULL;		/* IPv6 without a port */
	if (port != NULL)
		*port++ = '\0';
	if ((why = entry_address(text, so)) == NULL && port != NULL)
		why = entry_port(port, so);
	return (why);
}

/* Parse the server in len octets of text. */
static const char *
entry_parse(const char *text, size_t len, struct route_entry *rte)
{
	const char	*why;
	char		 copy[ENTRY_MAX], *host = copy;

	memset(rte, 0, sizeof(*rte));
	if (len == 0)
		return ("a server is missing");
	if (len >= sizeof(copy))
		return ("a server must be a numeric address");
	memcpy(copy, text, len);
	copy[len] = '\0';
	if ((why = entry_protocol(&host, rte)) == NULL)
		why = entry_host(host, &rte->rte_host);
	/* A port belongs to one protocol. */
	if (rte->rte_all && rte->rte_host.so_port != 0)
		rte->rte_all = 0;
	return (why);
}

/* Take a server for this protocol, or for all; ignore others. */
static const char *
route_take(const struct route_entry *rte, enum mail_protocol protocol,
    struct source *own, struct source *all)
{
	struct source	*so = own;

	if (rte->rte_all)
		so = all;
	else if (rte->rte_protocol != protocol)
		return (NULL);
	if (so->so_version != 0)
		return ("two servers for one protocol");
	*so = rte->rte_host;
	return (NULL);
}

const char *
route_parse(const char *value, enum mail_protocol protocol,
    struct source *host)
{
	struct source	 all;
	struct route_entry	 rte;
	const char	*why;
	size_t		 len;

	memset(&all, 0, sizeof(all));
	memset(host, 0, sizeof(*host));
	for (;;) {
		value += strspn(value, " \t");
		len = strcspn(value, ", \t");
		if ((why = entry_parse(value, len, &rte)) != NULL ||
		    (why = route_take(&rte, protocol, host, &all)) != NULL)
			return (why);
		value += len;
		value += strspn(value, " \t");
		if (*value == '\0')
			break;
		if (*value++ != ',')
			return ("comma expected between servers");
	}
	if (host->so_version == 0)
		*host = all;
	if (host->so_port == 0)
		host->so_port = protocols[protocol].port;
	return (NULL);
}

const char *
route_check(const struct table_row *tr)
{
	struct source	 host;
	const char	*why = NULL;
	int		 i;

	for (i = 0; i < MAIL_PROTOCOLS && why == NULL; i++)
		why = route_parse(tr->tr_value, i, &host);
	return (why);
}

void
route_find(const struct table *tb, const char *user,
    enum mail_protocol protocol, struct source *host)
{
	const struct table_row	*tr = NULL;
	const char		*domain = strrchr(user, '@');

	memset(host, 0, sizeof(*host));
	if (tb == NULL)
		return;
	tr = table_find(tb, user);
	if (tr == NULL && domain != NULL)
		tr = table_find(tb, domain);
	if (tr == NULL)
		tr = table_find(tb, "@");
	if (tr != NULL && route_parse(tr->tr_value, protocol, host) != NULL)
		memset(host, 0, sizeof(*host));
}
