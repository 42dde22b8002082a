/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What UPDATE removed, for the log.
 */

#ifndef AUDIT_H
#define AUDIT_H

struct maildrop;

/*
 * Tell the parent of each message that is gone, as fast as the log takes them:
 * the client has its answer by now, and the maildir is free.
 */
void	 audit_run(const struct maildrop *);

#endif
