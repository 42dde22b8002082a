/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The addresses that a rule `listen on' comes to.
 */

#ifndef ADDRESS_H
#define ADDRESS_H

struct config;

/*
 * Add the addresses of a rule, by its number, to the configuration: all, a
 * numeric one, those of an interface or of a group of them, or those of a
 * host.  A host is looked up at startup only, as it may take long; from then
 * on it has the addresses that it had.
 */
void	 address_resolve(struct config *, unsigned int);

/* Whether it is a numeric address. */
int	 address_is_numeric(const char *);

/* popd serves: no host is looked up any more. */
void	 address_started(void);

#endif
