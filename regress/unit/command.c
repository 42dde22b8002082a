/* link: lib/command.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Command lines and their numbers. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "limits.h"

#include "unit.h"

#define A	STATE_AUTH
#define T	STATE_TRANSACTION

static const struct {
	const char		*text;
	int			 state;
	enum command_error	 error;
	enum command_code	 code;
	int			 argc;
	const char		*argv[3];
} cases[] = {
	{ "STAT", T, COMMAND_OK, CMD_STAT, 0, { NULL } },
	{ "stat", T, COMMAND_OK, CMD_STAT, 0, { NULL } },
	{ "sTaT", T, COMMAND_OK, CMD_STAT, 0, { NULL } },
	{ "STAT ", T, COMMAND_OK, CMD_STAT, 0, { NULL } },
	{ "STAT 1", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "STAT", A, COMMAND_STATE, 0, 0, { NULL } },
	{ "LIST", T, COMMAND_OK, CMD_LIST, 0, { NULL } },
	{ "LIST 7", T, COMMAND_OK, CMD_LIST, 1, { "7" } },
	{ "LIST  7  ", T, COMMAND_OK, CMD_LIST, 1, { "7" } },
	{ "LIST 7 8", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "UIDL", T, COMMAND_OK, CMD_UIDL, 0, { NULL } },
	{ "uidl 12", T, COMMAND_OK, CMD_UIDL, 1, { "12" } },
	{ "RETR", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "RETR ", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "RETR 1", T, COMMAND_OK, CMD_RETR, 1, { "1" } },
	{ "RETR 1 2", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "RETR\t1", T, COMMAND_OCTETS, 0, 0, { NULL } },
	{ "DELE 1", T, COMMAND_OK, CMD_DELE, 1, { "1" } },
	{ "TOP 1", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "TOP 1 0", T, COMMAND_OK, CMD_TOP, 2, { "1", "0" } },
	{ "TOP 1 0 2", T, COMMAND_ARGS, 0, 0, { NULL } },
	{ "NOOP", T, COMMAND_OK, CMD_NOOP, 0, { NULL } },
	{ "RSET", T, COMMAND_OK, CMD_RSET, 0, { NULL } },
	{ "QUIT", T, COMMAND_OK, CMD_QUIT, 0, { NULL } },
	{ "QUIT", A, COMMAND_OK, CMD_QUIT, 0, { NULL } },
	{ "CAPA", T, COMMAND_OK, CMD_CAPA, 0, { NULL } },
	{ "CAPA", A, COMMAND_OK, CMD_CAPA, 0, { NULL } },
	{ "UTF8", A, COMMAND_OK, CMD_UTF8, 0, { NULL } },
	{ "utf8", A, COMMAND_OK, CMD_UTF8, 0, { NULL } },
	{ "UTF8", T, COMMAND_STATE, 0, 0, { NULL } },
	{ "USER joe", A, COMMAND_OK, CMD_USER, 1, { "joe" } },
	{ "USER joe", T, COMMAND_STATE, 0, 0, { NULL } },
	{ "USER", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "USER joe doe", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "USER j\xc3\xb6", A, COMMAND_OK, CMD_USER, 1, { "j\xc3\xb6" } },
	{ "USER j\x01", A, COMMAND_OCTETS, 0, 0, { NULL } },
	{ "PASS secret", A, COMMAND_OK, CMD_PASS, 1, { "secret" } },
	{ "PASS  two  words ", A, COMMAND_OK, CMD_PASS, 1,
	    { " two  words " } },
	{ "PASS \xff\x01\x7f\t", A, COMMAND_OK, CMD_PASS, 1,
	    { "\xff\x01\x7f\t" } },
	{ "PASS ", A, COMMAND_OK, CMD_PASS, 1, { "" } },
	{ "PASS", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "PASS x", T, COMMAND_STATE, 0, 0, { NULL } },
	{ "AUTH", A, COMMAND_OK, CMD_AUTH, 0, { NULL } },
	{ "AUTH ", A, COMMAND_OK, CMD_AUTH, 0, { NULL } },
	{ "AUTH PLAIN", A, COMMAND_OK, CMD_AUTH, 1, { "PLAIN" } },
	{ "AUTH PLAIN AGEAYg==", A, COMMAND_OK, CMD_AUTH, 2,
	    { "PLAIN", "AGEAYg==" } },
	{ "AUTH PLAIN A B", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ " ", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ " STAT", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "STA", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "STATS", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "TO", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "TOPP 1 1", T, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "APOP joe x", A, COMMAND_OK, CMD_APOP, 2, { "joe", "x" } },
	{ "apop jo\xc3\xab x", A, COMMAND_OK, CMD_APOP, 2,
	    { "jo\xc3\xab", "x" } },
	{ "APOP joe", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "APOP joe x y", A, COMMAND_ARGS, 0, 0, { NULL } },
	{ "APOP joe x", T, COMMAND_STATE, 0, 0, { NULL } },
	{ "GET / HTTP/1.0", A, COMMAND_UNKNOWN, 0, 0, { NULL } },
	{ "ST\x80T", T, COMMAND_OCTETS, 0, 0, { NULL } },
	{ "LIST \xe2\x85\xa0", T, COMMAND_OCTETS, 0, 0, { NULL } }
};

static void
try_case(size_t i)
{
	struct request		 rq;
	enum command_error	 error;
	size_t			 len = strlen(cases[i].text);
	char			*text;
	int			 n;

	text = malloc(len + 1);
	memcpy(text, cases[i].text, len + 1);
	error = command_parse(text, len, cases[i].state, &rq);
	CHECK(error == cases[i].error, "\"%s\": error %d", cases[i].text,
	    error);
	CHECK((rq.rq_command != NULL) == (error == COMMAND_OK),
	    "\"%s\": a command and an error", cases[i].text);
	if (error == COMMAND_OK && rq.rq_command != NULL) {
		CHECK(rq.rq_command->cd_code == cases[i].code, "\"%s\"",
		    cases[i].text);
		CHECK(rq.rq_argc == cases[i].argc, "\"%s\": %d arguments",
		    cases[i].text, rq.rq_argc);
		for (n = 0; n < rq.rq_argc && n < cases[i].argc; n++)
			CHECK(strcmp(rq.rq_argv[n], cases[i].argv[n]) == 0,
			    "\"%s\": argument %d", cases[i].text, n);
	}
	free(text);
}

/* Return the error of "NAME xxx..." with this many octets. */
static enum command_error
of_length(const char *name, size_t len, int state)
{
	struct request		 rq;
	enum command_error	 error;
	char			*text;

	text = malloc(len + 1);
	memset(text, 'x', len);
	memcpy(text, name, strlen(name));
	text[len] = '\0';
	error = command_parse(text, len, state, &rq);
	free(text);
	return (error);
}

