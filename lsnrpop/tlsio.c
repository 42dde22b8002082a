/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS, by libtls.  In and out: the socket of a client, and its octets in
 * clear.
 *
 * The library would read each record in two calls, header and body, so it
 * reads through callbacks: all that is there is read from the socket at once.
 * This input buffer is shared by all connections; what one has not used when
 * another reads is set aside, which happens only if its client's buffer is
 * full or its turn used up.  Output is collected for a turn and sent at once,
 * in a shared buffer too; what the socket does not take is kept for its
 * connection, which writes no more until it has been sent.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tls.h>

#include "cert.h"
#include "certname.h"
#include "keysign.h"
#include "limits.h"
#include "log.h"
#include "tls_defaults.h"
#include "tlsio.h"
#include "tlsio_server.h"

#define INPUT_MAX	32768		/* more than one record */
#define OUTPUT_MAX	(RELAY_BUFFER + 4096)	/* one buffer, as records */
#define RECORD_PULLS	2		/* header and body */

struct tlsio {
	struct tls		*ti_tls;
	char			*ti_aside;	/* input set aside */
	size_t			 ti_asideoff, ti_asidelen;
	char			*ti_rest;	/* unsent output */
	size_t			 ti_restoff, ti_restlen;
	int			 ti_fd;
	uint8_t			 ti_drained;	/* the socket is empty */
	uint8_t			 ti_eof;	/* end of file was read */
	uint8_t			 ti_touched;
	uint8_t			 ti_held;	/* the turn is used up */
	uint8_t			 ti_broken;	/* output was lost */
};

static struct {
	struct tlsio	*in_owner;
	size_t		 in_off, in_len;
	unsigned int	 in_pulls;		/* left in this turn */
	char		 in_data[INPUT_MAX];

	struct tlsio	*op_owner;
	size_t		 op_len;
	char		 op_data[OUTPUT_MAX];
} tlsio;

void
tlsio_init(void)
{
	struct tls_config	*config;
	struct tls		*tls;

	if (tls_init() == -1)
		fatalx("cannot initialize the TLS library");
	if (tls_defaults() == -1)
		fatalx("cannot set up the TLS library");
	keysign_init();

	/*
	 * The library reads its configuration and loads its algorithms on
	 * first use, which must be before files become inaccessible.
	 */
	if ((config = tls_config_new()) == NULL || (tls = tls_client()) == NULL)
		fatal("cannot initialize the TLS library");
	tls_config_insecure_noverifycert(config);
	if (tls_configure(tls, config) == -1)
		fatalx("cannot initialize the TLS library: %s",
		    tls_error(tls));
	tls_free(tls);
	tls_config_free(config);
}

/*
 * Set aside what its owner has not used: once per read of the socket, however
 * small the records.
 */
static int
tlsio_set_aside(void)
{
	struct tlsio	*t = tlsio.in_owner;

	if (t != NULL && tlsio.in_len > 0) {
		if ((t->ti_aside = malloc(tlsio.in_len)) == NULL)
			return (-1);
		memcpy(t->ti_aside, tlsio.in_data + tlsio.in_off,
		    tlsio.in_len);
		t->ti_asidelen = tlsio.in_len;
		t->ti_asideoff = 0;
	}
	tlsio.in_owner = NULL;
	tlsio.in_len = 0;
	return (0);
}

/* Read from the socket.  Return 1, or what the library expects. */
static ssize_t
tlsio_receive(struct tlsio *t)
{
	ssize_t	 n;

	if (t->ti_eof || t->ti_drained)
		return (TLS_WANT_POLLIN);
	if (tlsio.in_owner != t && tlsio_set_aside() == -1)
		return (-1);
	n = recv(t->ti_fd, tlsio.in_data, sizeof(tlsio.in_data), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		t->ti_drained = 1;
		return (TLS_WANT_POLLIN);
	}
	if (n == -1)
		return (-1);
	if (n == 0) {
		t->ti_eof = 1;
		return (TLS_WANT_POLLIN);
	}
	/* A short read emptied the socket; if not, poll reports it again. */
	t->ti_drained = (size_t)n < sizeof(tlsio.in_data);
	t->ti_touched = 1;
	tlsio.in_owner = t;
	tlsio.in_off = 0;
	tlsio.in_len = n;
	return (1);
}

