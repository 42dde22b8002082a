/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Several files with one base name.  They are one message if they are one file,
 * or have the same octets; otherwise each is a message of its own with a
 * unique-id made from its octets, too: nothing that could be forgotten affects
 * it, and the remaining one of two is never taken for the other.
 */

#ifndef TWINS_H
#define TWINS_H

#include <stdint.h>

struct snapshot;

/*
 * Resolve the files that share a base name.  Return 0, or -1 with errno set: a
 * temporary fault must not give a message another unique-id.  Files renamed
 * meanwhile become ITEM_LOST and must be resolved again, unless last.
 */
int		 twins_resolve(struct snapshot *, int);

#endif
