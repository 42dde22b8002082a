/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* popctl status.  In: rows of four kinds.  Out: each kind with titles. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "daemon.h"
#include "log.h"
#include "msg.h"
#include "output.h"
#include "popctl.h"
#include "status.h"

static const struct output_column	 popds[] = {
	{ "version", -10 }, { "since", -20 }, { "pid", 7 }, { "uid", 6 },
	{ "log", -7 }, { "locked", 6 }, { NULL, 0 }
};

static const struct output_column	 listens[] = {
	{ "how", -24 }, { "address", -1 }, { NULL, 0 }
};

static const struct output_column	 processes[] = {
	{ "process", -12 }, { "state", -8 }, { "pid", 7 }, { "uid", 6 },
	{ "since", -20 }, { "restarts", 8 }, { "sessions", 8 }, { NULL, 0 }
};

static const struct output_column	 limits[] = {
	{ "limit", -24 }, { "used", 8 }, { "most", 8 }, { NULL, 0 }
};

static const char	*const states[PROCESS_STATES] = {
	[PROCESS_UP] = "up",
	[PROCESS_STARTING] = "starting",
	[PROCESS_ENDING] = "ending",
	[PROCESS_DOWN] = "down"
};

static const char	*const limit_names[LIMITS] = {
	[LIMIT_SESSIONS] = "sessions",
	[LIMIT_USER] = "sessions-of-a-user",
	[LIMIT_WANTS] = "logins-waiting",
	[LIMIT_LOCKED] = "users-locked",
	[LIMIT_DELIVERIES] = "lmtp-processes"
};

static void
status_popd(const union msg_payload *payload)
{
	const struct msg_control_popd	*qd = &payload->control_popd;

	output_text(qd->qd_version);
	output_time(qd->qd_since);
	output_number(qd->qd_pid);
	output_number(qd->qd_uid);
	output_text(qd->qd_verbose >= LOG_TRACE ? "trace" :
	    qd->qd_verbose == LOG_VERBOSE ? "verbose" : "brief");
	output_number(qd->qd_locked);
}

static void
status_listen(const union msg_payload *payload)
{
	static const struct {
		uint32_t	 flag;
		const char	*name;
	} flags[] = {
		{ LISTEN_TLS,		"tls" },
		{ LISTEN_STLS,		"starttls" },
		{ LISTEN_CLEAR,		"cleartext" },
		{ LISTEN_PROXY,		"proxy" },
		{ LISTEN_TLS12,		"tlsv1.2" },
		{ LISTEN_HTTP,		"auth_http" },
		{ LISTEN_LMTP,		"lmtp" }
	};
	const struct msg_control_listen	*ql = &payload->control_listen;
	char				 how[128] = "";
	size_t				 i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (ql->ql_flags & flags[i].flag) {
			if (how[0] != '\0')
				strlcat(how, ",", sizeof(how));
			strlcat(how, flags[i].name, sizeof(how));
		}
	output_text(how);
	output_text(ql->ql_name);
}

static void
status_process(const union msg_payload *payload)
{
	const struct msg_control_process	*qp;

	qp = &payload->control_process;
	output_text(msg_role_name(qp->qp_role));
	output_text(states[qp->qp_state]);
	if (qp->qp_pid != 0)
		output_number(qp->qp_pid);
	else
		output_none();
	output_number(qp->qp_uid);
	output_time(qp->qp_since);
	output_number(qp->qp_restarts);
	if (qp->qp_role == ROLE_LISTENER || qp->qp_role == ROLE_PARENT)
		output_number(qp->qp_sessions);
	else
		output_none();
}

static void
status_limit(const union msg_payload *payload)
{
	const struct msg_control_limit	*qm = &payload->control_limit;

	output_text(limit_names[qm->qm_limit]);
	output_number(qm->qm_used);
	output_number(qm->qm_most);
}

static const struct kind {
	uint32_t			  ki_type;
	const char			 *ki_name;
	const struct output_column	 *ki_columns;
	void				(*ki_show)(const union msg_payload *);
} kinds[] = {
	{ MSG_CONTROL_POPD,	"popd",	   popds,     status_popd },
	{ MSG_CONTROL_LISTEN,	"listen",  listens,   status_listen },
	{ MSG_CONTROL_PROCESS,	"process", processes, status_process },
	{ MSG_CONTROL_LIMIT,	"limit",   limits,    status_limit }
};

/* Return the kind of a row, or NULL; print titles if the kind changed. */
static const struct kind *
status_kind(const struct popctl *ct, uint32_t type, const struct kind *before)
{
	size_t	 i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].ki_type == type)
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return (NULL);
	if (&kinds[i] == before)
		return (before);
	if (before != NULL && !ct->ct_json)
		printf("\n");
	output_begin(ct, kinds[i].ki_name, kinds[i].ki_columns);
	return (&kinds[i]);
}

int
status_run(const struct popctl *ct, int argc, char *argv[])
{
	union msg_payload	 payload;
	struct msg_control	 cq;
	const struct kind	*ki = NULL;
	uint32_t		 type;

	if (argc != 1)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_STATUS;
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	while ((type = daemon_next(&payload)) != 0 &&
	    (ki = status_kind(ct, type, ki)) != NULL)
		ki->ki_show(&payload);
	return (daemon_status());
}
