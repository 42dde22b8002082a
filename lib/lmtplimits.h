/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of LMTP; part of limits.h. */

#ifndef LMTPLIMITS_H
#define LMTPLIMITS_H

/*
 * Connections at once: Postfix has at most 100 processes by default.  The
 * seconds that one may be silent (RFC 5321 section 4.5.3.2: at least five
 * minutes), and those without a finished command, or so many octets of a
 * message, after which it gives way to another of the same user.
 */
#define LMTP_CONNECTIONS	128
#define LMTP_STEP		1024
#define LMTP_SECONDS		300
#define LMTP_YIELD_SECONDS	10

/*
 * A command line with its end: 512 octets, and what SMTPUTF8 and parameters add
 * (RFC 5321 section 4.5.3.1, RFC 6531 section 3.4), with some to spare.
 */
#define LMTP_LINE_MAX		2048

/*
 * An address with a zero octet: mail servers accept more than the 256 octets of
 * RFC 5321, from senders that put a recipient into theirs.  The delimiter of a
 * tag in that of a recipient is smtpd.conf's.
 */
#define LMTP_ADDRESS_MAX	1024
#define LMTP_DELIM		'+'

/* Recipients of a message: at least 100 (RFC 5321 section 4.5.3.1.8). */
#define LMTP_RECIPIENTS		128

/*
 * Octets of a message, as received: other servers accept less, 25 to 50 MiB,
 * and the disk is the users' own.  And the least and the most that an
 * administrator may set (RFC 5321 section 4.5.3.1.7: 64 KiB; 2 GiB).
 */
#define LMTP_MESSAGE_MAX	(150 * 1024 * 1024)
#define LMTP_MESSAGE_LEAST	65536
#define LMTP_MESSAGE_MOST	(1U << 31)

/*
 * Octets of a message kept in memory; the others are in a file.  Most messages
 * have no more, and so do not depend on its disk.
 */
#define LMTP_MEMORY		65536

/*
 * Recipients that a connection writes to at once, and delivery processes:
 * enough for all connections, so that none ever waits for another; and of one
 * user (one that is ending, and its successor).  Starts per second, and
 * at once: a fork takes half a millisecond.  Seconds that one stays without
 * mail, as a sender with more comes at once; and with mail, so that a maildir
 * put in the place of another is noticed.
 */
#define LMTP_AT_ONCE		2
#define LMTP_PROCESSES		(LMTP_AT_ONCE * LMTP_CONNECTIONS)
#define LMTP_PROCESSES_USER	2
#define LMTP_STARTS		500
#define LMTP_IDLE_SECONDS	5
#define LMTP_LIFE_SECONDS	60

/*
 * Seconds for a process to take what it is sent, or to answer: a disk may be
 * slow, but the sender waits ten minutes at most.  And seconds for it to exit.
 */
#define LMTP_STALL_SECONDS	120
#define LMTP_LAST_SECONDS	60

/*
 * Seconds after which others need not wait for a process that makes no
 * progress, which its user may have stopped; and fewer if it has so many
 * letters, a quarter of the connections.
 */
#define LMTP_LATE_SECONDS	10
#define LMTP_LATE_LETTERS	(LMTP_CONNECTIONS / 4)
#define LMTP_LATE_CROWD_SECONDS	2

/*
 * Attempts to get a process while others are about to exit, and the
 * milliseconds between them: the sender waits much longer.
 */
#define LMTP_TRIES		300
#define LMTP_TRY_MS		100

/*
 * Recipients that table processes are asked about at once: those that all
 * connections write to.  And how many of the questions of one table
 * (TABLE_WINDOW) they may be: logins have the rest.
 */
#define LMTP_ASKED		LMTP_PROCESSES
#define LMTP_WINDOW		(TABLE_WINDOW / 2)

/* Octets that wait for one process before its senders must. */
#define LMTP_AHEAD		65536

/* Messages in progress in one process, and octets of a record. */
#define DLVR_MESSAGES		256
#define DLVR_DATA_MAX		16384

#endif
