/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * courierpop3dsizelist, versions 2 and 3: sizes, and the numbers that
 * Courier's unique ids are made of.
 */

#ifndef COURIER_H
#define COURIER_H

#define COURIER_FILE	"courierpop3dsizelist"

struct text;
struct uidlist;

/* What Courier would list, in its order.  0, or -1: said why. */
int	 courier_parse(struct text *, struct uidlist *);

#endif
