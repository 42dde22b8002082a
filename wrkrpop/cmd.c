/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Carry out commands.  In: parsed commands.  Out: calls to the maildrop and
 * octets of a reply.  The maildrop handles files and directories, transaction.c
 * the lines.
 */

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "capa.h"
#include "command.h"
#include "log.h"
#include "msg.h"
#include "setting.h"

#include "cmd.h"
#include "encode.h"
#include "listing.h"
#include "maildrop.h"
#include "message.h"
#include "out.h"
#include "sent.h"

static enum answer
cmd_error(enum maildrop_error error)
{
	switch (error) {
	case MAILDROP_OK:
		return (ANSWER_OK);
	case MAILDROP_GONE:
		return (ANSWER_GONE);
	case MAILDROP_DAMAGED:
		return (ANSWER_DAMAGED);
	case MAILDROP_PERM:
		return (ANSWER_PERM);
	default:
		return (ANSWER_TEMP);
	}
}

/* Read the list when the first command needs it. */
static enum answer
cmd_load(struct transaction *ta)
{
	enum maildrop_error	error;

	if (ta->ta_loaded)
		return (ANSWER_OK);
	if ((error = maildrop_load(ta->ta_drop)) == MAILDROP_OK)
		ta->ta_loaded = 1;
	return (cmd_error(error));
}

/* Set *n if the argument is the number of an unmarked message. */
static enum answer
cmd_message(struct transaction *ta, const char *arg, uint32_t *n)
{
	enum answer	answer;

	if ((*n = command_number(arg)) == 0)
		return (ANSWER_NUMBER);
	if ((answer = cmd_load(ta)) != ANSWER_OK)
		return (answer);
	if (!maildrop_exists(ta->ta_drop, *n))
		return (ANSWER_NO_MESSAGE);
	if (maildrop_deleted(ta->ta_drop, *n))
		return (ANSWER_DELETED);
	return (ANSWER_OK);
}

static enum answer
cmd_capa(struct transaction *ta, const struct request *rq)
{
	/* The same as before login. */
	out_text(capa_reply(CAPA_LOGIN | CAPA_USER));
	return (ANSWER_SENT);
}

static enum answer
cmd_noop(struct transaction *ta, const struct request *rq)
{
	return (ANSWER_OK);
}

static enum answer
cmd_stat(struct transaction *ta, const struct request *rq)
{
	out_text("+OK ");
	out_number(maildrop_count(ta->ta_drop));
	out_text(" ");
	out_number(maildrop_octets(ta->ta_drop));
	out_text("\r\n");
	return (ANSWER_SENT);
}

/* LIST and UIDL: one message in one line, or all that are not marked. */
static enum answer
cmd_listing(struct transaction *ta, const struct request *rq, listing_item item)
{
	enum answer	answer;
	uint32_t	n;

	if (rq->rq_argc > 0) {
		answer = cmd_message(ta, rq->rq_argv[0], &n);
		if (answer != ANSWER_OK)
			return (answer);
		out_text("+OK ");
		listing(ta->ta_drop, n, n, item);
		return (ANSWER_SENT);
	}
	if ((answer = cmd_load(ta)) != ANSWER_OK)
		return (answer);
	out_text("+OK ");
	out_number(maildrop_count(ta->ta_drop));
	out_text(" messages\r\n");
	listing(ta->ta_drop, 1, maildrop_last(ta->ta_drop), item);
	out_text(".\r\n");
	return (ANSWER_SENT);
}

static enum answer
cmd_list(struct transaction *ta, const struct request *rq)
{
	return (cmd_listing(ta, rq, listing_size));
}

static enum answer
cmd_uidl(struct transaction *ta, const struct request *rq)
{
	return (cmd_listing(ta, rq, listing_uidl));
}

