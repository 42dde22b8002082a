/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replies on their way out: one buffer, so that whole replies, and many of
 * them if the client sent many commands, leave in one write(2).
 *
 * A client that cannot be written to loses its replies and nothing else:
 * from the first failed write on everything is thrown away.
 */

#ifndef OUT_H
#define OUT_H

#include <stddef.h>
#include <stdint.h>

/* As much as the listener takes at once. */
#define OUT_MAX		65536

/* Write to this descriptor, which stays the caller's. */
void		 out_init(int);

/* Write what is there. */
void		 out_flush(void);

/* Whether a write has failed: nobody reads the replies any more. */
int		 out_dead(void);

/*
 * Octets of all replies so far: those that write(2) has taken, and up to the
 * end of what is in the buffer.
 */
uint64_t	 out_written(void);
uint64_t	 out_end(void);

/*
 * A number in decimal, without an end, to where there are OUT_DECIMAL octets;
 * how many of them it is.
 */
#define OUT_DECIMAL	20
size_t		 out_decimal(void *, uint64_t);

/* Add octets, a string, or a number in decimal. */
void		 out_add(const void *, size_t);
void		 out_text(const char *);
void		 out_number(uint64_t);

/*
 * Room of at least min octets (at most OUT_MAX) to write to; *room gets how
 * many there are.  out_took() then says how many were used.
 */
unsigned char	*out_room(size_t, size_t *);
void		 out_took(size_t);

#endif
