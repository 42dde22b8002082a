/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of a maildrop and of a spool; a part of limits.h. */

#ifndef MAILLIMITS_H
#define MAILLIMITS_H

/* Milliseconds for which mda or a session waits for the index lock. */
#define INDEX_LOCK_MILLISECONDS	100

/*
 * A spool that is moved at a login.  Milliseconds for which its lock is waited
 * for: deliverers hold it while they write one message.  Seconds after which
 * the rest is left to the next login: the client waits, many for a minute only.
 * Messages that are open before they are made durable, all at once, which on
 * most file systems costs little more than one.  And octets at either end of
 * what was moved by which it is known again.
 */
#define SPOOL_LOCK_MILLISECONDS	5000
#define SPOOL_LOCK_STEP_MS	10
#define SPOOL_SECONDS		20
#define SPOOL_FILES		64
#define SPOOL_SAMPLE		65536

/*
 * Dead entries in an index of so many messages, after which it is written
 * anew: they are read with the others.  Entries that a QUIT changes one by
 * one: if there are more, the index goes.  And dead entries that a new index
 * takes over, so that a removed message is not mixed up with another.
 */
#define INDEX_DEAD_MAX(n)	(64 + (n) / 4)
#define INDEX_PATCH_MAX		16384
#define INDEX_DEAD_KEPT		64

/* Files in tmp/ older than this were left by a crash (maildir(5): 36 h). */
#define TMP_STALE_SECONDS	(36 * 60 * 60)

/*
 * A directory whose stamp is younger than this may change again without a
 * new stamp (the coarsest granularity of a file system is two seconds).
 */
#define STAMP_GUARD_SECONDS	2

/*
 * A search for names while other programs change them: how many milliseconds
 * it goes on.  A list of all takes FIND_CALM passes, and a slow disk as long
 * as three seconds for two of them.
 */
#define FIND_MILLISECONDS	3000
#define FIND_ALL_MILLISECONDS	10000

/*
 * Passes without news after which it is taken that there is none: a file that
 * is renamed a thousand times a second is missed by one pass in two at the
 * worst.  And if nothing moved while they were read.
 */
#define FIND_CALM		16
#define FIND_CALM_YOUNG		2

/* Passes after which what none of them has seen is looked for no more. */
#define FIND_VAIN		32

/* Searches for files that are renamed whenever they are looked at. */
#define FIND_ROUNDS		8

/* Milliseconds between two passes, once there were FIND_CALM. */
#define FIND_REST_MILLISECONDS	2

/*
 * Milliseconds for which a file system that counts fractions of seconds may
 * leave a stamp as it is, twice over.
 */
#define FIND_GRAIN_MILLISECONDS	20

/* Files with other names that QUIT keeps open: descriptors are few. */
#define UPDATE_WATCH_MAX	64

/*
 * The largest popcache and popuidl that are read, in octets: more than five
 * million messages, and more than a million.
 */
#define POPCACHE_SIZE_MAX	((uint64_t)1 << 30)
#define POPUIDL_SIZE_MAX	((uint64_t)1 << 28)

#endif
