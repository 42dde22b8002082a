/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The POP3 commands: names, arguments and the states they are valid in (RFC
 * 1939, 2449, 2595, 5034, 6856).
 */

#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>

#define STATE_AUTH		0x01	/* AUTHORIZATION */
#define STATE_TRANSACTION	0x02

enum command_code {
	CMD_APOP, CMD_AUTH, CMD_CAPA, CMD_DELE, CMD_LIST, CMD_NOOP, CMD_PASS,
	CMD_QUIT, CMD_RETR, CMD_RSET, CMD_STAT, CMD_STLS, CMD_TOP, CMD_UIDL,
	CMD_USER, CMD_UTF8, CMD_CODES
};

struct command {
	enum command_code cd_code;
	const char	*cd_name;
	int		 cd_states;
	int		 cd_min;
	int		 cd_max;	/* arguments; -1: one, the rest */
};

enum command_error {
	COMMAND_OK,
	COMMAND_UNKNOWN,		/* no such command */
	COMMAND_STATE,			/* not in this state */
	COMMAND_ARGS,			/* too few or too many arguments */
	COMMAND_OCTETS,			/* 8-bit or control octets */
	COMMAND_LENGTH			/* too long for this command */
};

#define COMMAND_ARGS_MAX	3

struct request {
	const struct command *rq_command;
	int		 rq_argc;
	char		*rq_argv[COMMAND_ARGS_MAX];
};

/*
 * Parse a line of len octets (without line end, without NUL) in a state.  The
 * line is split in place and rq points into it.  Arguments are separated by one
 * or more spaces; that of PASS is everything from the second octet after the
 * name, spaces included ("PASS " has an empty one, "PASS" has none).  A
 * trailing space is no argument (Outlook sends "AUTH ").  Control octets are
 * allowed only in the argument of PASS, 8-bit ones only in those of APOP, USER
 * and PASS.  The length limit of each command is in limits.h.
 */
enum command_error command_parse(char *, size_t, int, struct request *);

/* Return the name of a command; "?" if code is unknown. */
const char	*command_name(enum command_code);

/*
 * Parse a message number: 1 to 10 digits, no sign, blanks or leading zero, at
 * most UINT32_MAX.  Return 0 if it is invalid.
 */
unsigned int	 command_number(const char *);

/* The same for the line count of TOP, which may be 0.  Return -1 if invalid. */
long long	 command_count(const char *);

#endif