static const struct {
	const char	*name;
	size_t		 longest;	/* without CRLF */
	int		 state;
} lengths[] = {
	{ "RETR ", LINE_LEN_MAX - 2, T },
	{ "USER ", 5 + 255, A },
	{ "PASS ", 5 + 255, A },
	{ "AUTH PLAIN ", LINE_LEN_AUTH_MAX - 2, A }
};

static const struct {
	const char	*text;
	unsigned int	 number;
	long long	 count;
} numbers[] = {
	{ "1", 1, 1 }, { "9", 9, 9 }, { "10", 10, 10 },
	{ "4294967295", 4294967295U, 4294967295LL },
	{ "0", 0, 0 },
	{ "4294967296", 0, -1 }, { "4294967297", 0, -1 },
	{ "9999999999", 0, -1 }, { "10000000000", 0, -1 },
	{ "18446744073709551617", 0, -1 },
	{ "99999999999999999999999999999999999999999", 0, -1 },
	{ "", 0, -1 }, { " 1", 0, -1 }, { "1 ", 0, -1 }, { "+1", 0, -1 },
	{ "-1", 0, -1 }, { "-0", 0, -1 }, { "01", 0, -1 }, { "00", 0, -1 },
	{ "1x", 0, -1 }, { "x1", 0, -1 }, { "0x1", 0, -1 }, { "1.0", 0, -1 },
	{ "1e1", 0, -1 }, { "1,2", 0, -1 }, { "one", 0, -1 }, { "*", 0, -1 },
	{ "\xb2", 0, -1 }, { "\xd9\xa1", 0, -1 }, { "1\n", 0, -1 }
};

static void
test_commands(void)
{
	size_t	 i;

	unit_case("every command, and unknown ones");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_case(i);
}

static void
test_longest(void)
{
	size_t	 i;

	unit_case("each command has its longest line");
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		CHECK(of_length(lengths[i].name, lengths[i].longest,
		    lengths[i].state) == COMMAND_OK, "%s", lengths[i].name);
		CHECK(of_length(lengths[i].name, lengths[i].longest + 1,
		    lengths[i].state) == COMMAND_LENGTH, "%s",
		    lengths[i].name);
	}
	CHECK(of_length("FOO ", 253, T) == COMMAND_UNKNOWN, "unknown");
	CHECK(of_length("FOO ", 254, T) == COMMAND_LENGTH, "unknown");
}

static void
test_numbers(void)
{
	size_t	 i;

	unit_case("numbers are strict");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		CHECK(command_number(numbers[i].text) == numbers[i].number,
		    "\"%s\": %u", numbers[i].text,
		    command_number(numbers[i].text));
		CHECK(command_count(numbers[i].text) == numbers[i].count,
		    "\"%s\": %lld", numbers[i].text,
		    command_count(numbers[i].text));
	}
}

int
main(void)
{
	test_commands();
	test_longest();
	test_numbers();
	return (unit_done());
}
