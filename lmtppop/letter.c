/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Letters, and the processes they go to.  See letter.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dlvr.h"
#include "letter.h"
#include "limits.h"
#include "log.h"
#include "path.h"
#include "proc.h"

TAILQ_HEAD(letters, letter);

/* Our end of the stream to a dlvrpop. */
struct mailer {
	TAILQ_ENTRY(mailer)	 mlr_entry;
	uint64_t		 mlr_process;
	time_t			 mlr_began;	/* monotonic */
	int			 mlr_fd;
	struct event		 mlr_readable;
	struct event		 mlr_writable;
	struct event		 mlr_timer;
	int			 mlr_waits;	/* the stall timer runs */
	time_t			 mlr_since;	/* since then, monotonic */
	int			 mlr_broken;	/* about to be closed */
	struct letters		 mlr_letters;	/* OPEN and SENT */
	unsigned int		 mlr_sent;	/* verdicts pending */
	int			 mlr_used[DLVR_MESSAGES];
	struct letter		*mlr_numbers[DLVR_MESSAGES]; /* NULL: dropped */
	char			*mlr_out;
	size_t			 mlr_off, mlr_len, mlr_size;
	struct dlvr_record	 mlr_in;
	size_t			 mlr_got;	/* octets of mlr_in */
};

static struct {
	struct letters		 asked;		/* and WAITING */
	TAILQ_HEAD(, mailer)	 mailers;	/* longest idle first */
	unsigned int		 count;
	uint64_t		 wants;
} letter = {
	.asked = TAILQ_HEAD_INITIALIZER(letter.asked),
	.mailers = TAILQ_HEAD_INITIALIZER(letter.mailers),
};

static void
letter_done(struct letter *le, enum letter_result result)
{
	le->le_state = LETTER_DONE;
	le->le_result = result;
}

/* Return whether it has no work and no output. */
static int
mailer_idle(const struct mailer *mlr)
{
	return (TAILQ_EMPTY(&mlr->mlr_letters) && mlr->mlr_sent == 0 &&
	    mlr->mlr_len == 0);
}

/* Close a stream; its letters are done with this result. */
static void
mailer_close(struct mailer *mlr, enum letter_result result)
{
	struct msg_delivery	 dy = { 0, mlr->mlr_process };
	struct letter		*le;

	TAILQ_REMOVE(&letter.mailers, mlr, mlr_entry);
	letter.count--;
	event_del(&mlr->mlr_readable);
	event_del(&mlr->mlr_writable);
	evtimer_del(&mlr->mlr_timer);
	close(mlr->mlr_fd);
	proc_send(MSG_DELIVERY_END, &dy, -1);
	while ((le = TAILQ_FIRST(&mlr->mlr_letters)) != NULL) {
		TAILQ_REMOVE(&mlr->mlr_letters, le, le_entry);
		le->le_mailer = NULL;
		letter_done(le, result);
		le->le_news(le->le_arg);
	}
	free(mlr->mlr_out);
	free(mlr);
}

static time_t
mailer_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

/*
 * Return whether other mail should not wait for it: a user can stop their own
 * process, which must not block connections with mail for others.
 */
static int
mailer_late(const struct mailer *mlr)
{
	const struct letter	*le;
	time_t			 waits;
	unsigned int		 count = 0;

	if (!mlr->mlr_waits)
		return (0);
	waits = mailer_clock() - mlr->mlr_since;
	TAILQ_FOREACH(le, &mlr->mlr_letters, le_entry)
		count++;
	return (waits >= (count < LMTP_LATE_LETTERS ? LMTP_LATE_SECONDS :
	    LMTP_LATE_CROWD_SECONDS));
}

/*
 * Set its timeout: only if it is idle or owes us something; while a client
 * still sends, the client's timeout applies.
 */
static void
mailer_time(struct mailer *mlr, int progress)
{
	const struct timeval	 idle = { LMTP_IDLE_SECONDS, 0 };
	const struct timeval	 late = { LMTP_LATE_SECONDS, 0 };
	int			 waits;

	if (mlr->mlr_broken)
		return;
	waits = mlr->mlr_sent > 0 ||
	    event_pending(&mlr->mlr_writable, EV_WRITE, NULL);
	if (mailer_idle(mlr))
		evtimer_add(&mlr->mlr_timer, &idle);
	else if (!waits)
		evtimer_del(&mlr->mlr_timer);
	else if (progress || !mlr->mlr_waits) {
		evtimer_add(&mlr->mlr_timer, &late);
		mlr->mlr_since = mailer_clock();
	}
	mlr->mlr_waits = waits;
}

