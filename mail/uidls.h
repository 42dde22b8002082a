/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What popuidl says becomes that of the entries. */

#ifndef UIDLS_H
#define UIDLS_H

struct snapshot;

/*
 * Give every item the UIDL and the order that it has by popuidl, or by
 * itself.  0, or -1 with *error set, the reason logged: a session that does
 * not know its UIDLs would have its messages fetched again.
 */
enum maildrop_error;
int		 uidls_apply(struct snapshot *, enum maildrop_error *);

#endif
