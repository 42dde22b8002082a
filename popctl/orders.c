/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Requests without a table as answer.  In: arguments.  Out: a request. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "daemon.h"
#include "log.h"
#include "msg.h"
#include "orders.h"

static void
orders_begin(struct msg_control *cq, enum control_command command)
{
	memset(cq, 0, sizeof(*cq));
	cq->cq_command = command;
}

/* Send a request without an argument. */
static int
orders_bare(const struct popctl *ct, int argc, enum control_command command,
    uint32_t count)
{
	struct msg_control	 cq;

	if (argc != 1)
		return (COMMANDS_USAGE);
	orders_begin(&cq, command);
	cq.cq_count = count;
	return (daemon_order(ct, &cq));
}

/* Send a request that names a user. */
static int
orders_user(const struct popctl *ct, int argc, char *argv[],
    enum control_command command)
{
	struct msg_control	 cq;

	if (argc != 2)
		return (COMMANDS_USAGE);
	orders_begin(&cq, command);
	if (arguments_user(argv[1], &cq) == -1)
		return (DAEMON_FAILED);
	return (daemon_order(ct, &cq));
}

int
orders_kick(const struct popctl *ct, int argc, char *argv[])
{
	struct msg_control	 cq;
	int			 status;

	if (argc != 2)
		return (COMMANDS_USAGE);
	orders_begin(&cq, CONTROL_KICK);
	/* A user name may look like the name of a session. */
	arguments_session(argv[1], &cq.cq_id);
	if (arguments_user(argv[1], &cq) == -1)
		return (DAEMON_FAILED);
	if ((status = daemon_order(ct, &cq)) == DAEMON_OK)
		printf("%u\n", daemon_count());
	return (status);
}

int
orders_lock(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_user(ct, argc, argv, CONTROL_LOCK));
}

int
orders_unlock(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_user(ct, argc, argv, CONTROL_UNLOCK));
}

int
orders_forgive(const struct popctl *ct, int argc, char *argv[])
{
	struct msg_control	 cq;

	if (argc != 2)
		return (COMMANDS_USAGE);
	orders_begin(&cq, CONTROL_FORGIVE);
	if (arguments_address(argv[1], &cq.cq_source) == -1) {
		log_warnx("%s: not a numeric address", argv[1]);
		return (DAEMON_FAILED);
	}
	return (daemon_order(ct, &cq));
}

int
orders_reload(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_bare(ct, argc, CONTROL_RELOAD, 0));
}

int
orders_upgrade(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_bare(ct, argc, CONTROL_UPGRADE, 0));
}

int
orders_brief(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_bare(ct, argc, CONTROL_LOG, LOG_BRIEF));
}

int
orders_verbose(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_bare(ct, argc, CONTROL_LOG, LOG_VERBOSE));
}

int
orders_trace(const struct popctl *ct, int argc, char *argv[])
{
	return (orders_bare(ct, argc, CONTROL_LOG, LOG_TRACE));
}
