/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef UIDLS_H
#define UIDLS_H

struct maildrop;

/*
 * See to it that no two messages of the list share a UIDL: an imported one
 * that collides gets its default.  0, or -1 and errno ENOMEM.
 */
int		 uidls_unique(struct maildrop *);

#endif