/* Tell its letters that it has room again, or is late. */
static void
mailer_news(struct mailer *mlr)
{
	struct letter	*le;

	TAILQ_FOREACH(le, &mlr->mlr_letters, le_entry)
		le->le_news(le->le_arg);
}

static void
mailer_timeout(int fd, short what, void *arg)
{
	const struct timeval	 late = { LMTP_LATE_SECONDS, 0 };
	struct mailer		*mlr = arg;

	if (!mlr->mlr_broken && !mailer_idle(mlr) &&
	    mailer_clock() - mlr->mlr_since < LMTP_STALL_SECONDS) {
		evtimer_add(&mlr->mlr_timer, &late);
		mailer_news(mlr);
		return;
	}
	if (mlr->mlr_broken)
		log_warnx("no memory for dlvrpop: closed");
	else if (!mailer_idle(mlr))
		log_warnx("a dlvrpop hangs: closed");
	mailer_close(mlr, LETTER_TEMP);
}

/* Close it soon, but not while a letter's function runs. */
static void
mailer_break(struct mailer *mlr)
{
	const struct timeval	 now = { 0, 0 };

	mlr->mlr_broken = 1;
	evtimer_add(&mlr->mlr_timer, &now);
}

static void
mailer_write(int fd, short what, void *arg)
{
	struct mailer	*mlr = arg;
	int		 full = mlr->mlr_len > LMTP_AHEAD;
	ssize_t		 n;

	n = write(fd, mlr->mlr_out + mlr->mlr_off, mlr->mlr_len);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		mailer_close(mlr, LETTER_TEMP);
		return;
	}
	if (n > 0) {
		mlr->mlr_off += (size_t)n;
		mlr->mlr_len -= (size_t)n;
	}
	if (mlr->mlr_len > 0)
		event_add(&mlr->mlr_writable, NULL);
	else
		mlr->mlr_off = 0;
	mailer_time(mlr, n > 0);
	if (full && mlr->mlr_len <= LMTP_AHEAD)
		mailer_news(mlr);
}

/* Make room for len more octets.  NULL if out of memory. */
static char *
mailer_room(struct mailer *mlr, size_t len)
{
	size_t	 size = mlr->mlr_size;
	char	*p;

	if (mlr->mlr_off > 0 && mlr->mlr_off + mlr->mlr_len + len > size) {
		memmove(mlr->mlr_out, mlr->mlr_out + mlr->mlr_off,
		    mlr->mlr_len);
		mlr->mlr_off = 0;
	}
	if (mlr->mlr_off + mlr->mlr_len + len > size) {
		size = 2 * (mlr->mlr_len + len);
		if ((p = realloc(mlr->mlr_out, size)) == NULL)
			return (NULL);
		mlr->mlr_out = p;
		mlr->mlr_size = size;
	}
	return (mlr->mlr_out + mlr->mlr_off + mlr->mlr_len);
}

/*
 * Queue a record with its octets for the next turn of the event loop; a BEGIN
 * waits for what follows.
 */
static void
mailer_record(struct mailer *mlr, uint32_t type, uint32_t message,
    const char *data, size_t len)
{
	struct dlvr_record	 dl = { type, message, (uint32_t)len, 0 };
	char			*p;

	if (mlr->mlr_broken)
		return;
	if ((p = mailer_room(mlr, sizeof(dl) + len)) == NULL) {
		mailer_break(mlr);
		return;
	}
	memcpy(p, &dl, sizeof(dl));
	if (len > 0)
		memcpy(p + sizeof(dl), data, len);
	mlr->mlr_len += sizeof(dl) + len;
	if (type == DLVR_BEGIN)
		return;
	/* Usually there is room: try to write before polling. */
	if (!event_pending(&mlr->mlr_writable, EV_WRITE, NULL))
		event_active(&mlr->mlr_writable, EV_WRITE, 1);
	mailer_time(mlr, 0);
}

