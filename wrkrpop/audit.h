/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The messages that UPDATE removed, for the log.
 */

#ifndef AUDIT_H
#define AUDIT_H

struct maildrop;

/*
 * Report each removed message to the parent, as fast as the log takes them: the
 * client has its answer by now, and the maildir is unlocked.
 */
void	 audit_run(const struct maildrop *);

#endif
