/* link: popd/handover.o popd/uplog.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages from another popd, perhaps of another version: invalid ones are
 * ignored; what is known of the earlier one; and log lines of the new one.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "popd/handover.h"
#include "popd/uplog.h"
#include "limits.h"
#include "log.h"
#include "unit.h"

static struct {
	int		 other;		/* the other popd's end */
	int		 heard;
	uint32_t	 type;		/* the last one */
	char		 user[HANDOVER_USER_MAX];
	int		 closed;
	int		 lines;
	char		 log[8192];
} t;

static void
heard(uint32_t type, const char *user)
{
	if (type == HANDOVER_CLOSED) {
		t.closed++;
		return;
	}
	t.heard++;
	t.type = type;
	strlcpy(t.user, user, sizeof(t.user));
}

static void
sink(int level, const char *text)
{
	t.lines++;
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

static void
turn(void)
{
	event_loop(EVLOOP_NONBLOCK);
}

static void
begin(const char *name)
{
	int	 fds[2];

	unit_case(name);
	memset(&t, 0, sizeof(t));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	t.other = fds[0];
	handover_open(fds[1], heard);
	/* kevent(2) first returns that the old fd is not there to delete. */
	turn();
}

/* Return the type of the next message to the other popd, 0: none. */
static uint32_t
got(void)
{
	struct handover_record	 hr;

	if (recv(t.other, &hr, sizeof(hr), 0) != (ssize_t)sizeof(hr))
		return (0);
	return (hr.hr_type);
}

static void
end(void)
{
	handover_close();
	close(t.other);
}

static void
test_heard(void)
{
	struct handover_record	 hr;
	int			 i;

	begin("one end's message reaches the other");
	handover_say(HANDOVER_YIELD, "joe");
	CHECK(recv(t.other, &hr, sizeof(hr), 0) == (ssize_t)sizeof(hr) &&
	    hr.hr_type == HANDOVER_YIELD && strcmp(hr.hr_user, "joe") == 0,
	    "not that");
	CHECK(sizeof(hr) == 260, "the form is not what it was");
	for (i = 0; i < 3; i++)
		CHECK(send(t.other, &hr, sizeof(hr), 0) != -1, "send");
	turn();
	CHECK(t.heard == 3 && t.type == HANDOVER_YIELD &&
	    strcmp(t.user, "joe") == 0, "heard %d, %u %s", t.heard, t.type,
	    t.user);
}

static void
test_end_full(void)
{
	uint32_t	 type;
	int		 i;

	unit_case("a full end loses a YIELD; all else waits, in order");
	for (i = 0; i < 100000; i++)
		handover_say(HANDOVER_YIELD, "joe");
	handover_say(HANDOVER_LOCK, "joe");
	handover_say(HANDOVER_STOP, "");
	handover_say(HANDOVER_YIELD, "joe");
	for (i = 0; (type = got()) == HANDOVER_YIELD; i++)
		continue;
	CHECK(type == 0 && i < 100000, "%d, type %u", i, type);
	turn();
	CHECK(got() == HANDOVER_LOCK, "no lock");
	CHECK(got() == HANDOVER_STOP, "no stop");
	CHECK(got() == 0 && t.closed == 0, "more");
}

static void
test_bound(void)
{
	int	 i, full;

	unit_case("what waits has a bound");
	for (i = 0; i < 100000; i++)
		handover_say(HANDOVER_KICK, "joe");
	for (full = 0; got() == HANDOVER_KICK; full++)
		continue;
	for (i = 0; turn(), got() == HANDOVER_KICK; i++)
		continue;
	CHECK(full > 0 && i == HANDOVER_MAX, "%d waited", i);
	end();
	handover_say(HANDOVER_YIELD, "joe");
}

static void
test_other_form(void)
{
	struct handover_record	 hr;
	char			 large[sizeof(hr) + 1];

	begin("messages of another form are left alone");
	memset(&hr, 0, sizeof(hr));
	memset(large, 0, sizeof(large));
	hr.hr_type = HANDOVER_READY;
	memcpy(large, &hr, sizeof(hr));
	(void)send(t.other, &hr, sizeof(hr) - 1, 0);
	(void)send(t.other, "x", 1, 0);
	memset(hr.hr_user, 'x', sizeof(hr.hr_user));
	(void)send(t.other, &hr, sizeof(hr), 0);
	memset(&hr, 0, sizeof(hr));
	(void)send(t.other, &hr, sizeof(hr), 0);
	turn();
	CHECK(t.heard == 0 && t.closed == 0, "heard %d, closed %d", t.heard,
	    t.closed);
}

static void
test_unknown(void)
{
	struct handover_record	 hr;

	unit_case("a type that is not known reaches its reader");
	hr.hr_type = 77;
	(void)send(t.other, &hr, sizeof(hr), 0);
	turn();
	CHECK(t.heard == 1 && t.type == 77, "heard %d", t.heard);
}

static void
test_end_once(void)
{
	unit_case("the end is reported once");
	close(t.other);
	t.other = -1;
	turn();
	turn();
	CHECK(t.closed == 1, "closed %d", t.closed);
	end();
}

static void
say(int fd, const char *text)
{
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write");
	turn();
}

static void
test_lines_logged(void)
{
	int	 fd;

	begin("lines are logged but for the last, which may say why");
	fd = uplog_open();
	CHECK(fd != -1, "uplog_open");
	say(fd, "one\ntw");
	say(fd, "o\n\nthree\n");
	CHECK(strcmp(t.log, "upgrade: one\nupgrade: two\n") == 0, "%s", t.log);
	CHECK(strcmp(uplog_last(), "three") == 0, "%s", uplog_last());
	say(fd, "four");
	close(fd);
	uplog_close();
	CHECK(strcmp(uplog_last(), "four") == 0, "%s", uplog_last());
	uplog_flush();
	CHECK(t.lines == 4 && uplog_last()[0] == '\0', "%d lines", t.lines);
}

static void
test_lines_bounded(void)
{
	int	 fd, i;

	unit_case("a program that writes without end does not fill the log");
	memset(t.log, 0, sizeof(t.log));
	t.lines = 0;
	fd = uplog_open();
	for (i = 0; i < 2 * LOG_BURST; i++)
		say(fd, i % 2 ? "a line\n" : "a longer line, and no end to it");
	for (i = 0; i < 10; i++)
		say(fd, "0123456789012345678901234567890123456789012345678901"
		    "2345678901234567890123456789012345678901234567890123456");
	close(fd);
	turn();
	uplog_close();
	uplog_close();
	CHECK(t.lines <= LOG_BURST, "%d lines", t.lines);
	CHECK(strlen(uplog_last()) < UPLOG_LINE_MAX, "too long");
	end();
}

/* The other popd tells something. */
static void
told(enum handover_type type, const char *text)
{
	struct handover_record	 hr;

	memset(&hr, 0, sizeof(hr));
	hr.hr_type = type;
	strlcpy(hr.hr_user, text, sizeof(hr.hr_user));
	CHECK(send(t.other, &hr, sizeof(hr), 0) != -1, "send");
	turn();
}

static void
test_elder(void)
{
	static const char	*nonsense[] = {
		"", "x", "1", "-1 7", "0 7", "seven 7", "7 seven", " "
	};
	const struct elder	*el;
	size_t			 i;

	begin("the other popd is the earlier one once it has made way");
	told(HANDOVER_SESSIONS, "10 3");
	CHECK(handover_elder() == NULL, "too soon");
	told(HANDOVER_TAKEN, "");
	told(HANDOVER_SESSIONS, "10 5");
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		told(HANDOVER_SESSIONS, nonsense[i]);
	CHECK((el = handover_elder()) != NULL && el->el_pid == 10 &&
	    el->el_sessions == 5, "not that");
	told(HANDOVER_SESSIONS, "10 0");
	CHECK((el = handover_elder()) != NULL && el->el_pid == 10 &&
	    el->el_sessions == 0, "gone with its last session");
}

static void
test_elder_gone(void)
{
	unit_case("until it has ended");
	close(t.other);
	turn();
	CHECK(t.closed == 1 && handover_elder() == NULL, "still there");
}

static void
test_newer(void)
{
	begin("the new popd is not");
	told(HANDOVER_READY, "");
	CHECK(t.heard == 1 && handover_elder() == NULL, "the earlier one");
	end();
}

int
main(void)
{
	event_init();
	log_to(sink);
	test_heard();
	test_end_full();
	test_bound();
	test_other_form();
	test_unknown();
	test_end_once();
	test_lines_logged();
	test_lines_bounded();
	test_elder();
	test_elder_gone();
	test_newer();
	return (unit_done());
}
