/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users in tables of one kind only.  See compare.h.
 */

#include <sys/types.h>

#include <stdio.h>

#include "compare.h"
#include "hashes.h"
#include "limits.h"
#include "log.h"
#include "table.h"

void
compare_add(struct compare *cm, const struct table *tb, const char *name)
{
	cm->cm_tables[cm->cm_count] = tb;
	cm->cm_names[cm->cm_count++] = name;
}

static int
compare_has(const struct compare *cm, const char *user)
{
	unsigned int	 i;

	for (i = 0; i < cm->cm_count; i++)
		if (table_find(cm->cm_tables[i], user) != NULL)
			return (1);
	return (0);
}

/* Log the users of table i that are in none of the others. */
static void
compare_one(const struct compare *cm, unsigned int i,
    const struct compare *others, int locks)
{
	const struct table_row	*tr;
	const char		*where = others->cm_names[0];
	char			 user[LOG_QUOTE_MAX];
	size_t			 row, n = 0;

	if (others->cm_count > 1)
		where = others->cm_word;
	for (row = 0; (tr = table_row(cm->cm_tables[i], row)) != NULL; row++) {
		if (compare_has(others, tr->tr_key) ||
		    (locks && hashes_locked(tr)))
			continue;
		if (n++ < WARNINGS_MAX)
			log_warnx("%s:%u: %s is not in %s", cm->cm_names[i],
			    tr->tr_line, log_quote(tr->tr_key, user,
			    sizeof(user)), where);
	}
	if (n > WARNINGS_MAX)
		log_warnx("%s: %zu more are not in %s", cm->cm_names[i],
		    n - WARNINGS_MAX, where);
}

void
compare_tell(const struct compare *credentials, const struct compare *userbase)
{
	unsigned int	 i;

	for (i = 0; i < credentials->cm_count; i++)
		compare_one(credentials, i, userbase, 1);
	for (i = 0; i < userbase->cm_count; i++)
		compare_one(userbase, i, credentials, 0);
}
