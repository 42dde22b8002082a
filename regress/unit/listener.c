/*
 * link: lib/msg.o lib/log.o lib/source.o lib/keyname.o keypop/keyset.o
 * link: keypop/certdate.o keypop/pss.o keypop/pkcs1.o lib/asntime.o
 * link: lib/digestinfo.o lib/setting.o $(IMSG_OBJS)
 * timeout: 60
 * waits
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A real lsnrpop: what it does when its peers hang up, when its socket is shut
 * down, and when popd stops.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <tls.h>
#include <unistd.h>

#include "listener.h"

static void
test_keypop(void)
{
	union msg_payload	 payload;
	struct tls_client	 c;
	time_t			 began;
	int			 status;

	unit_case("keypop hangs up: the parent is asked, then all is well");
	c = greeted();
	began = time(NULL);
	kill(t.keypop, SIGKILL);
	waitpid(t.keypop, &status, 0);
	CHECK(handshake().tls == NULL, "a handshake without keypop");
	hear(&t.parent, MSG_PEER_WANT, &payload);
	CHECK(payload.peer.mp_role == ROLE_KEY && payload.peer.mp_gen == 2,
	    "role %u, generation %llu", payload.peer.mp_role,
	    (unsigned long long)payload.peer.mp_gen);
	CHECK(handshake().tls == NULL, "a handshake without keypop");
	expect(c, "CAPA\r\n", "+OK");
	client_close(c);
	/* Not again at once, but after a second. */
	CHECK(hear_any(&t.parent, &payload, 0) == 0 || time(NULL) != began,
	    "asked twice");
	sleep(2);
	CHECK(handshake().tls == NULL, "a handshake without keypop");
	hear(&t.parent, MSG_PEER_WANT, &payload);
	send_keypop();
	client_close(greeted());
}

static void
test_authpop(void)
{
	union msg_payload	 payload;
	struct session_id	 id;
	struct tls_client	 c;

	unit_case("authpop ends: waiting clients may try again, as others");
	c = waiting(&id);
	imsgbuf_clear(&t.authpop);
	close(t.auth);
	expect(c, NULL, "-ERR [SYS/TEMP]");
	hear(&t.parent, MSG_PEER_WANT, &payload);
	CHECK(payload.peer.mp_role == ROLE_AUTH, "%u", payload.peer.mp_role);
	hear(&t.parent, MSG_SESSION_END, &payload);
	CHECK(payload.end.me_id.si_num == id.si_num, "another session");
	expect(c, "USER joe\r\n", "+OK");
	expect(c, "PASS secret\r\n", "-ERR [SYS/TEMP]");
	client_close(c);
	send_authpop();
	client_close(waiting(&id));
	hear(&t.authpop, MSG_AUTH_CANCEL, &payload);
	hear(&t.parent, MSG_SESSION_END, &payload);
}

static void
test_replaced(void)
{
	union msg_payload	 payload;
	struct session_id	 id;
	struct tls_client	 c;
	int			 old = t.auth;

	unit_case("authpop is replaced: no other is asked for");
	imsgbuf_clear(&t.authpop);
	send_authpop();
	close(old);
	c = waiting(&id);
	client_close(c);
	hear(&t.parent, MSG_SESSION_END, &payload);
	hear(&t.authpop, MSG_AUTH_CANCEL, &payload);
	CHECK(hear_any(&t.parent, &payload, 1500) == 0, "something was said");
}

static void
test_user(void)
{
	union msg_payload	 payload;
	struct tls_client	 c = greeted();

	unit_case("the parent is told who the client says it is");
	expect(c, "USER Joe\r\n", "+OK");
	if (c.fd != -1)
		client_write(c, "PASS secret\r\n");
	hear(&t.parent, MSG_SESSION_WANT, &payload);
	CHECK(strcmp(payload.want.mw_user, "joe") == 0, "%s",
	    payload.want.mw_user);
	hear(&t.authpop, MSG_AUTH_CHECK, &payload);
	client_close(c);
	hear(&t.parent, MSG_SESSION_END, &payload);
	hear(&t.authpop, MSG_AUTH_CANCEL, &payload);
}

