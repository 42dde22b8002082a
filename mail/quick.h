/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Open a session without reading the index. */

#ifndef QUICK_H
#define QUICK_H

struct maildrop;

/*
 * Return 1 and set md_last and md_octets if the names in the directories are
 * those covered by the header of popcache and those appended to it; 0 if
 * everything must be read, or that is unknown.
 */
int		 quick_look(struct maildrop *);

#endif
