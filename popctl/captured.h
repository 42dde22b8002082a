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
 * Match the lines of a captured listing to the files of a maildrop.  Logs
 * lines without a match; fails if a line matches several files, unless leave
 * is set.  0, or -1, logged.
 */
int	 captured_match(struct text *, const struct box *, int leave,
	    struct uidlist *);

#endif
