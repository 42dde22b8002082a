/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Servers whose unique ids follow from the names of the files alone.
 */

#ifndef NAMES_H
#define NAMES_H

struct box;
struct uidlist;

/* What qmail-pop3d and tpop3d would list, in order.  0, or -1: said why. */
int	 names_qmail(const struct box *, struct uidlist *);
int	 names_tpop3d(const struct box *, struct uidlist *);

#endif
