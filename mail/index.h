/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a session found out or did, written down for the next one.  Nothing
 * here can fail in a way that matters: an index that is not what it says is
 * found out by its checksums and sums, and costs a scan.
 */

#ifndef INDEX_H
#define INDEX_H

#include <stdint.h>

struct maildrop;

/* After the snapshot: md_index says what is to be written. */
void		 index_write(struct maildrop *);

/* Message n was listed with another size than it has: correct its entry. */
void		 index_correct(struct maildrop *, uint32_t, uint64_t);

/*
 * Remember where the entries of the list are in the file: to be called before
 * one of the list is replaced by another.  Without memory they are not found.
 */
void		 index_places(struct maildrop *);

/* After UPDATE: entries of what is DROP_REMOVED die, of DROP_MOVED move. */
void		 index_update(struct maildrop *);

#endif
