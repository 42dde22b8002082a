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
#include "proc.h"

TAILQ_HEAD(letters, letter);

/* Our end of the stream to a dlvrpop. */
struct mailer {
	TAILQ_ENTRY(mailer)	 ml_entry;
	uint64_t		 ml_process;
	time_t			 ml_began;	/* monotonic */
	int			 ml_fd;
	struct event		 ml_readable;
	struct event		 ml_writable;
	struct event		 ml_timer;
	int			 ml_waits;	/* the stall timer runs */
	time_t			 ml_since;	/* since then, monotonic */
	int			 ml_broken;	/* about to be closed */
	struct letters		 ml_letters;	/* READY, OPEN and SENT */
	unsigned int		 ml_sent;	/* verdicts pending */
	int			 ml_used[DLVR_MESSAGES];
	struct letter		*ml_numbers[DLVR_MESSAGES]; /* NULL: dropped */
	char			*ml_out;
	size_t			 ml_off, ml_len, ml_size;
	struct dlvr_record	 ml_in;
	size_t			 ml_got;	/* octets of ml_in */
};

static struct {
	struct letters		 asked;
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
mailer_idle(const struct mailer *ml)
{
	return (TAILQ_EMPTY(&ml->ml_letters) && ml->ml_sent == 0 &&
	    ml->ml_len == 0);
}

/* Close a stream; its letters are done with this result. */
static void
mailer_close(struct mailer *ml, enum letter_result result)
{
	struct msg_delivery	 dy = { 0, ml->ml_process };
	struct letter		*le;

	TAILQ_REMOVE(&letter.mailers, ml, ml_entry);
	letter.count--;
	event_del(&ml->ml_readable);
	event_del(&ml->ml_writable);
	evtimer_del(&ml->ml_timer);
	close(ml->ml_fd);
	proc_send(MSG_DELIVERY_END, &dy, -1);
	while ((le = TAILQ_FIRST(&ml->ml_letters)) != NULL) {
		TAILQ_REMOVE(&ml->ml_letters, le, le_entry);
		le->le_mailer = NULL;
		letter_done(le, result);
		le->le_news(le->le_arg);
	}
	free(ml->ml_out);
	free(ml);
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
mailer_late(const struct mailer *ml)
{
	const struct letter	*le;
	time_t			 waits;
	unsigned int		 count = 0;

	if (!ml->ml_waits)
		return (0);
	waits = mailer_clock() - ml->ml_since;
	TAILQ_FOREACH(le, &ml->ml_letters, le_entry)
		count++;
	return (waits >= (count < LMTP_LATE_LETTERS ? LMTP_LATE_SECONDS :
	    LMTP_LATE_CROWD_SECONDS));
}

/*
 * Set its timeout: only if it is idle or owes us something; while a client
 * still sends, the client's timeout applies.
 */
static void
mailer_time(struct mailer *ml, int progress)
{
	const struct timeval	 idle = { LMTP_IDLE_SECONDS, 0 };
	const struct timeval	 stall = { LMTP_STALL_SECONDS, 0 };
	int			 waits;

	if (ml->ml_broken)
		return;
	waits = ml->ml_sent > 0 ||
	    event_pending(&ml->ml_writable, EV_WRITE, NULL);
	if (mailer_idle(ml))
		evtimer_add(&ml->ml_timer, &idle);
	else if (!waits)
		evtimer_del(&ml->ml_timer);
	else if (progress || !ml->ml_waits) {
		evtimer_add(&ml->ml_timer, &stall);
		ml->ml_since = mailer_clock();
	}
	ml->ml_waits = waits;
}

static void
mailer_timeout(int fd, short what, void *arg)
{
	struct mailer	*ml = arg;

	if (ml->ml_broken)
		log_warnx("no memory for dlvrpop: closed");
	else if (!mailer_idle(ml))
		log_warnx("a dlvrpop hangs: closed");
	mailer_close(ml, LETTER_TEMP);
}

/* Close it soon, but not while a letter's function runs. */
static void
mailer_break(struct mailer *ml)
{
	const struct timeval	 now = { 0, 0 };

	ml->ml_broken = 1;
	evtimer_add(&ml->ml_timer, &now);
}

/* Tell its open letters that there is room again. */
static void
mailer_drained(struct mailer *ml)
{
	struct letter	*le;

	TAILQ_FOREACH(le, &ml->ml_letters, le_entry)
		if (le->le_state == LETTER_OPEN)
			le->le_news(le->le_arg);
}

static void
mailer_write(int fd, short what, void *arg)
{
	struct mailer	*ml = arg;
	int		 full = ml->ml_len > LMTP_AHEAD;
	ssize_t		 n;

	n = write(fd, ml->ml_out + ml->ml_off, ml->ml_len);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		mailer_close(ml, LETTER_TEMP);
		return;
	}
	if (n > 0) {
		ml->ml_off += (size_t)n;
		ml->ml_len -= (size_t)n;
	}
	if (ml->ml_len > 0)
		event_add(&ml->ml_writable, NULL);
	else
		ml->ml_off = 0;
	mailer_time(ml, n > 0);
	if (full && ml->ml_len <= LMTP_AHEAD)
		mailer_drained(ml);
}

/* Make room for len more octets.  NULL if out of memory. */
static char *
mailer_room(struct mailer *ml, size_t len)
{
	size_t	 size = ml->ml_size;
	char	*p;

	if (ml->ml_off > 0 && ml->ml_off + ml->ml_len + len > size) {
		memmove(ml->ml_out, ml->ml_out + ml->ml_off, ml->ml_len);
		ml->ml_off = 0;
	}
	if (ml->ml_off + ml->ml_len + len > size) {
		size = 2 * (ml->ml_len + len);
		if ((p = realloc(ml->ml_out, size)) == NULL)
			return (NULL);
		ml->ml_out = p;
		ml->ml_size = size;
	}
	return (ml->ml_out + ml->ml_off + ml->ml_len);
}

/*
 * Queue a record with its octets for the next turn of the event loop; a BEGIN
 * waits for what follows.
 */
static void
mailer_record(struct mailer *ml, uint32_t type, uint32_t message,
    const char *data, size_t len)
{
	struct dlvr_record	 dl = { type, message, (uint32_t)len, 0 };
	char			*p;

	if (ml->ml_broken)
		return;
	if ((p = mailer_room(ml, sizeof(dl) + len)) == NULL) {
		mailer_break(ml);
		return;
	}
	memcpy(p, &dl, sizeof(dl));
	if (len > 0)
		memcpy(p + sizeof(dl), data, len);
	ml->ml_len += sizeof(dl) + len;
	if (type == DLVR_BEGIN)
		return;
	/* Usually there is room: try to write before polling. */
	if (!event_pending(&ml->ml_writable, EV_WRITE, NULL))
		event_active(&ml->ml_writable, EV_WRITE, 1);
	mailer_time(ml, 0);
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

/* Take a verdict.  Returns 0, or -1 if it is invalid. */
static int
mailer_verdict(struct mailer *ml, const struct dlvr_record *dl)
{
	struct letter	*le;

	if (dl->dl_type != DLVR_VERDICT || dl->dl_message >= DLVR_MESSAGES ||
	    dl->dl_value >= DLVR_VERDICTS || ml->ml_sent == 0 ||
	    !ml->ml_used[dl->dl_message])
		return (-1);
	le = ml->ml_numbers[dl->dl_message];
	if (le != NULL && le->le_state != LETTER_SENT)
		return (-1);
	ml->ml_used[dl->dl_message] = 0;
	ml->ml_numbers[dl->dl_message] = NULL;
	ml->ml_sent--;
	if (le != NULL) {
		TAILQ_REMOVE(&ml->ml_letters, le, le_entry);
		le->le_mailer = NULL;
		letter_done(le, verdict_result(dl->dl_value));
	}
	mailer_time(ml, 1);
	if (le != NULL)
		le->le_news(le->le_arg);
	return (0);
}

/*
 * Return whether it should be replaced: it keeps the maildir found at its
 * start, even if the user has since moved it.
 */
static int
mailer_old(const struct mailer *ml)
{
	return (mailer_clock() - ml->ml_began >= LMTP_LIFE_SECONDS);
}

/* Read one record at a time: its letter's news may close the stream. */
static void
mailer_read(int fd, short what, void *arg)
{
	struct mailer		*ml = arg;
	struct dlvr_record	 dl;
	ssize_t			 n;

	n = read(fd, (char *)&ml->ml_in + ml->ml_got,
	    sizeof(ml->ml_in) - ml->ml_got);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		mailer_close(ml, LETTER_TEMP);
		return;
	}
	if ((ml->ml_got += (size_t)n) < sizeof(ml->ml_in))
		return;
	dl = ml->ml_in;
	ml->ml_got = 0;
	if (mailer_verdict(ml, &dl) == -1) {
		log_warnx("a dlvrpop sent an invalid verdict: closed");
		mailer_close(ml, LETTER_TEMP);
		return;
	}
	/* It has found no maildir; the next one may. */
	if (mailer_idle(ml) && (dl.dl_value == DLVR_BOX || mailer_old(ml)))
		mailer_close(ml, LETTER_TEMP);
}

static struct mailer *
mailer_new(uint64_t process, int fd)
{
	struct mailer	*ml;

	if ((ml = calloc(1, sizeof(*ml))) == NULL)
		return (NULL);
	ml->ml_process = process;
	ml->ml_began = mailer_clock();
	ml->ml_fd = fd;
	TAILQ_INIT(&ml->ml_letters);
	event_set(&ml->ml_readable, fd, EV_READ | EV_PERSIST, mailer_read, ml);
	event_set(&ml->ml_writable, fd, EV_WRITE, mailer_write, ml);
	evtimer_set(&ml->ml_timer, mailer_timeout, ml);
	if (event_add(&ml->ml_readable, NULL) == -1) {
		free(ml);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&letter.mailers, ml, ml_entry);
	letter.count++;
	return (ml);
}

static struct mailer *
mailer_find(uint64_t process)
{
	struct mailer	*ml;

	TAILQ_FOREACH(ml, &letter.mailers, ml_entry)
		if (ml->ml_process == process)
			break;
	return (ml);
}

/* Close an idle process to make room for another.  Returns 0 if none is. */
static int
mailer_evict(void)
{
	struct mailer	*ml;

	TAILQ_FOREACH(ml, &letter.mailers, ml_entry)
		if (mailer_idle(ml))
			break;
	if (ml != NULL)
		mailer_close(ml, LETTER_TEMP);
	return (ml != NULL);
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
letter_ask(struct letter *le, const char *address, const char *local,
    void (*news)(void *), void *arg)
{
	memset(le, 0, sizeof(*le));
	le->le_state = LETTER_ASKED;
	le->le_news = news;
	le->le_arg = arg;
	strlcpy(le->le_want.dw_address, address,
	    sizeof(le->le_want.dw_address));
	strlcpy(le->le_want.dw_local, local, sizeof(le->le_want.dw_local));
	evtimer_set(&le->le_timer, letter_again, le);
	TAILQ_INSERT_TAIL(&letter.asked, le, le_entry);
	letter_send(le);
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

/* Give a letter to a process. */
static void
letter_assign(struct letter *le, struct mailer *ml)
{
	TAILQ_REMOVE(&letter.asked, le, le_entry);
	le->le_state = LETTER_READY;
	le->le_mailer = ml;
	TAILQ_INSERT_TAIL(&ml->ml_letters, le, le_entry);
	/* Keep the longest idle first. */
	TAILQ_REMOVE(&letter.mailers, ml, ml_entry);
	TAILQ_INSERT_TAIL(&letter.mailers, ml, ml_entry);
	mailer_time(ml, 0);
	le->le_news(le->le_arg);
}

/* End a letter that gets no process. */
static void
letter_deny(struct letter *le, enum letter_result result)
{
	TAILQ_REMOVE(&letter.asked, le, le_entry);
	evtimer_del(&le->le_timer);
	letter_done(le, result);
	le->le_news(le->le_arg);
}

struct verdict
letter_opened(void *arg, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le = letter_of(dy->dy_want);
	struct mailer			*ml;

	if ((ml = mailer_new(dy->dy_process, fd)) == NULL) {
		close(fd);
		proc_send(MSG_DELIVERY_END, dy, -1);
		if (le != NULL)
			letter_deny(le, LETTER_TEMP);
	} else if (le != NULL)
		letter_assign(le, ml);
	else
		mailer_time(ml, 0);
	return (TAKEN);
}

/* We may have closed that one meanwhile: ask the parent again. */
struct verdict
letter_same(void *arg, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	struct letter			*le = letter_of(dy->dy_want);
	struct mailer			*ml = mailer_find(dy->dy_process);

	if (le == NULL)
		return (TAKEN);
	if (ml != NULL && mailer_late(ml))
		letter_deny(le, LETTER_BUSY);
	else if (ml != NULL)
		letter_assign(le, ml);
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

struct verdict
letter_refused(void *arg, const void *data, int fd)
{
	const struct timeval			 tv = { 0, LMTP_TRY_MS * 1000 };
	const struct msg_delivery_refuse	*dr = data;
	struct letter				*le = letter_of(dr->dr_want);

	if (le == NULL)
		return (TAKEN);
	if (dr->dr_reason == DELIVERY_FULL && le->le_tries < LMTP_TRIES) {
		evtimer_add(&le->le_timer, &tv);
		if (!mailer_evict()) {
			le->le_crowded = 1;
			le->le_news(le->le_arg);
		}
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
letter_begin(struct letter *le)
{
	struct mailer	*ml = le->le_mailer;
	uint32_t	 i;

	for (i = 0; i < DLVR_MESSAGES && ml->ml_used[i]; i++)
		;
	if (i == DLVR_MESSAGES) {
		letter_drop(le);
		letter_done(le, LETTER_BUSY);
		return;
	}
	ml->ml_used[i] = 1;
	ml->ml_numbers[i] = le;
	le->le_number = i;
	le->le_state = LETTER_OPEN;
	mailer_record(ml, DLVR_BEGIN, i, NULL, 0);
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
	    le->le_mailer->ml_len > LMTP_AHEAD);
}

void
letter_end(struct letter *le)
{
	le->le_state = LETTER_SENT;
	le->le_mailer->ml_sent++;
	mailer_record(le->le_mailer, DLVR_END, le->le_number, NULL, 0);
}

/* Take it from its process, which still delivers it if SENT. */
static void
letter_detach(struct letter *le)
{
	struct mailer	*ml = le->le_mailer;

	TAILQ_REMOVE(&ml->ml_letters, le, le_entry);
	le->le_mailer = NULL;
	if (le->le_state == LETTER_OPEN) {
		mailer_record(ml, DLVR_ABORT, le->le_number, NULL, 0);
		ml->ml_used[le->le_number] = 0;
	}
	if (le->le_state != LETTER_READY)
		ml->ml_numbers[le->le_number] = NULL;
	mailer_time(ml, 0);
}

void
letter_drop(struct letter *le)
{
	if (le->le_state == LETTER_ASKED) {
		TAILQ_REMOVE(&letter.asked, le, le_entry);
		evtimer_del(&le->le_timer);
	} else if (le->le_mailer != NULL)
		letter_detach(le);
	le->le_state = LETTER_NONE;
}
