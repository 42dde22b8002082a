/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The certificate table: maps names in certificates to users.
 */

#ifndef CERTTAB_H
#define CERTTAB_H

#include <stddef.h>

#include "msg.h"
#include "table.h"

/* Row check for a reader: return NULL, or the error of a line. */
const char	*certtab_row(const struct table_row *);

/*
 * Return AUTH_ACCEPTED if the certificate with this name may be the user it
 * asks for, or "" for the user of the table, with the user in lower case in
 * buf; else AUTH_NO_CERT.  A NULL table is empty.
 */
enum auth_result certtab_check(const struct table *certs,
		    const char *name, const char *asked, char *buf,
		    size_t size);

#endif
