/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One client.  It follows a script, one letter for each answer:
 *
 *	G	the greeting	S	STAT		R	RETR of each message
 *	U	USER		I	UIDL		Q	QUIT
 *	P	PASS		L	LIST		.	stay, logged in
 *
 * and accepts only the exact answer: a wrong or additional octet, a list that
 * does not agree with STAT, a resumed TLS session or a TLS version other than
 * 1.3 is a failure.  Commands are not pipelined.
 */

#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <openssl/err.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

/* Microseconds until a hammering client that was not greeted reconnects. */
#define REFUSED_WAIT	100000

/* Step between random users: coprime to any round number of them. */
#define STRIDE		600011

static void	 conn_ask(struct conn *);

static void
conn_close(struct conn *c)
{
	ERR_clear_error();
	if (c->c_ssl != NULL)
		SSL_free(c->c_ssl);
	if (c->c_fd != -1)
		close(c->c_fd);
	c->c_ssl = NULL;
	c->c_fd = -1;
	c->c_state = CONN_FREE;
}

static void __attribute__((format(printf, 2, 3)))
conn_fail(struct conn *c, const char *fmt, ...)
{
	va_list	 ap;

	if (c->c_state == CONN_IDLE || (c->c_step != NULL &&
	    *c->c_step == '.'))
		load.l_resident--;
	if (load.l_hammer) {
		load.l_refused++;
		c->c_wait = now_us() + REFUSED_WAIT;
	} else if (load.l_failures++ < 10) {
		va_start(ap, fmt);
		fprintf(stderr, "load: client %u, step %s: ", c->c_slot,
		    c->c_step);
		vfprintf(stderr, fmt, ap);
		fprintf(stderr, "\n");
		va_end(ap);
	}
	conn_close(c);
}

/* Wait for these events of the client. */
static void
conn_watch(struct conn *c, int op, uint32_t events)
{
	struct epoll_event	 ev;

	if (op == EPOLL_CTL_MOD && events == c->c_events)
		return;
	memset(&ev, 0, sizeof(ev));
	ev.events = c->c_events = events;
	ev.data.ptr = c;
	if (epoll_ctl(load.l_epoll, op, c->c_fd, &ev) == -1)
		err(1, "epoll_ctl");
}

