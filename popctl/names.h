/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Servers that make unique ids from file names alone.
 */

#ifndef NAMES_H
#define NAMES_H

struct box;
struct uidlist;

/* Add what qmail-pop3d or tpop3d would list, in order.  0, or -1, logged. */
int	 names_qmail(const struct box *, struct uidlist *);
int	 names_tpop3d(const struct box *, struct uidlist *);

#endif