/* Map a verdict to a result. */
static enum letter_result
verdict_result(uint32_t verdict)
{
	static const enum letter_result	 results[DLVR_VERDICTS] = {
		[DLVR_DONE] = LETTER_DELIVERED,
		[DLVR_TEMP] = LETTER_TEMP,
		[DLVR_SPACE] = LETTER_SPACE,
		[DLVR_QUOTA] = LETTER_QUOTA,
		[DLVR_BOX] = LETTER_BOX
	};

	return (results[verdict]);
}

/* Take a verdict.  Return 0, or -1 if it is invalid. */
static int
mailer_verdict(struct mailer *mlr, const struct dlvr_record *dl)
{
	struct letter	*le;

	if (dl->dl_type != DLVR_VERDICT || dl->dl_message >= DLVR_MESSAGES ||
	    dl->dl_value >= DLVR_VERDICTS || mlr->mlr_sent == 0 ||
	    !mlr->mlr_used[dl->dl_message])
		return (-1);
	le = mlr->mlr_numbers[dl->dl_message];
	if (le != NULL && le->le_state != LETTER_SENT)
		return (-1);
	mlr->mlr_used[dl->dl_message] = 0;
	mlr->mlr_numbers[dl->dl_message] = NULL;
	mlr->mlr_sent--;
	if (le != NULL) {
		TAILQ_REMOVE(&mlr->mlr_letters, le, le_entry);
		le->le_mailer = NULL;
		letter_done(le, verdict_result(dl->dl_value));
	}
	mailer_time(mlr, 1);
	if (le != NULL)
		le->le_news(le->le_arg);
	return (0);
}

/*
 * Return whether it should be replaced: it keeps the maildir found at its
 * start, even if the user has since moved it.
 */
static int
mailer_old(const struct mailer *mlr)
{
	return (mailer_clock() - mlr->mlr_began >= LMTP_LIFE_SECONDS);
}

/* Read one record at a time: its letter's news may close the stream. */
static void
mailer_read(int fd, short what, void *arg)
{
	struct mailer		*mlr = arg;
	struct dlvr_record	 dl;
	ssize_t			 n;

	n = read(fd, (char *)&mlr->mlr_in + mlr->mlr_got,
	    sizeof(mlr->mlr_in) - mlr->mlr_got);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		mailer_close(mlr, LETTER_TEMP);
		return;
	}
	if ((mlr->mlr_got += (size_t)n) < sizeof(mlr->mlr_in))
		return;
	dl = mlr->mlr_in;
	mlr->mlr_got = 0;
	if (mailer_verdict(mlr, &dl) == -1) {
		log_warnx("a dlvrpop sent an invalid verdict: closed");
		mailer_close(mlr, LETTER_TEMP);
		return;
	}
	/* It has found no maildir; the next one may. */
	if (mailer_idle(mlr) && (dl.dl_value == DLVR_BOX || mailer_old(mlr)))
		mailer_close(mlr, LETTER_TEMP);
}

static struct mailer *
mailer_new(uint64_t process, int fd)
{
	struct mailer	*mlr;

	if ((mlr = calloc(1, sizeof(*mlr))) == NULL)
		return (NULL);
	mlr->mlr_process = process;
	mlr->mlr_began = mailer_clock();
	mlr->mlr_fd = fd;
	TAILQ_INIT(&mlr->mlr_letters);
	event_set(&mlr->mlr_readable, fd, EV_READ | EV_PERSIST, mailer_read,
	    mlr);
	event_set(&mlr->mlr_writable, fd, EV_WRITE, mailer_write, mlr);
	evtimer_set(&mlr->mlr_timer, mailer_timeout, mlr);
	if (event_add(&mlr->mlr_readable, NULL) == -1) {
		free(mlr);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&letter.mailers, mlr, mlr_entry);
	letter.count++;
	return (mlr);
}

static struct mailer *
mailer_find(uint64_t process)
{
	struct mailer	*mlr;

	TAILQ_FOREACH(mlr, &letter.mailers, mlr_entry)
		if (mlr->mlr_process == process)
			break;
	return (mlr);
}