/* RETR, or TOP with a struct top. */
static enum answer
cmd_message_send(struct transaction *ta, uint32_t n, struct top *top)
{
	struct message		 me;
	enum maildrop_error	 error;
	enum message_result	 result;
	uint64_t		 octets;
	int			 fd;

	if ((fd = maildrop_read(ta->ta_drop, n, &error)) == -1)
		return (cmd_error(error));
	if (message_begin(&me, fd, n) == -1) {
		close(fd);
		return (ANSWER_TEMP);
	}
	out_text("+OK");
	if (top == NULL) {
		out_text(" ");
		out_number(maildrop_size(ta->ta_drop, n));
		out_text(" octets");
	}
	out_text("\r\n");
	result = message_send(&me, top, &octets);
	close(fd);
	if (result == MESSAGE_CUT)
		return (ANSWER_CUT);
	if (top != NULL && result == MESSAGE_SENT)
		ta->ta_report->rp_tops++;
	if (top == NULL && result == MESSAGE_SENT) {
		maildrop_whole(ta->ta_drop, n);
		sent_add(ta, n, octets);
	}
	return (ANSWER_SENT);
}

static enum answer
cmd_retr(struct transaction *ta, const struct request *rq)
{
	enum answer	answer;
	uint32_t	n;

	if ((answer = cmd_message(ta, rq->rq_argv[0], &n)) != ANSWER_OK)
		return (answer);
	/*
	 * A DELE sent along with this RETR depends on its success; one sent
	 * after the answer does not.
	 */
	maildrop_cut(ta->ta_drop, n);
	answer = cmd_message_send(ta, n, NULL);
	if (answer != ANSWER_SENT && (answer == ANSWER_GONE || !ta->ta_more))
		maildrop_whole(ta->ta_drop, n);
	return (answer);
}

static enum answer
cmd_top(struct transaction *ta, const struct request *rq)
{
	struct top	top;
	enum answer	answer;
	long long	lines;
	uint32_t	n;

	if ((lines = command_count(rq->rq_argv[1])) == -1)
		return (ANSWER_NUMBER);
	if ((answer = cmd_message(ta, rq->rq_argv[0], &n)) != ANSWER_OK)
		return (answer);
	encode_top_init(&top, (uint32_t)lines);
	return (cmd_message_send(ta, n, &top));
}

static enum answer
cmd_dele(struct transaction *ta, const struct request *rq)
{
	enum answer	answer;
	uint32_t	n;

	if ((answer = cmd_message(ta, rq->rq_argv[0], &n)) != ANSWER_OK)
		return (answer);
	maildrop_delete(ta->ta_drop, n);
	ta->ta_report->rp_marked++;
	/* Not marked if its RETR was not sent whole. */
	return (maildrop_deleted(ta->ta_drop, n) ? ANSWER_OK : ANSWER_TEMP);
}

static enum answer
cmd_rset(struct transaction *ta, const struct request *rq)
{
	if (ta->ta_report->rp_marked > 0)
		maildrop_reset(ta->ta_drop);
	ta->ta_report->rp_marked = 0;
	return (ANSWER_OK);
}

static enum answer
cmd_quit(struct transaction *ta, const struct request *rq)
{
	struct msg_report	*rp = ta->ta_report;
	uint32_t		 deleted = 0;
	int			 result;

	sent_finish(ta);
	maildrop_expire(ta->ta_drop, setting(SETTING_EXPIRE), time(NULL));
	result = maildrop_update(ta->ta_drop, &deleted);
	rp->rp_deleted = deleted;
	rp->rp_expired = maildrop_expired(ta->ta_drop);
	rp->rp_left -= deleted + rp->rp_expired;
	rp->rp_marked -= deleted;
	if (result == 0 && rp->rp_marked > 0) {
		log_warnx("%llu marked, but not sent whole: not removed",
		    (unsigned long long)rp->rp_marked);
		result = -1;
	}
	return (result == 0 ? ANSWER_BYE : ANSWER_BYE_PARTLY);
}

enum answer
cmd_run(struct transaction *ta, const struct request *rq)
{
	static enum answer (*const handlers[CMD_CODES])(struct transaction *,
	    const struct request *) = {
		[CMD_CAPA] = cmd_capa,
		[CMD_DELE] = cmd_dele,
		[CMD_LIST] = cmd_list,
		[CMD_NOOP] = cmd_noop,
		[CMD_QUIT] = cmd_quit,
		[CMD_RETR] = cmd_retr,
		[CMD_RSET] = cmd_rset,
		[CMD_STAT] = cmd_stat,
		[CMD_TOP] = cmd_top,
		[CMD_UIDL] = cmd_uidl
	};
	enum command_code	code = rq->rq_command->cd_code;

	return (handlers[code] == NULL ? ANSWER_STATE : handlers[code](ta, rq));
}
