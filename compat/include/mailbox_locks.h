/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef MAILBOX_LOCKS_H
#define MAILBOX_LOCKS_H

/*
 * The locks of a spool, so that each deliverer of the system takes one of them:
 * Debian's take both fcntl(2) and a dotlock (Policy 11.6), and OpenSMTPD's
 * mail.local(8) takes only the dotlock.
 */
#define MAILBOX_LOCKS		"fcntl, dotlock"

/*
 * fcntl(2) and flock(2) exclude each other, in one process as well: one of them
 * is both.
 */
#define MAILBOX_LOCKS_EXCLUDE	0

#endif
