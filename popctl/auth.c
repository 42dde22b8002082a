/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Test login.  In: a user's name and password.  Out: the result.  popctl acts
 * as the listener of one session: it asks the parent for the session, sends
 * the password to authpop over a socket of its own and reads the worker's
 * answer to PASS from the stream, as a client would.  It leaves without QUIT.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "auth.h"
#include "bond.h"
#include "commands.h"
#include "daemon.h"
#include "imsg.h"
#include "log.h"
#include "msg.h"
#include "output.h"
#include "password.h"
#include "table.h"

static const struct output_column	 columns[] = {
	{ "user", -24 }, { "result", -10 }, { "text", -1 }, { NULL, 0 }
};

/* The parent's reasons for failed logins. */
static const struct {
	const char	*re_reason;
	const char	*re_text;
} reasons[] = {
	{ "user",	"no such user" },
	{ "password",	"wrong password" },
	{ "usertab",	"not in the userbase table" },
	{ "root",	"uid or gid 0, or a uid of popd's own" },
	{ "bounds",	"out of the bounds of the userbase table" },
	{ "locked",	"locked" },
	{ "hash",	"unusable hash in the credentials table" },
	{ "delay",	"too soon after the last login" },
	{ "busy",	"not checked: too many pending logins" }
};

static const char	*const refusals[REFUSE_REASONS] = {
	[REFUSE_AUTH] = "refused",
	[REFUSE_DELAY] = "too soon after the last login",
	[REFUSE_TEMP] = "temporary failure: see the log",
	[REFUSE_PERM] = "cannot be served: see the log",
	[REFUSE_IN_USE] = "too many sessions of this user",
	[REFUSE_LOCKED] = "locked"
};

struct auth {
	const char	*au_user;
	char		 au_result[32];
	char		 au_text[MSG_TEXT_MAX];
	int		 au_status;
};

static void
auth_say(struct auth *au, const char *result, const char *text)
{
	strlcpy(au->au_result, result, sizeof(au->au_result));
	strlcpy(au->au_text, text, sizeof(au->au_text));
}

/* The text is one of reasons[], or a log line of the worker. */
static void
auth_reason(struct auth *au, const char *text)
{
	size_t	 i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].re_reason, text) == 0) {
			auth_say(au, text, reasons[i].re_text);
			return;
		}
	strlcpy(au->au_text, text, sizeof(au->au_text));
}

static void
auth_refused(struct auth *au, const struct msg_refuse *mr)
{
	if (au->au_result[0] == '\0')
		strlcpy(au->au_result, "refused", sizeof(au->au_result));
	if (au->au_text[0] == '\0')
		strlcpy(au->au_text, refusals[mr->mr_reason],
		    sizeof(au->au_text));
}