/* Copy up to len octets of input. */
static size_t
tlsio_take(struct tlsio *t, void *buf, size_t len)
{
	if (t->ti_asidelen == 0) {
		if (len > tlsio.in_len)
			len = tlsio.in_len;
		memcpy(buf, tlsio.in_data + tlsio.in_off, len);
		tlsio.in_off += len;
		tlsio.in_len -= len;
		return (len);
	}
	if (len > t->ti_asidelen)
		len = t->ti_asidelen;
	memcpy(buf, t->ti_aside + t->ti_asideoff, len);
	t->ti_asideoff += len;
	t->ti_asidelen -= len;
	if (t->ti_asidelen == 0) {
		free(t->ti_aside);
		t->ti_aside = NULL;
	}
	return (len);
}

/* Return the octets read from the socket that the library has not taken. */
static size_t
tlsio_pending(const struct tlsio *t)
{
	return (t->ti_asidelen + (tlsio.in_owner == t ? tlsio.in_len : 0));
}

/*
 * The library reads ciphertext.  It is not told of the end of TCP: without
 * close_notify OpenSSL treats that as an error and sends no more, but a client
 * that closed its side may still wait for replies.
 */
static ssize_t
tlsio_pull(struct tls *tls, void *buf, size_t len, void *arg)
{
	struct tlsio	*t = arg;
	ssize_t		 n;

	if (tlsio.in_pulls == 0) {
		t->ti_held = 1;
		return (TLS_WANT_POLLIN);
	}
	if (tlsio_pending(t) == 0 && (n = tlsio_receive(t)) != 1)
		return (n);
	tlsio.in_pulls--;
	return (tlsio_take(t, buf, len));
}

