/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Apply popuidl to the entries. */

#ifndef UIDLS_H
#define UIDLS_H

struct snapshot;

/*
 * Give every item its unique-id and order, from popuidl or its own.  Return 0,
 * or -1 with *error set, logged: with unknown unique-ids all messages would be
 * fetched again.
 */
enum maildrop_error;
int		 uidls_apply(struct snapshot *, enum maildrop_error *);

#endif
