/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A session after login: from the answer to PASS to the answer to QUIT.
 */

#ifndef TRANSACTION_H
#define TRANSACTION_H

struct maildrop;
struct msg_report;

/*
 * Carry out the commands that come from descriptor fd; replies go to out.h.
 * Ends with QUIT, with the end of the input or with an error; every complete
 * line that came before is carried out, even if nobody reads the replies any
 * more; but from then on no message counts as retrieved, and one whose RETR
 * did not go out whole is not removed.  Fills the report.
 */
void		 transaction_run(struct maildrop *, int, struct msg_report *);

#endif
