/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of servers whose unique ids can be imported.
 */

#ifndef OLDSERVER_H
#define OLDSERVER_H

#include "uidlformat.h"

struct box;
struct text;
struct uidlist;

/* The server to import from, and how. */
struct oldserver {
	const struct oldserver_kind	*og_kind;
	struct uidlformat		 og_format;
	int				 og_leave;	/* skip unmatched */
	int				 og_guess;	/* match by order */
};

struct oldserver_kind {
	const char	*ok_name;
	const char	*ok_file;	/* in the maildir, or NULL */
	int		 ok_computed;	/* from file names: no file needed */
	const char	*ok_format;	/* the default; NULL: not used */

	/*
	 * Make the server's list from its file, which is empty if ok_computed,
	 * and the maildrop.  0, or -1, logged.
	 */
	int		(*ok_list)(const struct oldserver *, struct text *,
			    const struct box *, struct uidlist *);
};

/*
 * Look up a server by name, with a format of its unique ids, or NULL for its
 * default, which must outlive it.  Return 0, or -1, logged.
 */
int		 oldserver_set(struct oldserver *, const char *, const char *);

#endif
