/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The options of a `listen on' rule, each at the last word read by lex.c.
 * Errors are added to the configuration; load.c checks combinations.
 */

#ifndef RULE_H
#define RULE_H

#include <stdint.h>

struct config;
struct config_listen;

/* Set the port, a number or service, owned by the configuration. */
void	 rule_port(struct config *, struct config_listen *, const char *port);

/* Set an enum listen_flag, named what in popd.conf(5), only once. */
void	 rule_mode(struct config *, struct config_listen *, uint32_t flag,
	    const char *what);

/* Set an option, named what in popd.conf(5), only once. */
void	 rule_option(struct config *, const char **option, const char *what,
	    const char *value);

/* Networks that may ask over HTTP follow. */
void	 rule_from(struct config *, struct config_listen *);

/* End of a rule: without any, only this host may ask. */
void	 rule_whom(struct config *, struct config_listen *);

/* Add a pki. */
void	 rule_pair(struct config *, struct config_listen *, const char *name);

/* Set protocols: "tlsv1.2", "tlsv1.3" or both, separated by , : or blank. */
void	 rule_protocols(struct config *, struct config_listen *,
	    const char *protocols);

/* Set the domain appended to names without @; owned by the configuration. */
void	 rule_domain(struct config *, struct config_listen *,
	    const char *domain);

#endif
