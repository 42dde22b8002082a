/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of routes: on which server the mailbox of a user is, for a proxy
 * that asks (popd.conf(5), route).  Keys are as those of `virtual' tables of
 * smtpd: the user, @ and his domain, @ for all others.  A value is a list of
 * servers, [protocol://]address[:port], with commas between them.
 */

#ifndef ROUTE_H
#define ROUTE_H

#include "msg.h"

struct source;
struct table;
struct table_row;

/* NULL, or what is wrong with a row: for table_open(). */
const char	*route_check(const struct table_row *);

/*
 * NULL, or what is wrong with the value of a row.  The server that it names
 * for a protocol; so_version 0 if there is none.
 */
const char	*route_parse(const char *, enum mail_protocol,
		    struct source *);

/*
 * Where this user is served, who is lower-cased.  so_version 0: nowhere.
 */
void		 route_find(const struct table *, const char *user,
		    enum mail_protocol, struct source *);

/* "pop3", "imap", "smtp". */
const char	*route_protocol(enum mail_protocol);

#endif
