/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef MAILBOX_LOCKS_H
#define MAILBOX_LOCKS_H

/*
 * The lock of a spool that all deliverers of the system take.  Debian's take
 * fcntl(2) and a dotlock, both (Policy 11.6): who has one of them keeps all
 * others out.
 */
#define MAILBOX_LOCKS	"fcntl"

#endif
