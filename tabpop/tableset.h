/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table processes of one configuration, in their order.
 */

#ifndef TABLESET_H
#define TABLESET_H

#include <stdint.h>

#include "msg.h"

struct confset;
struct program;
struct tableset;

/* All can be asked; or ts is NULL, and why names the first that cannot. */
typedef void tableset_done(struct tableset *, const char *why);

/*
 * Greet the processes of a set, whose descriptors stay the set's until
 * tableset_use().  done() is called once, perhaps from within this call.
 */
void		 tableset_open(const struct confset *, tableset_done *);

/*
 * Use the set, and take the descriptors of the confset it was made of.  The
 * parent is told which processes are down.
 */
void		 tableset_use(struct tableset *, struct confset *);

/*
 * Stop using the set; it is freed by the last tableset_release().  NULL is
 * ignored.
 */
void		 tableset_retire(struct tableset *);
void		 tableset_hold(struct tableset *);
void		 tableset_release(struct tableset *);

/*
 * Replace the process with this number.  Return 0 and own fd, or -1 if there
 * is no such process.
 */
int		 tableset_replace(struct tableset *, uint32_t number, int fd);

/* Return the program at a place among those of a kind, or NULL. */
struct program	*tableset_program(const struct tableset *, enum table_flag,
		    unsigned int place);

#endif
