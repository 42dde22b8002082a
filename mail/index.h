/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Write down for the next session what this one found or did.  No failure here
 * matters: checksums and sums reveal a wrong index, which costs a scan.
 */

#ifndef INDEX_H
#define INDEX_H

#include <stdint.h>

struct maildrop;

/* Call after the snapshot: md_index says what to write. */
void		 index_write(struct maildrop *);

/* Correct the entry of message n, which was listed with a wrong size. */
void		 index_correct(struct maildrop *, uint32_t, uint64_t);

/*
 * Remember the places of the list's entries in the file: call before an entry
 * of the list is replaced.  Without memory they are not found.
 */
void		 index_places(struct maildrop *);

/*
 * Call before a message is removed.  If no index could be written, the file may
 * not know that others have its base name: then its entry dies at once, and
 * tells, or the next session would take another one for it.  Return 0, or -1
 * with errno set: keep the message.
 */
int		 index_twin(struct maildrop *, uint32_t);

/* Call after UPDATE: DROP_REMOVED entries die, DROP_MOVED ones move. */
void		 index_update(struct maildrop *);

#endif
