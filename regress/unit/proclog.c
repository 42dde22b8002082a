/* link: lib/proc.o lib/bucket.o lib/chan.o lib/confset.o lib/ids.o
 * link: lib/lastword.o
 * link: lib/log.o lib/msg.o lib/source.o lib/version.o $(IMSG_OBJS)
 * link: lib/setting.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines of a child on their way to the parent: no more than the parent
 * would log, so that a client that causes many lines cannot get the child
 * killed; and messages for a parent that is stopped.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "unit.h"

static struct {
	struct imsgbuf	 parent;
	time_t		 now;
	int		 lines;
	char		 first[MSG_TEXT_MAX];	/* of those heard last */
} t = { .now = 1000 };

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = t.now;
	ts->tv_nsec = 0;
	return (0);
}

static const struct chan_rule	 rules[] = {
	PROC_RULES,
	{ 0, NULL }
};

/* Read what is available. */
static void
hear(void)
{
	union msg_payload	 payload;
	struct imsg		 imsg;

	while (imsgbuf_read(&t.parent) == 1 &&
	    imsgbuf_get(&t.parent, &imsg) > 0)
		do {
			CHECK(imsg_get_type(&imsg) == MSG_LOG &&
			    msg_check(&imsg, &payload) == NULL, "no line");
			if (t.lines++ == 0)
				strlcpy(t.first, payload.log.ml_text,
				    sizeof(t.first));
			imsg_free(&imsg);
		} while (imsgbuf_get(&t.parent, &imsg) > 0);
}

static void
say(void (*how)(const char *, ...), int count)
{
	t.lines = 0;
	while (count-- > 0) {
		how("a line");
		hear();
	}
}

static void
test_burst(void)
{
	unit_case("a burst of lines, and no more at once");
	say(log_info, LOG_BURST + 500);
	CHECK(t.lines == LOG_BURST, "%d lines", t.lines);
}

static void
test_rate(void)
{
	unit_case("then some a second, and how many were dropped");
	t.now++;
	say(log_info, 500);
	CHECK(t.lines == LOG_RATE + 1, "%d lines", t.lines);
	CHECK(strcmp(t.first, "500 lines dropped") == 0, "%s", t.first);
}

static void
test_rest(void)
{
	unit_case("after a rest all is as it was");
	t.now += 1000;
	say(log_info, LOG_BURST);
	CHECK(t.lines == LOG_BURST + 1, "%d lines", t.lines);
	CHECK(strcmp(t.first, "480 lines dropped") == 0, "%s", t.first);
}

static void
test_trace(void)
{
	unit_case("more lines for debugging when each message is logged");
	log_verbose(LOG_TRACE);
	t.now += 1000;
	say(log_debug, LOG_BURST * LOG_TRACE_TIMES + 500);
	CHECK(t.lines == LOG_BURST * LOG_TRACE_TIMES, "%d lines", t.lines);
}

static void
test_trace_others(void)
{
	unit_case("which take no room from the others");
	say(log_info, LOG_BURST);
	CHECK(t.lines == LOG_BURST + 1, "%d lines", t.lines);
	CHECK(strcmp(t.first, "500 lines dropped") == 0, "%s", t.first);
}

static void
test_trace_over(void)
{
	unit_case("and as many as before soon after that is over");
	log_verbose(LOG_VERBOSE);
	say(log_debug, 1);
	t.now++;
	say(log_debug, LOG_BURST);
	CHECK(t.lines == LOG_RATE + 1, "%d lines", t.lines);
}

static void
test_patience(void)
{
	int	 i;

	unit_case("for the parent more may wait than for others");
	hear();
	for (i = 0; i < 8 * CHAN_MESSAGES_MAX; i++)
		if (proc_send(MSG_PONG, NULL, -1) == -1)
			break;
	CHECK(i == 8 * CHAN_MESSAGES_MAX, "only %d", i);
}

int
main(void)
{
	int	 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	/* All above the channel is closed by proc_start(). */
	if (dup2(fds[1], STDIN_FILENO) == -1 ||
	    dup2(fds[0], PROC_CHANNEL) == -1)
		abort();
	proc_start("test", rules);
	imsgbuf_init(&t.parent, STDIN_FILENO);
	test_burst();
	test_rate();
	test_rest();
	test_trace();
	test_trace_others();
	test_trace_over();
	test_patience();
	return (unit_done());
}
