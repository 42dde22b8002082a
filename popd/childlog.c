/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lines of other processes for the log.  See childlog.h.
 */

#include <sys/types.h>

#include <stdio.h>

#include "bucket.h"
#include "childlog.h"
#include "limits.h"
#include "log.h"
#include "msg.h"

void
childlog_write(struct childlog *cg, const char *name, const char *session,
    const struct msg_log *ml)
{
	char	 head[128];

	if (bucket_spend(&cg->cg_lines, LOG_RATE, LOG_BURST) == -1) {
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
