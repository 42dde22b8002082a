/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Rate-limited log lines.  See tally.h.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "tally.h"

static void	tally_log(struct tally *);

static void
tally_timeout(int fd, short what, void *arg)
{
	struct tally	*ta = arg;

	ta->ta_running = 0;
	if (ta->ta_count > 0)
		tally_log(ta);
}

static void
tally_log(struct tally *ta)
{
	const struct timeval	 tv = { TALLY_SECONDS, 0 };
	char			 text[SOURCE_TEXT_MAX];

	log_info("%s count=%u last=%s reason=\"%s\"", ta->ta_what,
	    ta->ta_count, source_text(&ta->ta_source, text, sizeof(text)),
	    ta->ta_why);
	ta->ta_count = 0;
	evtimer_set(&ta->ta_timer, tally_timeout, ta);
	if (evtimer_add(&ta->ta_timer, &tv) == 0)
		ta->ta_running = 1;
}

void
tally_add(struct tally *ta, const struct source *source, const char *why)
{
	ta->ta_count++;
	ta->ta_source = *source;
	strlcpy(ta->ta_why, why, sizeof(ta->ta_why));
	if (!ta->ta_running)
		tally_log(ta);
}
