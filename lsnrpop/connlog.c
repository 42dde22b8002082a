/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* In: connections without a login, as they end.  Out: log lines. */

#include <sys/types.h>

#include <stdint.h>
#include <string.h>

#include "bucket.h"
#include "client.h"
#include "connlog.h"
#include "limits.h"
#include "log.h"
#include "monotime.h"

static struct {
	struct bucket	 lines;
	unsigned int	 dropped;
} connlog;

static const char *
connlog_reason(const struct client *cl, enum end_reason reason, int stopping)
{
	static const char	*const reasons[END_REASONS] = {
		[END_DONE] = "client",
		[END_CLIENT] = "client",
		[END_IDLE] = "time",
		[END_LOGIN_TIME] = "time",
		[END_ERROR] = "error",
		[END_REFUSED] = "no-room"
	};

	if (stopping)
		return ("shutdown");
	if (reason == END_CLIENT && cl->cl_state == CLIENT_PROXY)
		return ("proxy");
	if (reason == END_CLIENT && cl->cl_state == CLIENT_HANDSHAKE)
		return (tlsio_touched(cl->cl_tls) ? "handshake" : "silent");
	return (reasons[reason]);
}

void
connlog_end(struct client *cl, enum end_reason reason, int stopping)
{
	char		 source[SOURCE_TEXT_MAX], error[128];
	const char	*why;
	int64_t		 ms;

	if (!log_debugs())
		return;
	if (bucket_spend(&connlog.lines, LOG_RATE / 2, LOG_BURST / 2) == -1) {
		connlog.dropped++;
		return;
	}
	if (connlog.dropped > 0)
		log_debug("connection end: %u more", connlog.dropped);
	connlog.dropped = 0;
	ms = monotime_ms() - cl->cl_came;
	why = connlog_reason(cl, reason, stopping);
	log_debug("connection end source=%s port=%u seconds=%lld.%03lld "
	    "failures=%u reason=%s error=%s",
	    source_text(&cl->cl_source, source, sizeof(source)),
	    cl->cl_source.so_port, (long long)(ms / 1000),
	    (long long)(ms % 1000), cl->cl_auth.as_failures, why,
	    log_cite(strcmp(why, "handshake") == 0 ?
	    tlsio_reason(cl->cl_tls) : "", error, sizeof(error)));
}
