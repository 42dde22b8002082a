/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Parse command lines.  In: a line.  Out: a row of the table and its arguments.
 * Both sides of login use this one table and so cannot differ.
 */

#include <stdint.h>
#include <string.h>

#include "command.h"
#include "limits.h"

#define STATE_BOTH	(STATE_AUTH | STATE_TRANSACTION)

static const struct command commands[] = {
	{ CMD_APOP, "APOP",	STATE_AUTH,		2, 2 },
	{ CMD_AUTH, "AUTH",	STATE_AUTH,		0, 2 },
	{ CMD_CAPA, "CAPA",	STATE_BOTH,		0, 0 },
	{ CMD_DELE, "DELE",	STATE_TRANSACTION,	1, 1 },
	{ CMD_LIST, "LIST",	STATE_TRANSACTION,	0, 1 },
	{ CMD_NOOP, "NOOP",	STATE_TRANSACTION,	0, 0 },
	{ CMD_PASS, "PASS",	STATE_AUTH,		1, -1 },
	{ CMD_QUIT, "QUIT",	STATE_BOTH,		0, 0 },
	{ CMD_RETR, "RETR",	STATE_TRANSACTION,	1, 1 },
	{ CMD_RSET, "RSET",	STATE_TRANSACTION,	0, 0 },
	{ CMD_STAT, "STAT",	STATE_TRANSACTION,	0, 0 },
	{ CMD_STLS, "STLS",	STATE_AUTH,		0, 0 },
	{ CMD_TOP, "TOP",	STATE_TRANSACTION,	2, 2 },
	{ CMD_UIDL, "UIDL",	STATE_TRANSACTION,	0, 1 },
	{ CMD_USER, "USER",	STATE_AUTH,		1, 1 },
	{ CMD_UTF8, "UTF8",	STATE_AUTH,		0, 0 }
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

/* The table has only upper case letters, and the digit of UTF8. */
static int
command_is(const struct command *cmd, const char *text, size_t len)
{
	size_t	i;
	char	c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (cmd->cd_name[i] != c || c == '\0')
			return (0);
	}
	return (cmd->cd_name[len] == '\0');
}

/* Allow control octets in passwords only, 8-bit ones in names, too. */
static int
command_octets(const struct command *cmd, const char *text, size_t len)
{
	size_t		i;
	unsigned char	c;

	if (cmd != NULL && cmd->cd_code == CMD_PASS)
		return (1);
	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c < ' ' || c == 0x7f)
			return (0);
		if (c > 0x7f && (cmd == NULL || (cmd->cd_code != CMD_USER &&
		    cmd->cd_code != CMD_APOP)))
			return (0);
	}
	return (1);
}

/* Return the longest line of a command, with CRLF as RFC 2449 counts. */
static size_t
command_max(const struct command *cmd)
{
	switch (cmd->cd_code) {
	case CMD_AUTH:
		return (LINE_LEN_AUTH_MAX);
	case CMD_APOP:
	case CMD_USER:
	case CMD_PASS:
		return (LINE_LEN_LOGIN_MAX);
	default:
		return (LINE_LEN_MAX);
	}
}

/* Split what comes after the name into arguments.  Return -1 on too many. */
static int
command_split(char *p, const struct command *cmd, struct request *rq)
{
	if (cmd->cd_max == -1) {
		if (*p == ' ')
			rq->rq_argv[rq->rq_argc++] = p + 1;
		return (0);
	}
	for (;;) {
		while (*p == ' ')
			*p++ = '\0';
		if (*p == '\0')
			return (0);
		if (rq->rq_argc == cmd->cd_max)
			return (-1);
		rq->rq_argv[rq->rq_argc++] = p;
		while (*p != ' ' && *p != '\0')
			p++;
	}
}

enum command_error
command_parse(char *text, size_t len, int state, struct request *rq)
{
	const struct command	*cmd = NULL;
	const char		*space;
	size_t			 i, n;

	memset(rq, 0, sizeof(*rq));
	space = memchr(text, ' ', len);
	n = space == NULL ? len : (size_t)(space - text);
	for (i = 0; i < NCOMMANDS && cmd == NULL; i++)
		if (command_is(&commands[i], text, n))
			cmd = &commands[i];
	if (len + 2 > (cmd == NULL ? LINE_LEN_MAX : command_max(cmd)))
		return (COMMAND_LENGTH);
	if (!command_octets(cmd, text, len))
		return (COMMAND_OCTETS);
	if (cmd == NULL)
		return (COMMAND_UNKNOWN);
	if ((cmd->cd_states & state) == 0)
		return (COMMAND_STATE);
	if (command_split(text + n, cmd, rq) == -1 || rq->rq_argc < cmd->cd_min)
		return (COMMAND_ARGS);
	rq->rq_command = cmd;
	return (COMMAND_OK);
}

long long
command_count(const char *s)
{
	long long	 n = 0;
	size_t		 digits;

	if (s[0] == '0')
		return (s[1] == '\0' ? 0 : -1);
	for (digits = 0; s[digits] >= '0' && s[digits] <= '9'; digits++) {
		if (digits == 10)
			return (-1);
		n = n * 10 + (s[digits] - '0');
	}
	if (digits == 0 || s[digits] != '\0' || n > UINT32_MAX)
		return (-1);
	return (n);
}

unsigned int
command_number(const char *s)
{
	long long	 n;

	n = command_count(s);
	return (n < 1 ? 0 : (unsigned int)n);
}

const char *
command_name(enum command_code code)
{
	size_t	i;

	for (i = 0; i < NCOMMANDS; i++)
		if (commands[i].cd_code == code)
			return (commands[i].cd_name);
	return ("?");
}
