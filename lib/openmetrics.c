/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenMetrics text.  See openmetrics.h.
 */

#include <stdarg.h>
#include <stdio.h>

#include "msg.h"
#include "openmetrics.h"

struct text {
	char		*tx_buf;
	size_t		 tx_len;
};

/* Rows of one family are together; the first names it. */
static const struct row {
	enum count	 rw_count;
	const char	*rw_family;
	const char	*rw_label;	/* "name=\"value\"", NULL: none */
	const char	*rw_help;
} rows[] = {
	{ COUNT_CONNECTIONS, "connections", NULL,
	    "Connections that were accepted." },
	{ COUNT_LOST_TLS, "connections_lost", "reason=\"handshake\"",
	    "Connections that ended without a login, and not by the client." },
	{ COUNT_LOST_TIME, "connections_lost", "reason=\"timeout\"", NULL },
	{ COUNT_LOST_CROWD, "connections_lost", "reason=\"displaced\"",
	    NULL },
	{ COUNT_LOGIN_ACCEPTED, "logins", "result=\"accepted\"",
	    "Logins by their result." },
	{ COUNT_LOGIN_USER, "logins", "result=\"user\"", NULL },
	{ COUNT_LOGIN_PASSWORD, "logins", "result=\"password\"", NULL },
	{ COUNT_LOGIN_LOCKED, "logins", "result=\"locked\"", NULL },
	{ COUNT_LOGIN_DELAY, "logins", "result=\"delay\"", NULL },
	{ COUNT_LOGIN_TABLE, "logins", "result=\"usertab\"", NULL },
	{ COUNT_LOGIN_BUSY, "logins", "result=\"busy\"", NULL },
	{ COUNT_LOGIN_REFUSED, "logins", "result=\"refused\"", NULL },
	{ COUNT_SESSIONS, "sessions_ended", NULL, "Sessions that are over." },
	{ COUNT_MESSAGES, "messages_retrieved", NULL,
	    "Messages that clients got whole." },
	{ COUNT_OCTETS, "octets_retrieved", NULL, "Their octets." },
	{ COUNT_DELETED, "messages_deleted", NULL,
	    "Messages that clients removed." },
	{ COUNT_EXPIRED, "messages_expired", NULL,
	    "Messages that were removed as they were old." },
	{ COUNT_INDEX_USED, "index", "result=\"hit\"",
	    "Sessions that began with what the index knew, and others." },
	{ COUNT_INDEX_READ, "index", "result=\"miss\"", NULL },
	{ COUNT_RESTARTS, "restarts", NULL,
	    "Processes that ended and were started again." },
	{ COUNT_SIGNATURES, "signatures", NULL,
	    "Signatures for TLS handshakes." },
	{ COUNT_HASHES, "hashes", NULL, "Passwords that were hashed." }
};

static const struct {
	const char	*la_family;
	const char	*la_help;
} latencies[LATENCIES] = {
	[LATENCY_LOGIN] = { "login_seconds",
	    "From a password to the decision about it." },
	[LATENCY_FIRST] = { "first_octet_seconds",
	    "From a password to the first octet of the session." }
};

static void	 text_add(struct text *, const char *, ...)
		    __attribute__((__format__ (printf, 2, 3)));

static void
text_add(struct text *tx, const char *format, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, format);
	n = vsnprintf(tx->tx_buf + tx->tx_len, OPENMETRICS_MAX - tx->tx_len,
	    format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < OPENMETRICS_MAX - tx->tx_len)
		tx->tx_len += (size_t)n;
}

static void
text_head(struct text *tx, const char *family, const char *type,
    const char *help)
{
	text_add(tx, "# TYPE popd_%s %s\n# HELP popd_%s %s\n", family, type,
	    family, help);
}

static void
text_row(struct text *tx, const struct row *rw, uint64_t value)
{
	if (rw->rw_help != NULL)
		text_head(tx, rw->rw_family, "counter", rw->rw_help);
	text_add(tx, "popd_%s_total%s%s%s %llu\n", rw->rw_family,
	    rw->rw_label == NULL ? "" : "{",
	    rw->rw_label == NULL ? "" : rw->rw_label,
	    rw->rw_label == NULL ? "" : "}", (unsigned long long)value);
}

static void
text_gauge(struct text *tx, const char *family, const char *help,
    uint64_t value)
{
	text_head(tx, family, "gauge", help);
	text_add(tx, "popd_%s %llu\n", family, (unsigned long long)value);
}

static void
text_latency(struct text *tx, const char *family, const char *help,
    const struct count_latency *ly)
{
	unsigned long long	 n = 0;
	unsigned int		 i;

	text_head(tx, family, "histogram", help);
	for (i = 0; i < LATENCY_STEPS; i++) {
		n += ly->ly_step[i];
		text_add(tx, "popd_%s_bucket{le=\"%g\"} %llu\n", family,
		    (double)count_step(i) / 1e6, n);
	}
	n += ly->ly_step[LATENCY_STEPS];
	text_add(tx, "popd_%s_bucket{le=\"+Inf\"} %llu\n", family, n);
	text_add(tx, "popd_%s_count %llu\n", family, n);
	text_add(tx, "popd_%s_sum %.6f\n", family, (double)ly->ly_us / 1e6);
}

size_t
openmetrics_text(const struct msg_stats *st, char *buf)
{
	const struct count_values	*cv = &st->st_values;
	struct text			 tx = { buf, 0 };
	size_t				 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		text_row(&tx, &rows[i], cv->cv_count[rows[i].rw_count]);
	text_gauge(&tx, "start_time_seconds", "When popd was started.",
	    st->st_start);
	text_gauge(&tx, "sessions", "Sessions that are open.",
	    st->st_sessions);
	text_gauge(&tx, "sessions_limit", "Sessions that may be open.",
	    st->st_sessions_max);
	text_gauge(&tx, "logins_waiting", "Logins that wait for an answer.",
	    st->st_waiting);
	text_gauge(&tx, "processes_down",
	    "Lasting processes that are missing.", st->st_down);
	text_gauge(&tx, "connections_unauthenticated",
	    "Connections without a login.", cv->cv_gauge[GAUGE_UNAUTH]);
	text_gauge(&tx, "checks_waiting",
	    "Passwords that wait to be checked.", cv->cv_gauge[GAUGE_QUEUE]);
	for (i = 0; i < LATENCIES; i++)
		text_latency(&tx, latencies[i].la_family,
		    latencies[i].la_help, &cv->cv_latency[i]);
	text_add(&tx, "# EOF\n");
	return (tx.tx_len);
}
