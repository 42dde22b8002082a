/*
 * link: lsnrpop/tlsio.o lsnrpop/tlsio_server.o lsnrpop/cert.o
 * link: lsnrpop/certname.o lib/asntime.o lib/log.o
 * link: $(COMPAT_TLS)
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * TLS records on a socketpair, from two clients in this process: the library's
 * own, with its octets held back, cut, changed and delivered as the input
 * says.  No call may block; what is read is a prefix of what was written; a
 * caller that asks to be called when the socket is readable has read
 * everything, or the socket is readable; and what the server writes arrives,
 * completely, after the turn in which it was written.
 *
 * The input is a list of steps: one octet for the kind and the client, one for
 * the amount, then the octets a step writes.
 */

/* The hooks of EC_KEY are the only ones that both libraries have. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "log.h"
#include "lsnrpop/cert.h"
#include "lsnrpop/keysign.h"
#include "lsnrpop/tlsio.h"
#include "lsnrpop/tlsio_server.h"

#define TEXT_MAX	65536

enum step {
	STEP_DELIVER,			/* so many octets of the client's */
	STEP_DELIVER_ALL,
	STEP_WRITE,			/* one record, of what follows */
	STEP_WRITE_ONES,		/* so many records of one octet */
	STEP_KEYUPDATE,
	STEP_KEYUPDATE_ASK,		/* and the server is to do it, too */
	STEP_ALERT,			/* close_notify */
	STEP_CHANGE,			/* one octet that is held back */
	STEP_INSERT,			/* what follows, between the others */
	STEP_CUT,			/* the socket ends here */
	STEP_REPLY,			/* the server writes; odd: sent later */
	STEP_STARVE,			/* the server reads, so many octets */
	STEP_LEAVE,			/* as DELIVER_ALL; it is not read yet */
	STEPS
};

static struct {
	struct tlsio_server	*fz_server;
	EC_KEY			*fz_key;	/* of its certificate */
	SSL_CTX			*fz_ctx;
	uint8_t			*fz_pem;
	size_t			 fz_pemlen;
} fuzzer;

/* A client, and the server's side of its connection. */
struct client {
	SSL		*cl_ssl;
	BIO		*cl_in;			/* from the server */
	BIO		*cl_out;		/* held back */
	int		 cl_fds[2];		/* server, client */
	struct tlsio	*cl_tls;
	int		 cl_shaken;		/* the server's handshake */
	int		 cl_dead;
	int		 cl_spoilt;	/* octets are not the library's */
	int		 cl_closed;
	char		 cl_sent[TEXT_MAX];
	size_t		 cl_sentlen, cl_got;
	size_t		 cl_replied;		/* octets of the server */
	size_t		 cl_again;		/* it has to write again */
	size_t		 cl_heard;	/* of cl_replied, by the client */
};

/* The key is here, not in another process. */
static ECDSA_SIG *
sign(const unsigned char *digest, int len, const BIGNUM *kinv, const BIGNUM *r,
    EC_KEY *ec)
{
	return (ECDSA_do_sign(digest, len, fuzzer.fz_key));
}

