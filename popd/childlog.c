/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines of other processes for the log.  See childlog.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <time.h>

#include "childlog.h"
#include "limits.h"
#include "log.h"
#include "msg.h"

/* Whether one more may be logged now. */
static int
childlog_spend(struct childlog *cg)
{
	struct timespec	 now;
	time_t		 back;

	clock_gettime(CLOCK_MONOTONIC, &now);
	back = (now.tv_sec - cg->cg_second) * LOG_RATE;
	cg->cg_second = now.tv_sec;
	cg->cg_spent -= back < (time_t)cg->cg_spent ? (unsigned int)back :
	    cg->cg_spent;
	if (cg->cg_spent >= LOG_BURST)
		return (-1);
	cg->cg_spent++;
	return (0);
}

void
childlog_write(struct childlog *cg, const char *name, const char *session,
    const struct msg_log *ml)
{
	char	 head[128];

	if (childlog_spend(cg) == -1) {
		cg->cg_dropped++;
		return;
	}
	snprintf(head, sizeof(head), "%s%s%s", name,
	    session != NULL ? " session=" : "", session != NULL ? session : "");
	if (cg->cg_dropped > 0)
		log_warnx("%s: %u lines dropped", head, cg->cg_dropped);
	cg->cg_dropped = 0;
	switch (ml->ml_level) {
	case LOGL_DEBUG:
		log_debug("%s: %s", head, ml->ml_text);
		break;
	case LOGL_INFO:
		log_info("%s: %s", head, ml->ml_text);
		break;
	default:
		log_warnx("%s: %s", head, ml->ml_text);
		break;
	}
}
