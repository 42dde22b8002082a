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
 * A real lsnrpop with a socket of each kind (STLS, clear text, PROXY headers),
 * and limits per address.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <tls.h>
#include <unistd.h>

#include "listener.h"

enum {
	K_TLS, K_STLS, K_CLEAR, K_BOTH, K_PROXY, K_PROXY_TLS, K_FOREIGN,
	K_HTTP
};

#define V2	"\r\n\r\n\0\r\nQUIT\n"
#define V2_HEADER							\
	V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\x10\1\0\x6e"

/* Check that the reply to CAPA has these lines but not those. */
static void
expect_capa(struct tls_client c, const char *has, const char *hasnot)
{
	char	 buf[2048] = "", line[64];
	size_t	 len = 0, n;
	ssize_t	 got = 1;

	client_write(c, "CAPA\r\n");
	while (got > 0 && strstr(buf, "\r\n.\r\n") == NULL &&
	    len < sizeof(buf) - 1) {
		got = client_read(c, buf + len, sizeof(buf) - 1 - len);
		if (got > 0)
			buf[len += got] = '\0';
	}
	for (; *has != '\0'; has += n + (has[n] != '\0')) {
		n = strcspn(has, "|");
		snprintf(line, sizeof(line), "\n%.*s\r\n", (int)n, has);
		CHECK(strstr(buf, line) != NULL, "%.*s is missing", (int)n,
		    has);
	}
	for (; *hasnot != '\0'; hasnot += n + (hasnot[n] != '\0')) {
		n = strcspn(hasnot, "|");
		snprintf(line, sizeof(line), "\n%.*s\r\n", (int)n, hasnot);
		CHECK(strstr(buf, line) == NULL, "%.*s is listed", (int)n,
		    hasnot);
	}
}

/* Nothing comes any more. */
static void
expect_end(struct tls_client c)
{
	char	 buf[64];
	ssize_t	 n;

	n = client_read(c, buf, sizeof(buf));
	CHECK(n <= 0, "%.*s", (int)n, buf);
	client_close(c);
}

static struct tls_client
greeted_by(size_t kind)
{
	struct tls_client	 c = reach(kind, NULL, 0);

	expect(c, NULL, "+OK POP3");
	return (c);
}

/* A login, up to the first word of its worker and the end. */
static void
session(struct tls_client c, struct msg_want *want)
{
	union msg_payload	 payload;
	char			 buf[64];
	int			 fds[2];

	wait_in(c, want);
	pair(fds);
	say(MSG_SESSION_OPEN, &want->mw_id, fds[1]);
	must(write(fds[0], "+OK in\r\n", 8) == 8, "write");
	expect(c, NULL, "+OK in");
	client_write(c, "STAT\r\n");
	CHECK(read(fds[0], buf, sizeof(buf)) == 6, "not relayed");
	must(write(fds[0], "+OK bye\r\n", 9) == 9, "write");
	close(fds[0]);
	expect(c, NULL, "+OK bye");
	expect_end(c);
	hear(&t.parent, MSG_SESSION_END, &payload);
	CHECK(payload.end.me_reason == END_DONE, "%u", payload.end.me_reason);
}

static void
test_stls_session(void)
{
	struct tls_client	 c;
	struct msg_want		 want;

	unit_case("STLS: no password before it, a session after it");
	c = greeted_by(K_STLS);
	expect_capa(c, "STLS|UIDL", "USER|SASL PLAIN");
	expect(c, "USER joe\r\n", "-ERR TLS ");
	expect(c, "PASS secret\r\n", "-ERR TLS ");
	expect(c, "AUTH PLAIN\r\n", "-ERR TLS ");
	expect(c, "AUTH\r\n", "-ERR TLS ");
	expect(c, "STLS now\r\n", "-ERR ");
	expect(c, "STLS\r\n", "+OK");
	CHECK(secure(&c) == 0, "no handshake");
	expect_capa(c, "USER|SASL PLAIN|UIDL", "STLS");
	expect(c, "STLS\r\n", "-ERR ");
	session(c, &want);
	CHECK(strcmp(want.mw_version, "TLSv1.3") == 0, "%s", want.mw_version);
}

