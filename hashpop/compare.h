/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Users in the tables of credentials but not of userbase, and vice versa.
 */

#ifndef COMPARE_H
#define COMPARE_H

#include "limits.h"

struct table;

/* All tables of one kind; names and tables stay the caller's. */
struct compare {
	const char		*cm_word;	/* of popd.conf(5) */
	const struct table	*cm_tables[TABLES_ASKED_MAX];
	const char		*cm_names[TABLES_ASKED_MAX];
	unsigned int		 cm_count;
};

void		 compare_add(struct compare *, const struct table *,
		    const char *name);

/*
 * Log who is in only one of both, at most WARNINGS_MAX names per table.
 * Locked users of credentials need not be in userbase.
 */
void		 compare_tell(const struct compare *credentials,
		    const struct compare *userbase);

#endif
