/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of certificates: which user the name in a certificate is.
 */

#ifndef CERTTAB_H
#define CERTTAB_H

#include <stddef.h>

#include "msg.h"
#include "table.h"

/* For a reader: NULL, or what is wrong with a line. */
const char	*certtab_row(const struct table_row *);

/*
 * Whether whoever has a certificate with this name may be the user that it
 * asks for, or "" for whomever the table names: AUTH_ACCEPTED, with the user in
 * lower case in buf, else AUTH_NO_CERT.  NULL is a table without names.
 */
enum auth_result certtab_check(const struct table *, const char *name,
		    const char *asked, char *buf, size_t size);

#endif
