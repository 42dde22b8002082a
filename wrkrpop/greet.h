/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The answer to PASS.
 */

#ifndef GREET_H
#define GREET_H

#include "maildrop.h"

struct msg_work;

/*
 * Answer PASS: the maildrop is open, or why it is not.  The struct msg_work
 * says which session holds the lock, if known.
 */
void		 greet_accept(const struct maildrop *);
void		 greet_refuse(enum maildrop_error, const struct msg_work *);

#endif
