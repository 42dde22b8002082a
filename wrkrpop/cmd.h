/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of the TRANSACTION state (RFC 1939 section 5, RFC 2449).
 */

#ifndef CMD_H
#define CMD_H

struct maildrop;
struct msg_report;
struct request;

/*
 * How to answer a command.  A handler with a reply of its own writes it and
 * returns ANSWER_SENT; transaction.c writes all other answers, so that each
 * command is answered exactly once.
 */
enum answer {
	ANSWER_SENT,		/* the handler has answered */
	ANSWER_OK,
	ANSWER_BYE,		/* QUIT, all of it done */
	ANSWER_BYE_PARTLY,	/* QUIT, some could not be removed */
	ANSWER_NO_MESSAGE,	/* no such number */
	ANSWER_DELETED,		/* marked in this session */
	ANSWER_GONE,		/* another program removed it */
	ANSWER_TEMP,
	ANSWER_PERM,
	ANSWER_DAMAGED,		/* the list is unusable: end */
	ANSWER_CUT,		/* in the middle of a message: end, send no more
				   octets */

	/* Errors of the command itself. */
	ANSWER_UNKNOWN,
	ANSWER_STATE,
	ANSWER_ARGUMENTS,
	ANSWER_NUMBER,
	ANSWER_OCTETS,
	ANSWER_LONG,

	ANSWER_MAX
};

struct transaction {
	struct maildrop		*ta_drop;
	struct msg_report	*ta_report;	/* what was done so far */
	int			 ta_loaded;	/* the list is loaded */
	int			 ta_more;	/* more input is buffered */
};

/* Carry out a parsed command. */
enum answer	 cmd_run(struct transaction *, const struct request *);

#endif
