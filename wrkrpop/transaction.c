/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The loop of a session.  In: the client's octets, decrypted by the listener,
 * at descriptor 0, split into lines (lib/line) and commands (lib/command),
 * carried out by cmd.c.  Out: replies, collected in out.h while complete
 * commands are left to read, so that pipelined commands get their replies at
 * once.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "limits.h"
#include "line.h"
#include "msg.h"
#include "reply.h"

#include "cmd.h"
#include "maildrop.h"
#include "out.h"
#include "parent.h"
#include "sent.h"
#include "transaction.h"
#include "yield.h"

/* What to do after an answer. */
enum next {
	NEXT_GOOD,		/* continue; an honest client */
	NEXT_BAD,		/* continue, unless too many */
	NEXT_END
};

static const struct {
	const char		*an_text;	/* NULL: nothing */
	enum next		 an_next;
	enum report_reason	 an_reason;	/* for NEXT_END */
} answers[ANSWER_MAX] = {
	[ANSWER_SENT] = { NULL, NEXT_GOOD, 0 },
	[ANSWER_OK] = { "+OK\r\n", NEXT_GOOD, 0 },
	[ANSWER_BYE] = { REPLY_BYE, NEXT_END, REPORT_QUIT },
	[ANSWER_BYE_PARTLY] = { "-ERR some deleted messages not removed\r\n",
	    NEXT_END, REPORT_QUIT_PARTLY },
	[ANSWER_NO_MESSAGE] = { "-ERR no such message\r\n", NEXT_GOOD, 0 },
	[ANSWER_DELETED] = { "-ERR message is marked deleted\r\n",
	    NEXT_GOOD, 0 },
	[ANSWER_GONE] = { "-ERR message was removed by another program\r\n",
	    NEXT_GOOD, 0 },
	[ANSWER_TEMP] = { "-ERR [SYS/TEMP] not possible now\r\n",
	    NEXT_GOOD, 0 },
	[ANSWER_PERM] = { "-ERR [SYS/PERM] not possible, ask postmaster"
	    "\r\n", NEXT_GOOD, 0 },
	[ANSWER_DAMAGED] = { "-ERR [SYS/TEMP] mailbox needs another session"
	    "\r\n", NEXT_END, REPORT_ERROR },
	[ANSWER_CUT] = { NULL, NEXT_END, REPORT_ERROR },
	[ANSWER_UNKNOWN] = { REPLY_UNKNOWN, NEXT_BAD, 0 },
	[ANSWER_STATE] = { "-ERR already logged in\r\n", NEXT_BAD, 0 },
	[ANSWER_ARGUMENTS] = { REPLY_ARGS, NEXT_BAD, 0 },
	[ANSWER_NUMBER] = { "-ERR not a number\r\n", NEXT_BAD, 0 },
	[ANSWER_OCTETS] = { REPLY_OCTETS, NEXT_BAD, 0 },
	[ANSWER_LONG] = { REPLY_LONG, NEXT_BAD, 0 }
};

/*
 * Input not carried out yet.  Many times the longest line: a client that sends
 * a thousand commands at once costs few reads.
 */
static struct {
	int		 fd;
	int		 skipping;
	uint64_t	 heard;		/* ms of CLOCK_MONOTONIC */
	size_t		 start;
	size_t		 end;
	char		 buf[16384];
} transaction;

