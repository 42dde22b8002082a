/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * dovecot-uidlist, version 3: the uids that Dovecot gave to the messages of a
 * maildir, and unique ids that it imported itself.
 */

#ifndef DOVECOT_H
#define DOVECOT_H

#define DOVECOT_FILE	"dovecot-uidlist"
#define DOVECOT_FORMAT	"%08Xu%08Xv"

struct text;
struct uidlformat;
struct uidlist;

/*
 * What Dovecot would list, in its order, with the unique ids of this format
 * where the file has no others.  0, or -1: said why.
 */
int	 dovecot_parse(struct text *, const struct uidlformat *,
	    struct uidlist *);

#endif
