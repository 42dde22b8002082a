/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Test login.  In: a user's name and password.  Out: the result.  popctl is a
 * client of a listener, over a socket that only popd's user can open, and
 * leaves without QUIT.  The reply says only what any client may know; for the
 * rest the parent is asked.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "auth.h"
#include "base64.h"
#include "commands.h"
#include "daemon.h"
#include "msg.h"
#include "output.h"
#include "password.h"
#include "popdconf.h"

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

struct auth {
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

/* A line of the parent's: a result, and why. */
static void
auth_reason(struct auth *au, char *text)
{
	char		*blank = text + strcspn(text, " ");
	const char	*why = blank + (*blank != '\0');
	size_t		 i;

	*blank = '\0';
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].re_reason, text) == 0)
			why = reasons[i].re_text;
	auth_say(au, text, why);
}

/* Read a reply, without its end.  Return 0, or -1. */
static int
auth_line(FILE *fp, char *line, size_t size)
{
	if (fgets(line, (int)size, fp) == NULL)
		return (-1);
	line[strcspn(line, "\r\n")] = '\0';
	return (0);
}

static void
auth_reply(struct auth *au, const char *line)
{
	if (strncmp(line, "+OK ", 4) == 0) {
		auth_say(au, "ok", line + 4);
		au->au_status = DAEMON_OK;
	} else if (strncmp(line, "-ERR [IN-USE] ", 14) == 0)
		auth_say(au, "in-use", line + 14);
	else if (strncmp(line, "-ERR ", 5) == 0)
		auth_say(au, "refused", line + 5);
}

/* Log in with AUTH PLAIN, which takes any name and password. */
static void
auth_login(struct auth *au, int fd, const char *user, const char *pass)
{
	char	 plain[USER_MAX + PASS_MAX + 1];
	char	 base64[BASE64_TEXT(sizeof(plain))];
	char	 line[sizeof(base64) + 16];
	FILE	*fp;
	int	 n;

	auth_say(au, "error", "no answer: see the log");
	if ((fp = fdopen(fd, "r")) == NULL)
		fatal("fdopen");
	n = snprintf(plain, sizeof(plain), "%c%s%c%s", '\0', user, '\0', pass);
	base64_encode(plain, (size_t)n, base64);
	n = snprintf(line, sizeof(line), "AUTH PLAIN %s\r\n", base64);
	(void)send(fd, line, (size_t)n, MSG_NOSIGNAL);
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(base64, sizeof(base64));
	/* The greeting, and the reply. */
	if (auth_line(fp, line, sizeof(line)) == 0 &&
	    auth_line(fp, line, sizeof(line)) == 0)
		auth_reply(au, line);
	explicit_bzero(line, sizeof(line));
}

/* Return a connection to a listener, or -1, logged. */
static int
auth_connect(const struct popctl *ct)
{
	char	 path[PATH_LEN_MAX];

	if (popdconf_socket(ct, path, sizeof(path)) == -1)
		return (-1);
	strlcat(path, POPD_SOCKET_AUTH, sizeof(path));
	return (daemon_connect(path));
}

/* Log in while the parent listens.  Return the exit status. */
static int
auth_try(struct auth *au, const struct popctl *ct, struct msg_control *cq,
    const char *user, const char *pass)
{
	union msg_payload	 payload;
	int			 fd;

	if ((fd = auth_connect(ct)) == -1 || daemon_ask(ct, cq) == -1)
		return (DAEMON_LOST);
	if (daemon_next(&payload) == MSG_CONTROL_TEXT)
		auth_login(au, fd, user, pass);
	cq->cq_count = 1;
	if (daemon_send(MSG_CONTROL, cq) == -1)
		return (DAEMON_LOST);
	while (daemon_next(&payload) == MSG_CONTROL_TEXT)
		if (strcmp(au->au_result, "refused") == 0)
			auth_reason(au, payload.text.mtx_text);
	return (daemon_status());
}

int
auth_run(const struct popctl *ct, int argc, char *argv[])
{
	struct msg_control	 cq;
	struct auth		 au;
	char			 pass[PASS_MAX];
	int			 status;

	if (argc != 2)
		return (COMMANDS_USAGE);
	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_AUTH;
	if (arguments_user(argv[1], &cq) == -1 ||
	    password_read("Password: ", pass, sizeof(pass)) == -1)
		return (DAEMON_FAILED);
	memset(&au, 0, sizeof(au));
	au.au_status = DAEMON_FAILED;
	status = auth_try(&au, ct, &cq, argv[1], pass);
	explicit_bzero(pass, sizeof(pass));
	if (status != DAEMON_OK)
		return (status);
	output_begin(ct, NULL, columns);
	output_text(argv[1]);
	output_text(au.au_result);
	output_text(au.au_text);
	return (au.au_status);
}
