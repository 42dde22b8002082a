/* link: popd/handover.o popd/uplog.o popd/elders.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages from another popd, perhaps of another version: invalid ones are
 * ignored; and its log lines.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "popd/elders.h"
#include "popd/handover.h"
#include "popd/uplog.h"
#include "limits.h"
#include "log.h"
#include "unit.h"

static struct {
	int		 other;		/* the other popd's end */
	struct handover	 ho;
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
	handover_open(&t.ho, fds[1], heard);
}

static void
end(void)
{
	handover_close(&t.ho);
	close(t.other);
}

static void
test_heard(void)
{
	struct handover_record	 hr;
	int			 i;

	begin("one end's message reaches the other");
	handover_say(&t.ho, HANDOVER_YIELD, "joe");
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
	int	 i;

	unit_case("a full end loses a YIELD, and nothing waits");
	for (i = 0; i < 100000; i++)
		handover_say(&t.ho, HANDOVER_YIELD, "joe");
	CHECK(t.closed == 0 && t.ho.ho_fd != -1, "closed");
	CHECK(t.ho.ho_nwaits == 0, "%u wait", t.ho.ho_nwaits);
}

static void
test_order(void)
{
	struct handover_record	 hr;
	int			 i;

	unit_case("all else waits for it, in order, and has a bound");
	handover_say(&t.ho, HANDOVER_LOCK, "joe");
	handover_say(&t.ho, HANDOVER_STOP, "");
	handover_say(&t.ho, HANDOVER_YIELD, "joe");
	CHECK(t.ho.ho_nwaits == 2, "%u wait", t.ho.ho_nwaits);
	for (i = 0; recv(t.other, &hr, sizeof(hr), 0) != -1; i++)
		CHECK(hr.hr_type == HANDOVER_YIELD, "type %u", hr.hr_type);
	turn();
	CHECK(recv(t.other, &hr, sizeof(hr), 0) != -1 &&
	    hr.hr_type == HANDOVER_LOCK && strcmp(hr.hr_user, "joe") == 0 &&
	    recv(t.other, &hr, sizeof(hr), 0) != -1 &&
	    hr.hr_type == HANDOVER_STOP &&
	    recv(t.other, &hr, sizeof(hr), 0) == -1, "type %u", hr.hr_type);
	for (i = 0; i < 100000; i++)
		handover_say(&t.ho, HANDOVER_KICK, "joe");
	CHECK(t.ho.ho_nwaits == HANDOVER_MAX, "%u wait", t.ho.ho_nwaits);
	end();
	handover_say(&t.ho, HANDOVER_YIELD, "joe");
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
	CHECK(t.closed == 1 && t.ho.ho_fd == -1, "closed %d", t.closed);
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

static void
test_older(void)
{
	static const char	*nonsense[] = {
		"", "x", "1", "-1 7", "0 7", "seven 7", "7 seven", " "
	};
	uint32_t		 sessions = 0;
	size_t			 i;

	unit_case("what older popds say of their sessions");
	elders_heard("10 3");
	elders_heard("11 4");
	elders_heard("10 5");
	CHECK(elders_sessions() == 9 && elders_get(0, &sessions) == 10 &&
	    sessions == 5 && elders_get(1, &sessions) == 11 && sessions == 4 &&
	    elders_get(2, &sessions) == 0, "%u", elders_sessions());
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		elders_heard(nonsense[i]);
	CHECK(elders_sessions() == 9, "nonsense: %u", elders_sessions());
	elders_heard("10 0");
	elders_heard("12 0");
	CHECK(elders_sessions() == 4 && elders_get(1, &sessions) == 0, "%u",
	    elders_sessions());
	CHECK(elders_forget() == 11 && elders_forget() == 0 &&
	    elders_sessions() == 0, "not forgotten");
}

static void
test_many_older(void)
{
	char	 text[32];
	size_t	 i;

	unit_case("there may be any number of them");
	for (i = 1; i < 1000; i++) {
		snprintf(text, sizeof(text), "%zu 1", i);
		elders_heard(text);
	}
	CHECK(elders_sessions() > 10 && elders_sessions() < 1000, "%u",
	    elders_sessions());
	while (elders_forget() != 0)
		continue;
}

int
main(void)
{
	event_init();
	log_to(sink);
	test_heard();
	test_end_full();
	test_order();
	test_other_form();
	test_unknown();
	test_end_once();
	test_lines_logged();
	test_lines_bounded();
	test_older();
	test_many_older();
	return (unit_done());
}