/* Close an idle process to make room for another. */
static void
mailer_evict(void)
{
	struct mailer	*mlr;

	TAILQ_FOREACH(mlr, &letter.mailers, mlr_entry)
		if (mailer_idle(mlr))
			break;
	if (mlr != NULL)
		mailer_close(mlr, LETTER_TEMP);
}

static void
letter_send(struct letter *le)
{
	le->le_tries++;
	le->le_want.dw_want = ++letter.wants;
	proc_send(MSG_DELIVERY_WANT, &le->le_want, -1);
}

static void
letter_again(int fd, short what, void *arg)
{
	letter_send(arg);
}

void
letter_ask(struct letter *le, const char *address, void (*news)(void *),
    void *arg)
{
	memset(le, 0, sizeof(*le));
	le->le_state = LETTER_ASKED;
	le->le_news = news;
	le->le_arg = arg;
	le->le_address = address;
	(void)path_key(address, 0, le->le_want.dw_user);
	evtimer_set(&le->le_timer, letter_again, le);
	TAILQ_INSERT_TAIL(&letter.asked, le, le_entry);
	letter_send(le);
}

void
letter_open(struct letter *le)
{
	le->le_state = LETTER_WAITING;
	le->le_want.dw_open = 1;
	le->le_tries = 0;
	TAILQ_INSERT_TAIL(&letter.asked, le, le_entry);
	letter_send(le);
}

int
letter_late(const struct letter *le)
{
	return (le->le_mailer != NULL && mailer_late(le->le_mailer));
}

/* Find the letter of an answer; NULL if it was dropped. */
static struct letter *
letter_of(uint64_t want)
{
	struct letter	*le;

	TAILQ_FOREACH(le, &letter.asked, le_entry)
		if (le->le_want.dw_want == want)
			break;
	return (le);
}

/* The parent has answered: the letter enters this state. */
static void
letter_answered(struct letter *le, enum letter_state state)
{
	TAILQ_REMOVE(&letter.asked, le, le_entry);
	evtimer_del(&le->le_timer);
	le->le_state = state;
	le->le_news(le->le_arg);
}

/* End a letter that gets no process. */
static void
letter_deny(struct letter *le, enum letter_result result)
{
	if (result == LETTER_BUSY)
		log_warnx("too busy for a recipient");
	le->le_result = result;
	letter_answered(le, LETTER_DONE);
}

/* Give a letter to a process. */
static void
letter_assign(struct letter *le, struct mailer *mlr)
{
	uint32_t	 i;

	for (i = 0; i < DLVR_MESSAGES && mlr->mlr_used[i]; i++)
		;
	if (i == DLVR_MESSAGES || mailer_late(mlr)) {
		letter_deny(le, LETTER_BUSY);
		return;
	}
	letter_answered(le, LETTER_OPEN);
	le->le_mailer = mlr;
	le->le_number = i;
	mlr->mlr_used[i] = 1;
	mlr->mlr_numbers[i] = le;
	TAILQ_INSERT_TAIL(&mlr->mlr_letters, le, le_entry);
	/* Keep the longest idle first. */
	TAILQ_REMOVE(&letter.mailers, mlr, mlr_entry);
	TAILQ_INSERT_TAIL(&letter.mailers, mlr, mlr_entry);
	mailer_time(mlr, 0);
	mailer_record(mlr, DLVR_BEGIN, i, NULL, 0);
}

struct verdict
letter_known(void *arg, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le = letter_of(dy->dy_want);

	if (le != NULL)
		letter_answered(le, LETTER_KNOWN);
	return (TAKEN);
}

struct verdict
letter_opened(void *arg, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le = letter_of(dy->dy_want);
	struct mailer			*mlr;

	if ((mlr = mailer_new(dy->dy_process, fd)) == NULL) {
		close(fd);
		proc_send(MSG_DELIVERY_END, dy, -1);
		if (le != NULL)
			letter_deny(le, LETTER_TEMP);
	} else if (le != NULL)
		letter_assign(le, mlr);
	else
		mailer_time(mlr, 0);
	/* One that exits still counts: make room for the next in time. */
	if (letter.count > LMTP_PROCESSES / 2)
		mailer_evict();
	return (TAKEN);
}

