/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table processes of one configuration, and their orders.
 */

#ifndef TABLESET_H
#define TABLESET_H

#include <stdint.h>

#include "msg.h"

struct confset;
struct program;
struct tableset;

/* They can be asked; or NULL, the first that can't, and why. */
typedef void tableset_done(struct tableset *, const char *why);

/*
 * Greet the processes of a set, whose descriptors stay its own until
 * tableset_use(); done() is called once, perhaps from within.  One of the set
 * in use, NULL if there is none, that is down there may be down here.
 */
void		 tableset_open(const struct confset *,
		    const struct tableset *used, tableset_done *);

/*
 * Stop that: done() is not called.  Or the set of which it was called is not
 * to be used after all.
 */
void		 tableset_cancel(void);
void		 tableset_free(struct tableset *);

/*
 * It is in use, and takes the descriptors from what it was made of: a process
 * that is of no use any more is told to the parent.
 */
void		 tableset_use(struct tableset *, struct confset *);

/* It is not in use any more, and goes with the last that holds it. */
void		 tableset_retire(struct tableset *);
void		 tableset_hold(struct tableset *);
void		 tableset_release(struct tableset *);

/* A new process, by the number of the one before.  0, or -1: no such. */
int		 tableset_replace(struct tableset *, uint32_t number, int fd);

/* The program at a place of those of a kind, NULL if that is none. */
struct program	*tableset_program(const struct tableset *, enum table_flag,
		    unsigned int place);

#endif
