/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One table process.  In: its lines.  Out: questions, and their answers to the
 * callers.
 *
 * Its answers are believed for the keys it was asked about only.  An answer
 * without a question or to another one, a line that is too long or invalid
 * ends the process: its questions fail temporarily, and popd starts another.
 * A slow process does not delay the others: a question is given up after
 * TABLE_SECONDS, but its number stays taken, so that a late answer is no lie.
 * If no answer comes for TABLE_HANG_SECONDS the process hangs.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bucket.h"
#include "limits.h"
#include "log.h"
#include "program.h"

/* Output buffer: a full window of questions, or the greeting. */
#define KEY_MAX		(SOURCE_TEXT_MAX + USER_MAX + PASS_MAX)
#define LINE_MAX_OUT	(KEY_MAX + 192)
#define OUT_MAX		(TABLE_WINDOW * LINE_MAX_OUT)

struct program_question {
	TAILQ_ENTRY(program_question) qn_entry;
	struct program		*qn_program;
	enum proto_service	 qn_service;
	uint32_t		 qn_id;
	enum program_turn	 qn_turn;
	question_done		*qn_done;	/* NULL: given up */
	void			*qn_arg;
	char			 qn_key[KEY_MAX];
};

TAILQ_HEAD(questions, program_question);

struct program {
	uint32_t		 pg_number;
	uint32_t		 pg_wanted;	/* enum table_flag */
	unsigned int		 pg_hashes;	/* its places */
	unsigned int		 pg_users;
	char			 pg_name[128];
	program_changed		*pg_changed;
	void			*pg_arg;
	int			 pg_fd;		/* -1: none */
	int			 pg_owned;
	int			 pg_up;
	uint32_t		 pg_offers;	/* bit n: service n */
	int			 pg_lacks;	/* one that is wanted */
	struct event		 pg_read;
	struct event		 pg_write;
	struct event		 pg_late;	/* it hangs */
	struct questions	 pg_asked;	/* oldest first */
	struct questions	 pg_waiting;
	unsigned int		 pg_nasked;
	unsigned int		 pg_nmail;	/* of TURN_MAIL in pg_asked */
	uint32_t		 pg_id;		/* of the last question */
	struct bucket		 pg_lines;	/* limits log lines */
	size_t			 pg_inlen;
	size_t			 pg_outlen;
	char			 pg_in[TABLE_LINE_LEN_MAX];
	char			 pg_out[OUT_MAX];
};

static void	 program_write(int, short, void *);

struct program *
program_new(const struct msg_file *mf, program_changed *changed, void *arg)
{
	struct program	*pg;
	size_t		 len = strcspn(mf->mf_name, " ");

	if (len == 0 || len >= sizeof(pg->pg_name))
		return (NULL);
	if ((pg = calloc(1, sizeof(*pg))) == NULL)
		fatal("calloc");
	memcpy(pg->pg_name, mf->mf_name, len);
	pg->pg_number = mf->mf_index;
	pg->pg_wanted = mf->mf_flags;
	pg->pg_hashes = mf->mf_pairs & 0xff;
	pg->pg_users = mf->mf_pairs >> 8 & 0xff;
	pg->pg_changed = changed;
	pg->pg_arg = arg;
	pg->pg_fd = -1;
	TAILQ_INIT(&pg->pg_asked);
	TAILQ_INIT(&pg->pg_waiting);
	return (pg);
}

static void
question_free(struct questions *list, struct program_question *qn)
{
	TAILQ_REMOVE(list, qn, qn_entry);
	freezero(qn, sizeof(*qn));
}

/* End all questions of a list: with PROTO_BAD, or without a callback. */
static void
questions_end(struct questions *list, int tell)
{
	struct program_question	*qn;
	question_done		*done;
	void			*arg;

	while ((qn = TAILQ_FIRST(list)) != NULL) {
		done = qn->qn_done;
		arg = qn->qn_arg;
		question_free(list, qn);
		if (done != NULL && tell)
			done(arg, PROTO_BAD, "");
	}
}