void
keysign_init(void)
{
	int		(*old)(int, const unsigned char *, int,
			    unsigned char *, unsigned int *, const BIGNUM *,
			    const BIGNUM *, EC_KEY *);
	int		(*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
	EC_KEY_METHOD	*ec;

	if ((ec = EC_KEY_METHOD_new(EC_KEY_get_default_method())) == NULL)
		abort();
	EC_KEY_METHOD_get_sign(ec, &old, &setup, NULL);
	EC_KEY_METHOD_set_sign(ec, old, setup, sign);
	EC_KEY_set_default_method(ec);
}

/* A key, and a certificate of its own for it. */
static void
make_certificate(void)
{
	EVP_PKEY	*pkey = EVP_PKEY_new();
	X509		*x = X509_new();
	BIO		*bio = BIO_new(BIO_s_mem());
	char		*pem;

	fuzzer.fz_key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	if (fuzzer.fz_key == NULL || pkey == NULL || x == NULL || bio == NULL ||
	    EC_KEY_generate_key(fuzzer.fz_key) != 1 ||
	    EVP_PKEY_set1_EC_KEY(pkey, fuzzer.fz_key) != 1)
		abort();
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, pkey);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"fuzz", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	if (X509_sign(x, pkey, EVP_sha256()) == 0 ||
	    PEM_write_bio_X509(bio, x) != 1)
		abort();
	fuzzer.fz_pemlen = (size_t)BIO_get_mem_data(bio, &pem);
	fuzzer.fz_pem = fuzz_copy(pem, fuzzer.fz_pemlen);
	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct tlsio_use	 tu = { .tu_count = 1 };
	struct cert		*ce;
	char			 why[256];

	log_init("fuzz");
	log_to(fuzz_silent);
	make_certificate();
	tlsio_init();
	ce = cert_new(0, "fuzz", fuzzer.fz_pem, fuzzer.fz_pemlen, why,
	    sizeof(why));
	tu.tu_certs = &ce;
	if (ce != NULL)
		fuzzer.fz_server = tlsio_server_new(&tu, why, sizeof(why));
	cert_free(ce);
	fuzzer.fz_ctx = SSL_CTX_new(TLS_client_method());
	if (fuzzer.fz_server == NULL || fuzzer.fz_ctx == NULL) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	SSL_CTX_set_verify(fuzzer.fz_ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_min_proto_version(fuzzer.fz_ctx, TLS1_3_VERSION);
	return (0);
}

static void
client_new(struct client *cl)
{
	int	 room = TEXT_MAX * 4;

	memset(cl, 0, offsetof(struct client, cl_sent));
	cl->cl_sentlen = cl->cl_got = 0;
	cl->cl_replied = cl->cl_again = cl->cl_heard = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, cl->cl_fds) == -1 ||
	    setsockopt(cl->cl_fds[1], SOL_SOCKET, SO_SNDBUF, &room,
	    sizeof(room)) == -1)
		abort();
	cl->cl_tls = tlsio_accept(fuzzer.fz_server, cl->cl_fds[0]);
	cl->cl_ssl = SSL_new(fuzzer.fz_ctx);
	cl->cl_in = BIO_new(BIO_s_mem());
	cl->cl_out = BIO_new(BIO_s_mem());
	if (cl->cl_tls == NULL || cl->cl_ssl == NULL || cl->cl_in == NULL ||
	    cl->cl_out == NULL)
		abort();
	SSL_set_bio(cl->cl_ssl, cl->cl_in, cl->cl_out);
	SSL_set_connect_state(cl->cl_ssl);
}

static void
client_free(struct client *cl)
{
	tlsio_free(cl->cl_tls);
	SSL_free(cl->cl_ssl);
	close(cl->cl_fds[0]);
	if (!cl->cl_closed)
		close(cl->cl_fds[1]);
}

