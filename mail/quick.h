/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The list of a session without reading the index. */

#ifndef QUICK_H
#define QUICK_H

struct maildrop;

/*
 * Whether the names in the directories are those that the header of popcache
 * speaks for and those that were appended after them.  1, and md_last and
 * md_octets are known; 0 if all of it must be looked at, or that is not
 * known.
 */
int		 quick_look(struct maildrop *);

#endif