static void
test_stls_forgets(void)
{
	struct tls_client	 c;

	unit_case("STLS: what was said in clear is forgotten");
	c = greeted_by(K_BOTH);
	expect_capa(c, "STLS|USER|SASL PLAIN", "");
	expect(c, "USER joe\r\n", "+OK");
	expect(c, "STLS\r\n", "+OK");
	CHECK(secure(&c) == 0, "no handshake");
	expect(c, "PASS secret\r\n", "-ERR ");
	client_close(c);
}

static void
test_stls_absent(void)
{
	struct tls_client	 c;

	unit_case("STLS: where it is not offered");
	c = greeted_by(K_CLEAR);
	expect_capa(c, "USER|SASL PLAIN", "STLS");
	expect(c, "STLS\r\n", "-ERR ");
	client_close(c);
}

/*
 * Octets in clear after STLS are nobody's: neither commands in clear, nor
 * commands in TLS, nor a part of the handshake.
 */
static void
test_injected(const char *what, const char *injected)
{
	union msg_payload	 payload;
	struct tls_client	 c;
	char			 text[200];

	unit_case(what);
	c = greeted_by(K_BOTH);
	snprintf(text, sizeof(text), "STLS\r\n%s", injected);
	expect(c, text, "+OK begin");
	if (secure(&c) == -1) {
		CHECK(0, "no handshake");
		return;
	}
	/* The first answer is to this. */
	expect(c, "UTF8\r\n", "+OK\r\n");
	expect(c, "PASS mine\r\n", "-ERR USER first");
	CHECK(hear_any(&t.parent, &payload, 0) == 0, "a user logged in");
	client_close(c);
}

static void
test_clear_session(void)
{
	struct tls_client	 c;
	struct msg_want		 want;

	unit_case("clear text: a session");
	c = greeted_by(K_CLEAR);
	session(c, &want);
	CHECK(strcmp(want.mw_version, "none") == 0 &&
	    strcmp(want.mw_cipher, "none") == 0, "%s %s", want.mw_version,
	    want.mw_cipher);
}

static void
test_clear_half(void)
{
	struct tls_client	 c;
	char			 buf[64];

	unit_case("clear text: a half-closed client still gets the replies");
	c = greeted_by(K_CLEAR);
	client_write(c, "UTF8\r\nQUIT\r\n");
	shutdown(c.fd, SHUT_WR);
	expect(c, NULL, "+OK");
	CHECK(client_read(c, buf, sizeof(buf)) <= 9, "more than a bye");
	client_close(c);
}

static void
test_route(void)
{
	static const char	 request[] = "GET /auth HTTP/1.0\r\n"
				    "Auth-Method: plain\r\nAuth-User: Joe\r\n"
				    "Auth-Pass: secret\r\n"
				    "Auth-Protocol: pop3\r\n"
				    "Client-IP: 192.0.2.1\r\n\r\n";
	struct tls_client	 c = reach(K_HTTP, request,
				    sizeof(request) - 1);
	union msg_payload	 payload;
	struct session_id	 id;
	int			 fds[2];

	unit_case("who asks for a route gets no session");
	hear(&t.parent, MSG_SESSION_WANT, &payload);
	CHECK(payload.want.mw_purpose == PURPOSE_ROUTE &&
	    strcmp(payload.want.mw_user, "joe") == 0, "for %s",
	    payload.want.mw_user);
	id = payload.want.mw_id;
	hear(&t.authpop, MSG_AUTH_CHECK, &payload);
	pair(fds);
	say(MSG_SESSION_OPEN, &id, fds[1]);
	hear(&t.parent, MSG_SESSION_END, &payload);
	CHECK(payload.end.me_reason == END_REFUSED, "%u",
	    payload.end.me_reason);
	expect(c, NULL, "HTTP/1.0 200 OK\r\nAuth-Status: [SYS/TEMP]");
	close(fds[0]);
	client_close(c);
}