/* Send what the socket takes; -1 if the connection is broken. */
static ssize_t
tlsio_emit(struct tlsio *t, const char *data, size_t len)
{
	ssize_t	 n;

	n = send(t->ti_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return (0);
	if (n == -1)
		t->ti_broken = 1;
	return (n);
}

/* Send what a connection kept.  Return the octets sent. */
static size_t
tlsio_send_rest(struct tlsio *t)
{
	ssize_t	 n;

	if (t->ti_restlen == 0 || (n = tlsio_emit(t,
	    t->ti_rest + t->ti_restoff, t->ti_restlen)) == -1)
		return (0);
	t->ti_restoff += n;
	t->ti_restlen -= n;
	if (t->ti_restlen == 0) {
		free(t->ti_rest);
		t->ti_rest = NULL;
		t->ti_restoff = 0;
	}
	return (n);
}

/* Send the shared output, and keep the rest.  Return the octets sent. */
static size_t
tlsio_send_output(void)
{
	struct tlsio	*t = tlsio.op_owner;
	size_t		 left;
	ssize_t		 n;

	if (tlsio.op_len == 0)
		return (0);
	if ((n = tlsio_emit(t, tlsio.op_data, tlsio.op_len)) == -1)
		n = tlsio.op_len;
	left = tlsio.op_len - n;
	tlsio.op_len = 0;
	if (left > 0) {
		if ((t->ti_rest = malloc(left)) == NULL) {
			t->ti_broken = 1;
			return (n);
		}
		memcpy(t->ti_rest, tlsio.op_data + n, left);
		t->ti_restlen = left;
	}
	return (t->ti_broken ? 0 : n);
}

/* The library writes ciphertext. */
static ssize_t
tlsio_push(struct tls *tls, const void *buf, size_t len, void *arg)
{
	struct tlsio	*t = arg;

	if (tlsio.op_owner != t) {
		tlsio_send_output();
		tlsio.op_owner = t;
	}
	if (tlsio.op_len == sizeof(tlsio.op_data))
		tlsio_send_output();
	if (t->ti_broken)
		return (-1);
	if (t->ti_restlen > 0)
		return (TLS_WANT_POLLOUT);
	if (len > sizeof(tlsio.op_data) - tlsio.op_len)
		len = sizeof(tlsio.op_data) - tlsio.op_len;
	memcpy(tlsio.op_data + tlsio.op_len, buf, len);
	tlsio.op_len += len;
	return (len);
}

enum tlsio_status
tlsio_send(struct tlsio *t, size_t *sent)
{
	*sent = tlsio_send_rest(t);
	if (t->ti_restlen == 0 && tlsio.op_owner == t)
		*sent += tlsio_send_output();
	if (t->ti_broken)
		return (TLSIO_ERROR);
	return (t->ti_restlen > 0 ? TLSIO_WANT_WRITE : TLSIO_OK);
}

size_t
tlsio_unsent(const struct tlsio *t)
{
	return (t->ti_restlen + (tlsio.op_owner == t ? tlsio.op_len : 0));
}

struct tlsio *
tlsio_accept(struct tlsio_server *ts, int fd)
{
	struct tlsio	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->ti_fd = fd;
	if (tls_accept_cbs(ts->ts_tls, &t->ti_tls, tlsio_pull, tlsio_push,
	    t) == -1) {
		free(t);
		return (NULL);
	}
	return (t);
}

void
tlsio_readable(struct tlsio *t)
{
	t->ti_drained = 0;
}

void
tlsio_begin(struct tlsio *t)
{
	t->ti_held = 0;
	tlsio.in_pulls = TURN_RECORDS * RECORD_PULLS;
}

/* Waiting for input after the end of file is an error. */
static enum tlsio_status
tlsio_status(const struct tlsio *t, ssize_t n)
{
	if (n == TLS_WANT_POLLIN && t->ti_held)
		return (TLSIO_AGAIN);
	if (n == TLS_WANT_POLLIN)
		return (t->ti_eof ? TLSIO_ERROR : TLSIO_WANT_READ);
	if (n == TLS_WANT_POLLOUT)
		return (TLSIO_WANT_WRITE);
	return (n < 0 ? TLSIO_ERROR : TLSIO_OK);
}

enum tlsio_status
tlsio_handshake(struct tlsio *t)
{
	return (tlsio_status(t, tls_handshake(t->ti_tls)));
}

enum tlsio_status
tlsio_read(struct tlsio *t, char *buf, size_t size, size_t *got)
{
	ssize_t	 n;

	for (*got = 0; *got < size; *got += n) {
		n = tls_read(t->ti_tls, buf + *got, size - *got);
		if (n == 0 || (n == TLS_WANT_POLLIN && t->ti_eof))
			return (TLSIO_EOF);
		/* A message of TLS itself ended the call; there is more. */
		if (n == TLS_WANT_POLLIN && tlsio_pending(t) > 0)
			return (TLSIO_AGAIN);
		if (n < 0)
			return (tlsio_status(t, n));
	}
	return (TLSIO_OK);
}

enum tlsio_status
tlsio_write(struct tlsio *t, const char *buf, size_t len, size_t *done)
{
	ssize_t	 n;

	/* One call writes at most one record. */
	for (*done = 0; *done < len; *done += n) {
		n = tls_write(t->ti_tls, buf + *done, len - *done);
		if (n < 0)
			return (tlsio_status(t, n));
		if (n == 0)
			return (TLSIO_ERROR);
	}
	return (TLSIO_OK);
}

enum tlsio_status
tlsio_close(struct tlsio *t)
{
	return (tlsio_status(t, tls_close(t->ti_tls)));
}

int
tlsio_truncated(const struct tlsio *t)
{
	return (t->ti_eof);
}

int
tlsio_touched(const struct tlsio *t)
{
	return (t->ti_touched);
}

const char *
tlsio_version(const struct tlsio *t)
{
	return (tls_conn_version(t->ti_tls));
}

const char *
tlsio_cipher(const struct tlsio *t)
{
	return (tls_conn_cipher(t->ti_tls));
}

const char *
tlsio_name(const struct tlsio *t)
{
	const char	*name = tls_conn_servername(t->ti_tls);

	return (name == NULL ? "" : name);
}

const char *
tlsio_reason(struct tlsio *t)
{
	const char	*error = tls_error(t->ti_tls);

	return (error == NULL ? "connection lost" : error);
}

void
tlsio_free(struct tlsio *t)
{
	if (t == NULL)
		return;
	tls_free(t->ti_tls);
	if (tlsio.in_owner == t) {
		tlsio.in_owner = NULL;
		tlsio.in_len = 0;
	}
	if (tlsio.op_owner == t) {
		tlsio.op_owner = NULL;
		tlsio.op_len = 0;
	}
	free(t->ti_aside);
	free(t->ti_rest);
	free(t);
}