static void
test_refused(void)
{
	struct msg_refuse	 refuse;
	struct tls_client	 c;

	unit_case("too many sessions of one user: [IN-USE]");
	memset(&refuse, 0, sizeof(refuse));
	c = waiting(&refuse.mr_id);
	refuse.mr_reason = REFUSE_IN_USE;
	say(MSG_SESSION_REFUSE, &refuse, -1);
	expect(c, NULL, "-ERR [IN-USE] ");
	client_close(c);
}

/* Whether accept(2) tells that a socket was shut down, and not its client. */
static int
shut_is_told(void)
{
	int	 error, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(listen(fd, 1) == 0 && shutdown(fd, SHUT_RD) == 0 &&
	    accept(fd, NULL, NULL) == -1, "a socket that was shut down");
	error = errno;
	close(fd);
	return (error == EINVAL);
}

static void
test_listening(void)
{
	union msg_payload	 payload;
	time_t			 began;
	int			 said = 0;

	unit_case("the listening socket was shut down: told once a second");
	if (!shut_is_told()) {
		unit_skip("accept(2) fails as for one client");
		return;
	}
	shutdown(t.kinds[0].fd, SHUT_RD);
	began = time(NULL);
	while (time(NULL) < began + 3)
		said += hear_any(&t.parent, &payload, 1000) == MSG_LISTEN_BAD;
	CHECK(said >= 2 && said <= 4, "%d times in 3 seconds", said);
	listen_again(&t.kinds[0]);
	while (hear_any(&t.parent, &payload, 1500) == MSG_LISTEN_BAD)
		continue;
	client_close(greeted());
}

static void
test_stop(void)
{
	union msg_payload	 payload;
	struct session_id	 id;
	struct tls_client	 idle, wait, session;
	char			 c;
	int			 fds[2];

	unit_case("popd stops: a word before login, sessions go on");
	session = waiting(&id);
	pair(fds);
	say(MSG_SESSION_OPEN, &id, fds[1]);
	must(write(fds[0], "+OK in\r\n", 8) == 8, "write");
	expect(session, NULL, "+OK in");
	idle = greeted();
	wait = waiting(&id);
	close(t.kinds[0].fd);
	say(MSG_STOP, NULL, -1);
	expect(idle, NULL, "-ERR [SYS/TEMP] server is shutting down, ");
	CHECK(tls_read(idle.tls, &c, 1) == 0, "no end of TLS");
	expect(wait, NULL, "-ERR [SYS/TEMP] server is shutting down, ");
	CHECK(tls_read(wait.tls, &c, 1) == 0, "no end of TLS");
	hear(&t.authpop, MSG_AUTH_CANCEL, &payload);
	hear(&t.parent, MSG_SESSION_END, &payload);
	CHECK(handshake().tls == NULL, "it still accepts");
	must(write(fds[0], "+OK on\r\n", 8) == 8, "write");
	expect(session, NULL, "+OK on");
	close(fds[0]);
	CHECK(tls_read(session.tls, &c, 1) == 0, "no end of TLS");
	hear(&t.parent, MSG_SESSION_END, &payload);
	CHECK(payload.end.me_reason == END_DONE, "%u", payload.end.me_reason);
	client_close(session);
	client_close(idle);
	client_close(wait);
}

static void
test_end(void)
{
	int	 status = -1;

	unit_case("it ends when its channel does");
	close(t.parent.fd);
	CHECK(waitpid(t.pid, &status, 0) == t.pid && status == 0, "%d",
	    status);
}

int
main(void)
{
	unit_case("it can be started and configured");
	if (prepare() == -1)
		return (unit_done());
	listen_kind(LISTEN_TLS);
	start_whole();
	client_close(greeted());
	test_keypop();
	test_authpop();
	test_replaced();
	test_user();
	test_refused();
	test_listening();
	test_stop();
	test_end();
	return (unit_done());
}