static uint64_t
transaction_clock(void)
{
	struct timespec	 now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return (0);
	return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* Wait for more input.  Return 0 at its end, or to give way. */
static int
transaction_read(struct transaction *ta)
{
	ssize_t	 n;

	if (transaction.start > 0) {
		transaction.end -= transaction.start;
		memmove(transaction.buf, transaction.buf +
		    transaction.start, transaction.end);
		transaction.start = 0;
	}
	while ((n = read(transaction.fd, transaction.buf +
	    transaction.end, sizeof(transaction.buf) -
	    transaction.end)) == -1) {
		/* A signal from the parent is no sign of the client. */
		if (errno == EINTR && (!yield_on() ||
		    !yield_silent(transaction_clock() - transaction.heard)))
			continue;
		if ((errno != EAGAIN && errno != EINTR) || !yield_on())
			return (0);
		if (!yield_wait(ta->ta_report->rp_marked > 0)) {
			ta->ta_report->rp_reason = REPORT_GAVE_WAY;
			return (0);
		}
	}
	if (n == 0) {
		if (yield_on() && parent_stops())
			out_text(REPLY_STOPPING);
		return (0);
	}
	transaction.heard = transaction_clock();
	transaction.end += (size_t)n;
	return (1);
}

/* Carry out one line. */
static enum answer
transaction_line(struct transaction *ta, enum line_status status,
    const struct line *line)
{
	static const enum answer	 wrong[] = {
		[COMMAND_UNKNOWN] = ANSWER_UNKNOWN,
		[COMMAND_STATE] = ANSWER_STATE,
		[COMMAND_ARGS] = ANSWER_ARGUMENTS,
		[COMMAND_OCTETS] = ANSWER_OCTETS,
		[COMMAND_LENGTH] = ANSWER_LONG
	};
	struct request			 rq;
	enum command_error		 error;
	enum answer			 answer;

	if (status == LINE_LONG)
		return (ANSWER_LONG);
	if (status == LINE_BAD)
		return (ANSWER_OCTETS);
	error = command_parse(line->ln_text, line->ln_len, STATE_TRANSACTION,
	    &rq);
	if (error != COMMAND_OK)
		return (wrong[error]);
	ta->ta_more = transaction.end > transaction.start;
	answer = cmd_run(ta, &rq);
	/* Before the answer: after it the client may log in again. */
	if (rq.rq_command->cd_code == CMD_QUIT && yield_on())
		parent_quit();
	return (answer);
}

static void
transaction_loop(struct transaction *ta)
{
	struct line		 line;
	enum line_status	 status;
	enum answer		 answer;
	int			 bad = 0;

	while (!parent_kicked()) {
		status = line_take(transaction.buf + transaction.start,
		    transaction.end - transaction.start, LINE_LEN_MAX,
		    &transaction.skipping, &line);
		transaction.start += line.ln_used;
		if (status == LINE_MORE) {
			out_flush();
			sent_settle(ta);
			if (!transaction_read(ta))
				return;
			continue;
		}
		answer = transaction_line(ta, status, &line);
		bad = answers[answer].an_next == NEXT_BAD ? bad + 1 : 0;
		if (bad == BAD_COMMANDS_MAX) {
			out_text("-ERR too many bad commands\r\n");
			ta->ta_report->rp_reason = REPORT_BAD_COMMANDS;
			return;
		}
		if (answers[answer].an_text != NULL)
			out_text(answers[answer].an_text);
		if (answers[answer].an_next == NEXT_END) {
			ta->ta_report->rp_reason = answers[answer].an_reason;
			return;
		}
	}
}

/*
 * Tell the client if an administrator ended the session, unless in the middle
 * of a message.
 */
static void
transaction_kicked(struct transaction *ta)
{
	if (!parent_kicked())
		return;
	switch (ta->ta_report->rp_reason) {
	case REPORT_ERROR:
		ta->ta_report->rp_reason = REPORT_EOF;
		break;
	case REPORT_GAVE_WAY:
	case REPORT_EOF:
		ta->ta_report->rp_reason = REPORT_EOF;
		out_text(REPLY_KICKED);
		break;
	default:
		break;
	}
}

void
transaction_run(struct maildrop *drop, int fd, struct msg_report *report)
{
	struct transaction	 ta;

	memset(&ta, 0, sizeof(ta));
	memset(report, 0, sizeof(*report));
	ta.ta_drop = drop;
	ta.ta_report = report;
	report->rp_left = maildrop_last(drop);
	report->rp_lock = maildrop_waited(drop);
	report->rp_reason = REPORT_EOF;
	report->rp_index = maildrop_indexed(drop);
	transaction.fd = fd;
	transaction.heard = transaction_clock();
	transaction_loop(&ta);
	transaction_kicked(&ta);
	out_flush();
	sent_settle(&ta);
}
