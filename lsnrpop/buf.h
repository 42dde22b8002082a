/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Octets buffered in a listener, in buffers of two sizes from a pool.  A
 * session has a buffer only while it is not empty, so ten thousand idle
 * sessions need none.  Passwords and mail pass through: used octets are wiped
 * at once.
 */

#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define BUF_SMALL	2048		/* replies, the start of a line */
#define BUF_LARGE	RELAY_BUFFER

/* Initialize with zeros: empty. */
struct buf {
	char		*bf_data;
	uint32_t	 bf_off;	/* of the first octet in use */
	uint32_t	 bf_len;	/* octets in use */
	uint32_t	 bf_size;	/* 0, BUF_SMALL or BUF_LARGE */
};

/*
 * Make the buffer at least size (BUF_SMALL or BUF_LARGE) and move its contents
 * to the front.  Return how many octets may be added at buf_end(): 0 if it is
 * full or out of memory.
 */
size_t	 buf_open(struct buf *, size_t);

/* Return the first octet in use, or the place after the last. */
char	*buf_start(const struct buf *);
char	*buf_end(const struct buf *);

/* n octets were written at buf_end(). */
void	 buf_added(struct buf *, size_t);

/* Wipe and drop n octets at buf_start(). */
void	 buf_used(struct buf *, size_t);

/*
 * Call when a session waits again: return an empty buffer to the pool, and
 * move a small rest to a small one.
 */
void	 buf_settle(struct buf *);

/* Wipe the contents and return the buffer to the pool. */
void	 buf_clear(struct buf *);

#endif
