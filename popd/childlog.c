/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Log lines of other processes.  See childlog.h.
 */

#include <sys/types.h>

#include <stdio.h>
#include <time.h>

#include "bucket.h"
#include "childlog.h"
#include "limits.h"
#include "log.h"
#include "msg.h"

static struct {
	time_t	 told[ROLE_MAX];	/* another version; 0: never */
} childlog;

void
childlog_version(enum role role, const struct msg_version *mv)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (childlog.told[role] != 0 &&
	    now.tv_sec - childlog.told[role] < VERSION_SECONDS)
		return;
	childlog.told[role] = now.tv_sec;
	log_warnx("%s is of another version (%08x, not %08x): restart popd or "
	    "run popctl upgrade", msg_role_name(role), mv->mv_protocol,
	    msg_protocol());
}

/*
 * Lines for debugging, however many, leave room for all others, also those
 * that were sent before the process knew that they are wanted no more.
 */
static int
childlog_room(struct childlog *cg, uint32_t level)
{
	if (level == LOGL_DEBUG)
		return (bucket_spend(&cg->cg_debug, LOG_RATE * log_times(),
		    LOG_BURST * log_times()));
	return (bucket_spend(&cg->cg_lines, LOG_RATE, LOG_BURST));
}

int
childlog_write(struct childlog *cg, const char *name, const char *session,
    const struct msg_log *ml)
{
	char	 head[128];

	if (childlog_room(cg, ml->ml_level) == -1) {
		cg->cg_dropped++;
		return (0);
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
	return (1);
}
