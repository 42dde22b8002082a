/*
 * link: tabpop/program.o tabpop/proto.o lib/bucket.o lib/log.o lib/table.o
 * link: lib/utf8.o $(COMPAT_TABLE)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The order of questions to a table process, and how many are open at once. */

#include <sys/socket.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "msg.h"
#include "tabpop/program.h"
#include "unit.h"

static struct {
	struct program	*pg;
	int		 fd;		/* the process's end */
	char		 line[4096];	/* keys that it was asked for */
	char		 ids[64][16];	/* of all questions */
	unsigned int	 count;
	unsigned int	 answered;
} t;

static void
changed(struct program *pg, const char *why, void *arg)
{
	CHECK(why == NULL, "%s", why);
}

static void
done(void *arg, enum proto_result result, const char *value)
{
	CHECK(result == PROTO_NOT_FOUND, "%d", result);
	t.answered++;
}

/* Let it send, and take the keys, with a space after each. */
static const char *
sent(void)
{
	char	 buf[8192], *line, *next, *key;
	ssize_t	 n;

	t.line[0] = '\0';
	event_loop(EVLOOP_NONBLOCK);
	if ((n = recv(t.fd, buf, sizeof(buf) - 1, MSG_DONTWAIT)) <= 0)
		return (t.line);
	buf[n] = '\0';
	for (line = buf; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		*next = '\0';
		if (strncmp(line, "table|", 6) != 0)
			continue;
		key = strrchr(line, '|') + 1;
		strlcat(t.line, key, sizeof(t.line));
		strlcat(t.line, " ", sizeof(t.line));
		key[-1] = '\0';
		strlcpy(t.ids[t.count++], strrchr(line, '|') + 1,
		    sizeof(t.ids[0]));
	}
	return (t.line);
}

/* Answer question i. */
static void
says(unsigned int i)
{
	dprintf(t.fd, "lookup-result|%s|not-found\n", t.ids[i]);
}

static struct program_question *
ask(const char *key, enum program_turn turn)
{
	struct program_question	*qn;

	qn = program_ask(t.pg, SERVICE_USERINFO, key, turn, done, NULL);
	CHECK(qn != NULL, "%s", key);
	return (qn);
}

static void
begin(void)
{
	struct msg_file	 mf;
	int		 fds[2];

	memset(&mf, 0, sizeof(mf));
	mf.mf_flags = TABLE_USERBASE;
	strlcpy(mf.mf_name, "users popd.conf:1", sizeof(mf.mf_name));
	if (event_init() == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	t.fd = fds[1];
	t.pg = program_new(&mf, changed, NULL);
	program_attach(t.pg, fds[0], 1);
	dprintf(t.fd, "register|userinfo\nregister|ready\n");
	(void)sent();
	CHECK(program_up(t.pg), "it is not up");
}

static void
test_window(void)
{
	unsigned int	 i;

	unit_case("mail has half of a table's window, logins have the rest");
	for (i = 0; i < 3 * TABLE_WINDOW; i++)
		ask("mail", TURN_MAIL);
	CHECK(strcmp(sent(), "mail mail mail mail ") == 0, "%s", t.line);
	for (i = 0; i < TABLE_WINDOW; i++)
		ask("login", TURN_NEXT);
	ask("first", TURN_FIRST);
	CHECK(strcmp(sent(), "first login login login ") == 0, "%s", t.line);
	CHECK(*sent() == '\0', "more than the window");
	/* A login's place is for a login, mail's for mail. */
	says(4);
	CHECK(strcmp(sent(), "login ") == 0, "%s", t.line);
	says(0);
	CHECK(strcmp(sent(), "mail ") == 0, "%s", t.line);
	for (i = 1; i < 14; i++) {
		if (i != 4)
			says(i);
		(void)sent();
	}
	/* No login waits any more: its half stays free. */
	CHECK(t.answered == 14, "%u answers", t.answered);
	for (; i < t.count; i++) {
		says(i);
		(void)sent();
	}
	CHECK(t.answered == 4 * TABLE_WINDOW + 1, "%u answers", t.answered);
}

static void
test_forgotten(void)
{
	struct program_question	*qn;
	unsigned int		 i, first = t.count;

	unit_case("mail that is given up keeps its part until it is answered");
	for (i = 0; i < LMTP_WINDOW; i++) {
		qn = ask("mail", TURN_MAIL);
		(void)sent();
		program_forget(qn);
	}
	ask("more", TURN_MAIL);
	CHECK(*sent() == '\0', "%s", t.line);
	says(first);
	CHECK(strcmp(sent(), "more ") == 0, "%s", t.line);
}

int
main(void)
{
	log_init("unit");
	log_to(log_stderr);
	begin();
	test_window();
	test_forgotten();
	program_free(t.pg);
	return (unit_done());
}
