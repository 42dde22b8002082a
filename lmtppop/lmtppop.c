/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lmtppop: receives mail by LMTP (RFC 2033) on a Unix socket from the local
 * mail server: one connection for thousands of messages.
 *
 * Who holds what:
 *	lmtppop		all mail in transit, in memory and files without a
 *			name; no table, no user's id, not even its own network
 *	dlvrpop		one user's ids, maildir and mail
 *	popd		usertab, root; no mail
 *
 * Who gets what: the parent gets users that the client names (DELIVERY_WANT),
 * at RCPT and when mail is written to them, and the streams closed (_END).  It
 * answers that a user exists (_KNOWN), with a stream to a process of that user
 * (_OPEN), one that we have (_SAME), or a refusal (_REFUSE).  The process gets
 * numbered messages and answers each with a verdict (dlvr.h).
 *
 * What a lie costs: a compromised lmtppop can have forged mail delivered to
 * users of usertab, and lose or read mail in transit, nothing else.  A
 * compromised dlvrpop can lie about its own user's mail only.  A client, let in
 * by the socket's mode, can harm its own connection only.
 *
 * A recipient gets 250 only after the message is in new/, and file and
 * directory are durable.  If a process dies before that, the client gets
 * another reply, or none, and sends it again.
 *
 * A byte's way: incoming.c, conn.c, lmtpcmd.c (commands), decode.c, transit.c,
 * envelope.c (a message), letter.c (a recipient's copy, and the processes).
 * Replies leave through connio.c.
 */

#include <sys/types.h>

#include <event.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "confset.h"
#include "conn.h"
#include "incoming.h"
#include "letter.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "transit.h"

static struct {
	int	 good;		/* result of a check: nothing but the set */
} lmtppop;

/* Sockets are always good. */
static void
lmtppop_check(const struct confset *cs)
{
	confset_answer(&lmtppop.good, "");
}

static void
lmtppop_commit(void *made, struct confset *cs)
{
	int	 fds[ADDRESSES_MAX];
	size_t	 i;

	for (i = 0; i < cs->cs_count; i++) {
		fds[i] = cs->cs_files[i].cf_fd;
		cs->cs_files[i].cf_fd = -1;
	}
	incoming_use(fds, cs->cs_count);
}

static const struct confset_ops lmtppop_ops = {
	CONFSET_KIND(FILE_LMTP), ADDRESSES_MAX,
	lmtppop_check, lmtppop_commit
};

/* Shutdown, or another popd has taken over the sockets. */
static struct verdict
lmtppop_stop(void *arg, const void *data, int fd)
{
	incoming_close();
	conn_stop();
	return (TAKEN);
}

static const struct chan_rule lmtppop_rules[] = {
	PROC_RULES,
	{ MSG_DELIVERY_KNOWN,	letter_known },
	{ MSG_DELIVERY_OPEN,	letter_opened },
	{ MSG_DELIVERY_SAME,	letter_same },
	{ MSG_DELIVERY_REFUSE,	letter_refused },
	{ MSG_STOP,		lmtppop_stop },
	{ MSG_DRAIN,		lmtppop_stop },
	{ 0,			NULL }
};

int
main(int argc, char *argv[])
{
	proc_version(argc, argv, "lmtppop");
	proc_start("lmtppop", lmtppop_rules);
	chan_on_lost(proc_parent(), letter_lost);
	confset_init(&lmtppop_ops);
	incoming_init();
	transit_init();

	proc_drop(argc, argv);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/* inet: to accept.  recvfd: sockets and streams of the parent. */
	if (pledge("stdio inet recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
