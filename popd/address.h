/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The addresses of a `listen on' rule.
 */

#ifndef ADDRESS_H
#define ADDRESS_H

struct config;

/*
 * Add the addresses of a rule, given by its index, to the configuration: any,
 * a numeric one, those of an interface, an interface group or a host.  A host
 * is looked up at startup only, since that may block; later the addresses
 * found then are used.  Errors are added to the configuration.
 */
void	 address_resolve(struct config *, unsigned int);

/* Return whether this is a numeric address. */
int	 address_is_numeric(const char *);

/* Startup is over: look up no more hosts. */
void	 address_started(void);

#endif
