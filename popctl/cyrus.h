/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Cyrus does not use maildirs.  The administrator who copies its messages into
 * one records the uid of each file; the unique ids follow from those.
 */

#ifndef CYRUS_H
#define CYRUS_H

struct text;
struct uidlformat;
struct uidlist;

/* Return the format that a uidl_format of Cyrus names, or NULL. */
const char	*cyrus_format(const char *);

/* Parse the file into a list in Cyrus's order.  0, or -1, logged. */
int		 cyrus_parse(struct text *, const struct uidlformat *,
		    struct uidlist *);

#endif