/* Detach the process. */
static void
program_close(struct program *pg, int tell)
{
	if (pg->pg_fd != -1) {
		event_del(&pg->pg_read);
		event_del(&pg->pg_write);
		event_del(&pg->pg_late);
		if (pg->pg_owned)
			close(pg->pg_fd);
	}
	pg->pg_fd = -1;
	pg->pg_up = 0;
	pg->pg_nasked = pg->pg_nmail = 0;
	pg->pg_inlen = pg->pg_outlen = 0;
	explicit_bzero(pg->pg_in, sizeof(pg->pg_in));
	explicit_bzero(pg->pg_out, sizeof(pg->pg_out));
	questions_end(&pg->pg_asked, tell);
	questions_end(&pg->pg_waiting, tell);
}

void
program_free(struct program *pg)
{
	if (pg == NULL)
		return;
	program_close(pg, 0);
	freezero(pg, sizeof(*pg));
}

/* The callback may free pg. */
static void
program_fail(struct program *pg, const char *why)
{
	if (pg->pg_fd == -1)
		return;
	program_close(pg, 1);
	pg->pg_changed(pg, why, pg->pg_arg);
}

static void
program_hangs(int fd, short what, void *arg)
{
	struct program	*pg = arg;

	program_fail(pg, pg->pg_up ? "does not answer" :
	    "did not register its services");
}

/* Expect output of the process within seconds; 0: no longer. */
static void
program_expect(struct program *pg, time_t seconds)
{
	struct timeval	 tv = { 0, 0 };

	event_del(&pg->pg_late);
	tv.tv_sec = seconds;
	if (seconds > 0)
		evtimer_add(&pg->pg_late, &tv);
}

/* Write what fits; the rest waits.  Errors are left to the read side. */
static void
program_flush(struct program *pg)
{
	ssize_t	 n;

	n = write(pg->pg_fd, pg->pg_out, pg->pg_outlen);
	if (n > 0) {
		memmove(pg->pg_out, pg->pg_out + n, pg->pg_outlen - (size_t)n);
		pg->pg_outlen -= (size_t)n;
		explicit_bzero(pg->pg_out + pg->pg_outlen, (size_t)n);
	}
	if (pg->pg_outlen > 0 && (n >= 0 || errno == EAGAIN ||
	    errno == EINTR))
		event_add(&pg->pg_write, NULL);
}

/* The next question that may be sent: mail waits if it has used its share. */
static struct program_question *
program_next(const struct program *pg)
{
	struct program_question	*qn;

	TAILQ_FOREACH(qn, &pg->pg_waiting, qn_entry)
		if (qn->qn_turn != TURN_MAIL || pg->pg_nmail < LMTP_WINDOW)
			break;
	return (qn);
}

/* Send waiting questions while the window is open. */
static void
program_run(struct program *pg)
{
	struct program_question	*qn;
	int			 n;

	while (pg->pg_nasked < TABLE_WINDOW &&
	    (qn = program_next(pg)) != NULL) {
		/* 0: still waiting */
		if (++pg->pg_id == 0)
			pg->pg_id = 1;
		n = proto_question(pg->pg_out + pg->pg_outlen,
		    sizeof(pg->pg_out) - pg->pg_outlen, pg->pg_name,
		    qn->qn_service, pg->pg_id, qn->qn_key);
		/* Output buffer full: the process does not read. */
		if (n == -1)
			break;
		qn->qn_id = pg->pg_id;
		pg->pg_outlen += (size_t)n;
		explicit_bzero(qn->qn_key, sizeof(qn->qn_key));
		TAILQ_REMOVE(&pg->pg_waiting, qn, qn_entry);
		TAILQ_INSERT_TAIL(&pg->pg_asked, qn, qn_entry);
		pg->pg_nmail += qn->qn_turn == TURN_MAIL;
		if (pg->pg_nasked++ == 0)
			program_expect(pg, TABLE_HANG_SECONDS);
	}
	if (pg->pg_outlen > 0)
		program_flush(pg);
}

