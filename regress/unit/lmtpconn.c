/*
 * link: lmtppop/conn.o lmtppop/connio.o lmtppop/lmtpcmd.o
 * link: lmtppop/envelope.o lmtppop/letter.o lmtppop/decode.o lmtppop/path.o
 * link: lmtppop/transit.o lib/utf8.o lib/log.o lib/setting.o lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Concurrent connections and letters of lmtppop. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lmtppop/conn.h"
#include "lmtppop/letter.h"
#include "lmtppop/transit.h"
#include "dlvr.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

#include "unit.h"

static struct {
	struct msg_delivery_want want;		/* the last one */
	time_t			 later;		/* seconds that have passed */
	uid_t			 uid;		/* of the next client */
} seen;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	struct timeval	 tv;

	(void)id;
	gettimeofday(&tv, NULL);
	ts->tv_sec = tv.tv_sec + seen.later;
	ts->tv_nsec = tv.tv_usec * 1000L;
	return (0);
}

int
getpeereid(int fd, uid_t *uid, gid_t *gid)
{
	*uid = seen.uid;
	return (0);
}

int
proc_send(uint32_t type, const void *data, int fd)
{
	(void)fd;
	if (type == MSG_DELIVERY_WANT)
		memcpy(&seen.want, data, sizeof(seen.want));
	return (0);
}

static void
turns(void)
{
	int	 i;

	for (i = 0; i < 8; i++)
		event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* A client's end of a new connection. */
static int
client(void)
{
	int	 fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	CHECK(conn_new(fds[1]) == 0, "no connection");
	turns();
	return (fds[0]);
}

/* Say it, and the last line of the replies; "" if there is none. */
static const char *
say(int fd, const char *text)
{
	static char	 buf[4096];
	char		*line;
	ssize_t		 n;

	if (*text != '\0' && write(fd, text, strlen(text)) == -1)
		CHECK(0, "write: %s", strerror(errno));
	turns();
	if ((n = read(fd, buf, sizeof(buf) - 1)) <= 0)
		return (n == 0 ? "end" : "");
	buf[n] = '\0';
	buf[n - 2] = '\0';
	line = strrchr(buf, '\n');
	return (line == NULL ? buf : line + 1);
}

static void
begins(const char *text, const char *want)
{
	CHECK(strncmp(text, want, strlen(want)) == 0, "'%s', want '%s'", text,
	    want);
}

/* The parent has a process for the last one who was asked for; our end. */
static int
process(uint64_t number)
{
	struct msg_delivery	 dy = { seen.want.dw_want, number };
	int			 fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0,
	    "socketpair");
	letter_opened(NULL, &dy, fds[1]);
	turns();
	return (fds[0]);
}

/* The process has been sent mail, and answers with a verdict of the first. */
static void
verdict(int fd, uint32_t message)
{
	const struct dlvr_record	 dl = { DLVR_VERDICT, message,
					    DLVR_DONE, 0 };
	char				 buf[4096];

	CHECK(read(fd, buf, sizeof(buf)) > 0, "nothing was sent");
	CHECK(write(fd, &dl, sizeof(dl)) == sizeof(dl), "write");
	turns();
}

/* The parent says that there is a process for the last one. */
static void
same(uint64_t number)
{
	const struct msg_delivery	 dy = { seen.want.dw_want, number };

	letter_same(NULL, &dy, -1);
	turns();
}

/* The parent knows the last one who was asked for. */
static void
known(void)
{
	const struct msg_delivery	 dy = { seen.want.dw_want, 0 };

	CHECK(!seen.want.dw_open, "a process is taken at RCPT");
	letter_known(NULL, &dy, -1);
	turns();
}

