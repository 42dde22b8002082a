/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef MAILBOX_LOCKS_H
#define MAILBOX_LOCKS_H

/*
 * See ../include/mailbox_locks.h.  mail.local(8) takes flock(2), besides the
 * dotlock that lockspool(1) makes for it.
 */
#define MAILBOX_LOCKS		"flock"
#define MAILBOX_LOCKS_EXCLUDE	1

#endif
