/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenMetrics text.  See openmetrics.h.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"
#include "openmetrics.h"

#define nitems(table)	(sizeof(table) / sizeof((table)[0]))

struct openmetrics_text {
	char		*omt_buf;
	size_t		 omt_len;
};

/* Rows of one family are adjacent; the first has its help text. */
static const struct openmetrics_line {
	enum count	 oml_count;
	const char	*oml_family;
	const char	*oml_key;	/* of its label; NULL: none */
	const char	*oml_label;
	const char	*oml_help;
} rows[] = {
	{ COUNT_CONNECTIONS, "connections", NULL, NULL,
	    "Connections accepted." },
	{ COUNT_LOST_TLS, "connections_lost", "reason", "handshake",
	    "Connections closed by popd before a login." },
	{ COUNT_LOST_TIME, "connections_lost", "reason", "timeout", NULL },
	{ COUNT_LOST_CROWD, "connections_lost", "reason", "displaced",
	    NULL },
	{ COUNT_LOGIN_ACCEPTED, "logins", "result", "accepted",
	    "Logins by result." },
	{ COUNT_LOGIN_USER, "logins", "result", "user", NULL },
	{ COUNT_LOGIN_PASSWORD, "logins", "result", "password", NULL },
	{ COUNT_LOGIN_LOCKED, "logins", "result", "locked", NULL },
	{ COUNT_LOGIN_DELAY, "logins", "result", "delay", NULL },
	{ COUNT_LOGIN_TABLE, "logins", "result", "usertab", NULL },
	{ COUNT_LOGIN_BUSY, "logins", "result", "busy", NULL },
	{ COUNT_LOGIN_REFUSED, "logins", "result", "refused", NULL },
	{ COUNT_LOGIN_ROUTED, "logins", "result", "routed", NULL },
	{ COUNT_LOGIN_ROUTE, "logins", "result", "route", NULL },
	{ COUNT_SESSIONS, "sessions_ended", NULL, NULL,
	    "Sessions that have ended." },
	{ COUNT_MESSAGES, "messages_retrieved", NULL, NULL,
	    "Messages retrieved whole." },
	{ COUNT_OCTETS, "octets_retrieved", NULL, NULL, "Their octets." },
	{ COUNT_DELETED, "messages_deleted", NULL, NULL,
	    "Messages deleted by clients." },
	{ COUNT_EXPIRED, "messages_expired", NULL, NULL,
	    "Messages removed because of their age." },
	{ COUNT_INDEX_USED, "index", "result", "hit",
	    "Sessions started from the index, and without it." },
	{ COUNT_INDEX_READ, "index", "result", "miss", NULL },
	{ COUNT_RESTARTS, "restarts", NULL, NULL,
	    "Processes restarted." },
	{ COUNT_SIGNATURES, "signatures", NULL, NULL,
	    "Signatures for TLS handshakes." },
	{ COUNT_HASHES, "hashes", NULL, NULL, "Password hashes computed." },
	{ COUNT_CACHED, "cached", NULL, NULL,
	    "Passwords found in the cache." },
	{ COUNT_LMTP_MESSAGES, "lmtp_messages", NULL, NULL,
	    "Messages delivered by LMTP." },
	{ COUNT_LMTP_OCTETS, "lmtp_octets", NULL, NULL, "Their octets." },
	{ COUNT_LMTP_DELIVERED, "lmtp_recipients", "result", "delivered",
	    "Recipients of LMTP by result." },
	{ COUNT_LMTP_DEFERRED, "lmtp_recipients", "result", "deferred",
	    NULL },
	{ COUNT_LMTP_REFUSED, "lmtp_recipients", "result", "refused", NULL }
};

static const struct gauge_row {
	size_t		 gr_offset;	/* in struct msg_stats */
	int		 gr_wide;	/* 64 bits */
	const char	*gr_family;
	const char	*gr_help;
} gauges[] = {
	{ offsetof(struct msg_stats, mst_start), 1, "start_time_seconds",
	    "Start time of popd." },
	{ offsetof(struct msg_stats, mst_sessions), 0, "sessions",
	    "Open sessions." },
	{ offsetof(struct msg_stats, mst_sessions_max), 0, "sessions_limit",
	    "Most sessions allowed." },
	{ offsetof(struct msg_stats, mst_waiting), 0, "logins_waiting",
	    "Logins waiting for an answer." },
	{ offsetof(struct msg_stats, mst_down), 0, "processes_down",
	    "Long-lived processes that are down." },
	{ offsetof(struct msg_stats, mst_deliveries), 0, "lmtp_processes",
	    "Processes delivering mail by LMTP." },
	{ offsetof(struct msg_stats, mst_values.cv_gauge[GAUGE_UNAUTH]), 1,
	    "connections_unauthenticated", "Connections without a login." },
	{ offsetof(struct msg_stats, mst_values.cv_gauge[GAUGE_QUEUE]), 1,
	    "checks_waiting", "Passwords waiting to be checked." }
};

static void	 text_add(struct openmetrics_text *, const char *, ...)
		    __attribute__((__format__ (printf, 2, 3)));

static void
text_add(struct openmetrics_text *omt, const char *format, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, format);
	n = vsnprintf(omt->omt_buf + omt->omt_len, OPENMETRICS_MAX -
	    omt->omt_len, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < OPENMETRICS_MAX - omt->omt_len)
		omt->omt_len += (size_t)n;
}

static void
text_head(struct openmetrics_text *omt, const char *family, const char *type,
    const char *help)
{
	text_add(omt, "# TYPE popd_%s %s\n# HELP popd_%s %s\n", family, type,
	    family, help);
}

static void
text_row(struct openmetrics_text *omt, const struct openmetrics_line *oml,
    uint64_t value)
{
	if (oml->oml_help != NULL)
		text_head(omt, oml->oml_family, "counter", oml->oml_help);
	if (oml->oml_key == NULL)
		text_add(omt, "popd_%s_total %llu\n", oml->oml_family,
		    (unsigned long long)value);
	else
		text_add(omt, "popd_%s_total{%s=\"%s\"} %llu\n",
		    oml->oml_family, oml->oml_key, oml->oml_label,
		    (unsigned long long)value);
}

static uint64_t
gauge_value(const struct msg_stats *mst, const struct gauge_row *gr)
{
	const char	*at = (const char *)mst + gr->gr_offset;
	uint64_t	 wide;
	uint32_t	 narrow;

	if (gr->gr_wide) {
		memcpy(&wide, at, sizeof(wide));
		return (wide);
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (narrow);
}

static void
text_gauge(struct openmetrics_text *omt, const struct gauge_row *gr,
    uint64_t value)
{
	text_head(omt, gr->gr_family, "gauge", gr->gr_help);
	text_add(omt, "popd_%s %llu\n", gr->gr_family,
	    (unsigned long long)value);
}

size_t
openmetrics_text(const struct msg_stats *mst, char *buf)
{
	const struct count_values	*cv = &mst->mst_values;
	struct openmetrics_text		 omt = { buf, 0 };
	size_t				 i;

	for (i = 0; i < nitems(rows); i++)
		text_row(&omt, &rows[i], cv->cv_count[rows[i].oml_count]);
	for (i = 0; i < nitems(gauges); i++)
		text_gauge(&omt, &gauges[i], gauge_value(mst, &gauges[i]));
	text_add(&omt, "# EOF\n");
	return (omt.omt_len);
}