/* With a PROXY header before it, which is given in pieces. */
static void
test_header(const char *what, size_t kind, const char *header, size_t len,
    const char *address)
{
	struct tls_client	 c;
	struct msg_want		 want;
	char			 text[SOURCE_TEXT_MAX];
	size_t			 i;

	unit_case(what);
	for (i = 0; i < len; i += len - 1) {
		c = reach(kind, header, i);
		/* Too soon for the rest to be in the same segment. */
		if (i != 0)
			usleep(20000);
		CHECK(write(c.fd, header + i, len - i) == (ssize_t)(len - i),
		    "write");
		if (kind == K_PROXY_TLS)
			CHECK(secure(&c) == 0, "no handshake");
		expect(c, NULL, "+OK POP3");
		session(c, &want);
		source_text(&want.mw_source, text, sizeof(text));
		CHECK(strcmp(text, address) == 0, "%s", text);
	}
}

static void
test_proxy_session(void)
{
	const char		 tcp4[] = "PROXY TCP4 192.0.2.1 127.0.0.1 "
				    "4097 110\r\n";
	struct tls_client	 c;

	test_header("PROXY: version 1", K_PROXY, tcp4, sizeof(tcp4) - 1,
	    "192.0.2.1");
	test_header("PROXY: version 1, then TLS", K_PROXY_TLS, tcp4,
	    sizeof(tcp4) - 1, "192.0.2.1");
	test_header("PROXY: UNKNOWN", K_PROXY, "PROXY UNKNOWN\r\n", 15,
	    "127.0.0.1");
	test_header("PROXY: version 2", K_PROXY, V2_HEADER,
	    sizeof(V2_HEADER) - 1, "192.0.2.1");
	test_header("PROXY: version 2, then TLS", K_PROXY_TLS, V2_HEADER,
	    sizeof(V2_HEADER) - 1, "192.0.2.1");
	test_header("PROXY: LOCAL", K_PROXY, V2 "\x20\0\0\0", 16,
	    "127.0.0.1");

	unit_case("PROXY: the client's commands in one segment with it");
	c = reach(K_PROXY, "PROXY UNKNOWN\r\nUTF8\r\n", 21);
	expect(c, NULL, "+OK POP3");
	client_close(c);
}

static void
test_proxy_silent(void)
{
	struct tls_client	 c;

	unit_case("PROXY: a client without a header is closed silently");
	expect_end(reach(K_PROXY, "USER joe\r\n", 10));
	c = reach(K_PROXY, "PROXY TCP4 1", 12);
	shutdown(c.fd, SHUT_WR);
	expect_end(c);
}

static void
test_proxy_wrong(void)
{
	unit_case("PROXY: so is an address that is not a proxy");
	expect_end(reach(K_FOREIGN, NULL, 0));
}

/* What the cases of one scenario share. */
static struct {
	struct tls_client	 a;
	struct tls_client	 c;
	struct tls_client	 b;
} test;

/* Two connections without a login of one address, and a third. */
static void
test_limit_oldest(void)
{
	struct tls_client	 b;

	unit_case("a limit for one address: the oldest is told and closed");
	t.values.stv_value[SETTING_CONNECTIONS_SOURCE] = 2;
	configure();
	test.a = greeted_by(K_CLEAR);
	b = greeted_by(K_CLEAR);
	test.c = greeted_by(K_CLEAR);
	expect(test.a, NULL, "-ERR [SYS/TEMP] too many connections from your ");
	expect_end(test.a);
	test.a = handshake();
	CHECK(test.a.tls != NULL, "no handshake");
	expect(b, NULL, "-ERR [SYS/TEMP] too many connections from your ");
	expect_end(b);
	expect(test.c, "UTF8\r\n", "+OK");
}

static void
test_limit_proxy(void)
{
	struct tls_client	 far[3];
	int			 i;

	unit_case("a limit for one address: through a proxy the client's");
	for (i = 0; i < 3; i++) {
		far[i] = reach(K_PROXY, V2_HEADER, sizeof(V2_HEADER) - 1);
		expect(far[i], NULL, "+OK");
	}
	expect(far[0], NULL, "-ERR [SYS/TEMP] too many connections from ");
	expect_end(far[0]);
	for (i = 1; i < 3; i++)
		client_close(far[i]);
	client_close(test.a);
	client_close(test.c);
}

