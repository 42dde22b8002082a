/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * dovecot-uidlist, version 3: the uids that Dovecot assigned to the messages of
 * a maildir, and unique ids that it imported itself.
 */

#ifndef DOVECOT_H
#define DOVECOT_H

#define DOVECOT_FILE	"dovecot-uidlist"
#define DOVECOT_FORMAT	"%08Xu%08Xv"

struct text;
struct uidlformat;
struct uidlist;

/*
 * Parse the file into a list in Dovecot's order.  Unique ids that the file
 * does not have are made in this format.  0, or -1, logged.
 */
int	 dovecot_parse(struct text *, const struct uidlformat *,
	    struct uidlist *);

#endif
