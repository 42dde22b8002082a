/* link: popd/address.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The addresses of an interface, as kernels of several kinds give them. */

#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <ifaddrs.h>
#include <stdio.h>

#include "popd/address.h"
#include "popd/config.h"
#include "popd/lmtpsock.h"
#include "unit.h"

/* What getifaddrs(3) gives, and the address and scope to listen on. */
static const struct {
	const char	*text;
	uint32_t	 scope;
	const char	*want;
	uint32_t	 want_scope;
} cases[] = {
	{ "::1", 0, "::1", 0 },
	{ "fe80:1::1", 0, "fe80::1", 1 },	/* KAME */
	{ "fe80:102::1", 0, "fe80::1", 258 },
	{ "fe80::1", 2, "fe80::1", 2 },		/* Linux */
	{ "2001:db8::1", 0, "2001:db8::1", 0 },
	{ "fec0:1::1", 0, "fec0:1::1", 0 }
};

static char			 name[] = "if0";
static struct sockaddr_in6	 sin6;
static struct ifaddrs		 ifa;
static struct config		 cg;
static unsigned int		 errors;

int
getifaddrs(struct ifaddrs **list)
{
	*list = &ifa;
	return (0);
}

void
freeifaddrs(struct ifaddrs *list)
{
}

void
lmtpsock_resolve(struct config *c, unsigned int rule)
{
}

void
config_error(struct config *c, const struct config_at *at, const char *fmt,
    ...)
{
	errors++;
}

static void
test_case(size_t i)
{
	struct sockaddr_in6	 is;
	char			 text[INET6_ADDRSTRLEN];

	memset(&cg, 0, sizeof(cg));
	cg.cfg_listens[0].li_address = name;
	cg.cfg_listens[0].li_flags = LISTEN_TLS;
	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_scope_id = cases[i].scope;
	inet_pton(AF_INET6, cases[i].text, &sin6.sin6_addr);
	errors = 0;
	address_resolve(&cg, 0);
	CHECK(errors == 0 && cg.cfg_naddresses == 1, "%s: %u errors",
	    cases[i].text, errors);
	memcpy(&is, &cg.cfg_addresses[0].ad_addr, sizeof(is));
	inet_ntop(AF_INET6, &is.sin6_addr, text, sizeof(text));
	CHECK(strcmp(text, cases[i].want) == 0 &&
	    is.sin6_scope_id == cases[i].want_scope, "%s is %s scope %u",
	    cases[i].text, text, is.sin6_scope_id);
}

int
main(void)
{
	size_t	 i;

	ifa.ifa_name = name;
	ifa.ifa_addr = (struct sockaddr *)&sin6;
	unit_case("a scope in a link-local address becomes its own");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(i);
	return (unit_done());
}
