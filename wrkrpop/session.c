/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The client's octets, decrypted by the listener, come in at descriptor 0
 * and are cut into lines (lib/line) and commands (lib/command); cmd.c
 * carries them out.  Replies collect in out.h as long as there are complete
 * commands to read, so that a client that sends many at once gets its
 * replies at once too.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "limits.h"
#include "line.h"
#include "msg.h"
#include "reply.h"

#include "cmd.h"
#include "doing.h"
#include "maildrop.h"
#include "out.h"
#include "parent.h"
#include "sent.h"
#include "session.h"
#include "yield.h"

/* What to do after an answer. */
enum next {
	NEXT_GOOD,		/* go on; an honest client */
	NEXT_BAD,		/* go on, unless there are too many */
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
 * Input that is not yet carried out.  Many times the longest line: a client
 * that sends a thousand commands at once costs few reads.
 */
static struct {
	int		in_fd;
	int		in_skipping;
	size_t		in_start;
	size_t		in_end;
	char		in_buf[16384];
} input;

/* Wait for more input.  0 at its end, or if we give way. */
static int
session_read(struct session *ss)
{
	ssize_t	n;

	if (input.in_start > 0) {
		input.in_end -= input.in_start;
		memmove(input.in_buf, input.in_buf + input.in_start,
		    input.in_end);
		input.in_start = 0;
	}
	while ((n = read(input.in_fd, input.in_buf + input.in_end,
	    sizeof(input.in_buf) - input.in_end)) == -1) {
		/* Being asked what we do makes no client less silent. */
		if (errno == EINTR && (!yield_on() ||
		    !yield_silent(doing_idle())))
			continue;
		if ((errno != EAGAIN && errno != EINTR) || !yield_on())
			return (0);
		if (!yield_wait(ss->ss_report->rp_marked > 0)) {
			ss->ss_report->rp_reason = REPORT_GAVE_WAY;
			return (0);
		}
	}
	if (n == 0) {
		if (yield_on() && parent_stops())
			out_text(REPLY_STOPPING);
		return (0);
	}
	doing_heard();
	input.in_end += (size_t)n;
	return (1);
}

/* Carry out one line as it came. */
static enum answer
session_line(struct session *ss, enum line_status status,
    const struct line *line)
{
	static const enum answer	wrong[] = {
		[COMMAND_UNKNOWN] = ANSWER_UNKNOWN,
		[COMMAND_STATE] = ANSWER_STATE,
		[COMMAND_ARGS] = ANSWER_ARGUMENTS,
		[COMMAND_OCTETS] = ANSWER_OCTETS,
		[COMMAND_LENGTH] = ANSWER_LONG
	};
	struct request		rq;
	enum command_error	error;
	enum answer		answer;

	if (status == LINE_LONG)
		return (ANSWER_LONG);
	if (status == LINE_BAD)
		return (ANSWER_OCTETS);
	error = command_parse(line->ln_text, line->ln_len, STATE_TRANSACTION,
	    &rq);
	if (error != COMMAND_OK)
		return (wrong[error]);
	ss->ss_more = input.in_end > input.in_start;
	doing_begins(rq.rq_command->cd_code);
	answer = cmd_run(ss, &rq);
	doing_ends();
	return (answer);
}

static void
session_loop(struct session *ss)
{
	struct line		 line;
	enum line_status	 status;
	enum answer		 answer;
	int			 bad = 0;

	while (!parent_kicked()) {
		status = line_take(input.in_buf + input.in_start,
		    input.in_end - input.in_start, LINE_LEN_MAX,
		    &input.in_skipping, &line);
		input.in_start += line.ln_used;
		if (status == LINE_MORE) {
			out_flush();
			sent_settle(ss);
			if (!session_read(ss))
				return;
			continue;
		}
		answer = session_line(ss, status, &line);
		bad = answers[answer].an_next == NEXT_BAD ? bad + 1 : 0;
		if (bad == BAD_COMMANDS_MAX) {
			out_text("-ERR too many bad commands\r\n");
			ss->ss_report->rp_reason = REPORT_BAD_COMMANDS;
			return;
		}
		if (answers[answer].an_text != NULL)
			out_text(answers[answer].an_text);
		if (answers[answer].an_next == NEXT_END) {
			ss->ss_report->rp_reason = answers[answer].an_reason;
			return;
		}
	}
}

/*
 * If it is an admin who ended the session its client is told so, unless it is
 * in the middle of a message.
 */
static void
session_kicked(struct session *ss)
{
	if (!parent_kicked())
		return;
	switch (ss->ss_report->rp_reason) {
	case REPORT_ERROR:
		ss->ss_report->rp_reason = REPORT_EOF;
		break;
	case REPORT_GAVE_WAY:
	case REPORT_EOF:
		ss->ss_report->rp_reason = REPORT_EOF;
		out_text(REPLY_KICKED);
		break;
	default:
		break;
	}
}

void
session_run(struct maildrop *drop, int fd, struct msg_report *report)
{
	struct session	ss;

	memset(&ss, 0, sizeof(ss));
	memset(report, 0, sizeof(*report));
	ss.ss_drop = drop;
	ss.ss_report = report;
	report->rp_left = maildrop_last(drop);
	report->rp_lock = maildrop_waited(drop);
	report->rp_reason = REPORT_EOF;
	report->rp_index = maildrop_indexed(drop);
	input.in_fd = fd;
	doing_counts(report);
	session_loop(&ss);
	session_kicked(&ss);
	out_flush();
	sent_settle(&ss);
}
