/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of routes: the server of a user's mailbox, for a proxy that asks
 * (popd.conf(5), route).  Keys are those of smtpd's `virtual' tables: the user,
 * @ and the user's domain, @ for all others.  A value is a list of servers,
 * [protocol://]address[:port], separated by commas.
 */

#ifndef ROUTE_H
#define ROUTE_H

#include "msg.h"

struct source;
struct table;
struct table_row;

/* Check a row for table_open().  Return NULL, or what is wrong with it. */
const char	*route_check(const struct table_row *);

/*
 * Set the server that the value of a row names for a protocol; so_version 0 if
 * it names none.  Return NULL, or what is wrong with the value.
 */
const char	*route_parse(const char *, enum mail_protocol,
		    struct source *);

/* Set the server of a lower-cased user; so_version 0 if it has none. */
void		 route_find(const struct table *, const char *user,
		    enum mail_protocol, struct source *);

/* Return "pop3", "imap" or "smtp". */
const char	*route_protocol(enum mail_protocol);

#endif
