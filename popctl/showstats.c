/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Statistics.  In: popd's counters.  Out: rows, or OpenMetrics text. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "daemon.h"
#include "msg.h"
#include "openmetrics.h"
#include "output.h"
#include "popctl.h"
#include "showstats.h"

/* Rows between titles, about a screen. */
#define TITLE_ROWS	22

static const struct output_column	 counts[] = {
	{ "name", -28 }, { "label", -10 }, { "value", 14 }, { NULL, 0 }
};

static const struct output_column	 latencies[] = {
	{ "latency", -12 }, { "count", 10 }, { "mean", 9 }, { "p50", 9 },
	{ "p90", 9 }, { "p99", 9 }, { NULL, 0 }
};

static const struct output_column	 rates[] = {
	{ "time", -20 }, { "sessions", 8 }, { "waiting", 7 },
	{ "connections", 11 }, { "logins", 7 }, { "failed", 7 },
	{ "messages", 8 }, { "octets", 12 }, { "deleted", 7 }, { NULL, 0 }
};

/*
 * Return a percentile of a histogram as the upper bound of its step, in
 * milliseconds; 0 if it is above all steps or the histogram is empty.
 */
static uint64_t
showstats_percentile(const struct count_latency *ly, uint64_t all,
    unsigned int percent)
{
	uint64_t	 n = 0;
	unsigned int	 i;

	for (i = 0; i < LATENCY_STEPS; i++) {
		n += ly->ly_step[i];
		if (all > 0 && n * 100 >= all * percent)
			return (count_step(i) / 1000);
	}
	return (0);
}

static void
showstats_bound(uint64_t ms)
{
	if (ms == 0)
		output_none();
	else
		output_ms(ms);
}

static void
showstats_latency(const char *name, const struct count_latency *ly)
{
	uint64_t	 all = 0;
	unsigned int	 i;

	for (i = 0; i <= LATENCY_STEPS; i++)
		all += ly->ly_step[i];
	output_text(name);
	output_number(all);
	output_ms(all == 0 ? 0 : ly->ly_us / all / 1000);
	showstats_bound(showstats_percentile(ly, all, 50));
	showstats_bound(showstats_percentile(ly, all, 90));
	showstats_bound(showstats_percentile(ly, all, 99));
}

static void
showstats_rows(const struct popctl *ct, const struct msg_stats *mst)
{
	struct openmetrics_row	 omr;
	unsigned int		 i;

	output_begin(ct, "count", counts);
	for (i = 0; openmetrics_row(i, mst, &omr); i++) {
		output_text(omr.omr_name);
		output_text(omr.omr_label == NULL ? "" : omr.omr_label);
		output_number(omr.omr_value);
	}
	if (!ct->ct_json)
		printf("\n");
	output_begin(ct, "latency", latencies);
	showstats_latency("login", &mst->mst_values.cv_latency[LATENCY_LOGIN]);
	showstats_latency("first-octet",
	    &mst->mst_values.cv_latency[LATENCY_FIRST]);
}

static void
showstats_text(const struct popctl *ct, const struct msg_stats *mst)
{
	static char	 text[OPENMETRICS_MAX];

	fwrite(text, 1, openmetrics_text(mst, text), stdout);
}

/* Request the counters once and pass them to show(). */
static int
showstats_once(const struct popctl *ct, int argc,
    void (*show)(const struct popctl *, const struct msg_stats *))
{
	union msg_payload	 payload;
	struct msg_control	 cq;
	uint32_t		 type;

	if (argc != 1)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_STATS;
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	while ((type = daemon_next(&payload)) != 0)
		if (type == MSG_STATS)
			show(ct, &payload.stats);
	return (daemon_status());
}

int
showstats_show(const struct popctl *ct, int argc, char *argv[])
{
	return (showstats_once(ct, argc, showstats_rows));
}

int
showstats_metrics(const struct popctl *ct, int argc, char *argv[])
{
	return (showstats_once(ct, argc, showstats_text));
}

/* Return the increase of a counter since the previous message. */
static uint64_t
showstats_since(const struct msg_stats *now, const struct msg_stats *before,
    enum count what)
{
	return (now->mst_values.cv_count[what] -
	    before->mst_values.cv_count[what]);
}

static void
showstats_rates(const struct msg_stats *now, const struct msg_stats *before)
{
	uint64_t	 failed = 0;
	int		 i;

	for (i = COUNT_LOGIN_USER; i <= COUNT_LOGIN_REFUSED; i++)
		failed += showstats_since(now, before, (enum count)i);
	output_time((uint64_t)time(NULL));
	output_number(now->mst_sessions);
	output_number(now->mst_waiting);
	output_number(showstats_since(now, before, COUNT_CONNECTIONS));
	output_number(showstats_since(now, before, COUNT_LOGIN_ACCEPTED));
	output_number(failed);
	output_number(showstats_since(now, before, COUNT_MESSAGES));
	output_number(showstats_since(now, before, COUNT_OCTETS));
	output_number(showstats_since(now, before, COUNT_DELETED));
	fflush(stdout);
}

int
showstats_monitor(const struct popctl *ct, int argc, char *argv[])
{
	union msg_payload	 payload;
	struct msg_control	 cq;
	struct msg_stats	 before;
	unsigned int		 n = 0;
	uint32_t		 type;

	if (argc != 1)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_MONITOR;
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	while ((type = daemon_next(&payload)) != 0) {
		if (type != MSG_STATS)
			continue;
		if (n > 0) {
			if ((n - 1) % TITLE_ROWS == 0)
				output_begin(ct, NULL, rates);
			showstats_rates(&payload.stats, &before);
		}
		before = payload.stats;
		n++;
	}
	return (daemon_status());
}
