/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection.  See conn.h.
 *
 * Commands run one after another, also pipelined ones; while one waits for the
 * parent or for dlvrpop, no more input is read.  A client that stalls or does
 * not read times out and affects only itself.
 *
 * If all connections are in use, the user who has most loses one that waits for
 * its client: to another user at once, and to itself only if it has made no
 * progress for a while.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "connio.h"
#include "decode.h"
#include "limits.h"
#include "lmtpcmd.h"
#include "log.h"

/* Octets of queued replies after which input waits for the client to read. */
#define OUT_MAX		8192

/* Steps per connection and turn of the event loop. */
#define TURN_STEPS	64

static struct {
	TAILQ_HEAD(, conn)	 all;		/* oldest first */
	unsigned int		 count;
	uint64_t		 last;
	int			 stopping;
} conn = { .all = TAILQ_HEAD_INITIALIZER(conn.all) };

static void	 conn_turn(struct conn *);

static time_t
conn_clock(void)
{
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec);
}

static void
conn_log(const struct conn *cn)
{
	struct timespec	 now;
	long long	 ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - cn->cn_since.tv_sec) * 1000LL +
	    (now.tv_nsec - cn->cn_since.tv_nsec) / 1000000;
	log_info("lmtp end connection=%llu messages=%llu delivered=%llu "
	    "refused=%llu octets=%llu seconds=%lld.%03lld reason=%s",
	    (unsigned long long)cn->cn_number,
	    (unsigned long long)cn->cn_messages,
	    (unsigned long long)cn->cn_delivered,
	    (unsigned long long)cn->cn_refused,
	    (unsigned long long)cn->cn_octets, ms / 1000, ms % 1000,
	    cn->cn_why);
}

static void
conn_free(struct conn *cn)
{
	conn_log(cn);
	TAILQ_REMOVE(&conn.all, cn, cn_entry);
	conn.count--;
	if (cn->cn_recipient != NULL)
		envelope_refuse(cn->cn_recipient);
	envelope_reset(&cn->cn_message);
	transit_give(cn->cn_message.ev_body);
	event_del(&cn->cn_readable);
	event_del(&cn->cn_writable);
	event_del(&cn->cn_news);
	evtimer_del(&cn->cn_timer);
	close(cn->cn_fd);
	free(cn->cn_out);
	free(cn);
	if (conn.stopping && conn.count == 0)
		exit(0);
}

/* Run the next line.  Return 1, or 0 if it is incomplete. */
static int
conn_line(struct conn *cn)
{
	char	*line = cn->cn_in + cn->cn_off, *end;
	size_t	 len;

	if ((end = memchr(line, '\n', cn->cn_len)) == NULL) {
		if (cn->cn_len < LMTP_LINE_MAX)
			return (0);
		cn->cn_skip = 1;
		cn->cn_off = cn->cn_len = 0;
		return (0);
	}
	len = (size_t)(end - line);
	cn->cn_off += len + 1;
	cn->cn_len -= len + 1;
	if (cn->cn_skip || len >= LMTP_LINE_MAX) {
		cn->cn_skip = 0;
		lmtpcmd_bad(cn, "500 5.5.2 line too long");
	} else if (len == 0 || line[len - 1] != '\r' ||
	    memchr(line, '\0', len) != NULL ||
	    memchr(line, '\r', len - 1) != NULL)
		lmtpcmd_bad(cn, "500 5.5.2 a line ends with CRLF");
	else {
		line[len - 1] = '\0';
		lmtpcmd_command(cn, line);
	}
	return (1);
}

/* Consume octets of a message. */
static void
conn_consume(struct conn *cn, size_t len)
{
	cn->cn_off += len;
	cn->cn_len -= len;
	cn->cn_octets += len;
	if ((cn->cn_step += len) < LMTP_STEP)
		return;
	cn->cn_step = 0;
	cn->cn_heard = conn_clock();
}

static int
conn_data(struct conn *cn)
{
	struct envelope	*ev = &cn->cn_message;
	char		 out[CONN_IN + TEXT_MORE];
	size_t		 used, made;

	if (cn->cn_len == 0)
		return (0);
	used = decode_data(&ev->ev_text, cn->cn_in + cn->cn_off, cn->cn_len,
	    out, &made);
	envelope_add(ev, out, made, used);
	conn_consume(cn, used);
	if (ev->ev_text == TEXT_END)
		cn->cn_state = CONN_VERDICT;
	return (1);
}

