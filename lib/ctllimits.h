/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The limits of popctl and of the control socket; a part of limits.h. */

#ifndef CTLLIMITS_H
#define CTLLIMITS_H

/* Where popctl finds popd, if root started it and popd.conf says no other. */
#define POPD_SOCKET		"/var/run/popd.sock"

/*
 * Connections to the control socket at once: a few admins and a monitor; and
 * how many may wait to be looked at, of which the silent ones give way.  And
 * seconds for which one may keep its place without a request, or without
 * reading the answer.
 */
#define CONTROL_MAX		8
#define CONTROL_BACKLOG		128
#define CONTROL_SECONDS		10

/*
 * Sessions that are asked what they are doing before the event loop has its
 * turn, and milliseconds that those may take to answer, which is done in one:
 * ten thousand are shown in a second or two.
 */
#define ROLLCALL_SLICE		64
#define ROLLCALL_MILLISECONDS	500

/* Sessions that SIGUSR1 puts into the log; popctl shows any number. */
#define ROLLCALL_LOGGED		1000

/*
 * Sources that are shown at the most, of each process that knows some, and by
 * default: what fits into a channel; and what fits on a screen or two.
 * Milliseconds in which these processes answer.
 */
#define SOURCES_SHOWN_MAX	500
#define SOURCES_SHOWN		100
#define ASK_MILLISECONDS	2000

/*
 * The cost of a new bcrypt hash: the highest for which a checker of this
 * machine needs less than so many milliseconds, since everybody who logs in
 * waits for it; a cost below 8 is too cheap for whoever steals authtab, and
 * above 12 a slower machine that takes authtab over would be lost.
 */
#define ENCRYPT_MILLISECONDS	150
#define ENCRYPT_COST_MIN	8
#define ENCRYPT_COST_MAX	12

/*
 * Iterations of a new verifier: 20 ms for a checker that gets the password, and
 * for a client that does not send it.  RFC 7677 section 4 wants 4096.
 */
#define ENCRYPT_ITERATIONS	32768
#define ENCRYPT_ITERATIONS_MIN	4096

/*
 * Seconds after which popctl kills what it started for one user, if that gets
 * no further: a message of some gigabytes is read in less.  And after an
 * interrupt.
 */
#define USERS_QUIET_SECONDS	300
#define USERS_STOP_SECONDS	10

/*
 * Seconds that popctl waits for the last session of a user whose maildir is
 * moved, who is told to end: an UPDATE that removes 100,000 messages takes
 * less.  And octets of a host's name, the end counted (RFC 1035).
 */
#define MOVE_SECONDS		60
#define HOST_NAME_LEN		256

/*
 * The largest list of another server's that is read: more than a million
 * messages.
 */
#define TEXT_SIZE_MAX		((uint64_t)1 << 28)

#endif
