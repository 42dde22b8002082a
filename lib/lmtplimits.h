/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of LMTP; a part of limits.h. */

#ifndef LMTPLIMITS_H
#define LMTPLIMITS_H

/*
 * LMTP.  Connections at once: an MTA opens some tens.  The seconds that one
 * may be silent (RFC 5321 section 4.5.3.2: five minutes at the least), and
 * those after which it gives its place up if another one wants it.
 */
#define LMTP_CONNECTIONS	64
#define LMTP_SECONDS		300
#define LMTP_YIELD_SECONDS	10

/*
 * A command line with its end: 512 octets, and what SMTPUTF8 and parameters
 * add (RFC 5321 section 4.5.3.1, RFC 6531 section 3.4), with room to spare.
 */
#define LMTP_LINE_MAX		2048

/* Recipients of a message: 100 at the least (RFC 5321 section 4.5.3.1.8). */
#define LMTP_RECIPIENTS		128

/*
 * Octets of a message, as they come: what other servers let through is less,
 * 25 to 50 MiB; the disk is the users' own.  And the least and the most that
 * an admin may ask for (RFC 5321 section 4.5.3.1.7: 64 KiB; 2 GiB).
 */
#define LMTP_MESSAGE_MAX	(150 * 1024 * 1024)
#define LMTP_MESSAGE_LEAST	65536
#define LMTP_MESSAGE_MOST	(1U << 31)

/*
 * Processes that deliver: two messages with as many recipients as there may
 * be, and of one user (one that still ends, and its successor).  One forks in
 * half a millisecond; how many may be started in a second, and at once.  How
 * long one stays without mail: a sender that has more comes at once.  And how
 * long with it: a maildir that was put in the place of another is seen then.
 */
#define LMTP_PROCESSES		(2 * LMTP_RECIPIENTS)
#define LMTP_PROCESSES_USER	2
#define LMTP_STARTS		500
#define LMTP_IDLE_SECONDS	5
#define LMTP_LIFE_SECONDS	60

/*
 * Seconds in which a process must take what it is sent, or answer: a disk may
 * be slow, but the sender waits ten minutes at the most.  And the seconds
 * that it has to end.
 */
#define LMTP_STALL_SECONDS	120
#define LMTP_LAST_SECONDS	60

/*
 * The seconds after which nobody else has to wait for a process that does
 * nothing, which its user may have stopped; with so many letters, a quarter of
 * the connections, that is sooner.
 */
#define LMTP_LATE_SECONDS	10
#define LMTP_LATE_LETTERS	(LMTP_CONNECTIONS / 4)
#define LMTP_LATE_CROWD_SECONDS	2

/*
 * Questions for a process while there are as many as there may be, and the
 * milliseconds between two of them.
 */
#define LMTP_TRIES		20
#define LMTP_TRY_MS		100

/*
 * Recipients for whom table processes are asked at once: one of each
 * connection, and those of clients that left meanwhile.  And how many of the
 * questions that one table has before it (TABLE_WINDOW): logins have the rest.
 */
#define LMTP_ASKED		(2 * LMTP_CONNECTIONS)
#define LMTP_WINDOW		(TABLE_WINDOW / 2)

/* Octets that wait for one process before its senders have to. */
#define LMTP_AHEAD		65536

/* Messages that one process has under way, and octets of a record. */
#define DLVR_MESSAGES		256
#define DLVR_DATA_MAX		16384

#endif
