/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets that wait in a listener, in buffers of two sizes from a pool: a
 * session has one only while there are octets in it, so that ten thousand
 * idle sessions cost none.  Passwords and mail pass through here: what has
 * been used is wiped at once.
 */

#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define BUF_SMALL	2048		/* replies, the beginning of a line */
#define BUF_LARGE	RELAY_BUFFER

/* All zero: an empty one. */
struct buf {
	char		*bf_data;
	uint32_t	 bf_off;	/* the first octet in use */
	uint32_t	 bf_len;	/* octets in use */
	uint32_t	 bf_size;	/* 0, BUF_SMALL or BUF_LARGE */
};

/*
 * Make room for the whole of size (BUF_SMALL or BUF_LARGE), moving what is
 * in it to its front.  Returns the octets that can be added at buf_end(): 0
 * if it is full or there is no memory.
 */
size_t	 buf_open(struct buf *, size_t);

/* The first octet in use, and the place after the last. */
char	*buf_start(const struct buf *);
char	*buf_end(const struct buf *);

/* n octets were put at buf_end(). */
void	 buf_added(struct buf *, size_t);

/* n octets at buf_start() are done with; they are wiped. */
void	 buf_used(struct buf *, size_t);

/*
 * To be called when a session waits again: an empty buffer goes back to the
 * pool, a little in a large one moves to a small one.
 */
void	 buf_settle(struct buf *);

/* Wipe what is in it and give it back. */
void	 buf_clear(struct buf *);

#endif
