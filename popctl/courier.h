/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * courierpop3dsizelist, versions 2 and 3: sizes, and the numbers from which
 * Courier makes unique ids.
 */

#ifndef COURIER_H
#define COURIER_H

#define COURIER_FILE	"courierpop3dsizelist"

struct text;
struct uidlist;

/* Parse the file into a list in Courier's order.  0, or -1, logged. */
int	 courier_parse(struct text *, struct uidlist *);

#endif
