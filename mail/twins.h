/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Several files with one base name.  They are one message if they are one
 * file, or have the same octets; else each is a message of its own, whose
 * UIDL is made of its octets, too: it depends on nothing that could be
 * forgotten, and what is left of two is never taken for the other.
 */

#ifndef TWINS_H
#define TWINS_H

#include <stdint.h>

struct snapshot;

/*
 * Sort out the files that share a base name.  0, or -1 and errno: a fault that
 * may pass must not give a message another UIDL.
 * Files that are renamed meanwhile become ITEM_LOST, to be sorted out again;
 * with last, that is not waited for.
 */
int		 twins_resolve(struct snapshot *, int);

#endif
