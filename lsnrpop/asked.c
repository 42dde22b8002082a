/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* In: a question of the parent.  Out: the answers.  See asked.h. */

#include <sys/types.h>

#include <stdlib.h>

#include "asked.h"
#include "certfacts.h"
#include "chan.h"
#include "limits.h"
#include "log.h"
#include "lsnrconf.h"
#include "msg.h"
#include "proc.h"
#include "unauth.h"

static void
asked_sources(const struct msg_ask *ak)
{
	struct msg_ask_source	*rows;
	size_t			 i, n;

	if ((rows = calloc(ak->ak_most + 1, sizeof(*rows))) == NULL)
		return;
	n = unauth_most(rows, ak->ak_most);
	for (i = 0; i < n; i++)
		proc_send(MSG_ASK_SOURCE, &rows[i], -1);
	free(rows);
}

static void
asked_certs(void)
{
	struct certfacts	 cx;
	size_t			 i;

	for (i = 0; lsnrconf_certificate(i, &cx) == 0; i++)
		proc_send(MSG_ASK_CERT, &cx, -1);
}

struct verdict
asked_parent(void *arg, const void *data, int fd)
{
	const struct msg_ask	*ak = data;

	if (ak->ak_most > SOURCES_SHOWN_MAX)
		return (DROP("too many rows"));
	if (ak->ak_what == ASK_SOURCES)
		asked_sources(ak);
	else
		asked_certs();
	proc_send(MSG_ASK_END, ak, -1);
	return (TAKEN);
}
