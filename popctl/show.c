/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The show commands.  In: rows from popd.  Out: rows of output. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "command.h"
#include "commands.h"
#include "daemon.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "output.h"
#include "show.h"
#include "source.h"

static const struct output_column	 sessions[] = {
	{ "session", -10 }, { "user", -24 }, { "source", -16 },
	{ "since", -20 }, { "pid", 7 }, { NULL, 0 }
};

static const struct output_column	 sources[] = {
	{ "source", -26 }, { "failures", 8 }, { "delay", 7 },
	{ "connections", 11 }, { "sessions", 8 }, { NULL, 0 }
};

static const struct output_column	 certificates[] = {
	{ "names", -32 }, { "after", -20 }, { "days", 5 }, { "file", -1 },
	{ NULL, 0 }
};

static void
show_session(const struct msg_control_session *qs)
{
	char	 text[SESSION_NAME_MAX + SOURCE_TEXT_MAX];

	output_text(msg_session_name(&qs->qs_id, text, sizeof(text)));
	output_text(qs->qs_user);
	output_text(source_text(&qs->qs_source, text, sizeof(text)));
	output_time(qs->qs_since);
	output_number(qs->qs_pid);
}

int
show_sessions(const struct popctl *ct, int argc, char *argv[])
{
	union msg_payload	 payload;
	struct msg_control	 cq;

	if (argc > 2)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_SESSIONS;
	if (argc == 2 && arguments_address(argv[1], &cq.cq_source) == -1 &&
	    arguments_user(argv[1], &cq) == -1)
		return (DAEMON_FAILED);
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	output_begin(ct, NULL, sessions);
	while (daemon_next(&payload) == MSG_CONTROL_SESSION)
		show_session(&payload.control_session);
	return (daemon_status());
}

static void
show_source(const struct msg_ask_source *aw)
{
	char	 text[SOURCE_TEXT_MAX + 4];

	source_text(&aw->aw_source, text, sizeof(text));
	if (aw->aw_source.so_version == 6)
		strlcat(text, "/64", sizeof(text));
	output_text(text);
	output_number(aw->aw_failures);
	output_ms(aw->aw_delay);
	output_number(aw->aw_unauth);
	output_number(aw->aw_sessions);
}

int
show_sources(const struct popctl *ct, int argc, char *argv[])
{
	union msg_payload	 payload;
	struct msg_control	 cq;
	const char		*errstr;
	int			 ch;

	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_SOURCES;
	cq.cq_count = SOURCES_SHOWN;
	while ((ch = getopt(argc, argv, "n:")) != -1) {
		if (ch != 'n')
			return (COMMANDS_USAGE);
		cq.cq_count = strtonum(optarg, 1, SOURCES_SHOWN_MAX, &errstr);
		if (errstr != NULL) {
			log_warnx("-n %s: %s, want 1 to %d", optarg, errstr,
			    SOURCES_SHOWN_MAX);
			return (DAEMON_FAILED);
		}
	}
	if (argc != optind)
		return (COMMANDS_USAGE);
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	output_begin(ct, NULL, sources);
	while (daemon_next(&payload) == MSG_ASK_SOURCE)
		show_source(&payload.ask_source);
	return (daemon_status());
}

static void
show_certificate(struct certfacts *cx)
{
	int64_t	 now = (int64_t)time(NULL), left = 0;
	char	*p;

	if (cx->cx_not_after > now)
		left = cx->cx_not_after - now;

	for (p = cx->cx_names; *p != '\0'; p++)
		if (*p == ' ')
			*p = ',';
	output_text(cx->cx_names);
	output_time(cx->cx_not_after);
	output_number((uint64_t)(left / 86400));
	output_text(cx->cx_file);
}

int
show_certificates(const struct popctl *ct, int argc, char *argv[])
{
	union msg_payload	 payload;
	struct msg_control	 cq;

	if (argc != 1)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_CERTIFICATES;
	cq.cq_count = KEYPAIRS_MAX;
	if (daemon_ask(ct, &cq) == -1)
		return (DAEMON_LOST);
	output_begin(ct, NULL, certificates);
	while (daemon_next(&payload) == MSG_ASK_CERT)
		show_certificate(&payload.ask_cert);
	return (daemon_status());
}
