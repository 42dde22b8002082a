/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Certificates instead of passwords.  The listener sends the name it has
 * verified; the table says which user it may be: the checker's, and the
 * listener's own, so that neither says it alone.  No secret is compared, so
 * timing does not matter.
 */

#include <sys/types.h>

#include <string.h>

#include "certtab.h"
#include "limits.h"
#include "msg.h"
#include "table.h"

const char *
certtab_row(const struct table_row *tr)
{
	if (strlen(tr->tr_key) >= USER_MAX)
		return ("name is too long");
	if (strpbrk(tr->tr_value, " \t") != NULL)
		return ("more than one user after the name");
	if (strlen(tr->tr_value) >= USER_MAX)
		return ("user name is too long");
	return (NULL);
}

enum auth_result
certtab_check(const struct table *certs, const char *name, const char *asked,
    char *buf, size_t size)
{
	const struct table_row	*tr;
	char			 user[USER_MAX];

	if (certs == NULL || (tr = table_find(certs, name)) == NULL)
		return (AUTH_NO_CERT);
	strlcpy(buf, tr->tr_value, size);
	table_lower(buf);
	strlcpy(user, asked, sizeof(user));
	table_lower(user);
	if (user[0] == '\0' || strcmp(user, buf) == 0)
		return (AUTH_ACCEPTED);
	buf[0] = '\0';
	return (AUTH_NO_CERT);
}
