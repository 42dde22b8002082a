/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The servers whose unique ids can be imported, in one table.
 */

#ifndef OLDSERVER_H
#define OLDSERVER_H

#include "uidlformat.h"

struct box;
struct text;
struct uidlist;

/* What the import is told about them. */
struct oldserver {
	const struct oldserver_kind *og_kind;
	struct uidlformat	  og_format;
	int			  og_leave;	/* what cannot be matched */
};

struct oldserver_kind {
	const char	*ok_name;
	const char	*ok_file;	/* in the maildir, or NULL */
	int		 ok_computed;	/* there is no file at all */
	const char	*ok_format;	/* unless told otherwise; NULL: none */

	/*
	 * What the server would list: of the file, or NULL, and of the
	 * maildrop.  0, or -1: said why.
	 */
	int		(*ok_list)(const struct oldserver *, struct text *,
			    const struct box *, struct uidlist *);
};

/*
 * The server of this name, with a format of its unique ids, or NULL: the one
 * that it has by itself.  Both stay the caller's.  0, or -1: said why.
 */
int		 oldserver_set(struct oldserver *, const char *, const char *);

#endif
