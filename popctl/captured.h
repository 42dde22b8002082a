/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef CAPTURED_H
#define CAPTURED_H

struct box;
struct text;
struct uidlist;

/*
 * A captured listing, its lines matched to the files of a maildrop.  What has
 * no match is told of; where several files could be meant that is a reason to
 * give up, unless leave is set.  0, or -1: said why.
 */
int	 captured_match(struct text *, const struct box *, int leave,
	    struct uidlist *);

#endif