/* Let the client read; it must get exactly what the server wrote. */
static void
client_hear(struct client *cl)
{
	char	 buf[4096];
	int	 i, n;

	while ((n = SSL_read(cl->cl_ssl, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			FUZZ(buf[i] == 'r');
		cl->cl_heard += (size_t)n;
	}
	FUZZ(cl->cl_heard <= cl->cl_replied + cl->cl_again);
	/* A client that has sent close_notify need not read. */
	if (cl->cl_dead || cl->cl_closed || cl->cl_spoilt ||
	    tlsio_unsent(cl->cl_tls) > 0 ||
	    (SSL_get_shutdown(cl->cl_ssl) & SSL_SENT_SHUTDOWN) != 0)
		return;
	FUZZ(cl->cl_heard >= cl->cl_replied);
}

/* Let the client read from the socket and continue. */
static void
client_turn(struct client *cl)
{
	char	 buf[4096];
	ssize_t	 n;

	while (!cl->cl_closed && (n = recv(cl->cl_fds[1], buf, sizeof(buf),
	    MSG_DONTWAIT)) > 0)
		(void)BIO_write(cl->cl_in, buf, (int)n);
	ERR_clear_error();
	if (!SSL_is_init_finished(cl->cl_ssl))
		(void)SSL_do_handshake(cl->cl_ssl);
	else
		client_hear(cl);
}

static size_t
client_held(const struct client *cl)
{
	return (BIO_ctrl_pending(cl->cl_out));
}

/* Pass up to len octets of the client to the server. */
static void
client_deliver(struct client *cl, size_t len)
{
	char	 buf[16384];
	int	 n;

	for (; !cl->cl_closed && len > 0; len -= (size_t)n) {
		n = BIO_read(cl->cl_out, buf, len < sizeof(buf) ? (int)len :
		    (int)sizeof(buf));
		if (n <= 0)
			break;
		if (send(cl->cl_fds[1], buf, (size_t)n, MSG_DONTWAIT |
		    MSG_NOSIGNAL) != n)
			cl->cl_spoilt = 1;
	}
}

static void
client_write(struct client *cl, const void *data, size_t len)
{
	if (len == 0 || cl->cl_sentlen + len > TEXT_MAX ||
	    !SSL_is_init_finished(cl->cl_ssl) ||
	    (SSL_get_shutdown(cl->cl_ssl) & SSL_SENT_SHUTDOWN) != 0)
		return;
	if (SSL_write(cl->cl_ssl, data, (int)len) != (int)len) {
		cl->cl_spoilt = 1;
		return;
	}
	memcpy(cl->cl_sent + cl->cl_sentlen, data, len);
	cl->cl_sentlen += len;
}

/* One of the octets held back is another. */
static void
client_change(struct client *cl, uint8_t how)
{
	char	*data;
	long	 len = BIO_get_mem_data(cl->cl_out, &data);

	if (len <= 0)
		return;
	data[(size_t)how % (size_t)len] ^= (char)(1 << (how & 7));
	cl->cl_spoilt = 1;
}

/* Return whether the server's socket is readable. */
static int
server_readable(const struct client *cl)
{
	int	 n = 0;

	if (ioctl(cl->cl_fds[0], FIONREAD, &n) == -1)
		abort();
	return (n > 0 || cl->cl_closed);
}

/*
 * The server waits for its socket, on which there is nothing: then there is
 * nothing anywhere, and it has understood all that an honest client sent.
 */
static void
test_waiting(const struct client *cl)
{
	if (server_readable(cl) || cl->cl_spoilt || client_held(cl) > 0)
		return;
	FUZZ(cl->cl_shaken || !SSL_is_init_finished(cl->cl_ssl));
	FUZZ(cl->cl_got == cl->cl_sentlen);
}

static void
server_failed(struct client *cl, enum tlsio_status status)
{
	FUZZ(status == TLSIO_ERROR || status == TLSIO_EOF);
	/* An honest client is not thrown out before it has said all. */
	if (!cl->cl_spoilt && !cl->cl_closed)
		FUZZ(status == TLSIO_EOF &&
		    (SSL_get_shutdown(cl->cl_ssl) & SSL_SENT_SHUTDOWN) != 0);
	if (!cl->cl_spoilt && status == TLSIO_EOF && !cl->cl_closed)
		FUZZ(cl->cl_got == cl->cl_sentlen);
	FUZZ(tlsio_reason(cl->cl_tls) != NULL);
	cl->cl_dead = 1;
}

static void
server_handshake(struct client *cl)
{
	enum tlsio_status	 status;
	int			 turns = 0;

	while ((status = tlsio_handshake(cl->cl_tls)) == TLSIO_AGAIN) {
		FUZZ(turns++ < TEXT_MAX);
		tlsio_begin(cl->cl_tls);
	}
	switch (status) {
	case TLSIO_OK:
		cl->cl_shaken = 1;
		FUZZ(strcmp(tlsio_version(cl->cl_tls), "TLSv1.3") == 0);
		break;
	case TLSIO_WANT_READ:
		test_waiting(cl);
		break;
	case TLSIO_WANT_WRITE:
		break;
	default:
		server_failed(cl, status);
	}
}

/*
 * Read until it has to wait, size octets at a time, in as many turns as it
 * takes; or only once.
 */
static void
server_read(struct client *cl, size_t size, int once)
{
	enum tlsio_status	 status;
	char			*buf;
	size_t			 got;
	int			 turns = 0;

	if ((buf = malloc(size)) == NULL)
		abort();
	do {
		got = size + 1;
		status = tlsio_read(cl->cl_tls, buf, size, &got);
		FUZZ(got <= size);
		FUZZ(cl->cl_got + got <= cl->cl_sentlen);
		FUZZ(memcmp(buf, cl->cl_sent + cl->cl_got, got) == 0);
		cl->cl_got += got;
		/* Each takes something, or the end would never come. */
		FUZZ(turns++ < 2 * TEXT_MAX);
		if (status == TLSIO_AGAIN)
			tlsio_begin(cl->cl_tls);
	} while ((status == TLSIO_OK || status == TLSIO_AGAIN) && !once);
	free(buf);
	if (status == TLSIO_WANT_READ)
		test_waiting(cl);
	else if (status != TLSIO_OK && status != TLSIO_AGAIN &&
	    status != TLSIO_WANT_WRITE)
		server_failed(cl, status);
}

/* End a turn: flush what was written, as far as possible. */
static void
server_send(struct client *cl)
{
	enum tlsio_status	 status;
	size_t			 before = tlsio_unsent(cl->cl_tls), sent;

	status = tlsio_send(cl->cl_tls, &sent);
	if (status == TLSIO_ERROR) {
		FUZZ(cl->cl_closed);
		cl->cl_dead = 1;
		return;
	}
	FUZZ(sent + tlsio_unsent(cl->cl_tls) == before);
	FUZZ(status == (sent == before ? TLSIO_OK : TLSIO_WANT_WRITE));
}

/* Act as the listener after poll(2). */
static void
server_turn(struct client *cl, size_t size, int once)
{
	if (cl->cl_dead)
		return;
	tlsio_begin(cl->cl_tls);
	if (server_readable(cl))
		tlsio_readable(cl->cl_tls);
	if (!cl->cl_shaken)
		server_handshake(cl);
	if (cl->cl_shaken && !cl->cl_dead)
		server_read(cl, size, once);
	server_send(cl);
}

static void
server_reply(struct client *cl, size_t len)
{
	char			 text[512];
	enum tlsio_status	 status;
	size_t			 done, unsent = len & 1;

	if (!cl->cl_shaken || cl->cl_dead)
		return;
	/* What was to be written again comes again. */
	if (len < cl->cl_again)
		len = cl->cl_again;
	memset(text, 'r', sizeof(text));
	tlsio_begin(cl->cl_tls);
	status = tlsio_write(cl->cl_tls, text, len, &done);
	FUZZ(done <= len);
	FUZZ((status == TLSIO_OK) == (done == len));
	cl->cl_replied += done;
	cl->cl_again = len - done;
	if (status == TLSIO_ERROR)
		cl->cl_dead = 1;
	else if (!unsent)
		server_send(cl);
}

/* Steps of the client.  Return 0 for any other step. */
static int
client_step(struct client *cl, enum step step, uint8_t much,
    struct fuzz_input *fi)
{
	unsigned char	 text[256];
	size_t		 len;

	switch (step) {
	case STEP_WRITE:
		client_write(cl, text, fuzz_take(fi, text, much));
		return (1);
	case STEP_WRITE_ONES:
		for (; much > 0; much--)
			client_write(cl, "1", 1);
		return (1);
	case STEP_KEYUPDATE:
	case STEP_KEYUPDATE_ASK:
		if (SSL_is_init_finished(cl->cl_ssl) &&
		    SSL_key_update(cl->cl_ssl, step == STEP_KEYUPDATE ?
		    SSL_KEY_UPDATE_NOT_REQUESTED :
		    SSL_KEY_UPDATE_REQUESTED) == 1)
			(void)SSL_do_handshake(cl->cl_ssl);
		return (1);
	case STEP_ALERT:
		if (SSL_is_init_finished(cl->cl_ssl))
			(void)SSL_shutdown(cl->cl_ssl);
		return (1);
	case STEP_CHANGE:
		client_change(cl, much);
		return (1);
	case STEP_INSERT:
		len = fuzz_take(fi, text, much);
		if (len > 0 && BIO_write(cl->cl_out, text, (int)len) > 0)
			cl->cl_spoilt = 1;
		return (1);
	case STEP_LEAVE:
		client_deliver(cl, SIZE_MAX);
		return (1);
	default:
		return (0);
	}
}

static void
run_step(struct client *cl, enum step step, uint8_t much,
    struct fuzz_input *fi)
{
	if (client_step(cl, step, much, fi))
		return;
	switch (step) {
	case STEP_DELIVER:
		client_deliver(cl, much);
		break;
	case STEP_DELIVER_ALL:
		client_deliver(cl, SIZE_MAX);
		break;
	case STEP_CUT:
		if (!cl->cl_closed)
			close(cl->cl_fds[1]);
		cl->cl_closed = 1;
		break;
	case STEP_REPLY:
		server_reply(cl, much);
		if (much & 1)
			return;
		break;
	case STEP_STARVE:
		server_turn(cl, much + 1, 1);
		return;
	default:
		break;
	}
	server_turn(cl, 4096, 0);
	client_turn(cl);
}

/* The handshake of an honest client. */
static void
shake(struct client *cl)
{
	int	 i;

	for (i = 0; i < 4; i++) {
		client_turn(cl);
		client_deliver(cl, SIZE_MAX);
		server_turn(cl, 4096, 0);
	}
	FUZZ(cl->cl_shaken && SSL_is_init_finished(cl->cl_ssl));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client	 clients[2];
	struct fuzz_input	 fi = { data, size };
	uint8_t			 mode = fuzz_byte(&fi), what;
	int			 i, free_fd = fuzz_free_fd();

	for (i = 0; i < 2; i++) {
		client_new(&clients[i]);
		if (mode & (1 << i))
			shake(&clients[i]);
		else
			client_turn(&clients[i]);
	}
	while (fi.fi_len > 1) {
		what = fuzz_byte(&fi);
		run_step(&clients[what >> 7], (what & 0x7f) % STEPS,
		    fuzz_byte(&fi), &fi);
	}
	/* What was held back comes after all. */
	for (i = 0; i < 2; i++)
		run_step(&clients[i], STEP_DELIVER_ALL, 0, &fi);
	for (i = 0; i < 2; i++)
		client_free(&clients[i]);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}
