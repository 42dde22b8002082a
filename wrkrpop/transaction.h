/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A session after login: from the answer to PASS to the answer to QUIT.
 */

#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "maildrop.h"

struct msg_report;
struct msg_work;

/*
 * Answer PASS: the maildrop is open, or why it is not.  The struct msg_work
 * says which session holds the lock, if known.
 */
void		 greet_accept(const struct maildrop *);
void		 greet_refuse(enum maildrop_error, const struct msg_work *);

/*
 * Carry out the commands from descriptor fd; replies go to out.h.  Ends with
 * QUIT, at the end of the input or on an error.  Every complete line is carried
 * out, even if the replies cannot be written any more; but from then on no
 * message counts as retrieved, and one whose RETR was not sent whole is not
 * removed.  Fills in the report.
 */
void		 transaction_run(struct maildrop *, int, struct msg_report *);

#endif