static void
test_limit_trusted(void)
{
	struct tls_client	 b;

	unit_case("a limit for one address: not for a trusted one");
	t.nets[t.nnets].mnt_kind = NET_TRUST;
	t.nets[t.nnets].mnt_net.so_version = 4;
	t.nets[t.nnets].mnt_net.so_addr[0] = 127;
	t.nets[t.nnets++].mnt_bits = 8;
	configure();
	test.a = greeted_by(K_CLEAR);
	b = greeted_by(K_CLEAR);
	client_close(greeted_by(K_CLEAR));
	client_close(test.a);
	client_close(b);
	t.values.stv_value[SETTING_CONNECTIONS_SOURCE] = 0;
	configure();
}

/* Who waits already, too. */
static void
test_shorter_time(void)
{
	struct tls_client	 a;

	unit_case("a shorter login time applies to waiting clients, too");
	a = greeted_by(K_CLEAR);
	test.b = reach(K_PROXY, "PROXY", 5);
	t.values.stv_value[SETTING_LOGIN] = 1;
	t.values.stv_value[SETTING_HANDSHAKE] = 1;
	configure();
	expect(a, NULL, "-ERR timed out");
	client_close(a);
}

static void
test_proxy_time(void)
{
	unit_case("a PROXY header has the time of a handshake");
	expect_end(test.b);
}

static void
test_stls_time(void)
{
	struct tls_client	 a;

	unit_case("and so has a handshake after STLS");
	a = greeted_by(K_STLS);
	expect(a, "STLS\r\n", "+OK");
	expect_end(a);
}

static void
nets_set(void)
{
	static const size_t	 proxied[] = { K_PROXY, K_PROXY_TLS, K_HTTP };
	size_t			 i;

	for (i = 0; i < 3; i++) {
		t.nets[i].mnt_kind = NET_PROXY;
		t.nets[i].mnt_index = proxied[i];
		t.nets[i].mnt_net.so_version = 4;
		t.nets[i].mnt_net.so_addr[0] = 127;
		t.nets[i].mnt_bits = 8;
	}
	t.nnets = 3;
}

int
main(void)
{
	int	 status = -1;

	unit_case("a listener with a socket of each kind");
	if (prepare() == -1)
		return (unit_done());
	listen_kind(LISTEN_TLS);
	listen_kind(LISTEN_STLS);
	listen_kind(LISTEN_CLEAR);
	listen_kind(LISTEN_STLS | LISTEN_CLEAR);
	listen_kind(LISTEN_CLEAR | LISTEN_PROXY);
	listen_kind(LISTEN_TLS | LISTEN_PROXY);
	listen_kind(LISTEN_CLEAR | LISTEN_PROXY);
	listen_kind(LISTEN_HTTP);
	nets_set();
	start_whole();
	client_close(greeted());
	test_stls_session();
	test_stls_forgets();
	test_stls_absent();
	test_injected("STLS: commands injected in clear are not executed",
	    "USER joe\r\nPASS stolen\r\nCAPA\r\n");
	test_injected("STLS: nor a name for the client's password",
	    "USER eve\r\n");
	test_injected("STLS: nor the beginning of a line", "AUTH PLAIN");
	test_injected("STLS: nor is a TLS record taken for the client's",
	    "\x15\x03\x03");
	test_clear_session();
	test_clear_half();
	test_route();
	test_proxy_session();
	test_proxy_silent();
	test_proxy_wrong();
	test_limit_oldest();
	test_limit_proxy();
	test_limit_trusted();
	test_shorter_time();
	test_proxy_time();
	test_stls_time();
	close(t.parent.fd);
	CHECK(waitpid(t.pid, &status, 0) == t.pid && status == 0, "%d",
	    status);
	return (unit_done());
}
