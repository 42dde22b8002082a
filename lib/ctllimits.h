/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of popctl and of the control socket; part of limits.h. */

#ifndef CTLLIMITS_H
#define CTLLIMITS_H

/*
 * The control socket, if root started popd and popd.conf sets no other; and the
 * users locked through it, those of any other are next to that one.
 */
#define POPD_SOCKET		"/var/run/popd.sock"
#define POPD_LOCKED		STATEDIR "/popd.locked"

/*
 * Connections to the control socket at once: a few administrators; and
 * connections waiting to be accepted, for which silent ones give way.  And
 * seconds for which a connection may stay without a request, or without reading
 * the answer.
 */
#define CONTROL_MAX		8
#define CONTROL_BACKLOG		128
#define CONTROL_SECONDS		10

/*
 * Sources shown, of each process that knows some, at most and by default: what
 * fits into a channel; and what fits on a screen or two.  Milliseconds for
 * these processes to answer.
 */
#define SOURCES_SHOWN_MAX	500
#define SOURCES_SHOWN		100
#define ASK_MILLISECONDS	2000

/*
 * The cost of a new bcrypt hash, 70 ms of a current processor: a lower one is
 * cheaper for a thief of authtab, too, and a higher one takes more of a
 * processor than authtab(5) has to give.
 */
#define ENCRYPT_COST		10

/*
 * Seconds after which popctl kills what it started for one user, if that makes
 * no progress: reading a message of some gigabytes takes less.  And the same
 * after an interrupt.
 */
#define USERS_QUIET_SECONDS	300
#define USERS_STOP_SECONDS	10

/* The largest list of another server read: more than a million messages. */
#define TEXT_SIZE_MAX		((uint64_t)1 << 28)

#endif