static int
conn_chunk(struct conn *cn)
{
	struct envelope	*ev = &cn->cn_message;
	char		 out[CONN_IN + TEXT_MORE];
	size_t		 made, used = cn->cn_len;

	if (cn->cn_chunk == 0) {
		if (cn->cn_last && !cn->cn_void) {
			decode_last(&ev->ev_text, out, &made);
			envelope_add(ev, out, made, 0);
		}
		lmtpcmd_chunk(cn);
		return (1);
	}
	if (cn->cn_len == 0)
		return (0);
	if (used > cn->cn_chunk)
		used = (size_t)cn->cn_chunk;
	if (!cn->cn_void) {
		decode_chunk(&ev->ev_text, cn->cn_in + cn->cn_off, used, out,
		    &made);
		envelope_add(ev, out, made, used);
	}
	conn_consume(cn, used);
	cn->cn_chunk -= used;
	return (1);
}

/* Do one step.  Return 0 if it must wait. */
static int
conn_step(struct conn *cn)
{
	switch (cn->cn_state) {
	case CONN_COMMAND:
		if (cn->cn_queued > OUT_MAX)
			return (0);
		return (conn_line(cn));
	case CONN_RECIPIENT:
		if (cn->cn_recipient->rc_letter.le_state == LETTER_ASKED)
			return (0);
		lmtpcmd_recipient(cn);
		return (1);
	case CONN_DATA:
		return (conn_data(cn));
	case CONN_CHUNK:
		return (conn_chunk(cn));
	case CONN_VERDICT:
		return (lmtpcmd_verdict(cn));
	case CONN_CLOSING:
		break;
	}
	return (0);
}

/* Return whether input of the client is next. */
static int
conn_wants_input(const struct conn *cn)
{
	switch (cn->cn_state) {
	case CONN_COMMAND:
		return (cn->cn_queued <= OUT_MAX);
	case CONN_DATA:
	case CONN_CHUNK:
		return (1);
	default:
		return (0);
	}
}

/* Set the timeout for the client, if its input or reading is next. */
static void
conn_time(struct conn *cn)
{
	const struct timeval	 tv = { LMTP_SECONDS, 0 };
	const struct timeval	 last = { CLOSE_SECONDS, 0 };

	if (cn->cn_state == CONN_CLOSING)
		evtimer_add(&cn->cn_timer, &last);
	else if (conn_wants_input(cn) || cn->cn_queued > 0)
		evtimer_add(&cn->cn_timer, &tv);
	else
		evtimer_del(&cn->cn_timer);
}

/* Shutdown: dismiss a client that is between messages. */
static void
conn_dismiss(struct conn *cn)
{
	if (!conn.stopping || cn->cn_state != CONN_COMMAND ||
	    cn->cn_message.ev_begun)
		return;
	connio_say(cn, "421 4.3.2 shutting down");
	connio_end(cn, "shutdown");
}

/* Do all that can be done now; may free the connection. */
static void
conn_turn(struct conn *cn)
{
	size_t	 queued = cn->cn_queued;
	int	 n = 0;

	while (n < TURN_STEPS && conn_step(cn))
		n++;
	if (cn->cn_queued > queued)
		cn->cn_heard = conn_clock();
	conn_dismiss(cn);
	if (n == TURN_STEPS)
		event_active(&cn->cn_news, EV_TIMEOUT, 1);
	else if (cn->cn_eof && conn_wants_input(cn))
		connio_end(cn, "client-gone");
	if (connio_flush(cn) == -1) {
		connio_end(cn, "client-gone");
		cn->cn_queued = cn->cn_sent = 0;
	}
	if (cn->cn_state == CONN_CLOSING && cn->cn_queued == 0) {
		conn_free(cn);
		return;
	}
	if (conn_wants_input(cn) && !cn->cn_eof && !cn->cn_reads) {
		event_add(&cn->cn_readable, NULL);
		cn->cn_reads = 1;
	}
	conn_time(cn);
}

