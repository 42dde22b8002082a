/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The counters of popd.  Each process keeps its own; a child sends the parent
 * once a second what it has added (MSG_COUNTS, with its answer to a ping), so a
 * crash loses one second at most.  The parent keeps the sums.
 */

#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>

enum count {
	COUNT_CONNECTIONS,		/* accepted: lsnrpop */
	COUNT_LOST_TLS,			/* ended in the handshake */
	COUNT_LOST_TIME,		/* ended without a login in time */
	COUNT_LOST_CROWD,		/* displaced by another */
	COUNT_LOGIN_ACCEPTED,		/* the parent from here on */
	COUNT_LOGIN_USER,		/* no such user */
	COUNT_LOGIN_PASSWORD,
	COUNT_LOGIN_LOCKED,
	COUNT_LOGIN_DELAY,		/* too soon after the last */
	COUNT_LOGIN_TABLE,		/* accepted, not in usertab */
	COUNT_LOGIN_BUSY,		/* not checked; lsnrpop, too */
	COUNT_LOGIN_REFUSED,		/* accepted, but no session now */
	COUNT_LOGIN_ROUTED,		/* accepted, sent to a proxy */
	COUNT_LOGIN_ROUTE,		/* accepted, but no route */
	COUNT_SESSIONS,			/* ended */
	COUNT_MESSAGES,			/* retrieved */
	COUNT_OCTETS,			/* of these */
	COUNT_DELETED,
	COUNT_EXPIRED,
	COUNT_INDEX_USED,		/* sessions that read no message */
	COUNT_INDEX_READ,		/* sessions that had to read some */
	COUNT_RESTARTS,			/* of permanent children */
	COUNT_SIGNATURES,		/* keypop */
	COUNT_HASHES,			/* checkers */
	COUNT_CACHED,			/* checkers: accepted from cache */
	COUNT_LMTP_MESSAGES,		/* delivered by lmtppop */
	COUNT_LMTP_OCTETS,		/* of these, as received */
	COUNT_LMTP_DELIVERED,		/* recipients they reached */
	COUNT_LMTP_DEFERRED,		/* recipients answered 4xx */
	COUNT_LMTP_REFUSED,		/* recipients answered 5xx */
	COUNTS
};

/* Values that go up and down. */
enum gauge {
	GAUGE_UNAUTH,			/* connections without a login */
	GAUGE_QUEUE,			/* checks queued in authpop */
	GAUGES
};

/* For MSG_COUNTS. */
struct count_values {
	uint64_t		 cv_count[COUNTS];
	uint64_t		 cv_gauge[GAUGES];
};

void	 count_add(enum count, uint64_t);
void	 count_gauge(enum gauge, uint64_t);

/*
 * For a child: take what was added since the last call, and the gauges.  Return
 * 0 if nothing has changed.
 */
int	 count_take(struct count_values *);

/*
 * For the parent: add what a child took.  Gauges are not added: the caller
 * keeps those of each child.
 */
void	 count_merge(const struct count_values *);

/* Return what this process has counted and merged. */
const struct count_values *count_sums(void);

#endif
