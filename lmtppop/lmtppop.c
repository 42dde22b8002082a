/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * lmtppop: mail comes in by LMTP (RFC 2033), over a Unix socket, from the
 * mail server of this machine: one connection for thousands of mails.
 *
 * Who holds what:
 *	lmtppop		all mail that comes in, on its way; nothing else: no
 *			file, no table, no user's id, not its own network
 *	dlvrpop		one user's ids and maildir; the mail for him
 *	popd		usertab, root; no octet of mail
 *
 * Who may be told what: the parent hears from us the words of a client that
 * name a recipient (DELIVERY_WANT), and which stream we have closed
 * (DELIVERY_END); it answers with a stream to a process of that user, or that
 * we have one (DELIVERY_OPEN, _SAME), or none (_REFUSE).  The process hears
 * of numbered messages and answers each with a verdict (dlvr.h).
 *
 * What a lie costs: a lmtppop in the wrong hands has made-up mail delivered
 * to users of usertab, can lose or read what comes in meanwhile, and nothing
 * else.  A process in the wrong hands says of its own user's mail what it
 * likes, and nothing else.  A client is one that the socket's mode lets in:
 * it costs its own connection.
 *
 * No recipient is answered 250 before his message is in new/, and the file
 * and its directory are durable.  Whoever dies on the way: the client gets
 * another answer, or none, and sends it again.
 *
 * A byte's way: incoming.c, conn.c, lmtpcmd.c (commands), decode.c, envelope.c
 * (one message), letter.c (one recipient's of it, and the processes).
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

#define LMTPPOP_USER	"_poplmtp"

/* What the check of a set made of it: all of it is in the set. */
static int	 lmtppop_good;

/* There is nothing in a socket that could be wrong. */
static void
lmtppop_check(const struct confset *cs)
{
	confset_answer(&lmtppop_good, "");
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

static void
lmtppop_drop(void *made)
{
}

static const struct confset_ops lmtppop_ops = {
	CONFSET_KIND(FILE_LMTP), ADDRESSES_MAX,
	lmtppop_check, lmtppop_commit, lmtppop_drop
};

/* popd stops, or another one has taken the sockets over. */
static struct verdict
lmtppop_stop(void *arg, const void *data, int fd)
{
	incoming_close();
	conn_stop();
	return (TAKEN);
}

static const struct chan_rule lmtppop_rules[] = {
	PROC_RULES,
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
	const char	*user;

	proc_version(argc, argv, "lmtppop");
	user = proc_user(argc, argv, LMTPPOP_USER);
	proc_start("lmtppop", lmtppop_rules);
	chan_on_lost(proc_parent(), letter_lost);
	confset_init(&lmtppop_ops);
	incoming_init();

	proc_drop(user);
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	/*
	 * inet: to accept, as listeners do.  recvfd: sockets and streams come
	 * from the parent.
	 */
	if (pledge("stdio inet recvfd", NULL) == -1)
		fatal("pledge");
	proc_run();
}