static void
program_write(int fd, short what, void *arg)
{
	struct program	*pg = arg;

	if (pg->pg_up)
		program_run(pg);
	else if (pg->pg_outlen > 0)
		program_flush(pg);
}

/* A line of the greeting.  Return NULL, or why the process is given up. */
static const char *
program_offer(struct program *pg, const char *line)
{
	enum proto_service	 service;

	switch (proto_offer(line, &service)) {
	case 0:
		if (service < SERVICES)
			pg->pg_offers |= 1U << service;
		return (NULL);
	case 1:
		pg->pg_lacks = 1;
		break;
	default:
		return ("does not speak the protocol");
	}
	if ((pg->pg_wanted & TABLE_CREDENTIALS) != 0 &&
	    !program_offers(pg, SERVICE_CREDENTIALS) &&
	    !program_offers(pg, SERVICE_AUTH) &&
	    !program_offers(pg, SERVICE_SYSTEM))
		return ("offers neither credentials nor auth");
	if ((pg->pg_wanted & TABLE_USERBASE) != 0 &&
	    !program_offers(pg, SERVICE_USERINFO))
		return ("does not offer userinfo");
	if ((pg->pg_wanted & TABLE_ROUTE) != 0 &&
	    !program_offers(pg, SERVICE_ALIAS))
		return ("does not offer alias");
	pg->pg_lacks = 0;
	pg->pg_up = 1;
	program_expect(pg, 0);
	pg->pg_changed(pg, NULL, pg->pg_arg);
	return (NULL);
}

void
program_complain(struct program *pg, const char *why)
{
	if (bucket_spend(&pg->pg_lines, 1, TABLE_LINES_MAX) == 0)
		log_warnx("table %s: %s", pg->pg_name, why);
}

/* The table reports an error, perhaps with a reason. */
static void
program_error(struct program *pg, const char *why)
{
	char	 text[256];

	snprintf(text, sizeof(text), "error%s%s", *why == '\0' ? "" : ": ",
	    why);
	program_complain(pg, text);
}

/* A line with an answer.  Return NULL, or why the process is given up. */
static const char *
program_answer(struct program *pg, char *line)
{
	enum proto_service	 service;
	enum proto_result	 result;
	struct program_question	*qn;
	const char		*value;
	question_done		*done;
	void			*arg;
	uint32_t		 id;

	if ((result = proto_answer(line, &service, &id, &value)) == PROTO_BAD)
		return ("sent an invalid answer");
	TAILQ_FOREACH(qn, &pg->pg_asked, qn_entry)
		if (qn->qn_id == id)
			break;
	if (qn == NULL || !proto_fits(qn->qn_service, service))
		return ("sent an unexpected answer");
	if (result == PROTO_ERROR && qn->qn_done != NULL)
		program_error(pg, value);
	done = qn->qn_done;
	arg = qn->qn_arg;
	pg->pg_nmail -= qn->qn_turn == TURN_MAIL;
	question_free(&pg->pg_asked, qn);
	program_expect(pg, --pg->pg_nasked > 0 ? TABLE_HANG_SECONDS : 0);
	if (done != NULL)
		done(arg, result, value);
	return (NULL);
}

/* Handle all complete lines.  Return NULL, or why the process is given up. */
static const char *
program_lines(struct program *pg)
{
	const char	*why = NULL;
	char		*line = pg->pg_in, *end;
	size_t		 left = pg->pg_inlen;

	while (why == NULL && (end = memchr(line, '\n', left)) != NULL) {
		left -= (size_t)(end + 1 - line);
		*end = '\0';
		if (strlen(line) != (size_t)(end - line))
			why = "sent a NUL";
		else if (pg->pg_up)
			why = program_answer(pg, line);
		else
			why = program_offer(pg, line);
		line = end + 1;
	}
	if (why == NULL && left == sizeof(pg->pg_in))
		why = "sent a line that is too long";
	memmove(pg->pg_in, line, left);
	pg->pg_inlen = left;
	explicit_bzero(pg->pg_in + left, sizeof(pg->pg_in) - left);
	return (why);
}

