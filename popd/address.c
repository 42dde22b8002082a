/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The addresses of a `listen on' rule.  See address.h.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <ifaddrs.h>
#include <interface_group.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "config.h"
#include "lmtpsock.h"

/* A numeric address with its scope. */
#define ADDRESS_MAX	64

static struct {
	int				 started;
	struct host {
		char			*ho_name;
		struct sockaddr_storage	 ho_addr;
		socklen_t		 ho_len;
	}				 hosts[ADDRESSES_MAX];
	unsigned int			 nhosts;
} address;

void
address_started(void)
{
	address.started = 1;
}

/* Return the port of a rule in host order. */
static unsigned int
address_port(const struct config_listen *li)
{
	const struct servent	*se;
	const char		*errstr;
	unsigned int		 port;

	if (li->li_port == NULL)
		return ((li->li_flags & LISTEN_TLS) != 0 ? 995 : 110);
	port = strtonum(li->li_port, 1, 65535, &errstr);
	if (errstr != NULL && (se = getservbyname(li->li_port, "tcp")) != NULL)
		port = ntohs((in_port_t)se->s_port);
	return (port);
}

/* Set ad_name: "192.0.2.1 port 995". */
static void
address_name(struct config_address *ad, unsigned int port)
{
	char	 host[ADDRESS_MAX];

	if (getnameinfo((struct sockaddr *)&ad->ad_addr, ad->ad_len, host,
	    sizeof(host), NULL, 0, NI_NUMERICHOST) != 0)
		strlcpy(host, "?", sizeof(host));
	snprintf(ad->ad_name, sizeof(ad->ad_name), "%s port %u", host, port);
}

/* Return whether only local processes can connect. */
static int
address_is_loopback(const struct sockaddr_storage *ss)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;

	if (ss->ss_family == AF_INET) {
		memcpy(&sin, ss, sizeof(sin));
		return (ntohl(sin.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET);
	}
	memcpy(&sin6, ss, sizeof(sin6));
	return (IN6_IS_ADDR_LOOPBACK(&sin6.sin6_addr));
}

/* Return the entry of an earlier rule with this address, or NULL. */
static const struct config_address *
address_taken(const struct config *cg, const char *name)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_naddresses; i++)
		if (strcmp(cg->cfg_addresses[i].ad_name, name) == 0)
			return (&cg->cfg_addresses[i]);
	return (NULL);
}

/* Return NULL, or why this rule must not listen on the address. */
static const char *
address_check(const struct config *cg, const struct config_listen *li,
    const struct config_address *ad)
{
	static char			 why[PATH_LEN_MAX + 64];
	const struct config_address	*taken;
	const struct config_at		*at;

	if ((li->li_flags & LISTEN_CLEAR) != 0 &&
	    (li->li_flags & LISTEN_PROXY) == 0 &&
	    !address_is_loopback(&ad->ad_addr))
		return ("cleartext is for loopback addresses only, or needs "
		    "proxy from");
	if ((li->li_flags & LISTEN_HTTP) != 0 && !li->li_from &&
	    !address_is_loopback(&ad->ad_addr))
		return ("auth_http needs from, except on loopback addresses");
	if ((taken = address_taken(cg, ad->ad_name)) != NULL) {
		at = &cg->cfg_listens[taken->ad_listen].li_at;
		if (at->at_line == 0)
			return ("listened on twice");
		snprintf(why, sizeof(why), "listened on twice, see %s:%u",
		    at->at_file, at->at_line);
		return (why);
	}
	if (cg->cfg_naddresses == ADDRESSES_MAX)
		return ("too many addresses");
	return (NULL);
}

/* Add one address to a rule, with the rule's port. */
static void
address_add(struct config *cg, unsigned int rule, const struct sockaddr *sa,
    socklen_t len, int spare)
{
	const struct config_listen	*li = &cg->cfg_listens[rule];
	struct config_address		 ad;
	struct sockaddr_in		*sin;
	struct sockaddr_in6		*sin6;
	unsigned int			 port = address_port(li);
	const char			*why;

	memset(&ad, 0, sizeof(ad));
	memcpy(&ad.ad_addr, sa, len);
	if (sa->sa_family == AF_INET) {
		sin = (struct sockaddr_in *)&ad.ad_addr;
		sin->sin_port = htons((in_port_t)port);
	} else {
		sin6 = (struct sockaddr_in6 *)&ad.ad_addr;
		sin6->sin6_port = htons((in_port_t)port);
	}
	ad.ad_len = len;
	ad.ad_listen = rule;
	ad.ad_spare = spare;
	address_name(&ad, port);
	if ((why = address_check(cg, li, &ad)) != NULL)
		config_error(cg, &li->li_at, "%s: %s", ad.ad_name, why);
	else
		cg->cfg_addresses[cg->cfg_naddresses++] = ad;
}

/* Parse a numeric address, or return NULL; free with freeaddrinfo(3). */
static struct addrinfo *
address_parse(const char *name)
{
	struct addrinfo	 hints, *ai;
	struct in_addr	 in;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST;
	/* inet_aton(3) would accept "1" and "1.2.3". */
	if (strchr(name, ':') == NULL && inet_pton(AF_INET, name, &in) != 1)
		return (NULL);
	return (getaddrinfo(name, NULL, &hints, &ai) == 0 ? ai : NULL);
}

int
address_is_numeric(const char *name)
{
	struct addrinfo	*ai = address_parse(name);

	if (ai == NULL)
		return (0);
	freeaddrinfo(ai);
	return (1);
}

/* Add a numeric address.  Return the number of addresses, 0 or 1. */
static int
address_numeric(struct config *cg, unsigned int rule, const char *name,
    int spare)
{
	struct addrinfo	*ai = address_parse(name);

	if (ai == NULL)
		return (0);
	address_add(cg, rule, ai->ai_addr, ai->ai_addrlen, spare);
	freeaddrinfo(ai);
	return (1);
}

/* Some kernels have the scope in the address: fe80:1:: (RFC 4291, 2.5.6). */
static void
address_scope(struct sockaddr *sa)
{
	struct sockaddr_in6	*sin6 = (struct sockaddr_in6 *)sa;
	uint8_t			*octet = sin6->sin6_addr.s6_addr;

	if (sa->sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr) ||
	    (octet[2] == 0 && octet[3] == 0))
		return;
	sin6->sin6_scope_id = (uint32_t)octet[2] << 8 | octet[3];
	octet[2] = octet[3] = 0;
}

/*
 * Add the addresses of an interface.  Return their number, or -1 if there is
 * no such interface.
 */
static int
address_interface(struct config *cg, unsigned int rule, const char *name)
{
	struct ifaddrs	*all, *ifa;
	int		 n = -1;

	if (getifaddrs(&all) == -1) {
		config_error(cg, &cg->cfg_listens[rule].li_at, "%s: %s", name,
		    strerror(errno));
		return (0);
	}
	for (ifa = all; ifa != NULL; ifa = ifa->ifa_next) {
		if (strcmp(ifa->ifa_name, name) != 0)
			continue;
		n = n == -1 ? 0 : n;
		if (ifa->ifa_addr == NULL ||
		    (ifa->ifa_addr->sa_family != AF_INET &&
		    ifa->ifa_addr->sa_family != AF_INET6))
			continue;
		address_scope(ifa->ifa_addr);
		address_add(cg, rule, ifa->ifa_addr,
		    ifa->ifa_addr->sa_family == AF_INET ?
		    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
		    0);
		n++;
	}
	freeifaddrs(all);
	return (n);
}

/* Add those of an interface group; as address_interface(). */
static int
address_group(struct config *cg, unsigned int rule, const char *name)
{
	char	 names[ADDRESSES_MAX][IFNAMSIZ];
	int	 i, n, count, all = 0;

	if ((n = interface_group(name, names, ADDRESSES_MAX)) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		if ((count = address_interface(cg, rule, names[i])) > 0)
			all += count;
	return (all);
}

/* Remember an address of a host. */
static void
host_add(const char *name, const struct addrinfo *ai)
{
	struct host	*ho = &address.hosts[address.nhosts];

	if (address.nhosts == ADDRESSES_MAX ||
	    (ho->ho_name = strdup(name)) == NULL)
		return;
	memcpy(&ho->ho_addr, ai->ai_addr, ai->ai_addrlen);
	ho->ho_len = ai->ai_addrlen;
	address.nhosts++;
}

static void
host_look(const char *name)
{
	struct addrinfo	 hints, *all, *ai;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(name, NULL, &hints, &all) != 0)
		return;
	for (ai = all; ai != NULL; ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			host_add(name, ai);
	freeaddrinfo(all);
}

/* Add the remembered addresses of a host.  Return their number. */
static int
host_known(struct config *cg, unsigned int rule, const char *name)
{
	struct host	*ho;
	unsigned int	 i;
	int		 n = 0;

	for (i = 0; i < address.nhosts; i++) {
		ho = &address.hosts[i];
		if (strcmp(ho->ho_name, name) != 0)
			continue;
		address_add(cg, rule, (struct sockaddr *)&ho->ho_addr,
		    ho->ho_len, 0);
		n++;
	}
	return (n);
}

static void
address_host(struct config *cg, unsigned int rule, const char *name)
{
	const struct config_at	*at = &cg->cfg_listens[rule].li_at;

	if (host_known(cg, rule, name) > 0)
		return;
	if (address.started) {
		config_error(cg, at, "%s: neither an address nor an "
		    "interface; hosts are looked up at startup only", name);
		return;
	}
	host_look(name);
	if (host_known(cg, rule, name) == 0)
		config_error(cg, at, "%s: no such address, interface or host",
		    name);
}

void
address_resolve(struct config *cg, unsigned int rule)
{
	const struct config_listen	*li = &cg->cfg_listens[rule];
	const char			*name = li->li_address;
	int				 n;

	if ((li->li_flags & LISTEN_LMTP) != 0) {
		lmtpsock_resolve(cg, rule);
		return;
	}
	if (name == NULL) {
		address_numeric(cg, rule, "0.0.0.0", 1);
		address_numeric(cg, rule, "::", 1);
		return;
	}
	if (address_numeric(cg, rule, name, 0) > 0)
		return;
	if ((n = address_interface(cg, rule, name)) == -1)
		n = address_group(cg, rule, name);
	if (n == 0 && strcmp(name, "egress") == 0)
		config_error(cg, &li->li_at, "egress: no default route has an "
		    "address: name an interface or an address, or all");
	else if (n == 0)
		config_error(cg, &li->li_at, "%s: no address", name);
	else if (n == -1)
		address_host(cg, rule, name);
}
