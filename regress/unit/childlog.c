/* link: popd/childlog.o lib/bucket.o lib/log.o lib/msg.o lib/source.o
 * link: $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines of a child: prefixed with its name, rate limited, with a count of
 * those dropped.
 */

#include <stdlib.h>
#include <string.h>

#include "popd/childlog.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "timers.h"
#include "unit.h"

static struct {
	int	 lines;
	int	 levels[LOGL_DEBUG + 1];
	int	 counts;		/* lines that say how many were lost */
	long	 lost;			/* and their sum */
	char	 last[512];
} seen;

static void
sink(int level, const char *text)
{
	const char	*p;

	seen.levels[level]++;
	if ((p = strstr(text, " lines dropped")) != NULL) {
		while (p > text && p[-1] != ' ')
			p--;
		seen.counts++;
		seen.lost += strtol(p, NULL, 10);
		return;
	}
	seen.lines++;
	strlcpy(seen.last, text, sizeof(seen.last));
}

static void
say(struct childlog *cg, const char *session, uint32_t level, int times)
{
	struct msg_log	 ml;

	memset(&ml, 0, sizeof(ml));
	ml.ml_level = level;
	strlcpy(ml.ml_text, "something: else", sizeof(ml.ml_text));
	while (times-- > 0)
		childlog_write(cg, "lsnrpop[12]", session, &ml);
}

static void
test_prefix(void)
{
	struct childlog	 cg = { 0 };

	unit_case("a line begins with its process, and its session if any");
	memset(&seen, 0, sizeof(seen));
	say(&cg, NULL, LOGL_INFO, 1);
	CHECK(strcmp(seen.last, "lsnrpop[12]: something: else") == 0, "%s",
	    seen.last);
	say(&cg, "5.1", LOGL_INFO, 1);
	CHECK(strcmp(seen.last, "lsnrpop[12] session=5.1: something: else") ==
	    0, "%s", seen.last);
}

static void
test_level(void)
{
	struct childlog	 cg = { 0 };

	unit_case("a line keeps its level, but a child's is no error of ours");
	memset(&seen, 0, sizeof(seen));
	log_verbose(1);
	say(&cg, NULL, LOGL_ERR, 1);
	say(&cg, NULL, LOGL_WARN, 1);
	say(&cg, NULL, LOGL_INFO, 1);
	say(&cg, NULL, LOGL_DEBUG, 1);
	CHECK(seen.levels[LOGL_ERR] == 0 && seen.levels[LOGL_WARN] == 2 &&
	    seen.levels[LOGL_INFO] == 1 && seen.levels[LOGL_DEBUG] == 1,
	    "%d %d %d %d", seen.levels[0], seen.levels[1], seen.levels[2],
	    seen.levels[3]);
}

/* What the cases of one scenario share. */
static struct {
	struct childlog	 flood;
} test;

static void
test_burst(void)
{
	unit_case("a burst is logged, further lines are counted");
	test.flood = (struct childlog){ 0 };
	memset(&seen, 0, sizeof(seen));
	say(&test.flood, NULL, LOGL_INFO, LOG_BURST + 1000);
	CHECK(seen.lines == LOG_BURST && seen.counts == 0, "%d lines",
	    seen.lines);
	timers_pass(1000);
	say(&test.flood, NULL, LOGL_INFO, 1);
	CHECK(seen.lines == LOG_BURST + 1, "%d lines", seen.lines);
	CHECK(seen.counts == 1 && seen.lost == 1000, "%ld counted",
	    seen.lost);
	say(&test.flood, NULL, LOGL_INFO, 1);
	CHECK(seen.counts == 1, "counted again");
}

static void
test_other_process(void)
{
	struct childlog	 quiet = { 0 };

	unit_case("another process is heard meanwhile");
	memset(&seen, 0, sizeof(seen));
	say(&quiet, NULL, LOGL_INFO, 3);
	CHECK(seen.lines == 3 && seen.counts == 0, "%d lines", seen.lines);
}

static void
test_rate(void)
{
	int	 i;

	unit_case("a flood leaves so many lines a second, and a count of all");
	say(&test.flood, NULL, LOGL_INFO, LOG_BURST);
	timers_pass(1000);
	say(&test.flood, NULL, LOGL_INFO, LOG_BURST);
	memset(&seen, 0, sizeof(seen));
	for (i = 0; i < 10; i++) {
		timers_pass(1000);
		say(&test.flood, NULL, LOGL_INFO, 5000);
	}
	CHECK(seen.lines == 10 * LOG_RATE, "%d lines", seen.lines);
	CHECK(seen.counts == 10, "%d counts", seen.counts);
	timers_pass(1000);
	say(&test.flood, NULL, LOGL_INFO, 1);
	CHECK(seen.lost + seen.lines == 10 * 5000 + 1 + LOG_BURST - LOG_RATE,
	    "%ld lost, %d lines", seen.lost, seen.lines);
}

static void
test_rest(void)
{
	unit_case("after a rest there is room for a burst, and no more");
	timers_pass(1000 * 1000);
	memset(&seen, 0, sizeof(seen));
	say(&test.flood, NULL, LOGL_INFO, LOG_BURST + 1);
	CHECK(seen.lines == LOG_BURST, "%d lines", seen.lines);
}

static void
test_debug(void)
{
	struct childlog	 cg = { 0 };

	unit_case("lines for debugging take no room from the others");
	memset(&seen, 0, sizeof(seen));
	log_verbose(LOG_TRACE);
	say(&cg, NULL, LOGL_DEBUG, LOG_BURST * LOG_TRACE_TIMES + 1000);
	CHECK(seen.lines == LOG_BURST * LOG_TRACE_TIMES, "%d lines",
	    seen.lines);
	say(&cg, NULL, LOGL_INFO, LOG_BURST);
	CHECK(seen.levels[LOGL_INFO] == LOG_BURST && seen.lost == 1000,
	    "%d lines, %ld lost", seen.levels[LOGL_INFO], seen.lost);
}

static void
test_debug_late(void)
{
	struct childlog	 cg = { 0 };

	unit_case("neither do those that come when they are wanted no more");
	memset(&seen, 0, sizeof(seen));
	log_verbose(LOG_BRIEF);
	say(&cg, NULL, LOGL_DEBUG, LOG_BURST);
	say(&cg, NULL, LOGL_INFO, LOG_BURST);
	CHECK(seen.lines == LOG_BURST && seen.levels[LOGL_DEBUG] == 0,
	    "%d lines", seen.lines);
}

int
main(void)
{
	log_to(sink);
	test_prefix();
	test_level();
	test_burst();
	test_other_process();
	test_rate();
	test_rest();
	test_debug();
	test_debug_late();
	return (unit_done());
}
