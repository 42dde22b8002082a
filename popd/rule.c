/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The options of `listen on', as parsed by parse.y.  See rule.h. */

#include <sys/types.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "lex.h"
#include "rule.h"

void
rule_port(struct config *cg, struct config_listen *li, const char *port)
{
	const char	*errstr;

	if (li->li_port != NULL)
		config_error(cg, lex_at(), "port is given twice");
	li->li_port = port;
	strtonum(port, 1, 65535, &errstr);
	if (errstr != NULL && (port[strspn(port, "0123456789")] == '\0' ||
	    getservbyname(port, "tcp") == NULL))
		config_error(cg, lex_at(), "port %s: %s", port,
		    port[strspn(port, "0123456789")] == '\0' ? errstr :
		    "unknown service");
}

void
rule_mode(struct config *cg, struct config_listen *li, uint32_t flag,
    const char *what)
{
	if ((li->li_flags & flag) != 0)
		config_error(cg, lex_at(), "%s is given twice", what);
	li->li_flags |= flag;
}

void
rule_option(struct config *cg, const char **option, const char *what,
    const char *value)
{
	if (*option != NULL)
		config_error(cg, lex_at(), "%s is given twice", what);
	*option = value;
}

void
rule_from(struct config *cg, struct config_listen *li)
{
	if ((li->li_flags & LISTEN_HTTP) == 0)
		config_error(cg, lex_at(),
		    "from needs auth_http or proxy before it");
	if (li->li_from)
		config_error(cg, lex_at(), "from is given twice");
	li->li_from = 1;
}

void
rule_whom(struct config *cg, struct config_listen *li)
{
	if ((li->li_flags & LISTEN_HTTP) == 0 || li->li_from)
		return;
	config_net_add(cg, NET_PROXY, "127.0.0.0/8", lex_at());
	config_net_add(cg, NET_PROXY, "::1", lex_at());
}

void
rule_pair(struct config *cg, struct config_listen *li, const char *name)
{
	struct config_pair	*pk;
	uint64_t		 bit;

	if ((pk = config_pair(cg, name, lex_at())) == NULL)
		return;
	bit = (uint64_t)1 << (pk - cg->cfg_pairs);
	if ((li->li_pairs & bit) != 0)
		config_error(cg, lex_at(), "pki %s is given twice", name);
	li->li_pairs |= bit;
}

void
rule_protocols(struct config *cg, struct config_listen *li,
    const char *protocols)
{
	char	 list[64], *next = list, *one;
	int	 bad;

	bad = strlcpy(list, protocols, sizeof(list)) >= sizeof(list);
	while (!bad && (one = strsep(&next, ",: ")) != NULL)
		if (strcasecmp(one, "tlsv1.2") == 0)
			li->li_flags |= LISTEN_TLS12;
		else
			bad = strcasecmp(one, "tlsv1.3") != 0;
	if (bad)
		config_error(cg, lex_at(), "protocols \"%s\": want tlsv1.2, "
		    "tlsv1.3 or both", protocols);
}

void
rule_domain(struct config *cg, struct config_listen *li, const char *domain)
{
	if (li->li_domain != NULL)
		config_error(cg, lex_at(), "domain is given twice");
	li->li_domain = domain;
	if (*domain == '\0' || strlen(domain) >= DOMAIN_MAX ||
	    domain[strspn(domain, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] != '\0')
		config_error(cg, lex_at(), "domain \"%s\": want letters, "
		    "digits, '.' and '-'", domain);
}
