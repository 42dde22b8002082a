/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What popd counts.  Each process counts for itself; a child tells the parent
 * once a second what was added (MSG_COUNTS, with its answer to a ping), so that
 * nothing but the last second is lost with it.  The parent has the sums.
 */

#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>

enum count {
	COUNT_CONNECTIONS,		/* accepted: lsnrpop */
	COUNT_LOST_TLS,			/* ended in the handshake */
	COUNT_LOST_TIME,		/* ended without a login in time */
	COUNT_LOST_CROWD,		/* gave way to another */
	COUNT_LOGIN_ACCEPTED,		/* the parent from here on */
	COUNT_LOGIN_USER,		/* no such user */
	COUNT_LOGIN_PASSWORD,
	COUNT_LOGIN_LOCKED,
	COUNT_LOGIN_DELAY,		/* too soon after the last one */
	COUNT_LOGIN_TABLE,		/* right, but no line in usertab */
	COUNT_LOGIN_BUSY,		/* not checked */
	COUNT_LOGIN_REFUSED,		/* right, but no session now */
	COUNT_LOGIN_ROUTED,		/* right, and a proxy knows where */
	COUNT_LOGIN_ROUTE,		/* right, but there is no route */
	COUNT_SESSIONS,			/* ended */
	COUNT_MESSAGES,			/* retrieved */
	COUNT_OCTETS,			/* of these */
	COUNT_DELETED,
	COUNT_EXPIRED,
	COUNT_INDEX_USED,		/* sessions that read no message */
	COUNT_INDEX_READ,		/* sessions that had to look */
	COUNT_RESTARTS,			/* of lasting children */
	COUNT_SIGNATURES,		/* keypop */
	COUNT_HASHES,			/* checkers */
	COUNT_CACHED,			/* checkers: right without a hash */
	COUNT_LMTP_MESSAGES,		/* that somebody got: lmtppop */
	COUNT_LMTP_OCTETS,		/* of these, as they came */
	COUNT_LMTP_DELIVERED,		/* recipients who got one */
	COUNT_LMTP_DEFERRED,		/* and those answered 4xx */
	COUNT_LMTP_REFUSED,		/* 5xx */
	COUNTS
};

/* What changes both ways, as it is now. */
enum gauge {
	GAUGE_UNAUTH,			/* connections without a login */
	GAUGE_QUEUE,			/* checks that wait in authpop */
	GAUGES
};

/* From PASS to the answer about it, and to the first octet of a session. */
enum latency { LATENCY_LOGIN, LATENCY_FIRST, LATENCIES };

#define LATENCY_STEPS	12		/* count_step() and one for all else */

struct count_latency {
	uint64_t		 ly_step[LATENCY_STEPS + 1];	/* each alone */
	uint64_t		 ly_us;				/* in all */
};

struct count_values {
	uint64_t		 cv_count[COUNTS];
	uint64_t		 cv_gauge[GAUGES];
	struct count_latency	 cv_latency[LATENCIES];
};

void	 count_add(enum count, uint64_t);
void	 count_gauge(enum gauge, uint64_t);
void	 count_latency(enum latency, uint64_t us);

/* The longest time, in microseconds, that is counted in a step. */
uint64_t count_step(unsigned int);

/*
 * For a child: all that was added since the last time, and the gauges; 0 if
 * nothing has changed.
 */
int	 count_take(struct count_values *);

/*
 * For the parent: add what a child took.  Gauges are those of the child, kept
 * by the caller, and not added.
 */
void	 count_merge(const struct count_values *);

/* What this process has counted, and merged. */
const struct count_values *count_sums(void);

#endif