/* Give each slot a source address in another /24, of l_nsources. */
static void
conn_bind(struct conn *c)
{
	struct sockaddr_in	 sin;
	int			 on = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	if (inet_pton(AF_INET, load.l_source, &sin.sin_addr) != 1)
		errx(1, "%s: not an address", load.l_source);
	sin.sin_addr.s_addr = htonl(ntohl(sin.sin_addr.s_addr) +
	    256 * (c->c_slot % load.l_nsources));
	setsockopt(c->c_fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on));
	if (bind(c->c_fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
}

/* Return the user of a slot, or a different one for each session. */
static unsigned int
conn_user(unsigned int slot)
{
	if (load.l_users == 0)
		return (load.l_first + slot);
	return (load.l_first + (unsigned int)((unsigned long long)
	    load.l_opened++ * STRIDE % load.l_users));
}

void
conn_open(struct conn *c)
{
	unsigned int	 slot = c->c_slot;
	int		 on = 1;

	memset(c, 0, sizeof(*c));
	c->c_slot = slot;
	c->c_user = conn_user(slot);
	c->c_step = load.l_script;
	c->c_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (c->c_fd == -1)
		err(1, "socket");
	setsockopt(c->c_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (load.l_source != NULL)
		conn_bind(c);
	if ((c->c_ssl = SSL_new(load.l_ctx)) == NULL ||
	    SSL_set_fd(c->c_ssl, c->c_fd) != 1)
		errx(1, "SSL_new");
	SSL_set_connect_state(c->c_ssl);
	c->c_start = now_us();
	if (connect(c->c_fd, (struct sockaddr *)&load.l_to,
	    sizeof(load.l_to)) == -1 && errno != EINPROGRESS) {
		conn_fail(c, "connect: %s", strerror(errno));
		return;
	}
	c->c_state = CONN_CONNECT;
	conn_watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Return nonzero if the caller must wait for the socket. */
static int
conn_blocked(struct conn *c, int ret, const char *what)
{
	switch (SSL_get_error(c->c_ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		conn_watch(c, EPOLL_CTL_MOD, EPOLLIN);
		return (1);
	case SSL_ERROR_WANT_WRITE:
		conn_watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		return (1);
	case SSL_ERROR_ZERO_RETURN:
		conn_fail(c, "%s: closed by the server", what);
		return (0);
	default:
		conn_fail(c, "%s: %s", what, ERR_peek_error() == 0 ?
		    strerror(errno) : ERR_error_string(ERR_peek_error(),
		    NULL));
		return (0);
	}
}

static void
conn_flush(struct conn *c)
{
	int	 n;

	if (c->c_outlen == 0)
		return;
	n = SSL_write(c->c_ssl, c->c_out, (int)c->c_outlen);
	if (n <= 0)
		conn_blocked(c, n, "write");
	else
		c->c_outlen = 0;	/* no partial writes are enabled */
}

static void __attribute__((format(printf, 2, 3)))
conn_send(struct conn *c, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	c->c_outlen = (size_t)vsnprintf(c->c_out, sizeof(c->c_out), fmt, ap);
	va_end(ap);
	c->c_asked = now_us();
	conn_flush(c);
}

/* Send the command of the current step. */
static void
conn_ask(struct conn *c)
{
	switch (*c->c_step) {
	case 'U':
		conn_send(c, "USER %s%u\r\n", load.l_user, c->c_user);
		break;
	case 'P':
		conn_send(c, "PASS %s\r\n", load.l_pass);
		break;
	case 'S':
		conn_send(c, "STAT\r\n");
		break;
	case 'I':
		c->c_lines = 0;
		conn_send(c, "UIDL\r\n");
		break;
	case 'L':
		c->c_lines = 0;
		c->c_sum = 0;
		conn_send(c, "LIST\r\n");
		break;
	case 'R':
		c->c_at = 0;
		conn_send(c, "RETR %zu\r\n", c->c_message + 1);
		break;
	case 'Q':
		conn_send(c, "QUIT\r\n");
		break;
	case '.':
		c->c_state = CONN_IDLE;
		load.l_resident++;
		break;
	}
}

/* The answer to the current step is complete. */
static void
conn_next(struct conn *c)
{
	uint64_t	 now = now_us();

	switch (*c->c_step) {
	case 'G':
		figures_add(&load.l_greeting, now - c->c_start);
		break;
	case 'P':
		figures_add(&load.l_login, now - c->c_asked);
		break;
	case 'R':
		figures_add(&load.l_retr, now - c->c_asked);
		if (++c->c_message < load.l_nwire) {
			conn_ask(c);
			return;
		}
		break;
	case 'Q':
		c->c_state = CONN_END;
		return;
	case '.':
		figures_add(&load.l_probe, now - c->c_asked);
		c->c_state = CONN_IDLE;
		return;
	}
	c->c_step++;
	conn_ask(c);
}

static void
conn_refused(struct conn *c, const char *line)
{
	if (!load.l_hammer || *c->c_step != 'P') {
		conn_fail(c, "refused: %s", line);
		return;
	}
	/* If the password was not checked, this is not a guess. */
	if (strstr(line, "[SYS/TEMP]") != NULL)
		load.l_refused++;
	else
		figures_add(&load.l_login, now_us() - c->c_asked);
	c->c_step--;
	conn_ask(c);
}

/* Handle a line of LIST or UIDL after the first. */
static void
conn_listing(struct conn *c, const char *line)
{
	char		*end;
	unsigned long	 n;

	if (strcmp(line, ".") == 0) {
		c->c_listing = 0;
		if (c->c_lines != c->c_messages)
			conn_fail(c, "%lu of %lu lines", c->c_lines,
			    c->c_messages);
		else if (*c->c_step == 'L' && c->c_sum != c->c_total)
			conn_fail(c, "sizes add up to %llu, not %llu",
			    c->c_sum, c->c_total);
		else
			conn_next(c);
		return;
	}
	n = strtoul(line, &end, 10);
	if (n != ++c->c_lines || *end != ' ' || end[1] == '\0') {
		conn_fail(c, "line %lu: \"%s\"", c->c_lines, line);
		return;
	}
	if (*c->c_step == 'L') {
		c->c_sum += strtoull(end + 1, &end, 10);
		if (*end != '\0')
			conn_fail(c, "line %lu: \"%s\"", c->c_lines, line);
	}
}

static void
conn_line(struct conn *c, const char *line)
{
	if (c->c_listing) {
		conn_listing(c, line);
		return;
	}
	if (strncmp(line, "+OK", 3) != 0) {
		conn_refused(c, line);
		return;
	}
	switch (*c->c_step) {
	case 'S':
		if (sscanf(line, "+OK %lu %llu", &c->c_messages,
		    &c->c_total) != 2 || (load.l_nwire != 0 &&
		    c->c_messages != load.l_nwire)) {
			conn_fail(c, "STAT: %s", line);
			return;
		}
		break;
	case 'I':
	case 'L':
		c->c_listing = 1;
		return;
	case 'R':
		c->c_body = 1;
		return;
	}
	conn_next(c);
}

/* Compare octets with the message.  Returns how many belong to it. */
static size_t
conn_compare(struct conn *c, const char *p, size_t len)
{
	struct wire	*w = &load.l_wire[c->c_message];

	if (len > w->w_len - c->c_at)
		len = w->w_len - c->c_at;
	if (memcmp(p, w->w_bytes + c->c_at, len) != 0) {
		conn_fail(c, "message %zu differs after octet %zu",
		    c->c_message + 1, c->c_at);
		return (0);
	}
	c->c_at += len;
	load.l_octets += len;
	if (c->c_at == w->w_len) {
		c->c_body = 0;
		conn_next(c);
	}
	return (len);
}

/* Collect octets up to the end of a line.  Returns how many it took. */
static size_t
conn_collect(struct conn *c, const char *p, size_t len)
{
	const char	*nl = memchr(p, '\n', len);
	size_t		 n = nl == NULL ? len : (size_t)(nl - p) + 1;

	if (c->c_linelen + n >= sizeof(c->c_line)) {
		conn_fail(c, "line too long");
		return (n);
	}
	memcpy(c->c_line + c->c_linelen, p, n);
	c->c_linelen += n;
	if (nl == NULL)
		return (n);
	if (c->c_linelen < 2 || c->c_line[c->c_linelen - 2] != '\r') {
		conn_fail(c, "line without CRLF");
		return (n);
	}
	c->c_line[c->c_linelen - 2] = '\0';
	c->c_linelen = 0;
	conn_line(c, c->c_line);
	return (n);
}

static void
conn_input(struct conn *c, const char *p, size_t len)
{
	size_t		 n;
	uint64_t	 asked;

	while (len > 0 && c->c_state != CONN_FREE) {
		if (c->c_state == CONN_IDLE || c->c_state == CONN_END) {
			conn_fail(c, "%zu unexpected octets", len);
			return;
		}
		asked = c->c_asked;
		n = c->c_body ? conn_compare(c, p, len) :
		    conn_collect(c, p, len);
		p += n;
		len -= n;
		if (len > 0 && c->c_state == CONN_TALK &&
		    c->c_asked != asked) {
			conn_fail(c, "%zu octets after an answer", len);
			return;
		}
	}
}

/* End a session after the answer to QUIT. */
static void
conn_ended(struct conn *c)
{
	figures_add(&load.l_session, now_us() - c->c_start);
	load.l_sessions++;
	conn_close(c);
}

static void
conn_read(struct conn *c)
{
	static char	 buf[65536];
	int		 n;

	while (c->c_state >= CONN_TALK) {
		errno = 0;
		ERR_clear_error();
		n = SSL_read(c->c_ssl, buf, sizeof(buf));
		if (n > 0) {
			conn_input(c, buf, (size_t)n);
			continue;
		}
		if (c->c_state == CONN_END &&
		    SSL_get_error(c->c_ssl, n) == SSL_ERROR_ZERO_RETURN)
			conn_ended(c);
		else if (conn_blocked(c, n, "read"))
			return;
	}
}

static void
conn_handshake(struct conn *c)
{
	int	 n;

	errno = 0;
	ERR_clear_error();
	if ((n = SSL_do_handshake(c->c_ssl)) != 1) {
		conn_blocked(c, n, "handshake");
		return;
	}
	if (SSL_version(c->c_ssl) != TLS1_3_VERSION ||
	    SSL_session_reused(c->c_ssl)) {
		conn_fail(c, "%s%s", SSL_get_version(c->c_ssl),
		    SSL_session_reused(c->c_ssl) ? ", resumed" : "");
		return;
	}
	c->c_state = CONN_TALK;
	conn_watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

void
conn_ready(struct conn *c)
{
	int		 e = 0;
	socklen_t	 len = sizeof(e);

	if (c->c_state == CONN_CONNECT) {
		if (getsockopt(c->c_fd, SOL_SOCKET, SO_ERROR, &e, &len) == -1 ||
		    e != 0) {
			conn_fail(c, "connect: %s", strerror(e));
			return;
		}
		c->c_state = CONN_HANDSHAKE;
	}
	if (c->c_state == CONN_HANDSHAKE)
		conn_handshake(c);
	if (c->c_state >= CONN_TALK)
		conn_flush(c);
	if (c->c_state >= CONN_TALK)
		conn_read(c);
}

void
conn_probe(struct conn *c, const char *command)
{
	c->c_state = CONN_TALK;
	conn_send(c, "%s\r\n", command);
}

void
conn_quit(struct conn *c)
{
	load.l_resident--;
	c->c_state = CONN_TALK;
	c->c_step = "Q";
	conn_ask(c);
}