/* We may have closed that one meanwhile: ask the parent again. */
struct verdict
letter_same(void *arg, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le = letter_of(dy->dy_want);
	struct mailer			*mlr = mailer_find(dy->dy_process);

	if (le == NULL)
		return (TAKEN);
	if (mlr != NULL)
		letter_assign(le, mlr);
	else if (le->le_tries < LMTP_TRIES)
		letter_send(le);
	else
		letter_deny(le, LETTER_BUSY);
	return (TAKEN);
}

static enum letter_result
refusal_result(uint32_t reason)
{
	static const enum letter_result	 results[DELIVERY_REFUSALS] = {
		[DELIVERY_UNKNOWN] = LETTER_UNKNOWN,
		[DELIVERY_DISABLED] = LETTER_DISABLED,
		[DELIVERY_FULL] = LETTER_BUSY,
		[DELIVERY_TEMP] = LETTER_TEMP
	};

	return (results[reason]);
}

/* Turn to the next user that the address may mean.  Return 0 if none is. */
static int
letter_next(struct letter *le)
{
	while (++le->le_key < PATH_KEYS)
		if (path_key(le->le_address, le->le_key,
		    le->le_want.dw_user) == 0)
			return (1);
	return (0);
}

struct verdict
letter_refused(void *arg, const void *data, int fd)
{
	const struct timeval			 tv = { 0, LMTP_TRY_MS * 1000 };
	const struct msg_delivery_refuse	*dr = data;
	struct letter				*le = letter_of(dr->dr_want);

	if (le == NULL)
		return (TAKEN);
	if (dr->dr_reason == DELIVERY_UNKNOWN && letter_next(le))
		letter_send(le);
	else if (dr->dr_reason == DELIVERY_FULL &&
	    le->le_tries < LMTP_TRIES) {
		evtimer_add(&le->le_timer, &tv);
		mailer_evict();
	} else
		letter_deny(le, refusal_result(dr->dr_reason));
	return (TAKEN);
}

/* No descriptor was free for the stream of a new process: end it. */
void
letter_lost(void *arg, uint32_t type, const void *data)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le;

	if (type != MSG_DELIVERY_OPEN)
		return;
	proc_send(MSG_DELIVERY_END, dy, -1);
	if ((le = letter_of(dy->dy_want)) != NULL)
		letter_deny(le, LETTER_TEMP);
}

void
letter_add(struct letter *le, const char *data, size_t len)
{
	size_t	 n;

	for (; len > 0; data += n, len -= n) {
		n = len < DLVR_DATA_MAX ? len : DLVR_DATA_MAX;
		mailer_record(le->le_mailer, DLVR_DATA, le->le_number, data,
		    n);
	}
}

int
letter_full(const struct letter *le)
{
	return (le->le_state == LETTER_OPEN &&
	    le->le_mailer->mlr_len > LMTP_AHEAD);
}

void
letter_end(struct letter *le)
{
	le->le_state = LETTER_SENT;
	le->le_mailer->mlr_sent++;
	mailer_record(le->le_mailer, DLVR_END, le->le_number, NULL, 0);
}

/* Take it from its process, which still delivers it if SENT. */
static void
letter_detach(struct letter *le)
{
	struct mailer	*mlr = le->le_mailer;

	TAILQ_REMOVE(&mlr->mlr_letters, le, le_entry);
	le->le_mailer = NULL;
	if (le->le_state == LETTER_OPEN) {
		mailer_record(mlr, DLVR_ABORT, le->le_number, NULL, 0);
		mlr->mlr_used[le->le_number] = 0;
	}
	mlr->mlr_numbers[le->le_number] = NULL;
	mailer_time(mlr, 0);
}

void
letter_drop(struct letter *le)
{
	if (le->le_state == LETTER_ASKED || le->le_state == LETTER_WAITING) {
		TAILQ_REMOVE(&letter.asked, le, le_entry);
		evtimer_del(&le->le_timer);
	} else if (le->le_mailer != NULL)
		letter_detach(le);
	le->le_state = LETTER_NONE;
}

void
letter_fail(struct letter *le, enum letter_result result)
{
	letter_drop(le);
	letter_done(le, result);
}
