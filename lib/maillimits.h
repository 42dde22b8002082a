/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of a maildrop and of a spool; part of limits.h. */

#ifndef MAILLIMITS_H
#define MAILLIMITS_H

/* Milliseconds that mda or a session waits for the index lock. */
#define INDEX_LOCK_MILLISECONDS	100

/*
 * Moving a spool at login.  Milliseconds to wait for its lock: deliverers hold
 * it while they write one message.  Seconds after which the rest is left to the
 * next login: the client waits, many clients a minute only.  Messages open
 * before all are made durable at once, which costs little more than one on most
 * file systems.  And octets at either end of the moved part by which it is
 * recognized.
 */
#define SPOOL_LOCK_MILLISECONDS	5000
#define SPOOL_LOCK_STEP_MS	10
#define SPOOL_SECONDS		20
#define SPOOL_FILES		64
#define SPOOL_SAMPLE		65536

/* Seconds after which liblockfile(3), and so Debian, breaks a dotlock. */
#define DOTLOCK_SECONDS		300

/* Octets of a line that separates messages: the sender may take up 2,000. */
#define MBOX_LINE_MAX		4096

/*
 * Dead entries in an index of n messages after which it is rewritten: they are
 * read with the others.  And dead entries that a new index takes over, so that
 * a removed message is not mistaken for another.
 */
#define INDEX_DEAD_MAX(n)	(64 + (n) / 4)
#define INDEX_DEAD_KEPT		64

/* Files in tmp/ older than this are left from a crash (maildir(5): 36 h). */
#define TMP_STALE_SECONDS	(36 * 60 * 60)

/*
 * A directory with a stamp younger than this may change again without a new
 * stamp (the coarsest granularity of a file system is two seconds).
 */
#define STAMP_GUARD_SECONDS	2

/*
 * Milliseconds of a search for names while other programs change them.  Listing
 * all takes FIND_CALM passes, of which two can take three seconds on a slow
 * disk.
 */
#define FIND_MILLISECONDS	3000
#define FIND_ALL_MILLISECONDS	10000

/*
 * Passes without anything new after which the search ends: a file renamed a
 * thousand times a second is missed by at most one pass in two.  And if nothing
 * moved during them.
 */
#define FIND_CALM		16
#define FIND_CALM_YOUNG		2

/* Passes after which a name seen by none of them is given up. */
#define FIND_VAIN		32

/* Searches for files that are renamed whenever they are opened. */
#define FIND_ROUNDS		8

/* Milliseconds between passes, after the first FIND_CALM. */
#define FIND_REST_MILLISECONDS	2

/*
 * Milliseconds for which a file system with subsecond stamps may leave a stamp
 * unchanged, doubled.
 */
#define FIND_GRAIN_MILLISECONDS	20

/* Renamed files that QUIT keeps open: descriptors are few. */
#define UPDATE_WATCH_MAX	64

/*
 * Octets of the largest popcache and popuidl read: more than five million
 * messages, and more than a million.
 */
#define POPCACHE_SIZE_MAX	((uint64_t)1 << 30)
#define POPUIDL_SIZE_MAX	((uint64_t)1 << 28)

#endif
