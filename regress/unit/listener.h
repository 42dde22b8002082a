/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A real lsnrpop, with the test as its parent, authpop, keypop, worker and
 * clients.
 */

#ifndef LISTENER_H
#define LISTENER_H

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
#include "started.h"
#include "unit.h"

#define PATIENCE	15000		/* milliseconds */
#define KINDS_MAX	12
#define NETS		4

/* A listening socket, and how it is served. */
struct kind {
	uint32_t		 flags;
	int			 fd;
	struct sockaddr_in	 sin;
};

static struct {
	struct imsgbuf	 parent;	/* our end of its channel */
	struct imsgbuf	 authpop;
	int		 auth;		/* our end of it */
	pid_t		 pid, keypop;
	struct kind	 kinds[KINDS_MAX];
	size_t		 nkinds;
	struct msg_net	 nets[NETS];	/* that it is told of */
	size_t		 nnets;
	struct setting_values values;
	uint64_t	 gens;
} t;

struct tls_client {
	struct tls	*tls;		/* NULL: in clear */
	int		 fd;		/* -1: no connection */
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
		started_by_popd();
		/* The ids are for root. */
		execl(path, "lsnrpop", "65534", "65534", (char *)NULL);
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

/* Read the next message other than a log line.  Return 0 if none came. */
UNIT_FN uint32_t
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
UNIT_FN void
listen_again(struct kind *k)
{
	socklen_t	 len = sizeof(k->sin);

	must(listen(k->fd, 10) == 0 && getsockname(k->fd,
	    (struct sockaddr *)&k->sin, &len) == 0, "listen");
}

/* Add a listening socket.  Return its number. */
static size_t
listen_kind(uint32_t flags)
{
	struct kind	*k = &t.kinds[t.nkinds];

	k->flags = flags;
	k->sin.sin_family = AF_INET;
	k->sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	k->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(k->fd != -1 && bind(k->fd, (struct sockaddr *)&k->sin,
	    sizeof(k->sin)) == 0, "bind");
	listen_again(k);
	return (t.nkinds++);
}

static void
send_file(uint32_t kind, size_t index, const char *name, int fd)
{
	struct msg_file	 file;

	memset(&file, 0, sizeof(file));
	file.mf_kind = kind;
	file.mf_index = index;
	if (kind == FILE_LISTEN)
		file.mf_flags = t.kinds[index].flags;
	strlcpy(file.mf_name, name, sizeof(file.mf_name));
	say(MSG_CONF_FILE, &file, fd);
}

/* Send the configuration in t and commit it. */
static void
configure(void)
{
	union msg_payload	 payload;
	struct msg_conf		 conf;
	size_t			 i;

	memset(&conf, 0, sizeof(conf));
	conf.mc_flags = CONF_FIRST;
	conf.mc_files = t.nkinds + 1;
	conf.mc_nets = t.nnets;
	conf.mc_gen = 5;
	conf.mc_sessions = 30;
	conf.mc_unauth = 10;
	conf.mc_settings = t.values;
	say(MSG_CONF_TRY, &conf, -1);
	for (i = 0; i < t.nkinds; i++)
		send_file(FILE_LISTEN, i, "socket", dup(t.kinds[i].fd));
	send_file(FILE_CERT, 0, "x.crt", open("x.crt", O_RDONLY));
	for (i = 0; i < t.nnets; i++)
		say(MSG_CONF_NET, &t.nets[i], -1);
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

UNIT_FN void
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

/* Connect to a kind of socket in clear; first text to send, or NULL. */
UNIT_FN struct tls_client
reach(size_t kind, const char *first, size_t len)
{
	const struct timeval	 tv = { PATIENCE / 1000, 0 };
	struct tls_client	 c = { NULL, -1 };

	c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (connect(c.fd, (struct sockaddr *)&t.kinds[kind].sin,
	    sizeof(t.kinds[kind].sin)) == -1) {
		close(c.fd);
		c.fd = -1;
	} else if (first != NULL)
		CHECK(write(c.fd, first, len) == (ssize_t)len, "write");
	return (c);
}

/* Start TLS.  Return 0, or -1 and close the connection. */
UNIT_FN int
secure(struct tls_client *c)
{
	struct tls_config	*config;

	c->tls = tls_client();
	config = tls_config_new();
	tls_config_insecure_noverifycert(config);
	tls_config_insecure_noverifyname(config);
	must(tls_config_set_keypair_file(config, "x.crt", "x.key") == 0,
	    "a client's certificate");
	tls_configure(c->tls, config);
	tls_config_free(config);
	if (tls_connect_socket(c->tls, c->fd, "localhost") == 0 &&
	    tls_handshake(c->tls) == 0)
		return (0);
	tls_free(c->tls);
	close(c->fd);
	c->tls = NULL;
	c->fd = -1;
	return (-1);
}

/* A client that has shaken hands with the first kind, or one with tls NULL. */
UNIT_FN struct tls_client
handshake(void)
{
	struct tls_client	 c = reach(0, NULL, 0);

	if (c.fd != -1)
		secure(&c);
	return (c);
}

static void
client_close(struct tls_client c)
{
	tls_free(c.tls);
	if (c.fd != -1)
		close(c.fd);
}

UNIT_FN ssize_t
client_read(struct tls_client c, char *buf, size_t size)
{
	if (c.tls == NULL)
		return (read(c.fd, buf, size));
	return (tls_read(c.tls, buf, size));
}

static void
client_write(struct tls_client c, const char *text)
{
	if (c.tls != NULL)
		tls_write(c.tls, text, strlen(text));
	else if (write(c.fd, text, strlen(text)) == -1)
		CHECK(0, "%s", strerror(errno));
}

/* Check the start of the reply to a line, or with NULL of the next one. */
static void
expect(struct tls_client c, const char *line, const char *want)
{
	char	 buf[512] = "";
	size_t	 len = 0;
	ssize_t	 n = 1;

	if (c.fd == -1) {
		CHECK(0, "no connection");
		return;
	}
	if (line != NULL)
		client_write(c, line);
	while (n > 0 && strchr(buf, '\n') == NULL && len < sizeof(buf) - 1) {
		n = client_read(c, buf + len, sizeof(buf) - 1 - len);
		if (n > 0)
			buf[len += n] = '\0';
	}
	CHECK(strncmp(buf, want, strlen(want)) == 0, "%s instead of %s", buf,
	    want);
}

UNIT_FN struct tls_client
greeted(void)
{
	struct tls_client	 c = handshake();

	expect(c, NULL, "+OK");
	return (c);
}

/* It waits for the answer to PASS from now on. */
UNIT_FN void
wait_in(struct tls_client c, struct msg_want *want)
{
	union msg_payload	 payload;

	expect(c, "USER joe\r\n", "+OK");
	if (c.fd != -1)
		client_write(c, "PASS secret\r\n");
	hear(&t.parent, MSG_SESSION_WANT, &payload);
	*want = payload.want;
	hear(&t.authpop, MSG_AUTH_CHECK, &payload);
}

/* A client that waits for the answer to PASS. */
UNIT_FN struct tls_client
waiting(struct session_id *id)
{
	struct tls_client	 c = greeted();
	struct msg_want		 want;

	wait_in(c, &want);
	*id = want.mw_id;
	return (c);
}

/* Find an account to run as.  Return 0, or -1. */
static int
prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (geteuid() == 0 && getpwnam("_popd") == NULL) {
		unit_skip("needs the account _popd");
		return (-1);
	}
	must(system("openssl req -x509 -nodes -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -days 2 -subj /CN=localhost "
	    "-keyout x.key -out x.crt 2>/dev/null </dev/null") == 0,
	    "openssl");
	setting_defaults(&t.values);
	keyset_init();
	tls_init();
	return (0);
}

/* It runs, configured, with its peers. */
static void
start_whole(void)
{
	start();
	configure();
	send_authpop();
	send_keypop();
}

#endif
