/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Buffered replies: whole replies, many if the client sent many commands, leave
 * in one write(2).
 *
 * After the first failed write all further output is discarded: a client that
 * cannot be written to loses its replies and nothing else.
 */

#ifndef OUT_H
#define OUT_H

#include <stddef.h>
#include <stdint.h>

/* As much as the listener reads at once. */
#define OUT_MAX		65536

/* Write to this descriptor, which stays the caller's. */
void		 out_init(int);

/* Write what is buffered. */
void		 out_flush(void);

/* Return whether a write has failed: the replies are discarded. */
int		 out_dead(void);

/*
 * Return the octets of all replies so far: those written, and up to the end of
 * the buffer.
 */
uint64_t	 out_written(void);
uint64_t	 out_end(void);

/*
 * Write a number in decimal, not terminated, to a place of OUT_DECIMAL octets.
 * Return how many it takes.
 */
#define OUT_DECIMAL	20
size_t		 out_decimal(void *, uint64_t);

/* Append a string, or a number in decimal. */
void		 out_text(const char *);
void		 out_number(uint64_t);

/*
 * Return room for at least min octets (at most OUT_MAX); set *room to the
 * octets available.  out_took() then says how many were used.
 */
unsigned char	*out_room(size_t, size_t *);
void		 out_took(size_t);

#endif