static void
conn_read(int fd, short what, void *arg)
{
	struct conn	*cn = arg;
	ssize_t		 n;

	/* Not yet; what the connection waits for usually comes first. */
	if (!conn_wants_input(cn) || cn->cn_eof ||
	    cn->cn_len == sizeof(cn->cn_in)) {
		event_del(&cn->cn_readable);
		cn->cn_reads = 0;
		return;
	}
	if (cn->cn_off > 0) {
		memmove(cn->cn_in, cn->cn_in + cn->cn_off, cn->cn_len);
		cn->cn_off = 0;
	}
	n = recv(fd, cn->cn_in + cn->cn_len, sizeof(cn->cn_in) - cn->cn_len,
	    MSG_DONTWAIT);
	if (n > 0)
		cn->cn_len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		cn->cn_eof = 1;
	conn_turn(cn);
}

static void
conn_again(int fd, short what, void *arg)
{
	conn_turn(arg);
}

static void
conn_timeout(int fd, short what, void *arg)
{
	struct conn	*cn = arg;

	if (cn->cn_state == CONN_CLOSING) {
		conn_free(cn);
		return;
	}
	connio_say(cn, "421 4.4.2 timeout");
	connio_end(cn, "timeout");
	conn_turn(cn);
}

static unsigned int
conn_of(uid_t uid)
{
	struct conn	*cn;
	unsigned int	 n = 0;

	TAILQ_FOREACH(cn, &conn.all, cn_entry)
		n += cn->cn_uid == uid;
	return (n);
}

/* Return the user who must give way to one more connection of this user. */
static uid_t
conn_most(uid_t uid)
{
	struct conn	*cn;
	uid_t		 most = uid;

	TAILQ_FOREACH(cn, &conn.all, cn_entry)
		if (conn_of(cn->cn_uid) > conn_of(most) + (most == uid))
			most = cn->cn_uid;
	return (most);
}

/* Make room for a connection of this user.  Return 0, or -1. */
static int
conn_room(uid_t uid)
{
	struct conn	*cn, *oldest = NULL;
	uid_t		 most;

	if (conn.count < LMTP_CONNECTIONS)
		return (0);
	most = conn_most(uid);
	TAILQ_FOREACH(cn, &conn.all, cn_entry)
		if (cn->cn_uid == most && cn->cn_state != CONN_RECIPIENT &&
		    cn->cn_state != CONN_VERDICT && (most != uid ||
		    conn_clock() - cn->cn_heard >= LMTP_YIELD_SECONDS) &&
		    (oldest == NULL || cn->cn_heard < oldest->cn_heard))
			oldest = cn;
	if (oldest == NULL)
		return (-1);
	connio_say(oldest, "421 4.3.2 others wait");
	connio_end(oldest, "gave-way");
	(void)connio_flush(oldest);
	conn_free(oldest);
	return (0);
}

int
conn_new(int fd)
{
	static const char	 full[] = "421 4.3.2 too many connections\r\n";
	struct conn		*cn;
	uid_t			 uid;
	gid_t			 gid;

	if (getpeereid(fd, &uid, &gid) == -1)
		uid = (uid_t)-1;
	if (conn_room(uid) == -1) {
		log_warnx("too many connections of uid %u", (unsigned int)uid);
		send(fd, full, sizeof(full) - 1, MSG_DONTWAIT);
		close(fd);
		return (0);
	}
	if ((cn = calloc(1, sizeof(*cn))) == NULL)
		return (-1);
	cn->cn_fd = fd;
	cn->cn_uid = uid;
	cn->cn_number = ++conn.last;
	cn->cn_heard = conn_clock();
	clock_gettime(CLOCK_MONOTONIC, &cn->cn_since);
	envelope_init(&cn->cn_message, transit_take());
	event_set(&cn->cn_readable, fd, EV_READ | EV_PERSIST, conn_read, cn);
	event_set(&cn->cn_writable, fd, EV_WRITE, conn_again, cn);
	evtimer_set(&cn->cn_news, conn_again, cn);
	evtimer_set(&cn->cn_timer, conn_timeout, cn);
	TAILQ_INSERT_TAIL(&conn.all, cn, cn_entry);
	conn.count++;
	lmtpcmd_greet(cn);
	conn_turn(cn);
	return (0);
}

void
conn_stop(void)
{
	struct conn	*cn;

	conn.stopping = 1;
	if (conn.count == 0)
		exit(0);
	/* Later, as one may free the next in the list. */
	TAILQ_FOREACH(cn, &conn.all, cn_entry)
		event_active(&cn->cn_news, EV_TIMEOUT, 1);
}
