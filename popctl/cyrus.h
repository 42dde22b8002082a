/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Cyrus has no maildirs.  Whoever copies its messages into one writes down
 * which file has which uid; what its unique ids were follows from that.
 */

#ifndef CYRUS_H
#define CYRUS_H

struct text;
struct uidlformat;
struct uidlist;

/* The format of one of Cyrus's uidl_format names; NULL: there is none. */
const char	*cyrus_format(const char *);

/* What Cyrus would list, in its order.  0, or -1: said why. */
int		 cyrus_parse(struct text *, const struct uidlformat *,
		    struct uidlist *);

#endif
