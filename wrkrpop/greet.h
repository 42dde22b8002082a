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
 * Answer PASS, and write it: the maildrop is open, or why it is not.  The
 * struct msg_work says who holds the lock, if that is known.
 */
void		 greet_accept(const struct maildrop *);
void		 greet_refuse(enum maildrop_error, const struct msg_work *);

#endif