/* It sends mail up to this, and waits for the last recipient's process. */
static void
mail(int fd, const char *end)
{
	begins(say(fd, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"),
	    "250 2.1.0");
	known();
	begins(say(fd, "DATA\r\n"), "354 ");
	CHECK(!seen.want.dw_open, "a process is taken at DATA");
	begins(say(fd, end), "");
}

/* popd stops while one waits for a process. */
static void
test_stop(void)
{
	int	 fd, one, other;

	one = client();
	begins(say(one, "LHLO x\r\n"), "250 ");
	mail(one, "x\r\n.\r\n");
	other = client();
	begins(say(other, "LHLO x\r\n"), "250 ");
	conn_stop();
	turns();
	begins(say(other, ""), "421 ");
	begins(say(one, ""), "");
	close(other);
	fd = process(1);
	CHECK(fd != -1, "no process");
	/* The end of the last one is the end of the process. */
}

/* One that always has mail does not keep a maildir that was moved away. */
static void
test_old(void)
{
	char	 c;
	int	 fd, one;

	one = client();
	begins(say(one, "LHLO x\r\n"), "250 ");
	mail(one, "x\r\n.\r\n");
	CHECK(seen.want.dw_open, "no process is taken");
	fd = process(2);
	verdict(fd, 0);
	begins(say(one, ""), "250 2.0.0");
	mail(one, "x\r\n.\r\n");
	same(2);
	seen.later += LMTP_LIFE_SECONDS;
	CHECK(read(fd, &c, 1) == 1, "nothing was sent");
	verdict(fd, 0);
	begins(say(one, ""), "250 2.0.0");
	CHECK(read(fd, &c, 1) == 0, "it lives on");
	close(one);
	close(fd);
	turns();
}

/* A process that its user has stopped holds no connection for long. */
static void
test_late(void)
{
	int	 fd, one, other;

	one = client();
	begins(say(one, "LHLO x\r\n"), "250 ");
	mail(one, "x\r\n.\r\n");
	fd = process(1);
	other = client();
	begins(say(other, "LHLO x\r\n"), "250 ");
	mail(other, "x\r\n.\r\n");
	seen.later += LMTP_LATE_SECONDS;
	same(1);
	begins(say(other, ""), "451 4.3.2");
	verdict(fd, 0);
	begins(say(one, ""), "250 2.0.0");
	mail(other, "x\r\n.\r\n");
	same(1);
	verdict(fd, 0);
	begins(say(other, ""), "250 2.0.0");
	close(one);
	close(other);
	close(fd);
	turns();
}

/* Take all connections but so many; each has begun a command. */
static void
crowd(int *fds, int but)
{
	int	 i;

	for (i = 0; i < LMTP_CONNECTIONS - but; i++) {
		fds[i] = client();
		begins(say(fds[i], "LHLO x\r\nNO"), "250 ");
	}
}

static void
leave(int *fds, int but)
{
	int	 i;

	for (i = 0; i < LMTP_CONNECTIONS - but; i++)
		close(fds[i]);
	turns();
}

/*
 * Of those that wait for us none is silent, whenever they sent something last;
 * of those for whom we wait, octets alone are no progress.
 */
static void
test_silent(void)
{
	int	 fds[LMTP_CONNECTIONS], one, other;

	one = client();
	begins(say(one, "LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
	    "DATA\r\n"), "250 2.1.0");
	crowd(fds, 1);
	seen.later += LMTP_YIELD_SECONDS;
	known();
	begins(say(one, ""), "354 ");
	begins(say(fds[0], "O"), "");
	other = client();
	begins(say(other, "LHLO x\r\n"), "250 ");
	begins(say(fds[0], ""), "421 4.3.2");
	begins(say(one, "x"), "");
	close(one);
	close(other);
	leave(fds, 1);
}

/* The connections of one user are not in the way of another. */
static void
test_users(void)
{
	int	 fds[LMTP_CONNECTIONS], one, other;

	seen.uid = 1;
	crowd(fds, 0);
	other = client();
	begins(say(other, ""), "421 4.3.2 too many");
	close(other);
	seen.uid = 2;
	one = client();
	begins(say(one, "LHLO x\r\n"), "250 ");
	begins(say(fds[0], ""), "421 4.3.2 others");
	seen.uid = 1;
	other = client();
	begins(say(other, ""), "421 4.3.2 too many");
	close(other);
	begins(say(one, "NOOP\r\n"), "250 ");
	close(one);
	leave(fds, 0);
	seen.uid = 0;
}

/* What waits for us is not cut, even if nothing else is left. */
static void
test_waiting(void)
{
	const char	*rcpt = "\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
	int		 fds[LMTP_CONNECTIONS], i, one, other, last;
	uint64_t	 want[LMTP_CONNECTIONS];

	seen.uid = 1;
	one = client();
	begins(say(one, "LHLO x"), "220 ");
	begins(say(one, rcpt), "250 2.1.0");
	seen.later++;
	crowd(fds, 1);
	seen.uid = 2;
	other = client();
	begins(say(other, ""), "220 ");
	begins(say(fds[0], ""), "421 4.3.2 others");
	known();
	begins(say(one, ""), "250 2.1.5");
	begins(say(one, "RCPT TO:<c@d>\r\n"), "");
	want[0] = seen.want.dw_want;
	for (i = 1; i < LMTP_CONNECTIONS - 1; i++) {
		begins(say(fds[i], rcpt), "250 2.1.0");
		want[i] = seen.want.dw_want;
	}
	last = client();
	begins(say(last, ""), "421 4.3.2 too many");
	begins(say(one, ""), "");
	for (i = 0; i < LMTP_CONNECTIONS - 1; i++) {
		seen.want.dw_want = want[i];
		known();
	}
	close(one);
	close(other);
	close(last);
	leave(fds, 1);
	seen.uid = 0;
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	log_init("unit");
	event_init();
	transit_init();
	unit_case("a process that does nothing delays mail only briefly");
	test_late();
	unit_case("a process that always has mail is replaced");
	test_old();
	unit_case("who is cut if all connections are in use: the silent");
	test_silent();
	unit_case("and the user who has most of them");
	test_users();
	unit_case("but none that waits for us");
	test_waiting();
	unit_case("a stop while one waits for a process");
	test_stop();
	return (unit_done());
}
