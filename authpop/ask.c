/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * In: the parent's question.  Out: rows from the queue.  See ask.h.
 */

#include <sys/types.h>

#include <stdlib.h>

#include "ask.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "queue.h"

struct verdict
ask_sources(struct queue *qu, const struct msg_ask *ak, uint64_t now)
{
	struct msg_ask_source	*rows;
	struct msg_ask		 end = *ak;
	size_t			 i, n;

	if (ak->ak_most > SOURCES_SHOWN_MAX || ak->ak_what != ASK_SOURCES)
		return (DROP("not for authpop"));
	if ((rows = calloc(ak->ak_most + 1, sizeof(*rows))) == NULL)
		fatal("calloc");
	n = queue_most_failed(qu, rows, ak->ak_most, now);
	for (i = 0; i < n; i++)
		proc_send(MSG_ASK_SOURCE, &rows[i], -1);
	free(rows);
	proc_send(MSG_ASK_END, &end, -1);
	return (TAKEN);
}
