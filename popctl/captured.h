/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Captured listings of another server.
 */

#ifndef CAPTURED_H
#define CAPTURED_H

struct box;
struct oldserver;
struct text;
struct uidlist;

/*
 * Match the lines of a captured listing to the files of a maildrop that are
 * older.  Logs lines without a match; fails if one is ambiguous, unless
 * og_leave is set.  Return 0, or -1, logged.
 */
int	 captured_match(struct text *, const struct box *,
	    const struct oldserver *, struct uidlist *);

#endif
