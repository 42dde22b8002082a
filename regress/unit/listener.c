/* link: lib/msg.o lib/log.o lib/source.o lib/keyname.o keypop/keyset.o
 * link: keypop/certdate.o keypop/pss.o keypop/pkcs1.o lib/asntime.o
 * link: lib/digestinfo.o lib/setting.o $(IMSG_OBJS)
 * timeout: 60
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A real lsnrpop, of which this test is the parent, authpop, keypop, a worker
 * and the clients: what it does when peers hang up, when its socket is shut
 * down, and when popd stops.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tls.h>
#include <unistd.h>

#include "imsg.h"
#include "keypop/keyset.h"
#include "keymsg.h"
#include "msg.h"
#include "unit.h"

#define PATIENCE	15000		/* milliseconds */

static struct {
	struct imsgbuf	 parent;	/* our end of its channel */
	struct imsgbuf	 authpop;
	int		 auth;		/* our end of it */
	pid_t		 pid, keypop;
	int		 listening;
	struct sockaddr_in sin;
	uint64_t	 gens;
} t;

struct tls_client {
	struct tls	*tls;
	int		 fd;
};

static void
must(int good, const char *what)
{
	if (good)
		return;
	printf("not ok - %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
pair(int fds[2])
{
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
}

static void
start(void)
{
	char	 path[1024];
	int	 fds[2];

	snprintf(path, sizeof(path), "%s/libexec/popd/lsnrpop",
	    getenv("STAGE"));
	pair(fds);
	must((t.pid = fork()) != -1, "fork");
	if (t.pid == 0) {
		dup2(fds[1], 3);
		execl(path, "lsnrpop", (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	must(imsgbuf_init(&t.parent, fds[0]) == 0, "imsgbuf_init");
	imsgbuf_allow_fdpass(&t.parent);
}

static void
say(uint32_t type, const void *data, int fd)
{
	must(imsg_compose(&t.parent, type, 0, 0, fd, data, msg_size(type)) !=
	    -1 && imsgbuf_flush(&t.parent) == 0, msg_name(type));
}

static int
readable(int fd, int ms)
{
	struct pollfd	 pfd = { fd, POLLIN, 0 };

	return (poll(&pfd, 1, ms) == 1);
}

/* The next message that is no log line; 0: none in time, or the end. */
static uint32_t
hear_any(struct imsgbuf *from, union msg_payload *payload, int ms)
{
	struct imsg	 imsg;
	uint32_t	 type;

	for (;;) {
		while (imsgbuf_get(from, &imsg) == 1) {
			type = imsg_get_type(&imsg);
			CHECK(msg_check(&imsg, payload) == NULL, "%u", type);
			imsg_free(&imsg);
			if (type != MSG_LOG)
				return (type);
			printf("# lsnrpop: %s\n", payload->log.ml_text);
		}
		if (!readable(from->fd, ms) || imsgbuf_read(from) != 1)
			return (0);
	}
}

/* That message comes next. */
static void
hear(struct imsgbuf *from, uint32_t type, union msg_payload *payload)
{
	uint32_t	 got = hear_any(from, payload, PATIENCE);

	CHECK(got == type, "%s instead of %s", msg_name(got), msg_name(type));
}

/* After a shutdown(2) the system may have taken another port. */
static void
listen_again(void)
{
	socklen_t	 len = sizeof(t.sin);

	must(listen(t.listening, 10) == 0 && getsockname(t.listening,
	    (struct sockaddr *)&t.sin, &len) == 0, "listen");
}

static void
listen_first(void)
{
	socklen_t	 len = sizeof(t.sin);

	t.sin.sin_family = AF_INET;
	t.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	t.listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	must(t.listening != -1 && bind(t.listening,
	    (struct sockaddr *)&t.sin, len) == 0, "bind");
	listen_again();
}

static void
send_file(uint32_t kind, const char *name, int fd)
{
	struct msg_file	 file;

	memset(&file, 0, sizeof(file));
	file.mf_kind = kind;
	file.mf_flags = kind == FILE_LISTEN ? LISTEN_TLS : 0;
	strlcpy(file.mf_name, name, sizeof(file.mf_name));
	say(MSG_CONF_FILE, &file, fd);
}

static void
configure(void)
{
	union msg_payload	 payload;
	struct msg_conf		 conf;

	memset(&conf, 0, sizeof(conf));
	conf.mc_flags = CONF_FIRST;
	conf.mc_files = 2;
	conf.mc_gen = 5;
	conf.mc_sessions = 40;
	setting_defaults(&conf.mc_settings);
	say(MSG_CONF_TRY, &conf, -1);
	send_file(FILE_LISTEN, "socket", dup(t.listening));
	send_file(FILE_CERT, "x.crt", open("x.crt", O_RDONLY));
	say(MSG_CONF_CHECK, NULL, -1);
	hear(&t.parent, MSG_CONF_OK, &payload);
	say(MSG_CONF_COMMIT, NULL, -1);
}

static int
send_peer(enum role role)
{
	struct msg_peer	 peer;
	int		 fds[2];

	pair(fds);
	memset(&peer, 0, sizeof(peer));
	peer.mp_role = role;
	peer.mp_gen = ++t.gens;
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	say(MSG_PEER, &peer, fds[1]);
	return (fds[0]);
}

static void
send_authpop(void)
{
	t.auth = send_peer(ROLE_AUTH);
	fcntl(t.auth, F_SETFL, O_NONBLOCK);
	must(imsgbuf_init(&t.authpop, t.auth) == 0, "imsgbuf_init");
}

/* What keypop does, without its event loop. */
static void
keypop_loop(int fd)
{
	struct keyset_pair	 kp = { open("x.crt", O_RDONLY),
				    open("x.key", O_RDONLY), 0, "x.crt",
				    "x.key" };
	struct keyset		*ks = keyset_new();
	struct key_request	 kq;
	struct key_answer	 ka;
	char			 why[200];

	if (keyset_add(ks, &kp, 0, why, sizeof(why)) == -1)
		_exit(1);
	while (read(fd, &kq, sizeof(kq)) == (ssize_t)sizeof(kq)) {
		keyset_answer(ks, &kq, &ka);
		if (write(fd, &ka, sizeof(ka)) != (ssize_t)sizeof(ka))
			break;
	}
	_exit(0);
}

static void
send_keypop(void)
{
	int	 fd = send_peer(ROLE_KEY);

	must((t.keypop = fork()) != -1, "fork");
	if (t.keypop == 0) {
		dup2(fd, 3);
		closefrom(4);
		keypop_loop(3);
	}
	close(fd);
}

/* A client that has shaken hands, or one with tls NULL. */
static struct tls_client
handshake(void)
{
	const struct timeval	 tv = { PATIENCE / 1000, 0 };
	struct tls_client	 c;
	struct tls_config	*config;

	c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	c.tls = tls_client();
	config = tls_config_new();
	tls_config_insecure_noverifycert(config);
	tls_config_insecure_noverifyname(config);
	tls_configure(c.tls, config);
	tls_config_free(config);
	if (connect(c.fd, (struct sockaddr *)&t.sin, sizeof(t.sin)) == -1 ||
	    tls_connect_socket(c.tls, c.fd, "localhost") == -1 ||
	    tls_handshake(c.tls) == -1) {
		tls_free(c.tls);
		close(c.fd);
		c.tls = NULL;
	}
	return (c);
}

static void
client_close(struct tls_client c)
{
	tls_free(c.tls);
	close(c.fd);
}

/* The answer to a line (NULL: none is sent) begins like this. */
static void
expect(struct tls_client c, const char *line, const char *want)
{
	char	 buf[512] = "";
	size_t	 len = 0;
	ssize_t	 n = 1;

	if (c.tls == NULL) {
		CHECK(0, "no handshake");
		return;
	}
	if (line != NULL)
		tls_write(c.tls, line, strlen(line));
	while (n > 0 && strchr(buf, '\n') == NULL && len < sizeof(buf) - 1) {
		n = tls_read(c.tls, buf + len, sizeof(buf) - 1 - len);
		if (n > 0)
			buf[len += n] = '\0';
	}
	CHECK(strncmp(buf, want, strlen(want)) == 0, "%s instead of %s", buf,
	    want);
}

static struct tls_client
greeted(void)
{
	struct tls_client	 c = handshake();

	expect(c, NULL, "+OK");
	return (c);
}

/* A client that waits for the answer to PASS. */
static struct tls_client
waiting(struct session_id *id)
{
	union msg_payload	 payload;
	struct tls_client	 c = greeted();

	expect(c, "USER joe\r\n", "+OK");
	if (c.tls != NULL)
		tls_write(c.tls, "PASS secret\r\n", 13);
	hear(&t.parent, MSG_SESSION_WANT, &payload);
	*id = payload.want.mw_id;
	hear(&t.authpop, MSG_AUTH_CHECK, &payload);
	return (c);
}

static void
test_keypop(void)
{
	union msg_payload	 payload;
	struct tls_client	 c;
	int			 status;

	unit_case("keypop hangs up: the parent is asked, then all is well");
	c = greeted();
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
	CHECK(hear_any(&t.parent, &payload, 0) == 0, "asked twice");
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

	unit_case("authpop hangs up: who waits may try again, as do others");
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

	unit_case("authpop is replaced: nobody is asked for");
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

static void
test_listening(void)
{
	union msg_payload	 payload;
	time_t			 began;
	int			 said = 0;

	unit_case("the listening socket was shut down: told once a second");
	shutdown(t.listening, SHUT_RD);
	began = time(NULL);
	while (time(NULL) < began + 3)
		said += hear_any(&t.parent, &payload, 1000) == MSG_LISTEN_BAD;
	CHECK(said >= 2 && said <= 4, "%d times in 3 seconds", said);
	listen_again();
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
	close(t.listening);
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
	signal(SIGPIPE, SIG_IGN);
	unit_case("it can be started and configured");
	if (geteuid() == 0 && getpwnam("_popd") == NULL) {
		unit_skip("needs the account _popd");
		return (unit_done());
	}
	must(system("openssl req -x509 -nodes -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -days 2 -subj /CN=localhost "
	    "-keyout x.key -out x.crt 2>/dev/null </dev/null") == 0,
	    "openssl");
	keyset_init();
	tls_init();
	listen_first();
	start();
	configure();
	send_authpop();
	send_keypop();
	client_close(greeted());
	test_keypop();
	test_authpop();
	test_replaced();
	test_refused();
	test_listening();
	test_stop();
	test_end();
	return (unit_done());
}