/* One read per turn of the event loop, so at most one buffer. */
static void
program_readable(int fd, short what, void *arg)
{
	struct program	*pg = arg;
	const char	*why;
	ssize_t		 n;

	n = read(fd, pg->pg_in + pg->pg_inlen,
	    sizeof(pg->pg_in) - pg->pg_inlen);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		program_fail(pg, pg->pg_up ? "ended" :
		    "ended before it registered its services");
		return;
	}
	pg->pg_inlen += (size_t)n;
	if ((why = program_lines(pg)) != NULL)
		program_fail(pg, why);
	else if (pg->pg_up)
		program_run(pg);
}

void
program_detach(struct program *pg)
{
	program_close(pg, 0);
}

int
program_adopt(struct program *pg)
{
	pg->pg_owned = 1;
	return (pg->pg_fd != -1);
}

void
program_attach(struct program *pg, int fd, int owned)
{
	int	 n;

	program_close(pg, 1);
	pg->pg_fd = fd;
	pg->pg_owned = owned;
	pg->pg_offers = 0;
	pg->pg_lacks = 0;
	event_set(&pg->pg_read, fd, EV_READ | EV_PERSIST, program_readable,
	    pg);
	event_set(&pg->pg_write, fd, EV_WRITE, program_write, pg);
	evtimer_set(&pg->pg_late, program_hangs, pg);
	if (event_add(&pg->pg_read, NULL) == -1)
		fatalx("event_add");
	if ((n = proto_greeting(pg->pg_out, sizeof(pg->pg_out),
	    pg->pg_name)) == -1)
		fatalx("greeting");
	pg->pg_outlen = (size_t)n;
	program_expect(pg, TABLE_START_SECONDS);
	program_flush(pg);
}

uint32_t
program_number(const struct program *pg)
{
	return (pg->pg_number);
}

unsigned int
program_place(const struct program *pg, enum table_flag flag)
{
	if ((pg->pg_wanted & flag) == 0)
		return (TABLES_ASKED_MAX);
	/* There is only one table of routes. */
	if (flag == TABLE_ROUTE)
		return (0);
	return (flag == TABLE_CREDENTIALS ? pg->pg_hashes : pg->pg_users);
}

const char *
program_name(const struct program *pg)
{
	return (pg->pg_name);
}

int
program_up(const struct program *pg)
{
	return (pg->pg_up);
}

int
program_lacks(const struct program *pg)
{
	return (pg->pg_lacks);
}

int
program_offers(const struct program *pg, enum proto_service service)
{
	return ((pg->pg_offers >> service & 1) != 0);
}

struct program_question *
program_ask(struct program *pg, enum proto_service service, const char *key,
    enum program_turn turn, question_done *done, void *arg)
{
	struct program_question	*qn;

	if (!pg->pg_up)
		return (NULL);
	if ((qn = calloc(1, sizeof(*qn))) == NULL)
		fatal("calloc");
	if (strlcpy(qn->qn_key, key, sizeof(qn->qn_key)) >=
	    sizeof(qn->qn_key)) {
		freezero(qn, sizeof(*qn));
		return (NULL);
	}
	qn->qn_program = pg;
	qn->qn_service = service;
	qn->qn_turn = turn;
	qn->qn_done = done;
	qn->qn_arg = arg;
	if (turn == TURN_FIRST)
		TAILQ_INSERT_HEAD(&pg->pg_waiting, qn, qn_entry);
	else
		TAILQ_INSERT_TAIL(&pg->pg_waiting, qn, qn_entry);
	/* Not from here: the caller may be a callback of this program. */
	event_active(&pg->pg_write, EV_WRITE, 1);
	return (qn);
}

/* A question already sent is answered all the same, some time. */
void
program_forget(struct program_question *qn)
{
	if (qn->qn_id == 0)
		question_free(&qn->qn_program->pg_waiting, qn);
	else
		qn->qn_done = NULL;
}
