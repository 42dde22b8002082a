/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The options of a rule `listen on', one by one, each at the last word that
 * lex.c read.  What is wrong with one is told there (config_error); what is
 * wrong with them together is found by load.c.
 */

#ifndef RULE_H
#define RULE_H

#include <stdint.h>

struct config;
struct config_listen;

/* A number or a service's name; it belongs to the configuration. */
void	 rule_port(struct config *, struct config_listen *, const char *port);

/* One of enum listen_flag, called what in popd.conf(5); once only. */
void	 rule_mode(struct config *, struct config_listen *, uint32_t flag,
	    const char *what);

/* The networks that follow may ask over HTTP. */
void	 rule_from(struct config *, struct config_listen *);

/* At the end of a rule: if none were named, this machine alone may ask. */
void	 rule_whom(struct config *, struct config_listen *);

void	 rule_pair(struct config *, struct config_listen *, const char *name);

/* "tlsv1.2 tlsv1.3", or one of them; commas and colons part them, too. */
void	 rule_protocols(struct config *, struct config_listen *,
	    const char *protocols);

/* The authority whose certificates clients must have. */
void	 rule_verify(struct config *, struct config_listen *, const char *ca);

/* What is added to a name without @; it belongs to the configuration. */
void	 rule_domain(struct config *, struct config_listen *,
	    const char *domain);

#endif