/* Read the first line of the stream, without its line end.  Return 0, or -1. */
static int
auth_line(int fd, char *line, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	line[0] = '\0';
	while (len < size - 1 && memchr(line, '\n', len) == NULL) {
		n = read(fd, line + len, size - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		len += (size_t)n;
	}
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return (0);
}

/* The worker's answer to PASS. */
static void
auth_greeting(struct auth *au, int fd)
{
	char	 line[512] = "";

	if (auth_line(fd, line, sizeof(line)) == -1) {
		auth_say(au, "error", "the worker exited: see the log");
	} else if (strncmp(line, "+OK ", 4) == 0) {
		auth_say(au, "ok", line + 4);
		au->au_status = DAEMON_OK;
	} else if (strncmp(line, "-ERR [IN-USE] ", 14) == 0) {
		auth_say(au, "in-use", line + 14);
	} else
		auth_say(au, "maildrop", line);
	close(fd);
}

/* The worker's log line is more precise; the parent ends what has none. */
static void
auth_why(struct auth *au)
{
	union msg_payload	 payload;
	uint32_t		 type;
	int			 fd = -1;

	do {
		type = daemon_next(&payload, &fd);
	} while (type != 0 && type != MSG_CONTROL_TEXT &&
	    type != MSG_SESSION_OVER);
	if (type == MSG_CONTROL_TEXT)
		auth_reason(au, payload.text.mtx_text);
}

/* Send the password to authpop only.  Return 0, or -1 and errno. */
static int
auth_check(int fd, const struct msg_auth_check *mac)
{
	struct imsgbuf	 ib;
	int		 r = -1;

	if (imsgbuf_init(&ib, fd) != -1 &&
	    imsg_compose(&ib, MSG_AUTH_CHECK, 0, 0, -1, mac,
	    sizeof(*mac)) != -1)
		r = imsgbuf_flush(&ib);
	imsgbuf_clear(&ib);
	return (r);
}

/*
 * Ask the parent, then authpop, as a listener does.  Return 0, or -1, logged.
 */
static int
auth_begin(const union msg_payload *payload, int fd, const char *user,
    const char *pass)
{
	struct msg_auth_check	 mac;
	struct msg_want		 mw;
	int			 r;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = payload->peer.mp_gen;
	mac.mac_id.si_num = 1;
	mac.mac_source.so_version = SOURCE_POPCTL;
	arc4random_buf(mac.mac_salt, sizeof(mac.mac_salt));
	strlcpy(mac.mac_user, user, sizeof(mac.mac_user));
	strlcpy(mac.mac_pass, pass, sizeof(mac.mac_pass));
	memset(&mw, 0, sizeof(mw));
	mw.mw_id = mac.mac_id;
	mw.mw_source = mac.mac_source;
	bond_make(&mac.mac_id, mac.mac_salt, PURPOSE_SESSION, AUTH_PASSWORD,
	    mac.mac_user, mac.mac_pass, NULL, mw.mw_bond);
	strlcpy(mw.mw_user, user, sizeof(mw.mw_user));
	table_lower(mw.mw_user);
	strlcpy(mw.mw_version, "none", sizeof(mw.mw_version));
	strlcpy(mw.mw_cipher, "none", sizeof(mw.mw_cipher));
	if ((r = daemon_send(MSG_SESSION_WANT, &mw)) == 0 &&
	    (r = auth_check(fd, &mac)) == -1)
		log_warn("authpop");
	explicit_bzero(&mac, sizeof(mac));
	return (r);
}

/* End the session; the worker exits without entering UPDATE. */
static void
auth_leave(const struct session_id *id)
{
	struct msg_end	 me;

	memset(&me, 0, sizeof(me));
	me.me_id = *id;
	me.me_reason = END_CLIENT;
	(void)daemon_send(MSG_SESSION_END, &me);
}

/* Wait until the session is refused or its worker answers.  Return 0, or -1. */
static int
auth_hear(struct auth *au, const char *pass)
{
	union msg_payload	 payload;
	int			 fd, peer = -1;

	for (;;) {
		switch (daemon_next(&payload, &fd)) {
		case MSG_PEER:
			peer = fd;
			daemon_watch(peer);
			if (auth_begin(&payload, peer, au->au_user,
			    pass) == -1)
				return (-1);
			break;
		case MSG_CONTROL_TEXT:
			auth_reason(au, payload.text.mtx_text);
			break;
		case MSG_SESSION_REFUSE:
			auth_refused(au, &payload.refuse);
			return (0);
		case MSG_SESSION_OPEN:
			auth_greeting(au, fd);
			if (strcmp(au->au_result, "maildrop") == 0)
				auth_why(au);
			auth_leave(&payload.id);
			return (0);
		case 0:
			return (-1);
		default:
			break;
		}
	}
}

int
auth_run(const struct popctl *ct, int argc, char *argv[])
{
	struct msg_control	 cq;
	struct auth		 au;
	char			 pass[PASS_MAX];
	int			 r;

	if (argc != 2)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_AUTH;
	if (arguments_user(argv[1], &cq) == -1 ||
	    password_read("Password: ", pass, sizeof(pass)) == -1)
		return (DAEMON_FAILED);
	memset(&au, 0, sizeof(au));
	au.au_user = argv[1];
	au.au_status = DAEMON_FAILED;
	r = daemon_ask(ct, &cq, "stdio recvfd");
	if (r == 0)
		r = auth_hear(&au, pass);
	explicit_bzero(pass, sizeof(pass));
	if (r == -1)
		return (daemon_status() == DAEMON_LOST ? DAEMON_LOST :
		    DAEMON_FAILED);
	output_begin(ct, NULL, columns);
	output_text(au.au_user);
	output_text(au.au_result);
	output_text(au.au_text);
	return (au.au_status);
}
